"""Authenticators: the six figures an app makes anew every half minute (TOTP, RFC 6238)."""

import hmac
import uuid
from datetime import datetime

import pyotp

from waitingroom import recovery
from waitingroom.accounts import StaffAccount, email_of
from waitingroom.database import Session
from waitingroom.errors import RefusedError

STEP = 30
"""Seconds one code is shown for (RFC 6238, section 5.2)."""
DRIFT = 1
"""How many steps a clock may be off, each way."""
FIGURES = 6

USE = """
UPDATE staff_account SET last_counter = $2
WHERE staff_id = $1 AND (last_counter IS NULL OR last_counter < $2) RETURNING staff_id
"""


class WrongCodeError(RefusedError):
    """That code is not right, or has been used. Wait for the next one and try again."""


def new_secret() -> str:
    """Make a secret for an app: 160 bits, in the letters and figures it is typed with (RFC 4226, section 4)."""
    return pyotp.random_base32(32)


def address(secret: str, *, email: str, service: str) -> str:
    """Write the secret as the address that the square code holds."""
    return pyotp.TOTP(secret, digits=FIGURES, interval=STEP).provisioning_uri(name=email, issuer_name=service)


def code_at(secret: str, now: datetime) -> str:
    """Return the six figures that an app with this secret shows now."""
    return pyotp.TOTP(secret, digits=FIGURES, interval=STEP).generate_otp(int(now.timestamp()) // STEP)


def counter_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Say which half-minute a code is of, None where it is of none near now. However it is spaced."""
    told = "".join(code.split()).replace("-", "")
    apps = pyotp.TOTP(secret, digits=FIGURES, interval=STEP)
    at = int(now.timestamp()) // STEP
    near = [
        counter
        for counter in range(at - DRIFT, at + DRIFT + 1)
        if hmac.compare_digest(apps.generate_otp(counter).encode(), told.encode("utf-8", "surrogatepass"))
    ]
    return near[-1] if near else None


async def settle(session: Session, *, account: StaffAccount, secret: str, counter: int) -> None:
    """Make this the account's authenticator; the code it was shown with counts as used."""
    account.authenticator = session.keys.seal(secret, f"staff_account:authenticator:{account.staff_id}")
    account.last_counter = counter
    session.add(account)
    await session.flush()


async def shown(session: Session, *, account: StaffAccount, code: str, now: datetime) -> bool:
    """Take a code of the app, or a recovery code; each is taken once. Returns whether it was right."""
    if account.authenticator is None:
        return False
    if recovery.looks_like_one(code):
        return await recovery.use(session, staff_id=account.staff_id, code=code, now=now)
    secret = session.keys.unseal(account.authenticator, f"staff_account:authenticator:{account.staff_id}")
    counter = counter_of(secret, code, now=now)
    return counter is not None and await _use(session, account.staff_id, counter)


async def _use(session: Session, staff_id: uuid.UUID, counter: int) -> bool:
    return bool(await session.driver.fetch(USE, staff_id, counter))


def address_of(session: Session, account: StaffAccount, secret: str, *, service: str) -> str:
    """Write what the square code of someone's own authenticator holds."""
    return address(secret, email=email_of(session, account), service=service)
