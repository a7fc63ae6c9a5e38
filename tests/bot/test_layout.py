"""The replies of a turn become messages that a phone can carry, and nothing said is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.layout import LAYOUTS, SMS, TELEGRAM, TERMINAL, WEB, WHATSAPP, Layout, laid_out
from bot.messages import Reply, numbered
from bot.reading import Option
from content.segments import segments

YES_NO = (Option("yes", "Yes"), Option("no", "No, thank you", (), "No"))
MARK = re.compile(r"^\d+/\d+\n")
WORDS = st.text(st.sampled_from("ab ŵ😀.!?\n-'0123456789"), max_size=400) | st.text(max_size=200)
REPLIES = st.lists(
    st.builds(
        Reply,
        WORDS,
        st.sampled_from(((), YES_NO)),
        asks=st.none() | st.just("question"),
        crisis=st.booleans(),
    ),
    max_size=5,
)
ANY_LAYOUT = st.builds(
    Layout,
    joins=st.booleans(),
    most=st.none() | st.integers(40, 400),
    parts=st.none() | st.integers(1, 3),
    numbers=st.booleans(),
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def letters(text: str) -> str:
    return "".join(text.split())


def unmarked(message: Reply) -> str:
    return MARK.sub("", message.text)


def test_a_text_message_says_the_whole_turn_with_its_choices_numbered() -> None:
    (message,) = laid_out([Reply("Thank you."), Reply("May we?", YES_NO, asks="consent")], SMS)
    assert message.text == "Thank you.\nMay we?\n1 Yes\n2 No"
    assert message.options == ()
    assert message.asks == "consent"


def test_where_there_are_buttons_the_choices_stay_beside_the_words() -> None:
    (message,) = laid_out([Reply("Thank you."), Reply("May we?", YES_NO, asks="consent")], TELEGRAM)
    assert message == Reply("Thank you.\nMay we?", YES_NO, asks="consent")


@pytest.mark.parametrize("layout", [WEB, TERMINAL])
def test_on_a_page_every_reply_stands_as_it_is(layout: Layout) -> None:
    replies = [Reply("It’s fine."), Reply("May we?", YES_NO, asks="consent")]
    assert laid_out(replies, layout) == replies


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_crisis_lines_come_first_and_each_apart(layout: Layout) -> None:
    urgent, more = Reply("Call 999.", crisis=True), Reply("Call 116 123.", crisis=True)
    messages = laid_out([Reply("Hello."), urgent, more, Reply("How old are you?", asks="age")], layout)
    assert messages[:2] == [urgent, more]
    assert not any(message.crisis for message in messages[2:])


def test_typographic_signs_go_out_plainly_by_text_and_as_they_are_elsewhere() -> None:
    replies = [Reply("You’re in charge…", (Option("a", "Let’s go"),))]
    assert laid_out(replies, SMS)[0].text == "You're in charge...\n1 Let's go"
    assert laid_out(replies, WHATSAPP)[0].text == "You’re in charge…"


def test_two_questions_are_two_messages() -> None:
    replies = [Reply("One?", YES_NO, asks="one"), Reply("Then"), Reply("two?", YES_NO, asks="two")]
    assert [message.asks for message in laid_out(replies, SMS)] == ["one", "two"]


def test_a_long_text_is_split_at_sentences_and_numbered() -> None:
    text = "The first sentence is here. The second one is a bit longer than that. The third ends it."
    messages = laid_out([Reply(text, YES_NO, asks="consent")], Layout(most=50))
    assert [message.text for message in messages] == [
        "1/3\nThe first sentence is here.",
        "2/3\nThe second one is a bit longer than that.",
        "3/3\nThe third ends it.",
    ]
    assert [bool(message.options) for message in messages] == [False, False, True]
    assert [message.asks for message in messages] == [None, None, "consent"]


@pytest.mark.parametrize("whole", ["0808 2000 247", "+44 7700 900 123", "(01632) 960 123", "BB9 7AA", "1234 5674"])
@pytest.mark.parametrize("before", range(20, 60))
def test_a_number_to_call_is_never_parted(whole: str, before: int) -> None:
    text = ("word " * 20)[:before].strip() + f" {whole} " + "word " * 20
    messages = laid_out([Reply(text)], Layout(most=60))
    assert len(messages) > 1
    assert sum(whole in message.text for message in messages) == 1


def test_a_link_is_never_parted_where_it_fits_a_message() -> None:
    link = "https://www.example.org/a.b/c?d=1,000.50&e=2"
    messages = laid_out([Reply(f"Please read this page now: {link} It is short.")], Layout(most=60))
    assert sum(link in message.text for message in messages) == 1


@pytest.mark.parametrize("shown", ["😀", "👨‍👩‍👧", "❤\ufe0f", "e\u0301", "\ud83d\ude00"])
def test_a_picture_or_an_accent_stays_with_its_letter(shown: str) -> None:
    for before in range(12):
        messages = laid_out([Reply("x" * before + shown * 60)], Layout(most=60))
        assert sum(unmarked(message).count(shown) for message in messages) == 60


def test_a_message_must_hold_something() -> None:
    with pytest.raises(ValueError, match="40 characters"):
        Layout(most=10)
    with pytest.raises(ValueError, match="40 characters"):
        Layout(parts=0)


@given(REPLIES, ANY_LAYOUT)
def test_nothing_said_is_lost_and_the_order_stays(replies: list[Reply], layout: Layout) -> None:
    expected = [reply for reply in replies if reply.crisis] + [reply for reply in replies if not reply.crisis]
    messages = laid_out(replies, layout)
    written = [numbered(reply) if layout.numbers else reply.text for reply in expected]
    assert "".join(letters(unmarked(message)) for message in messages) == letters("".join(written))
    if not layout.numbers:
        assert [message.options for message in messages if message.options] == [
            reply.options for reply in expected if reply.options
        ]


@given(REPLIES, ANY_LAYOUT)
def test_no_message_is_ever_too_long(replies: list[Reply], layout: Layout) -> None:
    for message in laid_out(replies, layout):
        assert layout.most is None or units(message.text) <= layout.most
        assert layout.parts is None or segments(message.text) <= layout.parts


@given(st.text(st.sampled_from("abcdefgh .,"), max_size=600), st.integers(40, 200))
def test_words_stay_whole_where_they_fit(text: str, most: int) -> None:
    messages = laid_out([Reply(text)], Layout(most=most))
    split = [word for message in messages for word in unmarked(message).split()]
    if max((len(word) for word in text.split()), default=0) < most - 8:
        assert split == text.split()


@given(REPLIES)
def test_a_turn_that_fits_is_one_text_message_after_the_crisis_lines(replies: list[Reply]) -> None:
    calm = [reply for reply in replies if not reply.crisis]
    questions = sum(bool(reply.options or reply.asks) for reply in calm)
    trailing = bool(calm) and not (calm[-1].options or calm[-1].asks)
    messages = laid_out(replies, Layout(joins=True, numbers=True))
    assert len(messages) == len(replies) - len(calm) + questions + trailing
