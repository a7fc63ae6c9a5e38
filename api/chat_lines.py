"""The chat's lines: messages as the page shows them, with who said each and when."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from babel.dates import format_date

from bot import asides
from bot.longer import PLACE
from bot.messages import Aside, Reply
from bot.service import Service
from bot.words import Words, _
from content import Item
from waitingroom import staff
from waitingroom.attachments import Kind
from waitingroom.database import Session
from waitingroom.messages import Author, Message, said

PHONE = re.compile(r"(?<![\w/.])(?:0[\d ]{6,13}\d|116 ?\d{3}|999|111)(?![\w/])")
"""What can be tapped to call it: numbers written as people read them, and the short ones that save lives."""
PAGE = re.compile(rf"(?<![\w/.:]){PLACE}(?P<key>[a-z][a-z0-9_]*)")
"""A longer page of ours, as it is named in the chat."""
NONE: Mapping[str, Item] = MappingProxyType({})


@dataclass(frozen=True)
class Part:
    """A piece of a message; `href` where it can be followed."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Line:
    """One message on the page. `at` is in words, `moment` in ISO 8601; `options` are (number, label)."""

    id: int
    author: str
    who: str
    at: str
    moment: str
    text: str
    parts: tuple[Part, ...]
    asks: str | None = None
    several: bool = False
    options: tuple[tuple[int, str], ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return the line as JSON carries it."""
        return {**vars(self), "parts": [vars(part) for part in self.parts]}


@dataclass(frozen=True)
class Speaking:
    """How lines are put for one service, in one language, at one moment."""

    service: Service
    words: Words
    now: datetime

    def lines(self, session: Session, messages: Iterable[Message], names: Mapping[uuid.UUID, str]) -> list[Line]:
        """Show messages from the transcript. `names` are the staff's, by id."""
        return [self._line(message, said(session, message), names) for message in messages]

    def own(self, message_id: int, text: str) -> Line:
        """Show what the person has just said."""
        return self._put(message_id, Author.PERSON, Reply(text), self.now, "")

    def reply(self, message_id: int, reply: Reply) -> Line:
        """Show what has just been answered."""
        return self._put(message_id, Author.BOT, reply, self.now, "")

    def _line(self, message: Message, told: Mapping[str, Any], names: Mapping[uuid.UUID, str]) -> Line:
        name = names.get(message.staff_id, "") if message.staff_id else ""
        return self._put(message.id or 0, message.author, self._shown(told), message.created_at, name)

    def _shown(self, told: Mapping[str, Any]) -> Reply:
        """Recall what was said, with a note of what came beside the words."""
        reply = Reply.recalled(told)
        aside = Aside(told["aside"]) if "aside" in told else None
        beside = asides.shown([Kind(kind) for kind in told.get("sent", ())], self.words, aside=aside)
        return replace(reply, text=f"{reply.text} {beside}".strip()) if beside else reply

    def _put(self, message_id: int, author: Author, reply: Reply, moment: datetime, name: str) -> Line:
        own = author is Author.PERSON
        return Line(
            id=message_id,
            author=author.value,
            who=self._who(author, name),
            at=self._at(moment),
            moment=moment.isoformat(timespec="seconds"),
            text=reply.text,
            parts=(Part(reply.text),) if own else tuple(parts(reply.text, self.service.content.items)),
            asks=reply.asks,
            several=reply.several,
            options=tuple((number, option.label) for number, option in enumerate(reply.options, 1)),
        )

    def _who(self, author: Author, name: str) -> str:
        if author is Author.PERSON:
            return self.words.say(_("You"))
        if author is Author.BOT:
            return self.words.say(_("{service} (automatic)"), service=self.service.name)
        if name:
            return self.words.say(_("{name}, link worker"), name=name)
        return self.words.say(_("A link worker"))

    @cached_property
    def _just_now(self) -> str:
        return self._at_once(self.now)

    def _at(self, moment: datetime) -> str:
        return self._just_now if moment == self.now else self._at_once(moment)

    def _at_once(self, moment: datetime) -> str:
        local, today = moment.astimezone(self.service.zone), self.now.astimezone(self.service.zone).date()
        clock = f"{local.hour % 12 or 12}:{local.minute:02}{'am' if local.hour < 12 else 'pm'}"
        if local.date() == today:
            return clock
        return f"{format_date(local.date(), 'EEEE d MMMM', locale='en_GB')}, {clock}"


def parts(text: str, pages: Mapping[str, Item] = NONE) -> Iterable[Part]:
    """Cut a message so that phone numbers in it can be tapped, and our own longer pages opened by their titles."""
    done = 0
    for start, end, part in sorted(_followed(text, pages), key=itemgetter(0)):
        if start > done:
            yield Part(text[done:start])
        yield part
        done = end
    if done < len(text):
        yield Part(text[done:])


def _followed(text: str, pages: Mapping[str, Item]) -> Iterable[tuple[int, int, Part]]:
    """Find what in a message can be followed: from where to where, and as what."""
    for found in PHONE.finditer(text):
        yield found.start(), found.end(), Part(found.group(), "tel:" + found.group().replace(" ", ""))
    for found in PAGE.finditer(text) if PLACE in text else ():
        if found["key"] in pages:
            yield found.start(), found.end(), Part(pages[found["key"]].title, found.group())


async def names_of(session: Session, messages: Sequence[Message]) -> dict[uuid.UUID, str]:
    """Find the names of the staff who wrote any of the messages."""
    wrote = {message.staff_id for message in messages if message.staff_id is not None}
    return await staff.names(session, ids=wrote)
