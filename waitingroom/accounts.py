"""Accounts: the e-mail, password and authenticator a member of staff signs in with."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel, col, select

from waitingroom import recovery, staff_sessions
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.staff import Staff

LONGEST_EMAIL = 254
"""RFC 5321, section 4.5.3.1.3, less the brackets."""
LONGEST_NAME = 100
NO_HUB = "There is no such hub."
NOT_IN_YET = "DELETE FROM staff_sign_in WHERE staff_id = $1"


class NoAccountError(NotFoundError):
    """There is no account like that, or it is not yours to see."""


class AccountEndedError(RefusedError):
    """That account has ended."""


class EmailTakenError(RefusedError):
    """There is an account with that e-mail address already."""


class NotAnEmailError(RefusedError):
    """Write an e-mail address in full, like name@example.org."""


class StaffAccount(SQLModel, table=True):
    """What one member of staff signs in with. Without a password: invited, and not here yet.

    The e-mail address and the authenticator's secret are sealed; a keyed hash of the address finds the row.
    """

    __tablename__ = "staff_account"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", primary_key=True)
    email: bytes = Field(repr=False)
    email_hash: bytes = Field(unique=True, repr=False)
    password_hash: str | None = Field(default=None, repr=False)
    authenticator: bytes | None = Field(default=None, repr=False)
    last_counter: int | None = None
    """which half-minute the last code was of: none up to it is taken again"""
    created_at: datetime


def plain_email(told: str) -> str:
    """Return an e-mail address as it is looked up: lower case. Raises NotAnEmailError."""
    email = told.strip().casefold()
    name, at, host = email.rpartition("@")
    fits = name and at and "." in host and len(email) <= LONGEST_EMAIL and email.isprintable()
    if not fits or " " in email:
        raise NotAnEmailError
    return email


def email_hash(session: Session, told: str) -> bytes:
    """Hash an e-mail address for look-up, however its letters are written."""
    return session.keys.fingerprint("staff-email", told.strip().casefold())


def email_of(session: Session, account: StaffAccount) -> str:
    """Open an account's e-mail address."""
    return session.keys.unseal(account.email, f"staff_account:email:{account.staff_id}")


async def find(session: Session, *, staff_id: uuid.UUID) -> tuple[Staff, StaffAccount]:
    """Find someone's account. Raises NoAccountError."""
    found = await session.get(StaffAccount, staff_id)
    member = await session.get(Staff, staff_id)
    if found is None or member is None:
        raise NoAccountError
    return member, found


async def by_email(session: Session, *, email: str) -> tuple[Staff, StaffAccount] | None:
    """Find the account with this e-mail address, ended ones too."""
    row = (
        await session.exec(
            select(Staff, StaffAccount)
            .join(StaffAccount, col(StaffAccount.staff_id) == col(Staff.id))
            .where(StaffAccount.email_hash == email_hash(session, email))
        )
    ).first()
    return (row[0], row[1]) if row else None


async def open_for(session: Session, *, member: Staff, email: str, now: datetime) -> StaffAccount:
    """Give a member of staff an account. Raises NotAnEmailError, EmailTakenError."""
    plain = plain_email(email)
    has_one = await session.get(StaffAccount, member.id) is not None
    if has_one or await by_email(session, email=plain) is not None:
        raise EmailTakenError
    account = StaffAccount(
        staff_id=member.id,
        email=session.keys.seal(plain, f"staff_account:email:{member.id}"),
        email_hash=email_hash(session, plain),
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account


async def set_password(
    session: Session, *, staff_id: uuid.UUID, password_hash: str, now: datetime, but: uuid.UUID | None = None
) -> None:
    """Keep another password. They are signed out everywhere, `but` in the session named. Raises NoAccountError."""
    _member, account = await find(session, staff_id=staff_id)
    account.password_hash = password_hash
    session.add(account)
    await session.driver.execute(NOT_IN_YET, staff_id)
    await staff_sessions.end_all(session, staff_id=staff_id, but=but, now=now)


async def void(session: Session, *, account: StaffAccount, now: datetime) -> None:
    """Make password, authenticator and recovery codes void, and end every session and sign-in under way."""
    account.password_hash = account.authenticator = account.last_counter = None
    session.add(account)
    await recovery.void(session, staff_id=account.staff_id)
    await session.driver.execute(NOT_IN_YET, account.staff_id)
    await staff_sessions.end_all(session, staff_id=account.staff_id, now=now)
    await session.flush()
