"""Two who were joined by mistake are two again, and nothing either said or did since is lost."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import tidying
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    equality,
    handoffs,
    join_papers,
    joining,
    legal_holds,
    pairs,
    parting,
    people,
    referrals,
    staff,
    stories,
    tables,
)
from waitingroom.database import Session
from waitingroom.errors import StaleError
from waitingroom.joining import Which
from waitingroom.matching import PersonMatch, Status
from waitingroom.parting import JoinedAgainError, NoWayBackError
from waitingroom.people import More

pytestmark = pytest.mark.anyio

LATER = ("hello", "me", "72", "yes", "Ann", "BB9 7AA", "4", "My rent", "here", "any", "yes")
CHANGES_ANYWAY = {
    "join_paper": {"*"},
    "person_match": {"status", "decided_at", "decided_by", "version"},
    "conversation": {"clear_at", "hub_id"},
}
"""What need not be as it was: versions only go up, and the match is decided."""


async def two(ann: Speaker) -> Speaker:
    """Ann, twice on record, each with a good deal that hangs on her; returns the later one."""
    await ann.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody wrote to me", "PERSON")
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*LATER, "PRIVACY", "COMPLAINT", "Nobody rang", "MORE", "CONTINUE")
    async with ann.desk.database.transaction() as session:
        talk = web.turns[-1].conversation_id
        await people.add(session, conversation_id=talk, told=More(code_word="Bluebell"))
        await equality.keep(session, conversation_id=talk, asked=["sex"], answers={"sex": "female"})
    return web


async def dump(session: Session) -> dict[str, Any]:
    """Every row of every table, but for what changes whatever happens."""
    found = {}
    for table in tables.ALL:
        name = str(table.__tablename__)
        left_out = CHANGES_ANYWAY.get(name, set())
        if "*" in left_out:
            continue
        rows = await session.driver.fetch(f'SELECT to_jsonb(t)::text AS row FROM "{name}" t')
        told = [json.loads(row["row"]) for row in rows]
        kept = [{key: one[key] for key in one if key not in {"version", *left_out}} for one in told]
        found[name] = sorted(json.dumps(one, sort_keys=True) for one in kept)
    return found


async def join(session: Session, now: datetime) -> PersonMatch:
    sam = await staff.welcome(session, name="Sam", now=now)
    (match,) = await pairs.listed(session)
    await joining.join(session, match_id=match.id, tags={"*"}, reach=Which.LATER, staff_id=sam.id, now=now)
    return match


async def part(
    session: Session, match: PersonMatch, now: datetime, *, tags: frozenset[str] = frozenset("*")
) -> None:
    sam = await staff.welcome(session, name="Sam", now=now)
    await parting.part(session, match_id=match.id, tags=tags, staff_id=sam.id, now=now)


async def test_joined_and_parted_at_once_every_row_of_every_table_is_as_it_was(ann: Speaker) -> None:
    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        before = await dump(session)
        match = await join(session, web.now)
        assert await dump(session) != before
        await part(session, match, web.now + timedelta(hours=1))
        after = await dump(session)
    assert sam
    for name, rows in before.items():
        assert after[name] == rows, name


async def test_parted_they_are_two_also_when_what_was_left_of_the_later_talk_is_long_deleted(ann: Speaker) -> None:
    from bot import outreach

    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
    assert await outreach.clear_unconsented(ann.desk, now=web.now + timedelta(days=2)) == 1
    async with ann.desk.database.transaction() as session:
        await part(session, match, web.now + timedelta(days=29))
    async with ann.desk.database.transaction() as session:
        first = await stories.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
        second = await stories.of_talk(session, conversation_id=web.turns[-1].conversation_id)
        assert (first.what_matters, second.what_matters) == ("Company in the evenings", "My rent")
        assert first.person is not None
        assert second.person is not None
        assert first.person.id != second.person.id
        assert second.more is not None
        assert second.more.code_word == "Bluebell"
        assert await equality.of_person(session, person_id=second.person.id) == {"sex": "female"}
        assert await equality.of_person(session, person_id=first.person.id) == {}
        for story in (first, second):
            assert story.referral is not None
            assert story.referral.status is referrals.Status.WAITING
            assert story.handoff is not None
            assert story.handoff.status is handoffs.Status.WAITING
        found = await session.get(PersonMatch, match.id)
        assert found is not None
        assert found.status is Status.KEPT_APART
        assert await pairs.listed(session) == []


async def test_what_each_says_after_the_join_stays_with_the_one_who_says_it(ann: Speaker) -> None:
    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
    ann.now = web.now = web.now + timedelta(hours=2)
    await ann.says("The heron is back")
    await web.says("The kettle is on")
    async with ann.desk.database.transaction() as session:
        assert ann.turns[-1].conversation_id == web.turns[-1].conversation_id
        await part(session, match, web.now + timedelta(hours=1))
    await ann.says("STATUS")
    await web.says("STATUS")
    assert ann.turns[-1].conversation_id != web.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        said = {}
        for who in (ann, web):
            story = await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)
            said[who.channel] = " ".join(told["text"] for _, told in story.messages)
    assert "heron" in said["terminal"]
    assert "kettle" not in said["terminal"]
    assert "kettle" in said["web"]
    assert "heron" not in said["web"]


async def test_what_was_changed_since_the_join_stays_as_it_is(ann: Speaker) -> None:
    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
        talk = ann.turns[-1].conversation_id
        referral = await referrals.open_referral(session, conversation_id=talk)
        assert referral is not None
        await referrals.close(session, referral_id=referral.id, reason="goals_met", now=web.now)
        await part(session, match, web.now + timedelta(days=1))
    async with ann.desk.database.transaction() as session:
        first = await stories.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
        second = await stories.of_talk(session, conversation_id=web.turns[-1].conversation_id)
    assert first.referral is not None
    assert second.referral is not None
    assert (first.referral.status, second.referral.status) == (
        referrals.Status.CLOSED,
        referrals.Status.WAITING,
    )


async def test_after_thirty_days_there_is_no_way_back_and_no_paper(ann: Speaker) -> None:
    web = await two(ann)
    over = web.now + join_papers.KEPT_FOR
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
        assert [one.id for one, _ in await parting.listed(session, now=over - timedelta(seconds=1))] == [match.id]
        assert await parting.listed(session, now=over) == []
        with pytest.raises(NoWayBackError):
            await part(session, match, over)
    await tidying.clear(ann.desk, now=over - timedelta(seconds=1))
    assert await papers(ann) == 1
    await tidying.clear(ann.desk, now=over)
    assert await papers(ann) == 0


async def papers(ann: Speaker) -> int:
    async with ann.desk.database.transaction() as session:
        return int(await session.driver.fetchval("SELECT count(*) FROM join_paper"))


async def test_only_whoever_read_how_it_stands_can_part_them_and_only_once(ann: Speaker) -> None:
    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
        with pytest.raises(StaleError):
            await part(session, match, web.now, tags=frozenset({"1"}))
        await part(session, match, web.now, tags=frozenset({"2"}))
        with pytest.raises(NoWayBackError):
            await part(session, match, web.now)


async def test_of_three_who_became_one_the_last_is_parted_first(ann: Speaker) -> None:
    web = await two(ann)
    third = Speaker(ann.desk, now=ann.now - timedelta(days=1), channel="web")
    await third.says(*LATER)
    async with ann.desk.database.transaction() as session:
        before = await dump(session)
        sam = await staff.welcome(session, name="Sam", now=web.now)
        matches = await pairs.listed(session)
        first_ids = {await person_of(session, who) for who in (ann, web)}
        (match,) = [one for one in matches if {one.earlier_id, one.later_id} == first_ids]
        await joining.join(
            session, match_id=match.id, tags={"*"}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
        )
        (again, *_) = await pairs.listed(session)
        await joining.join(
            session, match_id=again.id, tags={"*"}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
        )
        with pytest.raises(JoinedAgainError):
            await part(session, match, web.now)
        await part(session, again, web.now)
        await part(session, match, web.now)
        after = await dump(session)
    del before["person_match"], after["person_match"]
    assert after == {**before, "staff": after["staff"]}


async def person_of(session: Session, who: Speaker) -> Any:
    story = await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)
    assert story.person is not None
    return story.person.id


async def test_a_hold_on_one_of_them_comes_back_to_the_one_it_was_on(ann: Speaker) -> None:
    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        later = await person_of(session, web)
        hold = await legal_holds.place(session, person_id=later, reason="A claim", staff_id=sam.id, now=web.now)
        match = await join(session, web.now)
        joined = await legal_holds.find(session, hold_id=hold.id)
        assert joined.person_id == await person_of(session, ann)
        await part(session, match, web.now)
        assert (await legal_holds.find(session, hold_id=hold.id)).person_id == later


async def test_the_paper_goes_with_a_person_who_has_everything_deleted(ann: Speaker) -> None:
    from waitingroom import erasure

    web = await two(ann)
    async with ann.desk.database.transaction() as session:
        match = await join(session, web.now)
        contact = await session.driver.fetchval("SELECT contact_id FROM conversation WHERE person_id IS NOT NULL")
        talk = ann.turns[-1].conversation_id
        await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=web.now)
        assert await session.driver.fetchval("SELECT count(*) FROM join_paper") == 0
        with pytest.raises(NoWayBackError):
            await part(session, match, web.now)


def test_no_row_with_a_body_can_go_when_two_are_joined() -> None:
    """The paper leaves bodies out: it may, for their rows are moved and never deleted as doubles."""
    from sqlmodel import SQLModel

    from waitingroom import hanging, rehanging

    for name in hanging.BODIES:
        table = SQLModel.metadata.tables[name]
        hung = [key.parent.name for key in table.foreign_keys]
        assert not [column for column in hung if list(rehanging._same(table, column))]
