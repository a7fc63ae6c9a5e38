"""Buttons: a question's options as inline buttons, and what a press on each means, in at most 64 bytes.

Plain shapes, on purpose: the worker that sends makes them into python-telegram-bot's keyboards, the web process
that ticks them into aiogram's, and neither has to load the other's library.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.messages import Reply, numbered
from bot.reading import Option
from bot.words import _, words_in

LANGUAGE = "en"
DATA_MOST = 64
"""The most bytes a button carries (Bot API, InlineKeyboardButton.callback_data)."""
MOST = 40
"""More options than this are a numbered list, without buttons."""
WIDE = 34
"""The longest label, in characters, that a phone shows whole on a button of its own."""
SHORT = 14
"""The longest label that fits when two buttons share a row."""
LONGEST = 4096
"""The longest message, in UTF-16 units (Bot API, sendMessage)."""
CUT = "\u2026"
TICK = "\u2713 "
DONE = _("Done")
TAP = _("Tap all that fit, then tap Done.")

_DATA = re.compile(r"([ptd])\.([0-9]{1,2})\.([0-9a-f]{1,10})\.(.*)", re.DOTALL)


class Act(StrEnum):
    """What a press does."""

    PICK = "p"
    """answers with one option"""
    TICK = "t"
    """ticks an option, or takes the tick off"""
    DONE = "d"
    """answers with all that are ticked"""


@dataclass(frozen=True, slots=True)
class Press:
    """What a press on a button means: `number` is the option's, from 1; `ticked` has a bit for each one ticked.

    The ticks stand in every button's own data, so nothing is stored while a person makes up their mind.
    """

    act: Act
    question: str
    number: int = 0
    ticked: int = 0

    @property
    def data(self) -> str:
        """What the button carries."""
        return f"{self.act}.{self.number}.{self.ticked:x}.{self.question}"

    @property
    def chosen(self) -> str:
        """The numbers that are ticked, as a person would write them: "1, 3"."""
        return ", ".join(str(place + 1) for place in range(self.ticked.bit_length()) if self.ticked >> place & 1)

    @classmethod
    def read(cls, data: str) -> "Press | None":
        """Read a button's data; None where it is none of ours."""
        told = _DATA.fullmatch(data)
        return cls(Act(told[1]), told[4], int(told[2]), int(told[3], 16)) if told else None


@dataclass(frozen=True, slots=True)
class Button:
    """One button: what it shows, and what a press on it means."""

    text: str
    press: Press

    def ticking(self, press: Press) -> "Button":
        """Return this button as it is after `press` ticked an option, or took its tick off."""
        ticked = press.ticked ^ (1 << (press.number - 1))
        label = self.text.removeprefix(TICK)
        own = self.press.number and ticked >> (self.press.number - 1) & 1
        return Button(
            TICK + label if own else label, Press(self.press.act, self.press.question, self.press.number, ticked)
        )

    @property
    def said(self) -> str:
        """What a person says by pressing it: its label whole, or its number where the label is cut."""
        number = str(self.press.number)
        return number if self.text.endswith(CUT) else self.text.removeprefix(f"{number} ")


def rows(reply: Reply) -> list[list[Button]]:
    """Lay out a reply's buttons, row by row; none where it asks nothing or they would not fit.

    Three or more carry their numbers, so that a number typed means what the button means.
    """
    act = Act.TICK if reply.several else Act.PICK
    question = reply.asks or ""
    made = [
        Button(_label(reply, number, option), Press(act, question, number))
        for number, option in enumerate(reply.options, 1)
    ]
    if len(made) > MOST or len(_fullest(question, len(made)).data.encode()) > DATA_MOST:
        return []
    if reply.several and made:
        return [[button] for button in made] + [[Button(_say(DONE), Press(Act.DONE, question))]]
    across = 2 if all(len(button.text) <= SHORT for button in made) else 1
    return [made[start : start + across] for start in range(0, len(made), across)]


def words(reply: Reply) -> str:
    """Write a reply's words: with its options listed and numbered where the buttons do not show them whole."""
    made = [button for row in rows(reply) for button in row]
    whole = made and not any(button.text.endswith(CUT) for button in made)
    told = reply.text if whole else numbered(reply)
    told = f"{told}\n{_say(TAP)}" if made and reply.several else told
    return told if len(told.encode("utf-16-le", "replace")) // 2 <= LONGEST else reply.text


def _label(reply: Reply, number: int, option: Option) -> str:
    label = f"{number} {option.label}" if len(reply.options) > 2 else option.label
    return label if len(label) <= WIDE else f"{label[: WIDE - 1].rstrip()}{CUT}"


def _fullest(question: str, count: int) -> Press:
    """Return the press whose data is longest: everything ticked."""
    return Press(Act.TICK, question, count, (1 << count) - 1)


def _say(told: str) -> str:
    return words_in(LANGUAGE).say(told)
