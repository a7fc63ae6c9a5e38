"""Hubs: the places of one service that each look after their own people, and whose a talk is."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, String, or_, true
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError

OF_AREA = "(SELECT h.id FROM person p JOIN hub h ON p.area = ANY(h.areas) WHERE p.id = {person})"
"""The hub that looks after a person: the one whose areas hold the first half of their postcode, if any."""
MINE = "({mine}::uuid IS NULL OR {hub} IS NULL OR {hub} = {mine}::uuid)"
"""`is_mine` in plain SQL: `mine` the hub of who asks, `hub` that of the talk."""
PLACE = f"UPDATE conversation SET hub_id = {OF_AREA.format(person='$1')} WHERE person_id = $1"  # noqa: S608
PLACE_ALL = f"""
UPDATE conversation v SET hub_id = {OF_AREA.format(person="v.person_id")}
WHERE v.person_id IN (SELECT id FROM person WHERE area = ANY($1)) AND v.hub_id IS NULL
"""  # noqa: S608


class Hub(SQLModel, table=True):
    """One hub: its name, and the areas (outward postcodes) whose people are its own."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    areas: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime


class HubKnownError(RefusedError):
    """There is a hub of that name already."""


class AreaTakenError(RefusedError):
    """One of these areas belongs to another hub. An area has one hub."""


def is_mine(hub_id: uuid.UUID | None, *, mine: uuid.UUID | None) -> bool:
    """Say whether staff of the hub `mine` may see what is of the hub `hub_id`.

    Staff of no hub see everything; what is of no hub is seen by everyone who works here.
    """
    return mine is None or hub_id is None or hub_id == mine


def of_mine(hub_id: uuid.UUID | None, talk: Any = None, *, owner: uuid.UUID | None = None) -> ColumnElement[bool]:
    """`is_mine` as a condition, for a statement that reads the table of conversations.

    With `talk`, the column that refers to a conversation (where it refers to none it is everyone's), for a
    statement that does not. With `owner` also the talks that this member of staff has picked up: whoever moves to
    another hub's area stays in the hands they are in.
    """
    if hub_id is None:
        return true()
    talks = SQLModel.metadata.tables["conversation"]
    those = talks if talk is None else talks.alias()
    mine = or_(those.c.hub_id.is_(None), those.c.hub_id == hub_id)
    if owner is not None:
        mine = or_(mine, those.c.owned_by == owner)
    if talk is None:
        return mine
    return or_(talk.is_(None), select(those.c.id).where(those.c.id == talk, mine).exists())


async def add(session: Session, *, name: str, areas: Sequence[str], now: datetime) -> Hub:
    """Open a hub for `areas`, outward postcodes; people who live there already are its own at once.

    Raises HubKnownError, AreaTakenError.
    """
    wanted = sorted({area.strip().upper() for area in areas} - {""})
    known = await listed(session)
    if any(hub.name.casefold() == name.strip().casefold() for hub in known):
        raise HubKnownError
    if any(set(hub.areas) & set(wanted) for hub in known):
        raise AreaTakenError
    hub = Hub(name=name.strip(), areas=wanted, created_at=now)
    session.add(hub)
    await session.flush()
    await session.driver.execute(PLACE_ALL, wanted)
    return hub


async def listed(session: Session) -> list[Hub]:
    """List the hubs by name."""
    return list(await session.exec(select(Hub).order_by(col(Hub.name))))


async def named(session: Session, *, name: str) -> Hub:
    """Find a hub by its name. Raises NotFoundError."""
    found = (await session.exec(select(Hub).where(Hub.name == name))).first()
    if found is None:
        words = f"There is no hub called {name}."
        raise NotFoundError(words)
    return found


async def place(session: Session, *, person_id: uuid.UUID) -> None:
    """Give a person's talk to the hub of where they live now: after that has changed."""
    await session.driver.execute(PLACE, person_id)
