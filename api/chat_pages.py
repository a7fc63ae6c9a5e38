"""What the chat page leads to: the way out, a copy to keep, a code from elsewhere, news without a live line."""

from dataclasses import replace
from typing import Annotated

from babel.dates import format_date
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from api import chat_cookie, chat_form, errors
from api.chat_form import Posted
from api.chat_lines import Line
from api.house import House
from api.pages import GUARDS, LANGUAGE, NEUTRAL, page
from api.webchat import ELSEWHERE, NEWEST, Cookie, TheHouse, Watched, door_of, read_talk, take, welcome_page
from bot.channels.webchat import NAME
from bot.messages import Inbound
from bot.words import _, words_in
from waitingroom.doors import TooManyNewError

router = APIRouter(tags=["chat"], include_in_schema=False)

CROSSING = "CONTINUE"
"""The keyword that, with a code, carries a talk on from another channel."""
LONGEST_CODE = 40
NO_CODE = _("Please write the code in the box. It has 8 letters and numbers.")
TOO_MANY_CODES = _("Many codes were tried where you are just now. Please wait a few minutes, then try again.")
COPY_NAME = "notes.txt"
"""What the copy is called on the person's device: a name that tells nobody anything."""


@router.get("/chat/exit")
async def leave(request: Request, house: TheHouse) -> Response:
    """Take the chat off this device, and lead on to a page that anyone may have been reading.

    A browser that only looks ahead, and a link on another site, lead on without taking anything.
    """
    response = RedirectResponse(NEUTRAL, 303, GUARDS)
    if chat_form.sent_from_here(request) and "sec-purpose" not in request.headers:
        chat_cookie.take_back(response, secure=house.settings.secure_cookies)
    return response


@router.post("/chat/continue")
async def go_on(request: Request, house: TheHouse, cookie: Cookie) -> Response:
    """Take the code a person was given elsewhere: the talk hears it as if it had been typed."""
    if not chat_form.sent_from_here(request):
        return errors.answer(request, 403, words_in(LANGUAGE).say(ELSEWHERE))
    posted = await chat_form.read(request)
    if not posted.typed.strip():
        return welcome_page(house, cookie, problem=NO_CODE)
    keys = house.database.keys
    cookie = cookie or chat_cookie.genuine(keys, posted.begin) or chat_cookie.mint(keys)
    said = replace(posted, typed=f"{CROSSING} {posted.typed.strip()[:LONGEST_CODE]}")
    try:
        await _hear(house, cookie, said, door=door_of(request, house))
    except TooManyNewError:
        return welcome_page(house, cookie, problem=TOO_MANY_CODES)
    response = RedirectResponse("/chat#end", 303, GUARDS)
    chat_cookie.give(response, cookie, secure=house.settings.secure_cookies)
    return response


@router.get("/chat/since")
async def since(house: TheHouse, talk: Watched, after: Annotated[int, Query(ge=0, le=NEWEST)] = 0) -> JSONResponse:
    """Tell what was said after message `after`, for pages that cannot have a live line."""
    lines = await read_talk(house, talk, after=after)
    return JSONResponse({"messages": [line.shown() for line in lines]}, headers=GUARDS)


@router.get("/chat/save")
async def save(house: TheHouse, talk: Watched) -> Response:
    """Say who else might see a copy, before one is made."""
    return page("save.html", {"service": house.desk.service})


@router.get("/chat/saved")
async def saved(house: TheHouse, talk: Watched) -> Response:
    """Show the whole talk on one plain page, to be printed."""
    facts = {"service": house.desk.service, "day": _today(house), "lines": await read_talk(house, talk)}
    return page("saved.html", facts)


@router.get("/chat/saved.txt")
async def saved_as_text(house: TheHouse, talk: Watched) -> Response:
    """Give the whole talk as a text file."""
    told = [_today(house), *(_plain(line) for line in await read_talk(house, talk))]
    headers = {**GUARDS, "Content-Disposition": f'attachment; filename="{COPY_NAME}"'}
    return PlainTextResponse("\n\n".join(told) + "\n", headers=headers)


def _plain(line: Line) -> str:
    return f"{line.who}, {line.at}\n{line.text}"


def _today(house: House) -> str:
    """Name the day a copy is made: its lines of that day carry only the time."""
    local = house.clock.now().astimezone(house.desk.service.zone)
    return format_date(local.date(), "EEEE d MMMM y", locale="en_GB")


async def _hear(house: House, cookie: str, posted: Posted, *, door: str) -> None:
    await take(house, Inbound(NAME, cookie, posted.once, posted.typed, house.clock.now(), door=door))
