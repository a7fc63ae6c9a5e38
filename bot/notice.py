"""The privacy notice in few words, as a text message can say it; the page has it in more."""

from bot.words import _

VERSION = "2026-11"
"""Raised whenever the notice says something else: what people were shown is kept by it."""
SUMMARY = (
    _("{service} keeps what you tell us, locked, to find you the right help. Our staff read it, nobody else."),
    _("Nothing is sold. We tell others only if you say yes, or if someone may be in danger."),
    _("Reply CONSENT to see your yeses or take one back. MY DATA shows what we hold, CORRECT changes it."),
    _("DELETE asks us to delete it. COMPLAINT tells us what is wrong. Our web page has more, under Privacy."),
)
