"""Longer: by what way the longer page of a piece reaches someone, where it stands, and what it takes by text."""

from bot.ask import Here
from bot.layout import SMS, laid_out
from bot.messages import Reply
from content import Item
from content.items import FEEDBACK
from content.markdown import as_words
from content.segments import segments

PLACE = "/try/"
"""Where the longer pages are on our own web pages."""
WEB, BY_TEXT = "web", "sms"


def way(here: Here) -> str:
    """Name the talk that gives the longer page here: a link, the words, or texts they are asked about first."""
    if here.channel == WEB or (here.channel == BY_TEXT and here.service.public_url):
        return "read_on_page"
    return "read_by_text" if here.channel == BY_TEXT else "read_here"


def address(here: Here, piece: Item) -> str:
    """Give where the page of a piece is: on our web chat without a host, for it is the one they are at."""
    host = "" if here.channel == WEB else here.service.public_url
    return f"{host}{PLACE}{piece.key}"


def in_words(piece: Item) -> str:
    """Say the longer page in plain words, under its title."""
    return f"{piece.title}\n{as_words(piece.page)}"


def texts(words: str, *, asks: bool) -> int:
    """Count the text messages that words take. `asks`: with the question whether it helped after them."""
    messages = laid_out([Reply(words + FEEDBACK if asks else words)], SMS)
    return sum(segments(message.text) for message in messages)
