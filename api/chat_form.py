"""The chat's form: what a person sent from the page, read once and carefully."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData

from bot.conversation import CHANGING
from bot.safety import Net

OPTION = re.compile(r"(\d{1,3})\. (.+)", re.DOTALL)
"""What an option's button posts: its number and its label."""
MOST_FIELDS = 80
LONGEST_ID = 100


@dataclass(frozen=True)
class Posted:
    """One form as it was posted. `message_id` is the form's own."""

    typed: str
    chosen: tuple[str, ...]
    answering: str | None
    message_id: str
    begin: str | None

    @property
    def empty(self) -> bool:
        """Whether nothing was said at all."""
        return not self.chosen and not self.typed.strip()

    @property
    def once(self) -> str:
        """Name the message: a form posted twice is heard once, one whose words have changed is new."""
        told = "\0".join((self.message_id, self.answering or "", *self.chosen, self.typed))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    def text(self, net: Net) -> str:
        """Return what is said: typed words, or the labels of what was chosen.

        Numbers stand in where labels, read as words, would sound like danger ("Someone has died, Moving
        more"), and where an answer is to be changed: that label quotes the person.
        """
        options = [found.groups() for one in self.chosen if (found := OPTION.fullmatch(one))]
        if len(options) != len(self.chosen) or not options:
            return ", ".join(self.chosen) or self.typed
        labels = ", ".join(label for _, label in options)
        plain = self.answering != CHANGING and net.listen(labels) is None
        return labels if plain else ", ".join(number for number, _ in options)


async def read(request: Request) -> Posted:
    """Read the form. Raises HTTPException 400 where it is not one, 413 where it is too long."""
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as form:
        chosen = _all(form, "choice")
        return Posted(
            typed=_one(form, "text") or "",
            chosen=chosen,
            answering=_one(form, "answering") if chosen else None,
            message_id=(_one(form, "message_id") or uuid.uuid4().hex)[:LONGEST_ID],
            begin=_one(form, "begin"),
        )


def sent_from_here(request: Request) -> bool:
    """Say whether a post comes from our own page (OWASP, Cross-Site Request Forgery, Fetch Metadata).

    Browsers that do not send `Sec-Fetch-Site` (before 2023) send `Origin`; programs send neither, and carry
    no one's cookie but their own.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _one(form: FormData, field: str) -> str | None:
    return next(iter(_all(form, field)), None)


def _all(form: FormData, field: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(field) if isinstance(value, str))
