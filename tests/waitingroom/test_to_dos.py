"""To-dos and private notes: each day shown right, whose they are, and what may still be changed."""

import uuid
from datetime import date, timedelta

import pytest

from tests.at_the_desk import claims, hands_back
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import alarms, hubs, notes, staff, supervision, to_dos
from waitingroom.alarms import Verdict
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError, Status
from waitingroom.notes import NoteStandsError, NotYourNoteError
from waitingroom.roles import Role
from waitingroom.staff import Caller, Staff
from waitingroom.to_dos import Kind, When

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def caller(member: Staff) -> Caller:
    return Caller(member.id, member.name, frozenset(), member.role, member.hub_id)


async def worker(session: Session, name: str, ann: Speaker, **facts: object) -> Staff:
    return await staff.welcome(session, name=name, now=ann.now, **facts)  # type: ignore[arg-type]


async def test_what_is_due_is_told_from_what_is_late_and_what_is_coming(ann: Speaker) -> None:
    async with ann.desk.database.transaction() as session:
        sam = await worker(session, "Sam", ann)
        for offset, words in ((-1, "late"), (0, "now"), (3, "later")):
            await to_dos.add(
                session, words=words, due_on=TODAY + offset * DAY, for_id=sam.id, set_by=sam.id, now=ann.now
            )

        async def listed(when: When | None) -> list[str]:
            return [one.words for one in await to_dos.mine(session, staff_id=sam.id, today=TODAY, when=when)]

        assert await listed(None) == ["late", "now", "later"]
        assert [await listed(when) for when in When] == [["late"], ["now"], ["later"]]
        (late, *_) = await to_dos.mine(session, staff_id=sam.id, today=TODAY)
        await to_dos.tick_off(
            session, to_do_id=late.to_do.id, caller=caller(sam), version=1, done=True, now=ann.now
        )
        assert await listed(None) == ["now", "later"]
        await to_dos.tick_off(
            session, to_do_id=late.to_do.id, caller=caller(sam), version=2, done=False, now=ann.now
        )
        assert await listed(When.OVERDUE) == ["late"]


async def test_someone_has_one_next_contact_and_a_new_day_takes_the_place_of_the_old(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    async with ann.desk.database.transaction() as session:
        assert claimed.claimed_by
        talk = claimed.conversation_id
        for day in (TODAY + DAY, TODAY + 2 * DAY):
            await to_dos.contact_on(
                session, conversation_id=talk, day=day, staff_id=claimed.claimed_by, now=ann.now
            )
        (only,) = await to_dos.of_talk(session, conversation_id=talk)
        assert (only.to_do.kind, only.to_do.due_on, only.name) == (Kind.NEXT_CONTACT, TODAY + 2 * DAY, "Ann")
        assert await to_dos.next_contacts(session, talks=[talk]) == {talk: TODAY + 2 * DAY}


async def test_a_to_do_that_was_changed_since_it_was_read_is_not_written_over(ann: Speaker) -> None:
    async with ann.desk.database.transaction() as session:
        sam = await worker(session, "Sam", ann)
        made = await to_dos.add(session, words="Ring", due_on=TODAY, for_id=sam.id, set_by=sam.id, now=ann.now)
        changed = await to_dos.change(
            session, to_do_id=made.id, caller=caller(sam), version=1, words="Ring twice", due_on=TODAY + DAY
        )
        assert (changed.version, changed.due_on) == (2, TODAY + DAY)
        with pytest.raises(StaleError):
            await to_dos.change(session, to_do_id=made.id, caller=caller(sam), version=1, words="Write")


async def test_nobody_sees_or_is_given_what_is_of_another_hub(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    async with ann.desk.database.transaction() as session:
        ours = await hubs.add(session, name="Pendle", areas=["BB9"], now=ann.now)
        theirs = await hubs.add(session, name="Burnley", areas=["BB11"], now=ann.now)
        olu = await worker(session, "Olu", ann, hub_id=theirs.id)
        nia = await worker(session, "Nia", ann, hub_id=ours.id)
        provider = await worker(session, "Pat", ann, role=Role.PROVIDER)
        talk = claimed.conversation_id
        made = await to_dos.add(
            session,
            words="Ring",
            due_on=TODAY,
            for_id=nia.id,
            set_by=claimed.claimed_by,
            conversation_id=talk,
            now=ann.now,
        )
        assert (await to_dos.look(session, to_do_id=made.id, caller=caller(nia))).words == "Ring"
        with pytest.raises(NotFoundError):
            await to_dos.look(session, to_do_id=made.id, caller=caller(olu))
        for other in (olu.id, provider.id, uuid.uuid4()):
            with pytest.raises(NotFoundError):
                await to_dos.add(
                    session,
                    words="Ring",
                    due_on=TODAY,
                    for_id=other,
                    set_by=nia.id,
                    conversation_id=talk,
                    now=ann.now,
                )


async def test_a_note_is_put_right_for_a_quarter_of_an_hour_by_its_writer_alone(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    async with ann.desk.database.transaction() as session:
        sam = await worker(session, "Sam", ann)
        other = await worker(session, "Priya", ann)
        lead = await worker(session, "Lou", ann, role=Role.LEAD)
        with pytest.raises(NotYoursError):
            notes.check_may_write(claimed, caller(other))
        notes.check_may_write(claimed, caller(lead))
        notes.check_may_write(claimed, caller(sam))
        note = await notes.write(
            session, conversation_id=claimed.conversation_id, staff_id=sam.id, words="Likes tee", now=ann.now
        )
        assert b"Likes" not in note.words
        change = {"note_id": note.id, "words": "Likes tea", "third_party": False}
        with pytest.raises(NotYourNoteError):
            await notes.change(session, staff_id=other.id, version=1, now=ann.now, **change)  # type: ignore[arg-type]
        quarter = ann.now + timedelta(minutes=15)
        await notes.change(session, staff_id=sam.id, version=1, now=quarter, **change)  # type: ignore[arg-type]
        with pytest.raises(StaleError):
            await notes.change(session, staff_id=sam.id, version=1, now=quarter, **change)  # type: ignore[arg-type]
        late = quarter + timedelta(seconds=1)
        with pytest.raises(NoteStandsError):
            await notes.change(session, staff_id=sam.id, version=2, now=late, **change)  # type: ignore[arg-type]
        ((kept, words),) = await notes.of_talk(session, conversation_id=claimed.conversation_id)
        assert (words, kept.changed_at) == ("Likes tea", quarter)


async def prompts(ann: Speaker, claimed: Handoff) -> list[to_dos.Opened]:
    async with ann.desk.database.transaction() as session:
        found = await to_dos.of_talk(session, conversation_id=claimed.conversation_id)
    return [one for one in found if one.to_do.kind is Kind.TALK_THROUGH]


async def test_whoever_dealt_with_danger_is_asked_once_to_talk_it_through(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "I want to kill myself")
    claimed = await claims(ann)
    assert await prompts(ann, claimed) == []
    await hands_back(ann, claimed, to=Status.CLOSED)
    (asked,) = await prompts(ann, claimed)
    assert (asked.words, asked.whose) == ("Talk this through with your lead", "Sam")
    assert asked.to_do.due_on == TODAY + 3 * DAY
    async with ann.desk.database.transaction() as session:
        assert claimed.claimed_by
        again = await supervision.prompt(
            session, conversation_id=claimed.conversation_id, staff_id=claimed.claimed_by, now=ann.now + DAY
        )
    assert not again
    assert len(await prompts(ann, claimed)) == 1


async def test_putting_danger_back_in_the_queue_or_finding_none_asks_for_no_talk(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "I want to kill myself")
    claimed = await claims(ann)
    await hands_back(ann, claimed, to=Status.WAITING)
    assert await prompts(ann, claimed) == []
    async with ann.desk.database.transaction() as session:
        sam = await worker(session, "Sam", ann)
        await alarms.unsettle(session, conversation_id=claimed.conversation_id, now=ann.now)
        await alarms.settle(
            session,
            conversation_id=claimed.conversation_id,
            verdict=Verdict.A_WAY_OF_SPEAKING,
            staff_id=sam.id,
            now=ann.now,
        )
    claimed = await claims(ann)
    await hands_back(ann, claimed, to=Status.CLOSED)
    assert await prompts(ann, claimed) == []


@pytest.mark.parametrize(
    ("today", "due"),
    [(date(2026, 11, 23), date(2026, 11, 26)), (date(2026, 11, 26), date(2026, 12, 1)),
     (date(2026, 11, 28), date(2026, 12, 2))],
)  # fmt: skip
def test_three_working_days_pass_over_the_weekend(today: date, due: date) -> None:
    assert supervision.due(today) == due
