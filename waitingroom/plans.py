"""Plans: what matters to someone, the goal they set themselves, and how close they said they are."""

import uuid
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, select

from waitingroom import outcomes, referrals
from waitingroom.database import Session
from waitingroom.referrals import Referral

GOAL = "own_goal"
"""The measure that holds a goal in someone's own words (content/measures/own_goal.yaml)."""


class Score(BaseModel):
    """How close someone said they are to their goal, from 0 to 10, and when."""

    close: int
    said_at: datetime


class Plan(BaseModel):
    """What someone told us of where they want to get to; empty where they have not said."""

    what_matters: str
    goal: str = ""
    scores: tuple[Score, ...] = ()


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Plan | None:
    """Read the plan of the person of a talk, None where nobody was referred.

    Whoever shows it makes sure first that it is them.
    """
    newest = select(Referral).where(Referral.conversation_id == conversation_id)
    referral = (await session.exec(newest.order_by(col(Referral.joined_at).desc()).limit(1))).first()
    if referral is None:
        return None
    goal, scores = "", []
    for sitting, answers in await outcomes.of_person(session, person_id=referral.person_id):
        told = answers.get(GOAL, {})
        goal = str(told.get("goal", goal))
        if isinstance(close := told.get("close"), int):
            scores.append(Score(close=close, said_at=sitting.asked_at))
    return Plan(what_matters=referrals.what_matters(session, referral), goal=goal, scores=tuple(scores))
