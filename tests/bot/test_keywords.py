"""Keywords mean the same in every talk."""

import pytest

from bot.keywords import STOP, TABLE, Act, heard
from bot.talks import FLOWS

TWILIO_EATS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("BACK", Act.BACK),
        ("back.", Act.BACK),
        ("Change", Act.CHANGE),
        ("Helplines", "helplines"),
        ("STOP", "stop"),
        ("stop all", "stop"),
        ("I want to talk to a person", None),
        ("person", "person"),
        ("Human!", "person"),
    ],
)
def test_a_keyword_is_heard_whatever_its_case(text: str, then: object) -> None:
    assert heard(text, in_waiting_room=False, in_own_words=False) == then


def test_words_of_the_waiting_room_are_ordinary_answers_elsewhere() -> None:
    assert heard("more", in_waiting_room=True, in_own_words=False) == "more"
    assert heard("more", in_waiting_room=False, in_own_words=False) is None


def test_a_sentence_about_stopping_is_an_answer_where_own_words_are_asked() -> None:
    assert heard("please stop texting me", in_waiting_room=False, in_own_words=False) == "stop"
    assert heard("please stop texting me", in_waiting_room=False, in_own_words=True) is None
    assert heard("STOP", in_waiting_room=False, in_own_words=True) == "stop"


def test_every_word_the_provider_takes_as_stop_is_stop_to_us_and_nothing_else_is_named_like_one() -> None:
    assert TWILIO_EATS <= STOP
    others = {word for keyword in TABLE if keyword.then != "stop" for word in keyword.words}
    assert not others & TWILIO_EATS


def test_no_word_means_two_things_and_each_leads_somewhere() -> None:
    words = [word for keyword in TABLE for word in keyword.words]
    assert len(words) == len(set(words))
    assert {keyword.then for keyword in TABLE if not isinstance(keyword.then, Act)} <= set(FLOWS)
