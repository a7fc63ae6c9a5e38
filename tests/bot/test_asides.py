"""What is said to voice notes, pictures and all else that is not plain words: kind, true, plain and short."""

import itertools
import re

import pytest

from bot.asides import TAKES_TEXT, answer_to, lost, shown
from bot.messages import Aside
from bot.words import Words, words_in
from content.reading_age import LONGEST_SENTENCE, OLDEST, longest_sentence
from content.segments import outside_gsm7, segments
from tests.dictionary import oldest_reading
from waitingroom.attachments import Keeping, Kind

ENGLISH = words_in("en")
PHONE = "01632 960 001"
ANSWERS = sorted(
    {
        answer_to(aside, ENGLISH, keeping=keeping, captioned=captioned, under_way=under_way, phone=phone)
        for aside, keeping, captioned, under_way, phone in itertools.product(
            Aside, Keeping, (True, False), (True, False), ("", PHONE)
        )
    }
    | {lost(kind, ENGLISH) for kind in Kind}
)
MEDIA = sorted(TAKES_TEXT)


@pytest.mark.parametrize("words", ANSWERS)
def test_an_eleven_year_old_can_read_it_in_two_text_messages(words: str) -> None:
    assert oldest_reading(words) <= OLDEST
    assert longest_sentence(words) <= LONGEST_SENTENCE
    assert outside_gsm7(words) == ()
    assert segments(words) <= 2


@pytest.mark.parametrize("words", ANSWERS)
def test_nobody_is_blamed_cheered_at_or_shown_up_on_a_locked_screen(words: str) -> None:
    assert not re.search(r"!|\byou (must|should|failed)\b|invalid|not allowed|error", words, re.IGNORECASE)
    assert not re.search(r"lonel|money|debt|unsafe|abuse|food|housing|mental", words, re.IGNORECASE)


@pytest.mark.parametrize("aside", MEDIA)
def test_a_person_is_told_that_a_program_reads_this_and_how_to_reach_a_person(aside: Aside) -> None:
    told = answer_to(aside, ENGLISH)
    assert "I am a computer program" in told
    assert "keep what you sent for your link worker" in told
    assert "PERSON" in told


@pytest.mark.parametrize("aside", MEDIA)
def test_nobody_who_has_not_agreed_is_told_that_it_is_kept(aside: Aside) -> None:
    for keeping in set(Keeping) - {Keeping.WILL}:
        assert "for your link worker" not in answer_to(aside, ENGLISH, keeping=keeping)
    assert "only if you agree" in answer_to(aside, ENGLISH, keeping=Keeping.IF_AGREED)


@pytest.mark.parametrize("aside", [Aside.PLACE, Aside.CARD, Aside.STRANGE])
def test_a_person_is_told_what_is_not_kept(aside: Aside) -> None:
    assert "do not keep" in answer_to(aside, ENGLISH)


@pytest.mark.parametrize("aside", [Aside.VOICE, Aside.PLACE])
def test_a_person_who_speaks_or_says_where_they_are_learns_who_to_call_at_once(aside: Aside) -> None:
    for keeping, captioned in itertools.product(Keeping, (True, False)):
        assert "If a life is at risk, call 999." in answer_to(aside, ENGLISH, keeping=keeping, captioned=captioned)


def test_a_person_who_finds_writing_hard_can_call() -> None:
    assert answer_to(Aside.VOICE, ENGLISH, phone=PHONE).endswith(f"You can also call us on {PHONE}.")
    assert "call us" not in answer_to(Aside.VOICE, ENGLISH)


@pytest.mark.parametrize("aside", MEDIA)
def test_a_person_whose_picture_came_with_words_is_not_asked_for_words_again(aside: Aside) -> None:
    assert "in words" not in answer_to(aside, ENGLISH, captioned=True)


def test_a_person_who_edits_an_answer_learns_how_to_change_it_and_only_where_they_can() -> None:
    assert "CHANGE" in answer_to(Aside.EDITED, ENGLISH, under_way=True)
    assert "CHANGE" not in answer_to(Aside.EDITED, ENGLISH, under_way=False)


def test_every_sentence_is_said_in_the_persons_own_language() -> None:
    class Shouting(dict[str, str]):
        def get(self, words: str, default: str = "") -> str:  # type: ignore[override]
            return words.upper().replace("{PHONE}", "{phone}").replace("{COUNT}", "{count}")

    loud = Words("xx", Shouting())
    for aside, keeping, captioned in itertools.product(Aside, Keeping, (True, False)):
        told = answer_to(aside, loud, keeping=keeping, captioned=captioned, phone=PHONE)
        assert told == told.upper()
    assert lost(Kind.VOICE, loud) == lost(Kind.VOICE, ENGLISH).upper()
    assert shown([Kind.VOICE] * 2, loud) == "(2 VOICE NOTES)"


@pytest.mark.parametrize(
    ("kinds", "aside", "expected"),
    [
        ([], None, ""),
        ([Kind.VOICE], None, "(voice note)"),
        ([Kind.VOICE], Aside.VOICE, "(voice note)"),
        ([Kind.PICTURE, Kind.FILE, Kind.PICTURE], Aside.PICTURE, "(2 pictures, file)"),
        ([], Aside.PLACE, "(place on a map, not kept)"),
        ([], Aside.CARD, "(contact card, not kept)"),
        ([], Aside.STRANGE, "(something that could not be read)"),
        ([], Aside.EDITED, "(changed)"),
    ],
)
def test_a_message_without_words_says_what_it_was(kinds: list[Kind], aside: Aside | None, expected: str) -> None:
    assert shown(kinds, ENGLISH, aside=aside) == expected
