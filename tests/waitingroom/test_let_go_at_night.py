"""What the night lets go beside people: old audit, used links, sign-ins left half-way; and hooks that ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from bot import tidying
from tests.talking import Speaker
from waitingroom import audit, audit_check, hooks_ended, retention, retention_runs, staff, to_dos
from waitingroom.audit import By, Noted
from waitingroom.hooks import Hook, OffBecause
from waitingroom.invitations import StaffInvitation
from waitingroom.record_classes import RecordClass, years_after
from waitingroom.roles import Role
from waitingroom.sign_ins import StaffSignIn

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def due(ann: Speaker, now: object) -> dict[RecordClass, int]:
    async with ann.desk.database.transaction() as session:
        found = await retention.due(session, keeps=ann.desk.service.keeps, now=now)  # type: ignore[arg-type]
    return {kind: len(ids) for kind, ids in found.items() if ids}


async def noted(ann: Speaker, *days: int) -> None:
    for day in days:
        async with ann.desk.database.transaction() as session:
            sam = await staff.welcome(session, name="Sam", now=ann.now)
            audit.note(session, Noted(ann.now + day * DAY, sam.id, By.KEY, "getStory", record=f"handoff {day}"))


async def test_the_audit_is_let_go_after_its_years_and_what_is_left_still_fits(ann: Speaker) -> None:
    await noted(ann, 0, 1, 400)
    later = years_after(ann.now, 8) + 2 * DAY
    assert await due(ann, years_after(ann.now, 8) - DAY) == {}
    assert await due(ann, later) == {RecordClass.AUDIT: 2}
    assert (await tidying.clear(ann.desk, now=later))[RecordClass.AUDIT] == 2
    assert await due(ann, later) == {}
    async with ann.desk.database.transaction() as session:
        found = await audit_check.verify(session)
    assert (found.rows, found.wrong) == (1, None)
    assert (await tidying.clear(ann.desk, now=later)).get(RecordClass.AUDIT, 0) == 0


async def test_an_audit_that_does_not_fit_is_kept_and_the_rest_of_the_night_goes_on(ann: Speaker) -> None:
    await noted(ann, 0, 1)
    async with ann.desk.database.transaction() as session:
        await session.driver.execute("SET LOCAL session_replication_role = replica")
        await session.driver.execute("UPDATE audit_entry SET action = 'x'")
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        session.add(
            StaffSignIn(staff_id=sam.id, digest=b"half", began_at=ann.now, ends_at=ann.now + timedelta(minutes=5))
        )
    gone = await tidying.clear(ann.desk, now=years_after(ann.now, 9))
    assert (gone[RecordClass.AUDIT], gone[RecordClass.SIGN_IN]) == (0, 1)
    assert {kind for kind, at in (await last_cleared(ann)).items() if at is None} == {RecordClass.AUDIT}
    assert await due(ann, years_after(ann.now, 9)) == {RecordClass.AUDIT: 2}


async def last_cleared(ann: Speaker) -> Mapping[RecordClass, datetime | None]:
    async with ann.desk.database.transaction() as session:
        return await retention_runs.last(session)


async def test_it_is_kept_when_each_class_was_cleared_last_whether_or_not_anything_was_due(ann: Speaker) -> None:
    assert set((await last_cleared(ann)).values()) == {None}
    for night in (ann.now, ann.now + DAY):
        await tidying.clear(ann.desk, now=night)
        assert await last_cleared(ann) == dict.fromkeys(RecordClass, night)


async def test_used_links_and_sign_ins_left_half_way_go(ann: Speaker) -> None:
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        ends_at = ann.now + 2 * DAY
        for digest, used_at in ((b"used", ann.now), (b"not used", None)):
            session.add(
                StaffInvitation(staff_id=sam.id, digest=digest, made_at=ann.now, ends_at=ends_at, used_at=used_at)
            )
        session.add(
            StaffSignIn(staff_id=sam.id, digest=b"half", began_at=ann.now, ends_at=ann.now + timedelta(minutes=5))
        )
    assert await due(ann, ann.now + timedelta(hours=1)) == {}
    assert await due(ann, ann.now + 2 * DAY) == {RecordClass.SIGN_IN: 1}
    assert await due(ann, ann.now + 91 * DAY) == {RecordClass.SIGN_IN: 1, RecordClass.INVITATION: 1}
    await tidying.clear(ann.desk, now=ann.now + 93 * DAY)
    assert await due(ann, ann.now + 93 * DAY) == {}


@pytest.mark.parametrize(("maker", "told"), [(Role.LINK_WORKER, "Mo"), (Role.ADMIN, "Lea")])
async def test_a_hook_that_turned_itself_off_is_something_to_do_for_whoever_sees_tasks(
    ann: Speaker, maker: Role, told: str
) -> None:
    async with ann.desk.database.transaction() as session:
        made_by = await staff.welcome(session, name="Mo", role=maker, now=ann.now)
        lead = await staff.welcome(session, name="Lea", role=Role.LEAD, now=ann.now)
        hook = Hook(
            name="Case system", address=b"x", kinds=[], secret=b"x", made_by=made_by.id, created_at=ann.now
        )
        session.add(hook)
        await session.flush()
        today, now = ann.now.date(), ann.now
        many = await hooks_ended.raise_to_dos(
            session, hook_id=hook.id, because=OffBecause.FAILING, today=today, now=now
        )
        none = await hooks_ended.raise_to_dos(
            session, hook_id=hook.id, because=OffBecause.STAFF, today=today, now=now
        )
        lists = {
            one.name: [to_do.words for to_do in await to_dos.mine(session, staff_id=one.id, today=today)]
            for one in (made_by, lead)
        }
    assert (many, none) == (1, 0)
    assert [name for name, words in lists.items() if words] == [told]
    assert lists[told][0].startswith("Case system is told of nothing now")
