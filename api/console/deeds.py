"""What is done to accounts from the console: in one transaction, and noted with it, refused or done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api.staff.access import Deed
from waitingroom import audit
from waitingroom.audit import By, Noted
from waitingroom.database import Session
from waitingroom.errors import RefusedError


@dataclass
class Doing:
    """A deed under way. `about`: what it is noted as being about, as 'staff 5f0c…'; never a name."""

    session: Session
    about: str | None


@asynccontextmanager
async def doing(deed: Deed, about: str | None = None) -> AsyncIterator[Doing]:
    """Open the transaction a deed is done and noted in. Where it is refused, that is noted, and raised."""
    try:
        async with deed.house.database.transaction() as session:
            under_way = Doing(session, about)
            yield under_way
            audit.note(session, *(replace(one, record=under_way.about) for one in deed.noted))
    except RefusedError:
        async with deed.house.database.transaction() as session:
            audit.note(session, *(audit.refused(replace(one, record=about)) for one in deed.noted))
        raise


def at_the_door(session: Session, *, staff_id: UUID, action: str, now: datetime) -> None:
    """Note what someone did who was not signed in yet: signed in, joined."""
    audit.note(session, Noted(now, staff_id, By.SESSION, action, record=f"staff {staff_id}"))
