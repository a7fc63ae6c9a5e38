"""A key of one's own: destroyed, nothing sealed with it opens, in the records or in any copy of them."""

import asyncio
import json
import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from bot import memory, tidying
from bot.desk import Desk
from bot.turn import take_turn
from tests.at_the_desk import claims
from tests.opening_words import all_opened
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    activities,
    appointments,
    attachments,
    collecting,
    data_requests,
    equality,
    erasure,
    handoffs,
    joining,
    later,
    legal_holds,
    messages,
    notes,
    outcomes,
    own_columns,
    own_keys,
    pairs,
    parting,
    people,
    staff,
    staff_tasks,
    stories,
    subject_access,
    tables,
    to_dos,
    transfers,
)
from waitingroom.break_glass import BrokenGlass
from waitingroom.columns import OWN, KeyRing, OwnKey, UnreadableError, key_of, new_id
from waitingroom.database import Session
from waitingroom.helping import Help
from waitingroom.join_papers import JoinPaper
from waitingroom.people import More
from waitingroom.record_columns import Reason
from waitingroom.sealed_columns import NOT_SEALED, SEALED, place
from waitingroom.staff import Caller, Role

pytestmark = pytest.mark.anyio

CODE = re.compile(r"CONTINUE [A-Z2-9]{4} [A-Z2-9]{4}")
WAITS_FOR_A_LOCK = """
SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
OWN_WORDS = "the heron on the canal"
"""Columns of bytes that are hashes and links of a chain: nothing opens them, with any key."""

Sealed = dict[tuple[str, str], list[tuple[bytes, str]]]
"""Sealed values of one person, and the name of the place of each, by table and column."""


def test_every_sealed_column_opens_with_an_own_key_or_says_why_not() -> None:
    assert tables.ALL
    there = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert there - NOT_SEALED.keys() == {*own_columns.OWNER, *own_columns.WITH_THE_RING}
    assert not own_columns.OWNER.keys() & own_columns.WITH_THE_RING.keys()
    assert all(own_columns.WITH_THE_RING.values())


@pytest.mark.parametrize("number", [0, 256, -1])
def test_a_key_of_the_ring_is_never_numbered_like_an_own_one(number: int) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        KeyRing(keys={number: b"k" * 32}, hashing=b"h" * 32)


def test_the_key_of_one_talk_opens_nothing_of_another() -> None:
    mine, other = (OwnKey.of_bytes(uuid.uuid4(), bytes([number]) * 32) for number in (1, 2))
    sealed = mine.seal(OWN_WORDS, "message:1")
    assert (sealed[0], key_of(sealed)) == (OWN, mine.id)
    assert mine.unseal(sealed, "message:1") == OWN_WORDS
    for key, where in ((other, "message:1"), (mine, "message:2")):
        with pytest.raises(UnreadableError):
            key.unseal(sealed, where)
    with pytest.raises(UnreadableError):
        OwnKey.of_bytes(mine.id, b"x" * 32).unseal(sealed, "message:1")
    for broken in (b"", bytes([OWN]), sealed[:17], sealed[:25], sealed[:-1]):
        with pytest.raises(UnreadableError):
            mine.unseal(broken, "message:1")


async def a_whole_life(who: Speaker) -> uuid.UUID:
    """Someone of whom something stands in every column that opens with an own key. Returns their talk."""
    await who.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody wrote to me", "PERSON")
    await who.says("I want to kill myself")
    talk = who.turns[-1].conversation_id
    claimed = await claims(who, name=f"Sam {who.address}")
    async with who.desk.database.transaction() as session:
        story = await stories.of_talk(session, conversation_id=talk)
        assert story.referral is not None
        assert story.person is not None
        held = await handoffs.find(session, handoff_id=claimed.id)
        sam = held.claimed_by
        assert sam is not None
        kim = await staff.welcome(session, name=f"Kim {who.address}", role=Role.LEAD, now=who.now)
        referral, person, tomorrow = story.referral.id, story.person.id, who.now + timedelta(days=1)
        kind, day = data_requests.Kind.CORRECTION, who.now.date()
        await data_requests.ask(session, conversation_id=talk, kind=kind, words=OWN_WORDS, today=day, now=who.now)
        await people.add(session, conversation_id=talk, told=More(code_word="Bluebell"))
        await notes.write(session, conversation_id=talk, staff_id=sam, words=OWN_WORDS, now=who.now)
        await equality.keep(session, conversation_id=talk, asked=["sex"], answers={"sex": "female"})
        call = activities.Kind.CALL
        await activities.log(
            session, referral_id=referral, staff_id=sam, kind=call, minutes=5, note=OWN_WORDS, now=who.now
        )
        await later.plan(
            session, handoff=held, staff_id=sam, words=OWN_WORDS, send_at=tomorrow, anyway=False, now=who.now
        )
        await to_dos.add(
            session, words=OWN_WORDS, due_on=day, for_id=sam, set_by=sam, conversation_id=talk, now=who.now
        )
        await appointments.offer(
            session,
            conversation_id=talk,
            staff_id=sam,
            starts=[tomorrow],
            minutes=30,
            way=appointments.Way.VISIT,
            place=OWN_WORDS,
            now=who.now,
        )
        answers: Any = {"ons4": {"life": 4}}
        start = outcomes.Occasion.START
        await outcomes.record(
            session, referral_id=referral, occasion=start, answers=answers, broken_off=False, now=who.now
        )
        task = staff_tasks.Kind.CALL
        await staff_tasks.add(session, referral_id=referral, kind=task, words=OWN_WORDS, on=day, now=who.now)
        await _something_sent(session, talk, who)
        await transfers.transfer(
            session,
            handoff=held,
            to_id=kim.id,
            caller=Caller(sam, "Sam", frozenset()),
            version=held.version,
            why=OWN_WORDS,
            cap=100,
            tell_at=who.now,
            now=who.now,
        )
        hold = await legal_holds.place(session, person_id=person, reason=OWN_WORDS, staff_id=sam, now=who.now)
        await legal_holds.lift(session, hold_id=hold.id, staff_id=sam, version=1, now=who.now)
        await _rare(session, talk, person, referral, sam, who)
    return talk


async def _something_sent(session: Session, talk: uuid.UUID, who: Speaker) -> None:
    picture = SimpleNamespace(kind=attachments.Kind.PICTURE, ref=OWN_WORDS, mime="image/png", size=4, seconds=None)
    message = who.turns[-1].message_id
    assert message is not None
    await attachments.keep_note(
        session,
        message_id=message,
        conversation_id=talk,
        channel="telegram",
        attachments=[picture],
        now=who.now,
    )
    (kept,) = await attachments.of_conversation(session, conversation_id=talk)
    assert await collecting.kept(session, attachment_id=kept.id, mime="image/png", body=OWN_WORDS.encode())


async def _rare(
    session: Session, talk: uuid.UUID, person: uuid.UUID, referral: uuid.UUID, sam: uuid.UUID, who: Speaker
) -> None:
    """What takes a second hub, a helper who may help, or another record to make."""
    by_talk, by_person = await own_keys.of(session, talk), await own_keys.of(session, person)
    sealed = by_person.seal(OWN_WORDS, f"referral:own_needs:{referral}")
    await session.driver.execute("UPDATE referral SET own_needs = $2 WHERE id = $1", referral, sealed)
    help_id, glass_id, paper_id = new_id(), new_id(), new_id()
    await session.put(
        Help,
        id=help_id,
        conversation_id=talk,
        helper_id=sam,
        kind="do_something",
        status="done",
        why=by_talk.seal(OWN_WORDS, f"help:why:{help_id}"),
        outcome=by_talk.seal(OWN_WORDS, f"help:outcome:{help_id}"),
        asked_at=who.now,
        version=1,
    )
    await session.put(
        BrokenGlass,
        id=glass_id,
        person_id=person,
        staff_id=sam,
        reason=by_person.seal(OWN_WORDS, f"broken_glass:reason:{glass_id}"),
        broken_at=who.now,
        until=who.now,
    )
    await session.put(
        JoinPaper,
        id=paper_id,
        match_id=new_id(),
        person_id=person,
        what=by_person.seal(OWN_WORDS, f"join_paper:what:{paper_id}"),
        joined_at=who.now,
        ends_at=who.now + timedelta(days=30),
    )


async def sealed_of(session: Session, talk: uuid.UUID) -> Sealed:
    """Every sealed value there is of the person of a talk."""
    person = await session.driver.fetchval("SELECT person_id FROM conversation WHERE id = $1", talk)
    apart = equality.key_owner(equality.owner_of(session, person))
    found: Sealed = {}
    for (table, column), owner in own_columns.OWNER.items():
        rows = await session.driver.fetch(
            f'SELECT * FROM "{table}" t WHERE {owner} = ANY($1) AND {column} IS NOT NULL', [talk, person, apart]
        )
        found[table, column] = [(row[column], place(SEALED[table, column], dict(row))) for row in rows]
    return found


async def opens(session: Session, sealed: Sealed) -> set[tuple[str, str]]:
    """Name the columns of which any value opens."""
    every = [one for values in sealed.values() for one in values]
    await own_keys.meet(session, [value for value, _ in every])
    found = set()
    for column, values in sealed.items():
        for value, where in values:
            try:
                assert own_keys.unseal_bytes(session, value, where)
            except UnreadableError:
                continue
            found.add(column)
    return found


async def dump(desk: Desk) -> Mapping[str, list[str]]:
    """A backup of the records, apart from the keys."""
    async with desk.database.transaction() as session:
        found = {}
        for table in SQLModel.metadata.sorted_tables:
            rows = await session.driver.fetch(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found[table.name] = [row[0] for row in rows]
        del found["own_key"]
        return found


async def restore(desk: Desk, kept: Mapping[str, list[str]]) -> None:
    """Put a backup back in place of what there is; of the keys there is only what stands now."""
    async with desk.database.transaction() as session:
        for name in reversed(list(kept)):
            await session.driver.execute(f'DELETE FROM "{name}"')
        for name, rows in kept.items():
            put = f'INSERT INTO "{name}" OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset'
            told = json.dumps([json.loads(one) for one in rows])
            await session.driver.execute(f'{put}(NULL::"{name}", $1::text::jsonb)', told)


async def erase(who: Speaker, talk: uuid.UUID) -> None:
    async with who.desk.database.transaction() as session:
        contact = await session.driver.fetchval("SELECT contact_id FROM conversation WHERE id = $1", talk)
        await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=who.now)


async def test_whoever_was_erased_cannot_be_read_in_a_backup_from_before_and_others_can(ann: Speaker) -> None:
    bob = Speaker(ann.desk, now=ann.now)
    talks = [await a_whole_life(one) for one in (ann, bob)]
    async with ann.desk.database.transaction() as session:
        hers, his = [await sealed_of(session, talk) for talk in talks]
        for (column, values), again in zip(hers.items(), his.values(), strict=True):
            assert values, column
            assert again, column
            assert all(key_of(value) is not None for value, _ in values), column
        assert await opens(session, hers) == await opens(session, his) == set(own_columns.OWNER)
        assert await own_columns.seal_apart(session, owners=await owners(session)) == 0
        person = await session.driver.fetchval("SELECT person_id FROM conversation WHERE id = $1", talks[0])
    backup = await dump(ann.desk)
    await erase(ann, talks[0])
    await restore(ann.desk, backup)
    async with ann.desk.database.transaction() as session:
        back = await sealed_of(session, talks[0])
        assert {name: sorted(found) for name, found in back.items()} == {
            name: sorted(found) for name, found in hers.items()
        }, "the backup brought every row back"
        assert await opens(session, hers) == set()
        assert await opens(session, his) == set(own_columns.OWNER)
        copy = await subject_access.record(session, person_id=person, now=ann.now, third_party=True)
        assert OWN_WORDS not in json.dumps([part.rows for part in copy.parts])
        assert any(one.why == Reason.NOT_OPENED for one in copy.left_out)
    await tidying.clear(ann.desk, now=ann.now + timedelta(days=400))
    await ann.says("hello")
    assert not ann.turns[-1].heard_before, "they can still write to us"


async def owners(session: Session) -> list[uuid.UUID]:
    """Everyone whose key there may be."""
    rows = await session.driver.fetch("SELECT id FROM conversation UNION SELECT id FROM person")
    return [row["id"] for row in rows]


async def test_erasure_destroys_the_key_before_it_deletes_or_changes_anything(ann: Speaker) -> None:
    talk = await a_whole_life(ann)
    done: list[str] = []
    async with ann.desk.database.transaction() as session:
        contact = await session.driver.fetchval("SELECT contact_id FROM conversation WHERE id = $1", talk)
        heard = lambda query: done.append(" ".join(query.query.split()))  # noqa: E731
        session.driver.add_query_logger(heard)
        await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=ann.now)
        session.driver.remove_query_logger(heard)
    changes = [one for one in done if one.startswith(("DELETE", "UPDATE", "INSERT", "WITH"))]
    assert changes[0].startswith("DELETE FROM own_key")
    assert sum(one.startswith("DELETE") for one in changes) > len(own_columns.OWNER) / 2


async def test_a_talk_that_nobody_agreed_to_keep_takes_its_key_with_it(ann: Speaker) -> None:
    await ann.says("hello", "me")
    async with ann.desk.database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM own_key") == 1
    await tidying.clear(ann.desk, now=ann.now + timedelta(days=2))
    async with ann.desk.database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM conversation") == 0
        assert await session.driver.fetchval("SELECT count(*) FROM own_key") == 0


async def test_a_talk_whose_key_was_destroyed_begins_anew_and_is_heard(ann: Speaker) -> None:
    first = await ann.says("hello")
    await ann.says("me", "72")
    talk = ann.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        assert await own_keys.destroy(session, owners=[talk]) == 1
    assert await ann.says("hello") == first
    async with ann.desk.database.transaction() as session:
        heard = [one for one in await messages.transcript(session, conversation_id=talk) if one.status == "heard"]
        assert messages.said(session, heard[-1])["text"] == "hello"


async def test_words_that_came_while_all_was_erased_are_sealed_with_the_key_that_stands_then(ann: Speaker) -> None:
    """The key is read with the lock that is waited for, as it was before: it must not be taken for the new one."""
    await ann.says("hello")
    talk, written = ann.turns[-1].conversation_id, asyncio.Event()
    ann.now += timedelta(seconds=20)
    coming = ann.message("me")

    async def writes() -> None:
        await written.wait()
        ann.turns.append(await take_turn(ann.desk, coming))

    async with asyncio.TaskGroup() as both:
        both.create_task(writes())
        async with ann.desk.database.transaction() as session:
            contact = await session.driver.fetchval("SELECT contact_id FROM conversation WHERE id = $1", talk)
            await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=ann.now)
            written.set()
            async with ann.desk.database.statements() as other:
                while not await other.fetchval(WAITS_FOR_A_LOCK):
                    pass
    async with ann.desk.database.transaction() as session:
        opened = await all_opened(session, "message", "body", "{dedupe}")
        assert "me" in [json.loads(one)["text"] for one in opened]
        assert await all_opened(session, "conversation", "talk", "conversation:talk:{id}")


async def test_a_turn_takes_no_statement_more_for_the_key(ann: Speaker) -> None:
    await ann.says("hello", "me")
    done: list[str] = []
    heard = lambda query: done.append(" ".join(query.query.split()))  # noqa: E731
    async with ann.desk.database.transaction() as session:
        driver = session.driver
        driver.add_query_logger(heard)
    await ann.says("72")
    driver.remove_query_logger(heard)
    told = [one[:40] for one in done if not one.startswith(("BEGIN", "COMMIT"))]
    assert told == [" ".join(memory.HEAR.split())[:40], " ".join(memory.REMEMBER.split())[:40]]


async def test_a_chat_carried_into_another_talk_gives_its_key_to_it(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    code = await ann.says("CONTINUE")
    web = Speaker(ann.desk, now=ann.now, channel="web")
    await web.says("hello", "the blue boat")
    before = web.turns[-1].conversation_id
    await web.says(CODE.findall(code)[0])
    talk = ann.turns[-1].conversation_id
    assert web.turns[-1].conversation_id == talk != before
    async with ann.desk.database.transaction() as session:
        assert await own_columns.seal_apart(session, owners=[talk, before]) == 0
        sealed = await sealed_of(session, talk)
        assert ("message", "body") in await opens(session, sealed)
        assert {key_of(value) for value, _ in sealed["message", "body"]} == {talk, before}
    await tidying.clear(ann.desk, now=ann.now + timedelta(days=2))
    async with ann.desk.database.transaction() as session:
        said = await stories.of_talk(session, conversation_id=talk)
        assert "the blue boat" in [told["text"] for _, told in said.messages], "what was left of it took no key"
    await erase(ann, talk)
    async with ann.desk.database.transaction() as session:
        assert await opens(session, sealed) == set()


async def test_joined_all_opens_and_goes_with_the_one_they_are_and_parted_with_their_own(
    ann: Speaker,
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*SHORTEST_REFERRAL)
    first, second = ann.turns[-1].conversation_id, web.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        (match,) = await pairs.listed(session)
        later = joining.Which.LATER
        await joining.join(session, match_id=match.id, tags={"*"}, reach=later, staff_id=sam.id, now=web.now)
        joined = await sealed_of(session, first)
        assert await opens(session, joined) >= {("message", "body"), ("person", "about"), ("join_paper", "what")}
    await web.says("The kettle is on")
    assert web.turns[-1].conversation_id == first
    async with ann.desk.database.transaction() as session:
        assert await own_columns.seal_apart(session, owners=await owners(session)) == 0
        await parting.part(session, match_id=match.id, tags={"*"}, staff_id=sam.id, now=web.now)
        assert await own_columns.seal_apart(session, owners=await owners(session)) == 0
        hers, other = await sealed_of(session, first), await sealed_of(session, second)
        said = await stories.of_talk(session, conversation_id=second)
        assert "The kettle is on" in [told["text"] for _, told in said.messages]
    await erase(ann, first)
    async with ann.desk.database.transaction() as session:
        assert await opens(session, hers) == set()
        assert await opens(session, other) == {column for column, values in other.items() if values}
        story = await stories.of_talk(session, conversation_id=second)
        assert story.what_matters == "Company in the evenings"


async def test_who_is_erased_after_a_join_takes_the_keys_of_both_records(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*SHORTEST_REFERRAL)
    async with ann.desk.database.transaction() as session:
        both = [await sealed_of(session, who.turns[-1].conversation_id) for who in (ann, web)]
        sam = await staff.welcome(session, name="Sam", now=web.now)
        (match,) = await pairs.listed(session)
        later = joining.Which.LATER
        await joining.join(session, match_id=match.id, tags={"*"}, reach=later, staff_id=sam.id, now=web.now)
    await erase(ann, ann.turns[-1].conversation_id)
    async with ann.desk.database.transaction() as session:
        assert [await opens(session, sealed) for sealed in both] == [set(), set()]


async def test_what_was_sealed_with_the_ring_before_there_were_keys_still_opens(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    talk = ann.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        await _back_to_the_ring(session, talk)
        assert await session.driver.fetchval("SELECT count(*) FROM own_key") == 0
    assert await ann.says("STATUS")
    async with ann.desk.database.transaction() as session:
        story = await stories.of_talk(session, conversation_id=talk)
        assert story.what_matters == "Company in the evenings"
        assert await session.driver.fetchval("SELECT count(*) FROM own_key WHERE owner_id = $1", talk) == 1
        assert (await session.driver.fetchval("SELECT talk FROM conversation WHERE id = $1", talk))[0] == OWN


async def _back_to_the_ring(session: Session, talk: uuid.UUID) -> None:
    """Seal all there is of someone as the version before own keys did."""
    for (table, column), values in (await sealed_of(session, talk)).items():
        for value, where in values:
            await own_keys.meet(session, [value])
            again = session.keys.seal_bytes(own_keys.unseal_bytes(session, value, where), where)
            await session.driver.execute(f'UPDATE "{table}" SET {column} = $2 WHERE {column} = $1', value, again)
    await session.driver.execute("DELETE FROM own_key")
