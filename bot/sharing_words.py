"""Sharing words: the reviewed question whether one other organisation may be told, in a chat or read out."""

from bot.words import _

MAY_WE_TELL = _(
    "May we tell {organisation} your first name and how to reach you, so that they can help with one thing?"
)
VERSION = "2026-11"
