"""Web chat: the page a worried person opens, writes on and reads, with or without JavaScript."""

import re
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError

from api import chat_cookie, chat_form, errors, places, shedding, watching
from api.chat_form import Posted
from api.chat_lines import Line, Speaking, names_of
from api.house import House
from api.limits import address_of, is_proxy
from api.live import Live
from api.logs import log
from api.pages import GUARDS, LANGUAGE, mount_static, page
from bot import reading
from bot.channels.webchat import NAME
from bot.messages import Inbound
from bot.turn import Turn, take_turn
from bot.words import _, words_in
from waitingroom import conversations, doors, messages
from waitingroom.database import Session
from waitingroom.doors import TooManyNewError
from waitingroom.messages import Author

__all__ = ["mount_static", "router"]

router = APIRouter(tags=["chat"], include_in_schema=False)

OUR_TROUBLE = (*errors.AWAY, DBAPIError, asyncpg.PostgresError)
MESSAGE_ID = re.compile(r"[0-9]{1,18}")
NEWEST = 10**18
EMPTY = _("There was nothing in the box. Please write something, or choose an answer.")
ELSEWHERE = _("That came from another page, so we did not take it. Please open the chat and write there.")
AGAIN = _("Something is wrong on our side. Your message is still here. Please try again in a minute.")
TOO_MANY_NEW = _(
    "Many people have begun a chat where you are just now. What you wrote is still here: please send it again "
    "in a few minutes."
)
NO_TALK = _("There is no chat to follow here.")


async def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def _cookie(request: Request) -> str | None:
    return chat_cookie.shown(request)


Cookie = Annotated[str | None, Depends(_cookie)]
TheHouse = Annotated[House, Depends(_house)]


@router.get("/")
async def welcome(house: TheHouse, cookie: Cookie) -> Response:
    """Say what this is, and open the door to the chat. Nothing is read or kept."""
    return welcome_page(house, cookie)


def welcome_page(house: House, cookie: str | None, *, problem: str = "") -> Response:
    """Draw the first page. `problem` is what was wrong with the code that was sent from it, in words."""
    facts = {
        "service": house.desk.service,
        "begun": cookie is not None,
        "problem": _say(problem) if problem else "",
        **_fresh(house, cookie),
    }
    return page("welcome.html", facts, status=422 if problem else 200)


@router.get("/chat")
async def chat(house: TheHouse, cookie: Cookie) -> Response:
    """Show the talk so far, or an invitation to begin one."""
    return await _chat_page(house, cookie)


async def write(request: Request) -> Response:
    """Take what a person wrote or chose; answer with a page, or with JSON where the page's script asks."""
    house, cookie = await _house(request), chat_cookie.shown(request)
    if not chat_form.sent_from_here(request):
        return errors.answer(request, 403, _say(ELSEWHERE))
    posted = await chat_form.read(request)
    as_json = "application/json" in request.headers.get("accept", "")
    if posted.empty:
        if as_json:
            return errors.answer(request, 422, _say(EMPTY))
        return await _chat_page(house, cookie, problem=EMPTY)
    keys = house.database.keys
    cookie = cookie or chat_cookie.genuine(keys, posted.begin) or chat_cookie.mint(keys)
    return await _take_in(request, posted, cookie, as_json=as_json)


async def _take_in(request: Request, posted: Posted, cookie: str, *, as_json: bool) -> Response:
    house = await _house(request)
    if shedding.crowded(request):
        return _kept_for_later(house, posted, cookie, shedding.BUSY)
    inbound = _inbound(house, posted, cookie, door=door_of(request, house))
    try:
        turn = await take(house, inbound)
    except TooManyNewError as refused:
        return _too_many_new(request, house, posted, cookie, refused)
    except OUR_TROUBLE as error:
        if as_json:
            raise
        log.error("trouble", trouble=type(error).__name__)
        return _kept_for_later(house, posted, cookie)
    request.app.state.live.tell(turn.conversation_id)
    response = await _told(house, inbound, turn) if as_json else RedirectResponse("/chat#end", 303, GUARDS)
    chat_cookie.give(response, cookie, secure=house.settings.secure_cookies)
    return response


router.add_route("/chat/messages", write, methods=["POST"])  # plain: it takes nothing FastAPI would check


@router.post("/chat/forget")
async def forget(request: Request, house: TheHouse) -> Response:
    """Take the chat off this device; what the service keeps stays as it is."""
    if not chat_form.sent_from_here(request):
        return errors.answer(request, 403, _say(ELSEWHERE))
    response = RedirectResponse("/", 303, GUARDS)
    chat_cookie.take_back(response, secure=house.settings.secure_cookies)
    return response


async def _watched(house: TheHouse, cookie: Cookie) -> uuid.UUID:
    if cookie is not None:
        async with house.database.transaction() as session:
            talk = await conversations.of_contact(session, channel=NAME, address=cookie)
        if talk is not None:
            return talk.id
    raise HTTPException(404, NO_TALK)


Watched = Annotated[uuid.UUID, Depends(_watched)]


async def _placed(request: Request, talk: Watched) -> AsyncIterator[uuid.UUID]:
    with places.of(request).one(talk.bytes, most=places.A_TALK):
        yield talk


Placed = Annotated[uuid.UUID, Depends(_placed)]


@router.get("/chat/live", response_class=EventSourceResponse)
async def live(
    request: Request,
    house: TheHouse,
    talk: Placed,
    after: Annotated[int, Query(ge=0, le=NEWEST)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Send every message that comes, as it comes: from the last one this page has, `after` or `Last-Event-ID`."""
    line: Live = request.app.state.live
    seen = int(last_event_id) if MESSAGE_ID.fullmatch(last_event_id) else after
    async with line.watching(talk) as grown:
        while not line.stopped:
            grown.clear()
            try:
                lines = await read_talk(house, talk, after=seen)
            except OUR_TROUBLE:
                return
            for told in lines:
                seen = told.id
                yield ServerSentEvent(data=told.shown(), id=str(told.id))
            await grown.wait()


async def take(house: House, inbound: Inbound) -> Turn:
    """Take one message written on a page, and count it."""
    with watching.turn(house.traces, NAME) as seen:
        turn = await take_turn(house.desk, inbound)
        seen.took(turn)
    return turn


def door_of(request: Request, house: House) -> str:
    """Name where a browser comes from, for counting new chats; empty where a proxy of ours does not tell."""
    an_hour = house.settings.new_chats_an_hour
    if not an_hour or is_proxy(request):
        return ""
    place = house.database.keys.fingerprint("door", address_of(request).hex()).hex()[:24]
    return doors.named(place, an_hour)


def _inbound(house: House, posted: Posted, cookie: str, *, door: str) -> Inbound:
    return Inbound(
        channel=NAME,
        address=cookie,
        message_id=posted.once,
        text=posted.text(house.desk.net),
        at=house.clock.now(),
        answering=posted.answering,
        door=door,
    )


async def _told(house: House, inbound: Inbound, turn: Turn) -> Response:
    """Answer the page's script: what was said and answered, or the whole talk where it was heard before."""
    if turn.message_id is None:
        lines = await read_talk(house, turn.conversation_id)
        return JSONResponse({"messages": [line.shown() for line in lines]}, headers=GUARDS)
    speaking = _speaking(house)
    lines = [speaking.own(turn.message_id, reading.clean(inbound.text))]
    lines += [speaking.reply(message_id, reply) for message_id, reply in turn.replies]
    told = {"messages": [line.shown() for line in lines], "moved": turn.moved}
    return Response(to_json(told), headers=GUARDS, media_type="application/json")


async def read_talk(house: House, conversation_id: uuid.UUID, *, after: int = 0) -> list[Line]:
    """Read what was said after message `after`, in a transaction of its own."""
    async with house.database.transaction() as session:
        return await _shown(house, session, conversation_id, after=after)


async def _shown(house: House, session: Session, conversation_id: uuid.UUID, *, after: int = 0) -> list[Line]:
    """Read what was said after message `after`, and note that the page has shown it."""
    found = await messages.transcript(session, conversation_id=conversation_id, after=after)
    lines = _speaking(house).lines(session, found, await names_of(session, found))
    if lines:
        upto, now = lines[-1].id, house.clock.now()
        await messages.shown(session, conversation_id=conversation_id, upto=upto, now=now)
    return lines


async def _chat_page(house: House, cookie: str | None, *, problem: str = "") -> Response:
    lines = []
    if cookie is not None:
        async with house.database.transaction() as session:
            talk = await conversations.of_contact(session, channel=NAME, address=cookie)
            lines = await _shown(house, session, talk.id) if talk else []
    facts = {
        "service": house.desk.service,
        "lines": lines,
        "first_new_at": _first_new(lines),
        "problem": _say(problem) if problem else "",
        **_fresh(house, cookie),
    }
    return page("chat.html", facts, status=422 if problem else 200)


def _first_new(lines: Sequence[Line]) -> int:
    """Find the place of the first line said since the person last wrote: where reading goes on."""
    own = [place for place, line in enumerate(lines, 1) if line.author == Author.PERSON]
    return min(own[-1] if own else 0, len(lines) - 1)


def _too_many_new(
    request: Request, house: House, posted: Posted, cookie: str, refused: TooManyNewError
) -> Response:
    """Say that too many chats were begun from one place; who wrote keeps what they wrote, and whom to call."""
    wait, words = int(refused.wait.total_seconds()), f"{_say(TOO_MANY_NEW)} {_say(shedding.CALL)}"
    if not errors.wants_page(request):
        return errors.answer(request, 429, words, headers={"Retry-After": str(wait)})
    return _kept_for_later(house, posted, cookie, words, status=429, wait=wait)


def _kept_for_later(
    house: House,
    posted: Posted,
    cookie: str,
    words: str = AGAIN,
    *,
    status: int = 503,
    wait: int = errors.RETRY_AFTER,
) -> Response:
    """Show a page that still holds what the person wrote, ready to be sent again as the same message."""
    facts = {
        "title": _say(_("Your message did not go through")),
        "words": _say(words),
        "kept": posted,
    }
    response = page("trouble.html", facts, status=status, headers={"Retry-After": str(wait)})
    chat_cookie.give(response, cookie, secure=house.settings.secure_cookies)
    return response


def _fresh(house: House, cookie: str | None) -> dict[str, object]:
    """Make what forms need: an id of its own for each message, and a cookie to come for who has none.

    The cookie to come is why a first form that is posted twice opens one talk.
    """
    return {"new_id": lambda: uuid.uuid4().hex, "begin": cookie is None and chat_cookie.mint(house.database.keys)}


def _speaking(house: House) -> Speaking:
    return Speaking(house.desk.service, words_in(LANGUAGE), house.clock.now())


def _say(words: str) -> str:
    return words_in(LANGUAGE).say(words)
