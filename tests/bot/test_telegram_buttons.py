"""Buttons on Telegram: what is shown, what a press carries, and that two other libraries read it the same."""

import subprocess
import sys

import pytest

from bot.channels.telegram.buttons import DATA_MOST, LONGEST, Act, Button, Press, rows, words
from bot.messages import Reply
from bot.reading import Option

YES_NO = (Option("yes", "Yes"), Option("no", "No"))
NEEDS = (Option("lonely", "Loneliness"), Option("money", "Money and debt"), Option("home", "Housing"))


def labels(reply: Reply) -> list[list[str]]:
    return [[button.text for button in row] for row in rows(reply)]


def test_two_short_answers_stand_side_by_side_without_numbers() -> None:
    assert labels(Reply("May we?", YES_NO, asks="consent")) == [["Yes", "No"]]


def test_three_or_more_answers_carry_the_numbers_a_person_may_type() -> None:
    reply = Reply("How?", NEEDS, asks="how")
    assert labels(reply) == [["1 Loneliness"], ["2 Money and debt"], ["3 Housing"]]
    assert words(reply) == "How?"


def test_someone_who_may_choose_several_ends_with_done_and_is_told_so() -> None:
    reply = Reply("What?", NEEDS, several=True, asks="needs")
    assert labels(reply)[-1] == ["Done"]
    assert words(reply) == "What?\nTap all that fit, then tap Done."


def test_a_label_too_long_for_a_button_is_written_out_in_the_message() -> None:
    long = Option("own", "What matters: someone to walk to the shop with on Tuesdays")
    reply = Reply("Which?", (*YES_NO, long), asks="change")
    shown = rows(reply)[-1][0]
    assert len(shown.text) <= 34
    assert shown.said == "3"
    assert f"3 {long.label}" in words(reply)


def test_a_list_that_would_burst_the_message_is_left_out_of_it() -> None:
    options = tuple(Option(str(number), f"{number} {'very long answer ' * 8}") for number in range(30))
    assert len(words(Reply("x" * 3000, options, asks="q"))) <= LONGEST


def test_a_reply_without_a_question_has_no_buttons() -> None:
    assert rows(Reply("Thank you.")) == []


@pytest.mark.parametrize("count", [1, 2, 9, 40])
def test_no_button_carries_more_than_telegram_takes(count: int) -> None:
    options = tuple(Option(str(number), "Something") for number in range(count))
    for several in (False, True):
        made = [button for row in rows(Reply("?", options, several, "what_matters_most_to_you")) for button in row]
        assert made
        full = [Press(b.press.act, b.press.question, b.press.number, (1 << count) - 1) for b in made]
        assert all(1 <= len(press.data.encode()) <= DATA_MOST for press in full)


def test_a_question_whose_name_is_too_long_is_a_numbered_list() -> None:
    reply = Reply("May we?", YES_NO, asks="q" * 60)
    assert rows(reply) == []
    assert words(reply) == "May we?\n1 Yes\n2 No"


def test_what_a_press_carries_is_read_back_as_it_was() -> None:
    press = Press(Act.TICK, "odd.key: with dots", 12, 0b1010_0000_0001)
    assert Press.read(press.data) == press
    assert press.chosen == "1, 10, 12"


@pytest.mark.parametrize("data", ["", "x", "p.1", "q.1.0.consent", "t.-1.0.a", "t.1.zz.a", "p.999.0.a", "\ud800"])
def test_a_press_that_is_none_of_ours_is_not_read(data: str) -> None:
    assert Press.read(data) is None


def test_a_tick_comes_and_goes() -> None:
    money = Button("2 Money and debt", Press(Act.TICK, "needs", 2))
    ticked = money.ticking(money.press)
    assert ticked.text == "\u2713 2 Money and debt"
    assert ticked.press.ticked == 0b10
    assert ticked.ticking(ticked.press) == money


def test_both_libraries_show_the_same_buttons() -> None:
    from aiogram.types import InlineKeyboardMarkup
    from telegram import InlineKeyboardMarkup as SentKeyboard

    from bot.channels.telegram.sending import keyboard

    sent = keyboard(Reply("What?", NEEDS, several=True, asks="needs"))["reply_markup"]
    assert SentKeyboard.de_json(sent, None).to_dict() == sent
    read = InlineKeyboardMarkup.model_validate(sent)
    assert [[(b.text, b.callback_data) for b in row] for row in read.inline_keyboard] == [
        [(b.text, b.press.data) for b in row] for row in rows(Reply("What?", NEEDS, several=True, asks="needs"))
    ]


def test_a_worker_that_sends_never_loads_what_reads_and_a_web_page_loads_neither() -> None:
    def loaded(doing: str) -> set[str]:
        program = f"import sys\n{doing}\nprint(*sorted({{'aiogram', 'telegram', 'httpx'}} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert loaded("import bot.channels.telegram.channel, bot.channels.telegram.buttons") == set()
    assert loaded("import bot.channels.telegram.sending") == {"telegram", "httpx"}
