"""Outcomes in the staff API: one person's answers over time, the day they are asked next, who uses the service."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.faults import documented
from api.staff.access import ChangesReferrals, ReadsPeople, ReadsQueue
from api.staff.models import Shape
from content import Content, EqualityQuestion, Measure
from content.equality import questions_for
from waitingroom import check_ins, equality, outcomes, people
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.outcomes import Answers, Occasion, Sitting
from waitingroom.small_numbers import FEWEST, UNTOLD

router = APIRouter()
PersonId = Annotated[uuid.UUID, Path(description="The person's id.")]
FEW = f"fewer than {FEWEST}"


class AnswerTold(BaseModel):
    """One answer: a score, or the person's own words. What they passed is not there."""

    question: str = Field(examples=["satisfied"])
    asks: str | None = Field(description="As it is asked now; null where it is asked no more.")
    score: int | None = Field(examples=[6])
    label: str | None = Field(description="What was chosen, in words.", examples=["Some of the time"])
    words: str | None = Field(description="The person's own words.", examples=["More company in the evenings"])
    least: int | None = Field(description="The lowest score there is.", examples=[0])
    most: int | None = Field(description="The highest score there is.", examples=[10])
    better: str | None = Field(description="Which way is good: higher or lower.", examples=["higher"])


class TotalTold(BaseModel):
    """A sum that the measure's standard allows, where every part of it was answered."""

    title: str = Field(examples=["First three questions together, 3 to 9"])
    score: int = Field(examples=[5])


class MeasureTold(BaseModel):
    """What someone answered to one measure. Most measures are never added up."""

    measure: str = Field(examples=["ons4"])
    title: str = Field(examples=["Personal well-being (ONS4)"])
    answers: list[AnswerTold]
    totals: list[TotalTold]


class SittingTold(BaseModel):
    """One time that someone answered."""

    id: uuid.UUID
    referral_id: uuid.UUID
    asked_at: datetime
    occasion: Occasion
    broken_off: bool = Field(description="They left the rest for another time.")
    measures: list[MeasureTold]


class Outcomes(BaseModel):
    """Everything one person answered, oldest first. Scores are no sign of danger, and raise no alarm."""

    person_id: uuid.UUID
    sittings: list[SittingTold]


class CheckInDay(Shape):
    """The day on which to ask someone how things are."""

    on: date = Field(description="From tomorrow on, within a year.", examples=["2026-12-14"])


class CheckInTold(BaseModel):
    """The day that was set. The question goes out in waking hours, and names nothing."""

    on: date


class Counted(BaseModel):
    """How many gave one answer; null and in words where the number is too small to tell."""

    answer: str = Field(examples=["irish"])
    label: str = Field(examples=["Irish"])
    people: int | None = Field(examples=[12])
    in_words: str = Field(examples=["12", FEW, UNTOLD])


class QuestionCounted(BaseModel):
    """One equality question and how often each answer was given."""

    question: str = Field(examples=["white_background"])
    asks: str
    answers: list[Counted]


class EqualityCounts(BaseModel):
    """Who uses the service, counted: nobody's answers can be seen, and small numbers are not told."""

    questions: list[QuestionCounted]


@router.get(
    "/people/{person_id}/outcomes", operation_id="getOutcomes", responses=documented(401, 403, 404, 422, 503)
)
async def outcomes_of(person_id: PersonId, visit: ReadsPeople) -> Outcomes:
    """Read what a person answered to the measures, each time they were asked. Needs `person:read`."""
    async with visit.house.database.transaction() as session:
        await people.person(session, person_id)
        sat = await outcomes.of_person(session, person_id=person_id)
    content = visit.house.desk.service.content
    return Outcomes(person_id=person_id, sittings=[_sitting(sitting, told, content) for sitting, told in sat])


@router.put(
    "/people/{person_id}/check-in",
    operation_id="setCheckIn",
    response_model=CheckInTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def set_check_in(person_id: PersonId, deed: ChangesReferrals, day: CheckInDay) -> Response:
    """Set the day on which a person is asked how things are, in place of an earlier one.

    409 where they are not on the list, or would rather not be asked. Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        await people.person(session, person_id)
        zone = deed.house.desk.service.zone
        await check_ins.set_day(
            session, person_id=person_id, due_on=day.on, staff_id=deed.caller.staff_id, now=deed.now, zone=zone
        )
        return Reply(200, None, CheckInTold(on=day.on).model_dump_json())

    return await deed.do(work)


@router.get("/reports/equality", operation_id="getEqualityCounts", responses=documented(401, 403, 422, 503))
async def equality_counts(visit: ReadsQueue) -> EqualityCounts:
    """Count who uses the service. Numbers under 5 are not told, none included. Needs the scope `queue:read`."""
    async with visit.house.database.transaction() as session:
        counts = await equality.count(session)
    service = visit.house.desk.service
    asked = questions_for(service.content.equality, service.nation).questions()
    return EqualityCounts(questions=[_counted(question, counts.get(question.key, {})) for question in asked])


def _counted(question: EqualityQuestion, counts: Mapping[str, int]) -> QuestionCounted:
    """Tell how often each answer there is was given, never-given ones too: a gap in the list would tell more."""
    every = {key: counts.get(key, 0) for key in question.counted}
    told = equality.tellable(every)
    answers = [
        Counted(answer=key, label=label, people=told[key], in_words=_in_words(told[key], every[key]))
        for key, label in question.counted.items()
    ]
    return QuestionCounted(question=question.key, asks=question.asks, answers=answers)


def _in_words(told: int | None, counted: int) -> str:
    if told is not None:
        return str(told)
    return FEW if counted < FEWEST else UNTOLD


def _sitting(sitting: Sitting, told: Answers, content: Content) -> SittingTold:
    return SittingTold(
        id=sitting.id,
        referral_id=sitting.referral_id,
        asked_at=sitting.asked_at,
        occasion=sitting.occasion,
        broken_off=sitting.broken_off,
        measures=[_measure(key, answers, content.measures.get(key)) for key, answers in told.items()],
    )


def _measure(key: str, answers: dict[str, int | str], measure: Measure | None) -> MeasureTold:
    scores = {question: score for question, score in answers.items() if isinstance(score, int)}
    totals = [(total.title, measure.total(total, scores)) for total in measure.totals] if measure else []
    return MeasureTold(
        measure=key,
        title=measure.title if measure else key,
        answers=[_answer(question, said, measure) for question, said in answers.items()],
        totals=[TotalTold(title=title, score=score) for title, score in totals if score is not None],
    )


def _answer(key: str, said: int | str, measure: Measure | None) -> AnswerTold:
    question = measure.question(key) if measure else None
    scored = isinstance(said, int)
    least, most = question.ends if question and scored else (None, None)
    labels = {answer.score: answer.label for answer in question.answers} if question else {}
    return AnswerTold(
        question=key,
        asks=question.asks if question else None,
        score=said if isinstance(said, int) else None,
        label=labels.get(said) if isinstance(said, int) else None,
        words=said if isinstance(said, str) else None,
        least=least,
        most=most,
        better=question.better if question else None,
    )
