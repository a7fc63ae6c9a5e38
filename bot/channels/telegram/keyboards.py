"""Keyboards by aiogram: options ticked in place, what a button said, and links that open a chat with the bot."""

from aiogram.types import InlineKeyboardMarkup
from aiogram.utils.deep_linking import create_deep_link
from aiogram.utils.keyboard import InlineKeyboardBuilder

from bot.channels.telegram.buttons import Button, Press


def ticked(shown: InlineKeyboardMarkup, press: Press) -> InlineKeyboardMarkup:
    """Return a keyboard as it is after `press`: one option ticked or unticked, every button's data to match."""
    builder = InlineKeyboardBuilder()
    for button in buttons_on(shown):
        now = button.ticking(press)
        builder.button(text=now.text, callback_data=now.press.data)
    builder.adjust(*(len(row) for row in shown.inline_keyboard))
    return builder.as_markup()


def said(shown: InlineKeyboardMarkup | None, press: Press) -> str:
    """Return what a person says by pressing an option: its words as shown, or its number where it is not seen."""
    options = buttons_on(shown) if shown else []
    return next((button.said for button in options if button.press == press), str(press.number))


def buttons_on(shown: InlineKeyboardMarkup) -> list[Button]:
    """List the buttons of a keyboard that are ours, in order."""
    known = (
        (button.text, Press.read(button.callback_data or "")) for row in shown.inline_keyboard for button in row
    )
    return [Button(text, press) for text, press in known if press]


def link_to(username: str, code: str) -> str:
    """Return a link that opens a chat with the bot and, on Start, sends it `code`.

    Raises ValueError where the code has other signs than A-Z, a-z, 0-9, _ and -, or more than 64 of them.
    """
    return create_deep_link(username, "start", code)
