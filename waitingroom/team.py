"""The team: who sees to whose account, and changing or ending one."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from waitingroom import accounts, staff_sessions
from waitingroom.accounts import AccountEndedError, NoAccountError, StaffAccount
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.roles import Role, Scope
from waitingroom.staff import Caller, NotAllowedError, Staff, end_keys

GIVEN_BY_A_LEAD = frozenset({Role.PROVIDER, Role.LINK_WORKER})


LONGEST_ORGANISATION = 80


class NotAProviderError(RefusedError):
    """Only a provider works for another organisation. Write its name, of 80 letters at most."""


class NotYourRoleError(NotAllowedError):
    """Nobody changes their own role, or ends their own account. Ask a colleague."""


@dataclass(frozen=True)
class Member:
    """A member of staff who has an account, as colleagues who see to accounts see them."""

    staff: Staff
    email: str
    joined: bool
    """whether they have chosen a password"""


async def members(session: Session, *, by: Caller | None) -> list[Member]:
    """List those whose accounts `by` sees to, by name: a lead those of their hub, an admin everyone.

    `by` None: whoever runs the command line. Raises NotAllowedError.
    """
    if by is not None:
        by.check(Scope.STAFF_WRITE)
    query = select(Staff, StaffAccount).join(StaffAccount, col(StaffAccount.staff_id) == col(Staff.id))
    if by is not None and by.hub_id is not None:
        query = query.where(Staff.hub_id == by.hub_id)
    rows = (await session.exec(query.order_by(Staff.name, col(Staff.created_at)))).all()
    return [
        Member(member, accounts.email_of(session, account), account.password_hash is not None)
        for member, account in rows
    ]


def check_giving(by: Caller, *, role: Role, hub_id: uuid.UUID | None) -> None:
    """Raise NotAllowedError where `by` may not give this role in this hub.

    A lead gives the roles of those they lead, in their own hub; an admin gives any.
    """
    by.check(Scope.STAFF_WRITE)
    if by.role is Role.ADMIN:
        return
    if role not in GIVEN_BY_A_LEAD:
        words = "A lead can ask in link workers and providers. Ask an admin for any other role."
        raise NotAllowedError(words)
    if by.hub_id is not None and hub_id != by.hub_id:
        words = "A lead can ask people in to their own hub only."
        raise NotAllowedError(words)


async def seen(session: Session, *, staff_id: uuid.UUID, by: Caller) -> tuple[Staff, StaffAccount]:
    """Find an account that `by` may look at. Raises NoAccountError for another hub's, NotAllowedError."""
    by.check(Scope.STAFF_WRITE)
    member, account = await accounts.find(session, staff_id=staff_id)
    if by.hub_id is not None and member.hub_id != by.hub_id:
        raise NoAccountError
    return member, account


def can_change(by: Caller, member: Staff) -> bool:
    """Say whether `by` may change or end this account, which they may look at."""
    return member.id != by.staff_id and (by.role is Role.ADMIN or member.role in GIVEN_BY_A_LEAD)


async def reached(session: Session, *, staff_id: uuid.UUID, by: Caller) -> tuple[Staff, StaffAccount]:
    """Find an account that `by` may change. Raises NoAccountError for another hub's, NotAllowedError."""
    member, account = await seen(session, staff_id=staff_id, by=by)
    if member.id == by.staff_id:
        raise NotYourRoleError
    check_giving(by, role=member.role, hub_id=member.hub_id)
    return member, account


async def change_role(
    session: Session, *, staff_id: uuid.UUID, role: Role, hub_id: uuid.UUID | None, by: Caller, now: datetime
) -> Staff:
    """Give a colleague another role or hub. They are signed out, and their keys end.

    Raises NoAccountError, NotYourRoleError, NotAllowedError, AccountEndedError.
    """
    member, _account = await reached(session, staff_id=staff_id, by=by)
    check_giving(by, role=role, hub_id=hub_id)
    if member.ended_at is not None:
        raise AccountEndedError
    member.role, member.hub_id = role, hub_id
    session.add(member)
    await _shut_out(session, staff_id=staff_id, now=now)
    return member


async def name_organisation(session: Session, *, staff_id: uuid.UUID, organisation: str, by: Caller) -> Staff:
    """Set the name by which people know whom a provider works for; "": none, so they go by their own name.

    A yes that people gave to the name before covers this one no longer: they are asked again.
    Raises NoAccountError, NotYourRoleError, NotAllowedError, NotAProviderError.
    """
    member, _account = await reached(session, staff_id=staff_id, by=by)
    called = " ".join(organisation.split())
    if member.role is not Role.PROVIDER or len(called) > LONGEST_ORGANISATION or not called.isprintable():
        raise NotAProviderError
    member.organisation = called or None
    session.add(member)
    await session.flush()
    return member


async def end(session: Session, *, staff_id: uuid.UUID, by: Caller | None, now: datetime) -> Staff:
    """End an account: every session and every key ends with it. `by` None: whoever runs the command line.

    Raises NoAccountError, NotYourRoleError, NotAllowedError.
    """
    found = reached(session, staff_id=staff_id, by=by) if by else accounts.find(session, staff_id=staff_id)
    member, account = await found
    if member.ended_at is None:
        member.ended_at = now
    session.add(member)
    await accounts.void(session, account=account, now=now)
    await _shut_out(session, staff_id=staff_id, now=now)
    return member


async def _shut_out(session: Session, *, staff_id: uuid.UUID, now: datetime) -> None:
    await staff_sessions.end_all(session, staff_id=staff_id, now=now)
    await end_keys(session, staff_id=staff_id, now=now)
    await session.flush()
