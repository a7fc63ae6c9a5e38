"""Hooks in the staff API: their shapes, and which addresses may be one."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.hooks import webhook_id
from api.public_addresses import NOWHERE, AddressError, checked
from api.staff.models import Shape, words_needed
from waitingroom import hooks
from waitingroom.database import Session
from waitingroom.hook_deliveries import HookDelivery, Status
from waitingroom.hooks import ASKED_FOR, Hook, Kind, OffBecause

LONGEST_ADDRESS = 1000
LONGEST_NAME = 100
Wanted = Literal[*sorted(kind.value for kind in ASKED_FOR)]  # type: ignore[valid-type]


def an_address(told: str) -> str:
    """Return an address that a hook may have: https, on the public internet, with nothing hidden in it."""
    plain = told.isascii() and told.isprintable() and " " not in told and "\\" not in told
    try:
        checked(told if plain else "", here=NOWHERE)
    except AddressError as error:
        raise PydanticCustomError("address", "not public") from error
    return told


class HookTold(Shape):
    """A hook to add."""

    name: Annotated[
        str,
        Field(max_length=LONGEST_NAME, description="What staff call it.", examples=["Case system"]),
        AfterValidator(words_needed),
    ]
    address: Annotated[
        str,
        Field(
            max_length=LONGEST_ADDRESS,
            description="Where it is told: https, on the public internet.",
            examples=["https://cases.example.org/waiting-room"],
        ),
        AfterValidator(an_address),
    ]
    kinds: Annotated[
        list[Wanted],  # type: ignore[valid-type]
        Field(
            min_length=1,
            max_length=len(ASKED_FOR),
            description="What it wants to hear.",
            examples=[["handoff.raised", "message.from_person"]],
        ),
    ]


class HookChanged(HookTold):
    """A hook as it shall be."""

    on: Annotated[bool, Field(strict=True, description="Off: it is told nothing.", examples=[True])]


class HookLine(BaseModel):
    """A hook: where, what it wants, and how it is."""

    id: uuid.UUID
    name: str = Field(examples=["Case system"])
    address: str = Field(examples=["https://cases.example.org/waiting-room"])
    kinds: list[Kind] = Field(examples=[["handoff.raised", "message.from_person"]])
    on: bool
    off_because: OffBecause | None = Field(
        description="`staff`: turned off by hand. `gone`: it answered 410. `failing`: nothing reached it for days."
    )
    failing_since: datetime | None = Field(description="Since when nothing reaches it; null while all is well.")
    created_at: datetime
    etag: str = Field(examples=['"1"'])


class HookSecret(HookLine):
    """A hook with its secret: keep it, it is shown this once."""

    secret: str = Field(
        description="Signs what is posted (standardwebhooks.com).",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDvVI5u4XqI6c="],
    )


class Hooks(BaseModel):
    """All hooks."""

    hooks: list[HookLine]


class DeliveryLine(BaseModel):
    """One thing a hook was told, or is to be told."""

    id: uuid.UUID
    webhook_id: str = Field(
        description="As the header says: the same each time it is sent, so that you can tell.",
        examples=["msg_0b0e7a4e5a0c4a529a4f2f1a7f5d7f10"],
    )
    type: Kind
    happened_at: datetime
    status: Status
    attempts: int = Field(examples=[1])
    answered: str | None = Field(
        description="What came of the last try: an HTTP status, `not_reached`, `timed_out` or `not_public`.",
        examples=["204"],
    )
    next_try_at: datetime | None


class Deliveries(BaseModel):
    """What a hook was told, the newest first."""

    deliveries: list[DeliveryLine]
    next: str | None = Field(
        description="Where the list goes on; null at its end.",
        examples=["/api/v1/hooks/0b0e7a4e-5a0c-4a52-9a4f-2f1a7f5d7f10/deliveries?cursor=q83v"],
    )


def hook_line(session: Session, hook: Hook) -> HookLine:
    """Write one hook, without its secret."""
    return HookLine(
        id=hook.id,
        name=hook.name,
        address=hooks.address_of(session, hook),
        kinds=[Kind(kind) for kind in hook.kinds],
        on=hook.off_at is None,
        off_because=hook.off_because,
        failing_since=hook.failing_since,
        created_at=hook.created_at,
        etag=f'"{hook.version}"',
    )


def delivery_line(one: HookDelivery) -> DeliveryLine:
    """Write one delivery."""
    return DeliveryLine(
        id=one.id,
        webhook_id=webhook_id(one.id),
        type=Kind(one.kind),
        happened_at=one.happened_at,
        status=one.status,
        attempts=one.attempts,
        answered=one.answered,
        next_try_at=one.next_try_at,
    )
