"""The chat's form: what a person sent from the page, read once and carefully."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from fastapi import HTTPException, Request

from bot.conversation import CHANGING
from bot.safety import Net

OPTION = re.compile(r"(\d{1,3})\. (.+)", re.DOTALL)
"""What an option's button posts: its number and its label."""
PLAIN_FORM = {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8"}
"""What browsers say of a plain form; any other is read by the library."""
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
    told = await _fields(request)
    chosen = tuple(told.get("choice", ()))
    return Posted(
        typed=_first(told, "text") or "",
        chosen=chosen,
        answering=_first(told, "answering") if chosen else None,
        message_id=(_first(told, "message_id") or uuid.uuid4().hex)[:LONGEST_ID],
        begin=_first(told, "begin"),
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


async def _fields(request: Request) -> dict[str, list[str]]:
    if request.headers.get("content-type", "").casefold() in PLAIN_FORM:
        try:
            return parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError as error:
            raise HTTPException(400) from error
    told: dict[str, list[str]] = {}
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as form:
        for field, value in form.multi_items():
            if isinstance(value, str):
                told.setdefault(field, []).append(value)
    return told


def _first(told: dict[str, list[str]], field: str) -> str | None:
    return told[field][0] if field in told else None
