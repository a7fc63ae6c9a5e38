"""Invitations: the link that someone joins with, or begins anew with. It opens once, for two days."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from waitingroom import accounts, team
from waitingroom.accounts import AccountEndedError, StaffAccount
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.hubs import Hub
from waitingroom.roles import Role
from waitingroom.staff import Caller, NotAllowedError, Staff

LASTS = timedelta(days=2)
"""As an invitation to GOV.UK Notify does."""


class NoInvitationError(RefusedError):
    """This link has been used, or has ended. Ask whoever sent it for a new one."""


class NoNameError(RefusedError):
    """Write the name that people and colleagues will see, up to 100 letters."""


class StaffInvitation(SQLModel, table=True):
    """One link that lets its holder choose a password, once. Only the SHA-256 of its token is kept."""

    __tablename__ = "staff_invitation"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", index=True)
    digest: bytes = Field(unique=True, repr=False)
    made_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    """None: whoever runs the command line"""
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None = None


async def invite(
    session: Session,
    *,
    name: str,
    email: str,
    role: Role,
    hub_id: uuid.UUID | None,
    by: Caller | None,
    now: datetime,
) -> tuple[Staff, str]:
    """Ask someone in. Returns who they are here and the token of their link: the only time it is ever seen.

    `by` None: whoever runs the command line, who may also give someone who is known by name an account.
    Raises NotAllowedError, NoNameError, NotAnEmailError, EmailTakenError.
    """
    if by is not None:
        team.check_giving(by, role=role, hub_id=hub_id)
    called = " ".join(name.split())
    if not called or len(called) > accounts.LONGEST_NAME or not called.isprintable():
        raise NoNameError
    plain = accounts.plain_email(email)
    if await accounts.by_email(session, email=plain):
        raise accounts.EmailTakenError
    if hub_id is not None and await session.get(Hub, hub_id) is None:
        raise NotAllowedError(accounts.NO_HUB)
    member = await _known(session, called) if by is None else None
    if member is None:
        member = Staff(name=called, created_at=now)
    member.role, member.hub_id = role, hub_id
    session.add(member)
    await session.flush()
    await accounts.open_for(session, member=member, email=plain, now=now)
    return member, await _link(session, member.id, by, now)


async def begin_anew(session: Session, *, staff_id: uuid.UUID, by: Caller | None, now: datetime) -> str:
    """Make a new link for someone who has lost theirs, their password or their authenticator.

    Their password, authenticator and recovery codes are void and their sessions end at once. Returns the token.
    Raises NoAccountError, NotYourRoleError, NotAllowedError, AccountEndedError.
    """
    finding = team.reached(session, staff_id=staff_id, by=by) if by else accounts.find(session, staff_id=staff_id)
    member, account = await finding
    if member.ended_at is not None:
        raise AccountEndedError
    await accounts.void(session, account=account, now=now)
    return await _link(session, staff_id, by, now)


async def opened(session: Session, *, token: str, now: datetime) -> tuple[Staff, StaffAccount]:
    """Say whose link this is. Raises NoInvitationError where it was used, has ended or never was."""
    member, account, _row = await _found(session, token, now)
    return member, account


async def accept(session: Session, *, token: str, password_hash: str, now: datetime) -> uuid.UUID:
    """Use the link up: this is their password now. Returns who joined. Raises NoInvitationError."""
    member, account, row = await _found(session, token, now)
    await accounts.void(session, account=account, now=now)
    row.used_at = now
    account.password_hash = password_hash
    session.add_all((row, account))
    await session.flush()
    return member.id


async def _found(session: Session, token: str, now: datetime) -> tuple[Staff, StaffAccount, StaffInvitation]:
    row = (
        await session.exec(
            select(StaffInvitation).where(StaffInvitation.digest == _digest(token)).with_for_update()
        )
    ).first()
    if row is None or row.used_at is not None or row.ends_at <= now:
        raise NoInvitationError
    member, account = await accounts.find(session, staff_id=row.staff_id)
    if member.ended_at is not None:
        raise NoInvitationError
    return member, account, row


async def _known(session: Session, name: str) -> Staff | None:
    """Find someone of this name who works here and has no account yet."""
    has_one = select(StaffAccount.staff_id)
    query = select(Staff).where(Staff.name == name, col(Staff.ended_at).is_(None), col(Staff.id).not_in(has_one))
    return (await session.exec(query)).first()


async def _link(session: Session, staff_id: uuid.UUID, by: Caller | None, now: datetime) -> str:
    """Make a link; those made before for the same account end."""
    open_yet = select(StaffInvitation).where(
        StaffInvitation.staff_id == staff_id, col(StaffInvitation.used_at).is_(None)
    )
    for before in await session.exec(open_yet):
        before.ends_at = min(before.ends_at, now)
        session.add(before)
    token = secrets.token_urlsafe(24)
    session.add(
        StaffInvitation(
            staff_id=staff_id,
            digest=_digest(token),
            made_by=by.staff_id if by else None,
            made_at=now,
            ends_at=now + LASTS,
        )
    )
    await session.flush()
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
