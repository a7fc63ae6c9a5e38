"""Two hubs, with a real object of every kind in each, and staff of every role at their doors."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI

from api.house import House
from tests.at_work import AtWork, client_of, someone
from tests.talking import SHORTEST_REFERRAL
from waitingroom import complaints, data_requests, hubs, legal_holds, notes, staff, staff_tasks, to_dos
from waitingroom.appointments import Appointment
from waitingroom.attachments import Attachment, body_at, ref_at
from waitingroom.columns import new_id
from waitingroom.data_requests import Kind as RequestKind
from waitingroom.database import Session
from waitingroom.hubs import Hub
from waitingroom.introductions import Introduction, Told
from waitingroom.later import LaterMessage
from waitingroom.matching import PersonMatch
from waitingroom.roles import OF_ROLE, Role, Scope
from waitingroom.staff_tasks import Kind as TaskKind

POSTCODES = {"Nelson": "BB9 7AA", "Colne": "BB8 0JG"}


@dataclass(frozen=True)
class Someone:
    """A person of a hub, where their talk and their referral are, and a colleague at work."""

    talk: uuid.UUID
    person: uuid.UUID
    other: uuid.UUID
    """someone else of the same hub"""
    referral: uuid.UUID
    staff: uuid.UUID
    now: datetime


Make = Callable[[Session, Someone], Awaitable[object]]


async def open_hubs(app: FastAPI) -> dict[str, Hub]:
    """Open both hubs, Nelson and Colne."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        return {
            name: await hubs.add(session, name=name, areas=[postcode.split()[0]], now=house.clock.now())
            for name, postcode in POSTCODES.items()
        }


async def lives_in(app: FastAPI, hub: Hub, *, by: uuid.UUID, name: str = "Ann") -> Someone:
    """Two people of a hub refer themselves; the first is the one to be seen."""
    house: House = app.state.house
    said = [POSTCODES[hub.name] if text == "BB9 7AA" else text for text in SHORTEST_REFERRAL]
    before = await _people(house, hub)
    for called in (name, "Rose"):
        await someone(app).says(*(called if text == "Ann" else text for text in said))
    (talk, person), (_talk, other) = [row for row in await _people(house, hub) if row not in before]
    async with house.database.transaction() as session:
        referral = await session.driver.fetchval("SELECT id FROM referral WHERE person_id = $1", person)
    return Someone(talk, person, other, referral, by, house.clock.now())


async def _people(house: House, hub: Hub) -> list[tuple[uuid.UUID, uuid.UUID]]:
    async with house.database.transaction() as session:
        rows = await session.driver.fetch(
            "SELECT id, person_id FROM conversation WHERE hub_id = $1 ORDER BY created_at, id", hub.id
        )
    return [(row["id"], row["person_id"]) for row in rows]


async def objects(app: FastAPI, one: Someone) -> dict[str, str]:
    """Make an object of every kind that hangs on someone: the parts of paths, by name."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        return {name: str(await make(session, one)) for name, make in MADE.items()}


async def comes(
    app: FastAPI, name: str, role: Role, hub: Hub | None, scopes: frozenset[Scope] | None = None
) -> AtWork:
    """Someone of a role and hub comes with a key of their role's scopes, or of `scopes`."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        hub_id = hub.id if hub else None
        worker = await staff.welcome(session, name=name, role=role, hub_id=hub_id, now=house.clock.now())
        carried = OF_ROLE[role] if scopes is None else scopes
        key = await staff.issue_key(session, staff_id=worker.id, scopes=carried, now=house.clock.now())
    return AtWork(client_of(app), name, key)


async def id_of(app: FastAPI, name: str) -> uuid.UUID:
    """Give the id of a member of staff."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        found: uuid.UUID = await session.driver.fetchval("SELECT id FROM staff WHERE name = $1", name)
    return found


async def _handoff(session: Session, one: Someone) -> object:
    return await session.driver.fetchval("SELECT id FROM handoff WHERE conversation_id = $1", one.talk)


async def _person(_session: Session, one: Someone) -> object:
    return one.person


async def _introduction(session: Session, one: Someone) -> object:
    introduction_id = new_id()
    told = Told(name="Joan", by="Ann", by_phone="+447700900100").model_dump_json()
    await session.put(
        Introduction,
        id=introduction_id,
        told_in_id=one.talk,
        relationship="friend",
        way="call",
        status="to_call",
        told=session.keys.seal(told, f"introduction:told:{introduction_id}"),
        told_at=one.now,
        version=1,
    )
    return introduction_id


async def _match(session: Session, one: Someone) -> object:
    match_id = new_id()
    pair = {"earlier_id": one.person, "later_id": one.other}
    await session.driver.execute(
        "DELETE FROM person_match WHERE earlier_id = $1 AND later_id = $2", *pair.values()
    )
    await session.put(
        PersonMatch, id=match_id, **pair, sureness="likely", status="waiting", found_at=one.now, version=1
    )
    return match_id


async def _complaint(session: Session, one: Someone) -> object:
    due_on = one.now.date() + timedelta(days=29)
    await complaints.make(session, conversation_id=one.talk, words="Too slow", due_on=due_on, now=one.now)
    return await session.driver.fetchval("SELECT id FROM complaint WHERE conversation_id = $1", one.talk)


async def _request(session: Session, one: Someone) -> object:
    facts: dict[str, Any] = {"kind": RequestKind.CORRECTION, "words": "My name", "today": one.now.date()}
    await data_requests.ask(session, conversation_id=one.talk, now=one.now, **facts)
    return await session.driver.fetchval("SELECT id FROM data_request WHERE conversation_id = $1", one.talk)


async def _attachment(session: Session, one: Someone) -> object:
    attachment_id = new_id()
    message = await session.driver.fetchval("SELECT min(id) FROM message WHERE conversation_id = $1", one.talk)
    await session.put(
        Attachment,
        id=attachment_id,
        message_id=message,
        conversation_id=one.talk,
        channel="telegram",
        kind="picture",
        status="kept",
        mime="image/png",
        size=4,
        ref=session.keys.seal_bytes(b"ref", ref_at(attachment_id)),
        body=session.keys.seal_bytes(b"\x89PNG", body_at(attachment_id)),
        attempts=0,
        created_at=one.now,
    )
    return attachment_id


async def _task(session: Session, one: Someone) -> object:
    day = one.now.date()
    task = await staff_tasks.add(
        session, referral_id=one.referral, kind=TaskKind.CALL, words="Hello", on=day, now=one.now
    )
    return task.id


async def _to_do(session: Session, one: Someone) -> object:
    to_do_id = new_id()
    await session.put(
        to_dos.ToDo,
        id=to_do_id,
        kind="to_do",
        words=session.keys.seal("Ring the surgery", f"to_do:words:{to_do_id}"),
        due_on=one.now.date(),
        for_id=one.staff,
        set_by=one.staff,
        conversation_id=one.talk,
        made_at=one.now,
        version=1,
    )
    return to_do_id


async def _note(session: Session, one: Someone) -> object:
    facts = {"conversation_id": one.talk, "staff_id": one.staff, "words": "Likes tea", "now": one.now}
    return (await notes.write(session, **facts)).id  # type: ignore[arg-type]


async def _appointment(session: Session, one: Someone) -> object:
    appointment_id = new_id()
    await session.put(
        Appointment,
        id=appointment_id,
        conversation_id=one.talk,
        staff_id=one.staff,
        way="call",
        minutes=30,
        offered=[one.now + timedelta(days=2)],
        status="offered",
        told=0,
        made_at=one.now,
        version=1,
    )
    return appointment_id


async def _later(session: Session, one: Someone) -> object:
    later_id = new_id()
    await session.put(
        LaterMessage,
        id=later_id,
        conversation_id=one.talk,
        handoff_id=await _handoff(session, one),
        staff_id=one.staff,
        words=session.keys.seal("Hello", f"later_message:words:{later_id}"),
        send_at=one.now + timedelta(days=2),
        anyway=False,
        status="waiting",
        made_at=one.now,
        version=1,
    )
    return later_id


async def _hold(session: Session, one: Someone) -> object:
    reason = "A claim was made"
    held = await legal_holds.place(session, person_id=one.person, reason=reason, staff_id=one.staff, now=one.now)
    return held.id


async def _staff(_session: Session, one: Someone) -> object:
    return one.staff


async def _none(_session: Session, _one: Someone) -> object:
    return uuid.uuid4()


async def _group(_session: Session, _one: Someone) -> object:
    return "tuesday_tea"


async def _report(_session: Session, _one: Someone) -> object:
    return "arrivals"


MADE: Mapping[str, Make] = {
    "handoff_id": _handoff,
    "person_id": _person,
    "introduction_id": _introduction,
    "match_id": _match,
    "complaint_id": _complaint,
    "request_id": _request,
    "attachment_id": _attachment,
    "task_id": _task,
    "to_do_id": _to_do,
    "note_id": _note,
    "appointment_id": _appointment,
    "later_id": _later,
    "hold_id": _hold,
    "group_key": _group,
    "name": _report,
    "staff_id": _staff,
    "help_id": _none,
    "key_id": _none,
    "session_id": _none,
    "hook_id": _none,
    "delivery_id": _none,
    "event_id": _none,
}
"""By the name of a part of a path, how one is made; what hangs on no person need not be there."""

__all__ = ["MADE", "Someone", "comes", "id_of", "lives_in", "objects", "open_hubs"]
