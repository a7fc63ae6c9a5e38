"""Pages about one's own data: the privacy notice, and all that is held of whoever has shown who they are."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response

from api.chat_lines import Speaking, names_of
from api.held import Telling
from api.pages import LANGUAGE, page
from api.webchat import NO_TALK, Cookie, TheHouse
from bot import notice
from bot.channels.webchat import NAME
from bot.words import words_in
from waitingroom import everything, reach, rights
from waitingroom.conversations import Contact

router = APIRouter(tags=["chat"], include_in_schema=False)


@router.get("/privacy")
async def privacy(house: TheHouse) -> Response:
    """Show the privacy notice. Nothing is read or kept."""
    facts = {"service": house.desk.service, "version": notice.VERSION}
    return page("privacy.html", facts)


async def _contact(house: TheHouse, cookie: Cookie) -> tuple[uuid.UUID, uuid.UUID]:
    """Find the talk and the way of whoever has this browser's cookie; 404 for anyone else."""
    if cookie is not None:
        async with house.database.transaction() as session:
            contact_id = await reach.contact_at(session, channel=NAME, address=cookie)
            contact = await session.get(Contact, contact_id) if contact_id else None
        if contact is not None:
            return contact.conversation_id, contact.id
    raise HTTPException(404, NO_TALK)


@router.get("/chat/my-data")
async def my_data(house: TheHouse, who: Annotated[tuple[uuid.UUID, uuid.UUID], Depends(_contact)]) -> Response:
    """Show all that is held, to someone who showed who they are in the last quarter of an hour."""
    talk, contact = who
    now, service = house.clock.now(), house.desk.service
    async with house.database.transaction() as session:
        known = await rights.identity(session, conversation_id=talk, contact_id=contact, now=now)
        if known.known and not known.proved:
            return page("my_data_first.html", {"service": service}, status=403)
        held = await everything.of_talk(session, conversation_id=talk)
        names = await names_of(session, held.messages)
        lines = Speaking(service, words_in(LANGUAGE), now).lines(session, held.messages, names)
    telling = Telling(service, words_in(LANGUAGE))
    facts = {
        "service": service,
        "day": telling.day(now),
        "sections": telling.sections(held),
        "lines": lines,
        "kept_until_asked": held.story.person is not None,
    }
    return page("my_data.html", facts)
