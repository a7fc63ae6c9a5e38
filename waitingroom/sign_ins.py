"""Sign-ins: how often a door may be tried, and who stands between the password and the code."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select

from waitingroom import accounts, authenticators, rates, recovery
from waitingroom.accounts import StaffAccount
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.rates import Limit
from waitingroom.staff import Staff

MOST_TRIES = 10
BACK_OFF = timedelta(minutes=15)
"""After ten failures an account is left alone so long, as GOV.UK Notify and OWASP ASVS 5.0 (6.3.1) have it."""
MOST_CODES = 5
LASTS = timedelta(minutes=5)
"""How long one may take from the password to the code."""
SET_UP_LASTS = timedelta(minutes=30)
"""How long whoever has no authenticator yet may take to get one."""
FROM_ONE_ADDRESS = Limit("sign-in-from:", per_second=1 / 30, burst=30)
"""A whole office may share one address: thirty at once, then two a minute."""
CODES_OF_ONE = Limit("proof:", per_second=1 / 60, burst=5)

TRY = """
INSERT INTO sign_in_tries AS t (who, count, last_at) VALUES ($1, 1, $2)
ON CONFLICT (who) DO UPDATE SET
    count = CASE WHEN t.last_at <= $3 THEN 1 ELSE t.count + 1 END,
    last_at = CASE WHEN t.count >= $4 AND t.last_at > $3 THEN t.last_at ELSE $2 END
RETURNING count
"""
"""Counts a try before its password is looked at, so that many at once are many; waiting is not made longer."""
FORGET = "DELETE FROM sign_in_tries WHERE who = $1"
CLEAR = "DELETE FROM sign_in_tries WHERE who IN (SELECT who FROM sign_in_tries WHERE last_at <= $1 LIMIT 20)"


class TooManyTriesError(RefusedError):
    """There were too many tries. Please wait 15 minutes, then try again."""


class TooManyCodesError(RefusedError):
    """There were too many codes. Please wait a few minutes, then try again."""


class NotRightError(RefusedError):
    """That e-mail address and password do not belong together. Look at both and try again."""


class StartAnewError(RefusedError):
    """That took too long, or there were too many wrong codes. Please sign in again from the start."""


class SignInTries(SQLModel, table=True):
    """How often an account was tried without coming in, whether there is such an account or not."""

    __tablename__ = "sign_in_tries"

    who: bytes = Field(primary_key=True, repr=False)
    """the keyed hash of the e-mail address"""
    count: int
    last_at: datetime = Field(index=True)


class StaffSignIn(SQLModel, table=True):
    """Someone whose password was right, and who has not shown a code yet. It opens nothing but that question."""

    __tablename__ = "staff_sign_in"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", index=True)
    digest: bytes = Field(unique=True, repr=False)
    began_at: datetime
    ends_at: datetime
    wrong_codes: int = 0
    new_secret: bytes | None = Field(default=None, repr=False)
    """of the authenticator being set up, sealed"""


async def count_try(session: Session, *, email: str, address: str, now: datetime) -> bool:
    """Count one try of an account from an address, before its password is looked at. False: one too many.

    It must be committed whatever comes of the try. Of the address only a keyed hash is kept.
    """
    place = session.keys.fingerprint("sign-in-from", address).hex()
    limit = Limit(FROM_ONE_ADDRESS.key + place, FROM_ONE_ADDRESS.per_second, FROM_ONE_ADDRESS.burst)
    if await rates.take(session, limit, now=now):
        return False
    since = now - BACK_OFF
    await session.driver.execute(CLEAR, now - timedelta(days=1))
    who = accounts.email_hash(session, email)
    tries: int = await session.driver.fetchval(TRY, who, now, since, MOST_TRIES)
    return tries <= MOST_TRIES


async def count_code(session: Session, *, staff_id: uuid.UUID, now: datetime) -> bool:
    """Count one code shown by someone who is signed in already. False: one too many; commit it all the same."""
    limit = Limit(f"{CODES_OF_ONE.key}{staff_id}", CODES_OF_ONE.per_second, CODES_OF_ONE.burst)
    return not await rates.take(session, limit, now=now)


async def forget_tries(session: Session, *, account: StaffAccount) -> None:
    """They came in: what failed before counts no more."""
    await session.driver.execute(FORGET, account.email_hash)


async def begin(session: Session, *, account: StaffAccount, now: datetime, anew: bool = False) -> str:
    """The password was right. Returns the secret that the next page is asked for with; any before is void.

    Where there is no authenticator yet, or `anew`, one must be set up; the old one stands until that is done.
    """
    await session.run(delete(StaffSignIn).where(col(StaffSignIn.staff_id) == account.staff_id))
    secret = secrets.token_urlsafe(32)
    needs_one = anew or account.authenticator is None
    lasts = SET_UP_LASTS if needs_one else LASTS
    row = StaffSignIn(staff_id=account.staff_id, digest=_digest(secret), began_at=now, ends_at=now + lasts)
    if needs_one:
        row.new_secret = session.keys.seal(authenticators.new_secret(), _where(row))
    session.add(row)
    await session.flush()
    return secret


async def under_way(session: Session, *, secret: str, now: datetime) -> tuple[StaffSignIn, Staff, StaffAccount]:
    """Say who is signing in with this secret. Raises StartAnewError."""
    row = (
        await session.exec(select(StaffSignIn).where(StaffSignIn.digest == _digest(secret)).with_for_update())
    ).first()
    if row is None or row.ends_at <= now or row.wrong_codes >= MOST_CODES:
        raise StartAnewError
    member, account = await accounts.find(session, staff_id=row.staff_id)
    if member.ended_at is not None:
        raise StartAnewError
    return row, member, account


def secret_of(session: Session, row: StaffSignIn) -> str | None:
    """Return the secret of the authenticator being set up; None where they have one already."""
    return session.keys.unseal(row.new_secret, _where(row)) if row.new_secret is not None else None


async def show_code(session: Session, *, secret: str, code: str, now: datetime) -> uuid.UUID | None:
    """Take a code. Returns who is in now; None where it was wrong, which is counted: commit it all the same.

    Raises StartAnewError, also for someone who has no authenticator yet.
    """
    row, _member, account = await under_way(session, secret=secret, now=now)
    if row.new_secret is not None:
        raise StartAnewError
    if not await authenticators.shown(session, account=account, code=code, now=now):
        await _wrong(session, row)
        return None
    await _over(session, row, account)
    return account.staff_id


async def set_up(session: Session, *, secret: str, code: str, now: datetime) -> tuple[uuid.UUID, list[str]] | None:
    """Take the first code of a new authenticator. Returns who is in now, and their recovery codes.

    None where it was wrong, which is counted: commit it all the same. Raises StartAnewError.
    """
    row, _member, account = await under_way(session, secret=secret, now=now)
    new = secret_of(session, row)
    if new is None:
        raise StartAnewError
    counter = authenticators.counter_of(new, code, now=now)
    if counter is None:
        await _wrong(session, row)
        return None
    await authenticators.settle(session, account=account, secret=new, counter=counter)
    codes = await recovery.make_anew(session, staff_id=account.staff_id, now=now)
    await _over(session, row, account)
    return account.staff_id, codes


async def _wrong(session: Session, row: StaffSignIn) -> None:
    row.wrong_codes += 1
    session.add(row)
    await session.flush()


async def _over(session: Session, row: StaffSignIn, account: StaffAccount) -> None:
    await session.delete(row)
    await forget_tries(session, account=account)
    await session.flush()


def _where(row: StaffSignIn) -> str:
    return f"staff_sign_in:new_secret:{row.id}"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
