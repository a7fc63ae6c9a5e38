"""What a talk costs someone who pays for every text, and us for every segment."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from bot.desk import Desk
from bot.flows.safe_contact import HOW, OWN_TIME, WHEN
from bot.flows.self_referral import ANOTHER, ONESELF, SAID_OF_WHOM, WHOSE
from bot.flows.waiting_menu import WISHES
from bot.journeys_cost import SAYING_THE_LEAST, cost_rows, costs, languages, paths, shortest_honest_path, walk
from bot.journeys_map import sample_service
from bot.layout import LAYOUTS, SMS, laid_out
from bot.messages import Reply
from bot.questions import Kind
from bot.reading import Option, choice, several
from bot.reading.together import introduction, picks_and_words, way_and_time, whose_and_age
from bot.talks import FLOWS
from bot.words import Words
from content import Content
from content.segments import outside_gsm7, segments
from tests.conftest import MONDAY
from tests.journeys.someone_else import OnOwnPhone, with_texts
from tests.talking import SHORTEST_REFERRAL

MOST_ASKED, MOST_TURN = 3, 5
"""Segments of one question with its choices, and of all that is said in one turn."""


def test_a_lonely_person_reaches_her_reference_in_sixteen_texts_and_twelve_segments() -> None:
    walked = shortest_honest_path()
    assert "Your reference is" in walked.turns[-1].messages[-1].text
    assert walked.cost.inbound <= 16
    assert walked.cost.segments <= 12


def test_someone_who_answers_one_question_at_a_time_pays_three_segments_more_at_most() -> None:
    walked = walk(SHORTEST_REFERRAL)
    assert "Your reference is" in walked.turns[-1].messages[-1].text
    assert walked.cost.inbound == len(SHORTEST_REFERRAL)
    assert walked.cost.segments <= 15


def test_the_first_text_says_what_this_is_and_leaves_her_in_charge() -> None:
    (first,) = walk(["hello"]).turns[0].messages
    for said in (
        "computer program",
        "call 999, not us",
        "in charge",
        "STOP",
        "cost a little",
        "Who is this for?",
        "1 For me",
    ):
        assert said in first.text
    assert segments(first.text) == 2


def test_she_hears_what_it_costs_and_who_reads_it_before_she_says_yes() -> None:
    before = " ".join(message.text for turn in shortest_honest_path().turns[:2] for message in turn.messages)
    for said in ("some activities cost a little", "A link worker", "PRIVACY", "May we keep", "1 Yes"):
        assert said in before


def test_the_last_text_gives_reference_next_step_and_a_small_thing_to_try() -> None:
    (last,) = shortest_honest_path().turns[-1].messages
    for said in ("1234 5674", "Next, a link worker", "do not know yet", "While you wait", "MORE", "PERSON"):
        assert said in last.text
    assert segments(last.text) <= 3


@pytest.mark.parametrize("name", ["Pendle Waiting Room", "Calderdale Community"])
def test_a_service_with_a_longer_name_costs_no_more(name: str, content: Content) -> None:
    walked = walk(SAYING_THE_LEAST, service=replace(sample_service(), name=name))
    assert walked.cost.segments <= 12


@pytest.mark.anyio
async def test_the_count_is_of_what_a_real_talk_says(desk: Desk) -> None:
    ann = OnOwnPhone(with_texts(desk), now=MONDAY)
    for turn in walk(SAYING_THE_LEAST, service=desk.service).turns:
        await ann.says(turn.heard)
        said = [message.text for message in laid_out(ann.replies, SMS)]
        if turn.heard != SAYING_THE_LEAST[-1]:
            assert said == [message.text for message in turn.messages]
        else:
            assert sum(map(segments, said)) == sum(segments(message.text) for message in turn.messages)


@pytest.mark.parametrize("language", languages())
def test_every_text_of_every_path_fits_its_budget_in_every_language(language: str) -> None:
    for path, name, turns in paths("sms", language):
        for turn, stop in zip(turns, path.stops, strict=True):
            assert sum(segments(message.text) for message in turn) <= MOST_TURN, (name, turn)
            if stop.question and stop.question.kind is not Kind.CHECK:
                (asked,) = laid_out([reply_of(stop.question)], SMS)
                assert segments(asked.text) <= MOST_ASKED, asked.text


def test_every_english_text_is_in_the_cheap_alphabet() -> None:
    said = {message.text for _, _, turns in paths("sms", "en") for turn in turns for message in turn}
    assert [text for text in said if outside_gsm7(text)] == []


def test_every_path_is_counted_once_under_a_name_of_its_own() -> None:
    found = costs()
    assert {cost.flow for cost in found} == set(FLOWS)
    assert max(Counter((cost.flow, cost.path) for cost in found).values()) == 1
    lead_on = {path.flow for path, _, turns in paths("sms", "en") if path.stops[-1].leads_to and not turns[-1]}
    assert all(cost.inbound >= 1 and cost.outbound <= cost.segments for cost in found)
    assert all(cost.outbound >= 1 for cost in found if cost.flow not in lead_on)


def test_the_rows_say_flow_path_language_channel_and_counts() -> None:
    rows = cost_rows()
    keys = {"flow", "path", "language", "channel", "inbound", "outbound", "segments"}
    assert all(set(row) == keys for row in rows)
    assert {row["channel"] for row in rows} == set(LAYOUTS)
    assert {row["language"] for row in rows} == set(languages())
    assert any(
        row["segments"] <= 12 and "here, any time" in row["path"] for row in rows if row["channel"] == "sms"
    )


def test_a_translation_in_another_alphabet_is_counted_honestly(monkeypatch: pytest.MonkeyPatch) -> None:
    welsh = Words("cy", {"How old are you?": "Faint yw dy oed di, os gweli di'n dda? Dŵr, tŷ, " + "a" * 60})
    monkeypatch.setattr("bot.journeys_cost.words_in", lambda _language: welsh)
    (asked,) = walk(["hello", "me"], language="cy").turns[-1].messages
    assert segments(asked.text) == 2


def test_nobody_is_asked_again_what_they_said_together() -> None:
    walked = walk(("hello", "for me, 72", "yes", "I'm Ann, from BB9 7AA"))
    assert walked.turns[-1].messages[-1].asks == "needs"
    walked = walk((*SAYING_THE_LEAST[:6], "call me, mornings", "07700 900123", "yes"))
    assert walked.turns[-1].messages[-1].asks == "check_answers"
    assert "Mornings" in walked.turns[-1].messages[-1].text


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Ann, 72, BB9 7AA", {"name": "Ann", "age": "72", "postcode": "BB9 7AA"}),
        ("Zoë 31yrs m1", {"name": "Zoë", "age": "31yrs", "postcode": "m1"}),
        ("I'm Ann, aged 72, from BB9", {"name": "I'm Ann", "age": "72", "postcode": "BB9"}),
        ("Ann, BB9 7AA, 72 years old", {"name": "Ann", "age": "72", "postcode": "BB9 7AA"}),
        ("Ann 72", {"name": "Ann", "age": "72"}),
        *(
            (said, {})
            for said in ("Ann", "72", "Jay 2", "Ann nearly 18", "Ann 42 01282 496012", "Ann 12 High St", "")
        ),
        *((said, {}) for said in ("Henry 8th", "I take 40 pills", "Ann 72 or 73", "Ann 72, Bob 75")),
    ],
)
def test_name_age_and_postcode_are_heard_together_only_where_they_are_sure(
    said: str, found: dict[str, str]
) -> None:
    assert introduction(said) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("here, any time", ("here", "any time")),
        ("3 any", ("3", "any")),
        ("text me in the afternoons", ("text me", "afternoons")),
        *(
            (said, ())
            for said in ("here", "call me but not mornings", "mornings or afternoons", "1 2", "any time", "")
        ),
    ],
)
def test_a_way_and_a_time_are_heard_together_only_where_they_are_sure(said: str, found: tuple[str, ...]) -> None:
    assert way_and_time(said, HOW, (*WHEN, OWN_TIME)) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("me, 72", (ONESELF, "72")),
        ("1 72", (ONESELF, "72")),
        ("I'm 72", (ONESELF, "72")),
        ("for me, I am 72 years old", (ONESELF, "72")),
        ("myself, seventy two", (ONESELF, "seventy two")),
        ("Me, 9", (ONESELF, "9")),
        ("my mum, 80", (ANOTHER, "80")),
        ("myself", (ONESELF,)),
        ("it's for me please", (ONESELF,)),
        ("my mum", (ANOTHER,)),
        *((said, ()) for said in ("72", "1 2", "me, nearly 18", "me, 72 or 73", "me and mum 72", "")),
        *((said, ()) for said in ("he hits me", "i want to kill myself", "my dad hits me")),
    ],
)
def test_whom_it_is_for_and_an_age_are_heard_together_only_where_they_are_sure(
    said: str, found: tuple[str, ...]
) -> None:
    assert whose_and_age(said, SAID_OF_WHOM) == found


@pytest.mark.parametrize(
    ("said", "keys", "words"),
    [
        ("4", ("lonely",), ""),
        ("1, 3 and money", ("money", "housing"), ""),
        ("lonely, and stressed", ("lonely", "mind"), ""),
        ("both 4 and 5 please", ("lonely", "mind"), ""),
        ("something else", ("other",), ""),
        ("something else: my dog died", ("other",), "something else: my dog died"),
        ("money and my cat", ("money", "other"), "money and my cat"),
        ("my neighbour parks on my grass", ("other",), "my neighbour parks on my grass"),
        ("I don't need money, just food", ("food_fuel", "other"), "I don't need money, just food"),
        ("none of these", ("other",), "none of these"),
    ],
)
def test_words_that_are_no_option_are_kept_beside_those_that_are(
    content: Content, said: str, keys: tuple[str, ...], words: str
) -> None:
    needs = [Option(need.key, need.label, need.words, need.short) for need in content.needs.values()]
    assert picks_and_words(said, needs, otherwise="other") == (keys, words)


@pytest.mark.parametrize("said", ["", "  ", "?", "1 99", "what do you mean?", "yes", "no", "ok"])
def test_what_names_nothing_to_help_with_is_asked_again(content: Content, said: str) -> None:
    needs = [Option(need.key, need.label, need.words, need.short) for need in content.needs.values()]
    assert picks_and_words(said, needs, otherwise="other") is None


def test_whoever_types_a_short_label_back_is_understood(content: Content) -> None:
    needs = [Option(need.key, need.label, need.words, need.short) for need in content.needs.values()]
    assert [option.key for option in needs if several(option.short, needs) != (option.key,)] == []
    for options in (HOW, (*WHEN, OWN_TIME), WHOSE, WISHES):
        assert [
            option.key for option in options if choice(option.short or option.label, options) != option.key
        ] == []


def test_a_walk_that_would_have_to_wait_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_wanted: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("bot.journeys_cost._sample", slow)
    with pytest.raises(RuntimeError, match="waited"):
        walk(("hello", "yes"))


def reply_of(question):
    return Reply(question.words, question.options, asks=question.key)
