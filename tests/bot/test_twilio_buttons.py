"""Buttons and lists on WhatsApp: pressed, they say what typing would have said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.twilio.buttons import BODY, MOST_BUTTONS, MOST_ROWS, SHAPES, TITLE, filled, pressed
from bot.channels.twilio.signature import Form
from bot.conversation import CHANGING
from bot.messages import Reply
from bot.reading import Option, choice

YES_NO = (Option("yes", "Yes"), Option("no", "No"))


def options(count: int, words: str = "Answer") -> tuple[Option, ...]:
    return tuple(Option(f"key{number}", f"{words} {number}") for number in range(1, count + 1))


def words(reply: Reply) -> dict[str, str]:
    found = filled(reply)
    assert found is not None
    told: dict[str, str] = json.loads(found.variables)
    return told


def test_a_question_with_two_answers_becomes_two_buttons() -> None:
    reply = Reply("May we keep it?", YES_NO, asks="consent")
    found = filled(reply)
    assert found is not None
    assert (found.shape.kind, found.shape.count) == ("buttons", 2)
    assert words(reply) == {"1": "May we keep it?", "2": "Yes", "3": "consent|Yes", "4": "No", "5": "consent|No"}


def test_a_question_with_four_to_ten_answers_becomes_a_list() -> None:
    for count in range(4, MOST_ROWS + 1):
        found = filled(Reply("Which?", options(count), asks="which"))
        assert found is not None
        assert (found.shape.kind, found.shape.count) == ("list", count)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Hello"),
        Reply("Which?", options(11), asks="which"),
        Reply("Which of these?", options(4), several=True, asks="which"),
        Reply("Which?", options(3, "A label of more than twenty characters"), asks="which"),
        Reply("Which?", options(5, "Two labels that begin the same way and end apart"), asks="which"),
        Reply("x" * (BODY + 1), YES_NO, asks="consent"),
        Reply("Which?", YES_NO),
        Reply("Which?", (Option("a", "Same"), Option("b", "same")), asks="which"),
    ],
)
def test_what_fits_no_buttons_goes_as_numbered_words(reply: Reply) -> None:
    assert filled(reply) is None


def test_a_long_answer_is_shown_whole_under_its_short_title() -> None:
    long = Option("debt", "Money, debt, bills and benefits", short="Money")
    told = words(Reply("Which?", (*options(3), long), asks="needs"))
    assert (told["11"], told["12"], told["13"]) == ("Money", f"needs|{long.label}", long.label)
    assert told["4"] == "1"


def test_a_button_never_carries_the_persons_own_words() -> None:
    own = (Option("name", "Your name: Ann"), Option("age", "Your age: 72"))
    told = words(Reply("Which answer?", own, asks=CHANGING))
    assert (told["3"], told["5"]) == ("changing|1", "changing|2")


LABELS = st.lists(
    st.text("abcdefghij klm", min_size=1, max_size=30).map(str.strip).filter(bool), min_size=1, max_size=10
)


@given(LABELS)
def test_every_place_of_a_template_is_filled_and_every_press_is_read_as_its_answer(labels: list[str]) -> None:
    reply = Reply("Which?", tuple(Option(f"k{n}", label) for n, label in enumerate(labels)), asks="which")
    found = filled(reply)
    if found is None:
        return
    told = json.loads(found.variables)
    assert set(told) == set(found.shape.made()["variables"])
    assert all(told.values())
    for number, option in enumerate(reply.options):
        first = 2 + (2 if found.shape.kind == "buttons" else 3) * number
        title, payload = told[str(first)], told[str(first + 1)]
        assert len(title) <= TITLE
        field = "ButtonPayload" if found.shape.kind == "buttons" else "ListId"
        assert pressed(Form(((field, payload),))) == ("which", option.label)


def test_a_press_is_read_by_the_question_as_the_answer_it_shows() -> None:
    for shown in (YES_NO, options(10)):
        for option in shown:
            assert choice(pressed(Form((("ListId", f"q|{option.label}"),)))[1], shown) == option.key


def test_there_is_a_template_for_every_number_of_answers() -> None:
    assert [shape.count for shape in SHAPES] == list(range(1, MOST_ROWS + 1))
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    assert sum(shape.kind == "buttons" for shape in SHAPES) == MOST_BUTTONS
