"""Seeking: the finer choices of the queue in the staff API, and which come first."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from sqlalchemy import ColumnElement

from waitingroom.handoffs import Reason
from waitingroom.sought import Sought


class Order(StrEnum):
    """Which come first."""

    URGENT = "urgent"
    """the most urgent, and of those the oldest"""
    OLDEST = "oldest"


@dataclass(frozen=True)
class Seeking:
    """What was chosen. `name` is different for every choice, so that a cursor is good for one of them only."""

    name: str
    conditions: tuple[ColumnElement[bool], ...]


Choice = Annotated[str | None, Query(min_length=1, max_length=60, description="Only these.")]


async def seeking(
    *,
    reason: Annotated[Reason | None, Query(description="Only these.")] = None,
    need: Choice = None,
    area: Annotated[str | None, Query(max_length=4, description="An outward postcode.", examples=["BB9"])] = None,
    language: Annotated[str | None, Query(max_length=35, description="BCP 47.", examples=["en"])] = None,
    channel: Choice = None,
    unanswered: Annotated[
        bool, Query(description="Only those who wait for an answer of their link worker.")
    ] = False,
) -> Seeking:
    """Read the choices."""
    sought = Sought(need=need, area=area, language=language, channel=channel, reason=reason, unanswered=unanswered)
    return Seeking(repr(sought), tuple(sought.conditions()))
