"""A whole county in a database, made in a minute: people, their referrals and messages over two years.

    async with open_house(...) as house:
        await fill(house, people=100_000, messages_each=20, now=now)

Everything is made up by rule from a number, so that two fillings are the same. People, what they said of
themselves and what they answered are sealed as they should be; what messages and referrals say opens for the first
and the last `READABLE` people only.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import asyncpg

from api.house import House
from waitingroom.columns import KeyRing
from waitingroom.people import AboutYou, SafeContact

DAYS = 730
READABLE = 200
HUBS = ("North", "East", "South")
WORKERS = 24
AREAS = ("BB7", "BB8", "BB9", "BB10", "BB11", "BB12", "BD23", "LN1", "LN2", "PE21")
NEEDS = ("lonely", "money", "housing", "mind", "caring", "work_learn", "bereavement", "abuse")
BATCH = 20_000

PLACES = """
INSERT INTO hub (id, name, areas, created_at)
SELECT md5('hub' || n)::uuid, name, ARRAY['BB' || (6 + n)], $1
FROM unnest($2::text[]) WITH ORDINALITY AS h (name, n)
"""
STAFF = """
INSERT INTO staff (id, name, role, hub_id, created_at)
SELECT md5('staff' || n)::uuid, 'Worker ' || n, 'link_worker', md5('hub' || 1 + n % 3)::uuid, $1
FROM generate_series(1, $2::int) AS n
"""
TALKS = """
INSERT INTO conversation (id, person_id, place, owner, owned_by, language, hub_id, created_at, heard_at)
SELECT md5('talk' || n)::uuid, md5('person' || n)::uuid, 'waiting_room', 'bot', NULL, 'en',
       CASE WHEN n % 50 = 0 THEN NULL ELSE md5('hub' || 1 + n % 3)::uuid END, $2, $2
FROM generate_series(1, $1::int) AS n
"""
WAYS = """
INSERT INTO contact (id, conversation_id, channel, address_hash, address, state, created_at, heard_at)
SELECT md5('contact' || n)::uuid, md5('talk' || n)::uuid,
       (ARRAY['sms', 'web', 'telegram', 'whatsapp'])[1 + n % 4], decode(md5('a' || n) || md5('b' || n), 'hex'),
       'x', CASE WHEN n % 97 = 0 THEN 'unreachable' WHEN n % 89 = 0 THEN 'stopped' ELSE 'open' END, $2, $2
FROM generate_series(1, $1::int) AS n
"""
REACHED = "UPDATE conversation SET contact_id = c.id FROM contact c WHERE c.conversation_id = conversation.id"
REFERRALS = """
INSERT INTO referral (id, reference, person_id, conversation_id, source, status, needs, what_matters, joined_at,
                      picked_up_at, contacted_at, ended_at, close_reason, version)
SELECT md5('referral' || n)::uuid, 'f' || n, md5('person' || n)::uuid, md5('talk' || n)::uuid,
       (ARRAY['self', 'self', 'self', 'family', 'professional', 'carer'])[1 + n % 6],
       CASE WHEN ended < $2 AND n % 9 = 0 THEN 'withdrawn' WHEN ended < $2 THEN 'closed'
            WHEN picked < $2 AND n % 9 > 0 THEN 'picked_up' ELSE 'waiting' END,
       CASE WHEN n % 3 = 0 THEN ARRAY[need, other] ELSE ARRAY[need] END, 'x', joined,
       CASE WHEN picked < $2 AND n % 9 > 0 THEN picked END, CASE WHEN met < $2 AND n % 9 > 0 THEN met END,
       CASE WHEN ended < $2 THEN ended END,
       CASE WHEN ended < $2
            THEN (ARRAY['goals_met', 'could_not_reach', 'moved_on', 'no_longer_wanted'])[1 + n % 4] END,
       1
FROM (SELECT n, ($3::text[])[1 + n * 7 % 8] AS need, ($3::text[])[1 + (n * 7 + 3) % 8] AS other,
             joined, joined + (10 + n * 13 % 40) * interval '1 day' AS picked,
             joined + (12 + n * 13 % 45) * interval '1 day' AS met,
             joined + (70 + n * 17 % 90) * interval '1 day' AS ended
      FROM (SELECT n, $2::timestamptz - ($4::float8 * (1 - n / ($1::float8 + 1))) * interval '1 day' AS joined
            FROM generate_series(1, $1::int) AS n) AS j) AS each
"""
WAITING = """
INSERT INTO waiting (referral_id, conversation_id, programme, pace, joined_at, next_at)
SELECT id, conversation_id, 'waiting_well', CASE WHEN status = 'waiting' THEN 'active' ELSE 'left' END, joined_at,
       CASE WHEN status = 'waiting' THEN $1::timestamptz + interval '1 day' END FROM referral
"""
HANDOFFS = """
INSERT INTO handoff (id, conversation_id, referral_id, reasons, urgency, status, raised_at, claimed_by, claimed_at,
                     ended_at, version)
SELECT md5('handoff' || reference)::uuid, conversation_id, id, ARRAY['new_referral'],
       CASE WHEN at % 200 = 0 THEN 0 WHEN at % 20 = 0 THEN 1 ELSE 2 END,
       CASE WHEN ended_at IS NOT NULL THEN 'closed' WHEN status = 'picked_up' THEN 'claimed' ELSE 'waiting' END,
       joined_at, CASE WHEN picked_up_at IS NOT NULL THEN md5('staff' || 1 + at % $1::int)::uuid END,
       picked_up_at, ended_at, 1
FROM (SELECT *, substr(reference, 2)::int AS at FROM referral) AS r
"""
ACTIVITIES = """
INSERT INTO activity (id, referral_id, staff_id, kind, minutes, attended, done_at)
SELECT gen_random_uuid(), r.id, md5('staff' || 1 + k % 24)::uuid,
       (ARRAY['call', 'call', 'liaison', 'text', 'visit', 'video', 'letter'])[1 + k % 7], 5 + k * 5 % 40, true,
       r.picked_up_at + k * interval '5 days' + interval '11 hours'
FROM referral r, generate_series(1, 12) AS k
WHERE r.picked_up_at IS NOT NULL AND r.picked_up_at + k * interval '5 days' + interval '11 hours' < $1
"""
SENT = """
INSERT INTO sent_step (id, referral_id, step, item, sent_at)
SELECT gen_random_uuid(), id, 'step' || k, CASE WHEN k % 2 = 0 THEN 'a_walk' END, joined_at + k * interval '9 days'
FROM referral, generate_series(1, 3) AS k WHERE joined_at + k * interval '9 days' < $1
"""
MESSAGES = """
INSERT INTO message (conversation_id, contact_id, author, staff_id, kind, segments, body, dedupe, status, attempts,
                     maybe_twice, created_at, sent_at)
SELECT md5('talk' || n)::uuid, md5('contact' || n)::uuid,
       CASE WHEN k % 2 = 1 THEN 'person' WHEN k > $2::int * 3 / 4 THEN 'link_worker' ELSE 'bot' END,
       CASE WHEN k % 2 = 0 AND k > $2::int * 3 / 4 THEN md5('staff' || 1 + n % $3::int)::uuid END,
       CASE WHEN k % 2 = 1 THEN 'heard' WHEN k > $2::int * 3 / 4 THEN 'staff' ELSE 'answer' END,
       CASE WHEN k % 2 = 0 AND n % 4 = 0 THEN 1 ELSE 0 END, decode(repeat(md5('m' || n), 5), 'hex'),
       'fill:' || n || ':' || k,
       CASE WHEN k % 2 = 1 THEN 'heard' WHEN (n + k) % 53 = 0 THEN 'failed' WHEN k % 4 = 0 THEN 'delivered'
            ELSE 'sent' END,
       1, false, said, said
FROM (SELECT n, k, $5::timestamptz - ($6::float8 * (1 - n / ($1::float8 + 1))) * interval '1 day'
             + CASE WHEN k <= $2::int * 3 / 4 THEN k * interval '1 minute'
                    ELSE (14 + n * 13 % 45) * interval '1 day' + k * interval '3 hours' END AS said
      FROM generate_series(1, $1::int) AS n, generate_series(1, $4::int) AS k) AS each
WHERE said < $5::timestamptz ORDER BY said
"""
PAID = """
INSERT INTO spend (channel, on_day, segments, held, told)
SELECT 'sms', day::date, 400, 0, false
FROM generate_series($1::timestamptz - interval '730 days', $1, '1 day') AS day
"""
READ = """
SELECT m.id, m.dedupe, m.author FROM message m WHERE m.conversation_id = ANY($1::uuid[])
"""


def named(kind: str, number: int) -> uuid.UUID:
    """Give the id of the `number`th person, talk, contact, referral, hub or staff (from 1)."""
    return uuid.UUID(bytes=hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).digest())


async def fill(house: House, *, people: int, messages_each: int = 20, now: datetime) -> None:
    """Fill an empty database with `people` people over the two years before `now`, and tell the planner of it."""
    keys = house.database.keys
    async with house.database.transaction() as session:
        on = session.driver
        begun = now - timedelta(days=DAYS)
        await on.execute(PLACES, begun, list(HUBS))
        await on.execute(STAFF, begun, WORKERS)
        await _copy(on, "person", PERSON, _people(keys, people, now))
        await on.execute(TALKS, people, now)
        await on.execute(WAYS, people, now)
        await on.execute(REACHED)
        await on.execute(REFERRALS, people, now, list(NEEDS), float(DAYS))
        await on.execute(WAITING, now)
        await on.execute(HANDOFFS, WORKERS)
        await on.execute(ACTIVITIES, now)
        await on.execute(SENT, now)
        await on.execute(MESSAGES, people, messages_each, WORKERS, messages_each, now, float(DAYS))
        await on.execute(PAID, now)
        await _copy(on, "sitting", SITTING, _sittings(keys, people, now))
        await _copy(on, "equality_answers", EQUALITY, _equality(keys, people))
        await _make_readable(on, keys, min(people, READABLE), people)
    async with house.database.statements() as alone:
        await alone.execute("VACUUM ANALYZE")


PERSON = ("id", "about", "safe_contact", "area", "language", "created_at", "version")
SITTING = ("id", "referral_id", "person_id", "occasion", "measures", "answers", "broken_off", "asked_at")
EQUALITY = ("owner_hash", "answers")
Rows = Iterator[tuple[object, ...]]


async def _copy(on: asyncpg.Connection, table: str, columns: tuple[str, ...], rows: Rows) -> None:
    await on.copy_records_to_table(table, records=rows, columns=columns)


def _joined(number: int, people: int, now: datetime) -> datetime:
    return now - timedelta(days=DAYS * (1 - number / (people + 1)))


def _people(keys: KeyRing, people: int, now: datetime) -> Rows:
    for number in range(1, people + 1):
        person, area = named("person", number), AREAS[number % len(AREAS)]
        about = AboutYou(name=f"Person {number}", age=18 + number % 75, postcode=f"{area} 1AA")
        reach = SafeContact(how="text", when="any time", phone=f"+4477009{number % 100000:05}")
        yield (
            person,
            keys.seal(about.model_dump_json(), f"person:about:{person}"),
            keys.seal(reach.model_dump_json(), f"person:safe_contact:{person}"),
            area,
            "en" if number % 12 else ("pl", "ur", "cy")[number % 3],
            _joined(number, people, now),
            1,
        )


def _sittings(keys: KeyRing, people: int, now: datetime) -> Rows:
    """Four in ten answer at the start, and half of those again at the end."""
    chance = Random(1)
    for number in range(1, people + 1):
        if number % 10 >= 4:
            continue
        before = {key: chance.randint(0, 10) for key in ("satisfied", "worthwhile", "happy", "anxious")}
        after = {key: min(10, score + chance.randint(-1, 2)) for key, score in before.items()}
        at = _joined(number, people, now)
        for occasion, scores, days in (("start", before, 2), ("end", after, 90 + number % 60)):
            asked_at = at + timedelta(days=days)
            if asked_at < now and (occasion == "start" or number % 2 == 0):
                sitting = uuid.UUID(int=chance.getrandbits(128), version=4)
                answers = keys.seal(json.dumps({"ons4": scores}), f"sitting:answers:{sitting}")
                whose = named("referral", number), named("person", number)
                yield (sitting, *whose, occasion, ["ons4"], answers, False, asked_at)


def _equality(keys: KeyRing, people: int) -> Rows:
    """Six in ten answer."""
    chance = Random(2)
    for number in range(1, people + 1):
        if number % 10 < 6:
            owner = keys.fingerprint("equality", str(named("person", number)))
            told = {
                "age_group": chance.choice(("20_to_29", "40_to_49", "60_to_69", "80_to_89")),
                "condition": chance.choice(("yes", "no", "prefer_not")),
                "ethnic_group": chance.choice(("white",) * 8 + ("asian", "black", "mixed", "other")),
                "sex": chance.choice(("female", "male")),
            }
            yield owner, keys.seal(json.dumps(told), f"equality_answers:answers:{owner.hex()}")


async def _make_readable(on: asyncpg.Connection, keys: KeyRing, first: int, people: int) -> None:
    """Seal what the newest and the first few people's messages and referrals say, so that their pages open."""
    numbers = sorted({*range(1, first + 1), *range(people - first + 1, people + 1)})
    talks = [named("talk", number) for number in numbers]
    found = await on.fetch(READ, talks)
    bodies = [(row["id"], keys.seal(json.dumps({"text": "Some words"}), row["dedupe"])) for row in found]
    await on.executemany("UPDATE message SET body = $2 WHERE id = $1", bodies)
    referrals = [named("referral", number) for number in numbers]
    words = [(one, keys.seal("To get out more", f"referral:what_matters:{one}")) for one in referrals]
    await on.executemany("UPDATE referral SET what_matters = $2 WHERE id = $1", words)
