"""Programs of others are told that something happened: signed, thin, until they have heard, and never inside."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from fastapi import FastAPI

from api import hooks as posts
from api.hooks import PAUSES, forget_told, post_due
from api.public_addresses import HERE, NOWHERE
from tests.at_work import AtWork, joins
from tests.fakes.case_system import CaseSystem
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import erasure, hook_deliveries, hooks, messages, staff
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.hook_deliveries import Status
from waitingroom.hooks import ASKED_FOR, Hook, Kind, OffBecause, TooManyHooksError
from waitingroom.hubs import Hub
from waitingroom.roles import Scope

pytestmark = pytest.mark.anyio


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def cases() -> AsyncIterator[CaseSystem]:
    async with CaseSystem().open() as opened:
        yield opened


async def add(
    database: Database, cases: CaseSystem, *, kinds: frozenset[Kind] = ASKED_FOR, hub: Hub | None = None
) -> Hook:
    """Somebody adds a hook, and gives the case system its secret."""
    async with database.transaction() as session:
        admin = await staff.welcome(session, name="Ada", now=now())
        hook, secret = await hooks.add(
            session,
            name="Cases",
            address=cases.address,
            kinds=kinds,
            hub_id=hub.id if hub else None,
            staff_id=admin.id,
            now=now(),
        )
    cases.secrets.append(secret)
    return hook


async def post(database: Database, *, at: datetime | None = None) -> int:
    return await post_due(database, now=at or now() + timedelta(seconds=1), here=HERE)


async def post_later(database: Database) -> None:
    """Post once all is due that was said: by the end of a talk, who talks is minutes ahead of the clock."""
    await post(database, at=now() + timedelta(minutes=4))


async def happens(database: Database, kind: Kind = Kind.ACTIVITY_LOGGED) -> None:
    async with database.transaction() as session:
        await hooks.tell(session, kind, now=now(), activity_id="11111111-1111-4111-8111-111111111111")


async def the_hook(database: Database, hook: Hook) -> Hook:
    async with database.transaction() as session:
        return await hooks.find(session, hook_id=hook.id, hub_id=None)


async def deliveries(database: Database, hook: Hook) -> list[hook_deliveries.HookDelivery]:
    async with database.transaction() as session:
        return await hook_deliveries.listed(session, hook_id=hook.id, limit=100)


# what is told


async def test_a_case_system_can_follow_a_person_from_referral_to_the_end(
    app: FastAPI, sam: AtWork, database: Database, cases: CaseSystem
) -> None:
    await add(database, cases)
    person = Speaker(app.state.house.desk, now=now() - timedelta(minutes=1))
    await person.says(*SHORTEST_REFERRAL)
    claimed = await sam.claims_the_first()
    path = f"/handoffs/{claimed['id']}"
    await person.says("Hello Sam, are you there?")
    done = await sam.post(f"{path}/activities", json={"kind": "call", "minutes": 5})
    closed = await sam.post(
        f"{path}/close", version=claimed["version"], json={"close_referral": True, "reason": "goals_met"}
    )
    assert (done.status_code, closed.status_code) == (201, 200), (done.text, closed.text)
    await post_later(database)
    told = {one.kind: one.body["data"] for one in cases.heard}
    assert set(told) == {
        "referral.made",
        "handoff.raised",
        "handoff.claimed",
        "message.from_person",
        "activity.logged",
        "handoff.ended",
        "referral.closed",
    }
    assert told["handoff.claimed"]["handoff_id"] == claimed["id"]
    assert told["activity.logged"]["referral_id"] == told["referral.made"]["referral_id"]
    person_id = told["handoff.raised"]["person_id"]
    assert (await sam.get(f"/people/{person_id}")).status_code == 200


async def test_what_is_posted_holds_ids_and_nothing_else_of_a_person(
    app: FastAPI, sam: AtWork, database: Database, cases: CaseSystem
) -> None:
    await add(database, cases)
    person = Speaker(app.state.house.desk, now=now() - timedelta(minutes=1))
    await person.says(*SHORTEST_REFERRAL)
    await sam.claims_the_first()
    await person.says("I live at 1 High Street and I am lonely")
    await post_later(database)
    assert cases.heard
    for one in cases.heard:
        assert set(one.body) == {"type", "timestamp", "data"}
        assert set(one.body["data"]) <= {"person_id", "handoff_id", "referral_id", "message_id"}
        assert all(isinstance(value, int) or len(value) == 36 for value in one.body["data"].values())
        assert not any(word in json.dumps(one.body).lower() for word in ("ann", "lonely", "street", "077"))


async def test_each_post_is_signed_and_a_secret_that_is_another_does_not_open_it(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    cases.secrets.append("whsec_" + "A" * 44)
    await happens(database)
    await post(database)
    (heard,) = cases.heard
    assert heard.signed_by == (cases.secrets[0],)
    assert heard.id == posts.webhook_id((await deliveries(database, hook))[0].id)
    assert heard.headers["content-type"] == "application/json"
    assert "cookie" not in heard.headers


async def test_while_a_secret_is_changed_both_sign_and_after_a_day_only_the_new_one(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    async with database.transaction() as session:
        found = await hooks.find(session, hook_id=hook.id, hub_id=None, lock=True)
        began = now() - timedelta(hours=23, minutes=59)
        cases.secrets.append(await hooks.renew_secret(session, hook=found, version=1, now=began))
    await happens(database)
    await post(database)
    assert set(cases.heard[0].signed_by) == set(cases.secrets)
    await happens(database)
    await post(database, at=now() + timedelta(minutes=2))
    assert cases.heard[1].signed_by == (cases.secrets[1],)


async def test_what_was_undone_is_told_nobody(database: Database, cases: CaseSystem) -> None:
    await add(database, cases)

    async def undone() -> None:
        async with database.transaction() as session:
            await hooks.tell(session, Kind.CONSENT_ENDED, now=now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert await post(database) == 0
    assert cases.heard == []


async def test_a_hook_hears_only_what_it_wants_and_only_of_its_own_hub(
    database: Database, cases: CaseSystem, ann: Speaker
) -> None:
    async with database.transaction() as session:
        ours, theirs = (Hub(name=name, areas=[], created_at=now()) for name in ("Ours", "Theirs"))
        session.add_all([ours, theirs])
    await add(database, cases, kinds=frozenset({Kind.HANDOFF_RAISED}), hub=ours)
    await happens(database)
    await ann.says("Hello")
    talk = ann.turns[-1].conversation_id
    for hub in (theirs, ours):
        async with database.transaction() as session:
            await session.driver.execute("UPDATE conversation SET hub_id = $2 WHERE id = $1", talk, hub.id)
            await hooks.tell(session, Kind.HANDOFF_RAISED, conversation_id=talk, now=now(), hub=hub.name)
    await post(database)
    assert [one.body["data"]["hub"] for one in cases.heard] == ["Ours"]


async def test_without_a_hook_nothing_is_written_at_all(database: Database, ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    async with database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM hook_delivery") == 0


async def test_the_programs_of_others_hear_that_someone_was_erased_and_no_trace_of_the_talk_waits(
    database: Database, cases: CaseSystem, ann: Speaker
) -> None:
    hook = await add(database, cases)
    await ann.says(*SHORTEST_REFERRAL)
    assert len(await deliveries(database, hook)) >= 2
    talk = ann.turns[-1].conversation_id
    async with database.transaction() as session:
        row = await session.driver.fetchrow("SELECT person_id, contact_id FROM conversation WHERE id = $1", talk)
        contact = await session.driver.fetchval("SELECT id FROM contact WHERE conversation_id = $1", talk)
        await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=now())
    await post(database)
    assert [(one.kind, one.body["data"]) for one in cases.heard] == [
        ("person.erased", {"person_id": str(row["person_id"])})
    ]


async def test_a_message_that_never_arrives_is_told(database: Database, cases: CaseSystem, ann: Speaker) -> None:
    hook = await add(database, cases, kinds=frozenset({Kind.MESSAGE_FAILED}))
    await ann.says("Hello")
    async with database.transaction() as session:
        sent = await session.driver.fetchval("SELECT max(id) FROM message WHERE author = 'bot'")
        await session.driver.execute("UPDATE message SET status = 'sent'")
        told = {"channel": "terminal", "provider_id": "x", "problem": "Gone"}
        for status in (messages.Status.FAILED, messages.Status.FAILED):
            await messages.receipt(session, message_id=sent, status=status, now=now(), **told)
    (one,) = await deliveries(database, hook)
    assert json.loads(one.ids) == {"message_id": sent}


async def test_a_consent_taken_back_is_told(database: Database, cases: CaseSystem, ann: Speaker) -> None:
    hook = await add(database, cases, kinds=frozenset({Kind.CONSENT_ENDED}))
    await ann.says(*SHORTEST_REFERRAL, "consent", "take back 1", "leave the list")
    assert [one.kind for one in await deliveries(database, hook)] == ["consent.ended"]


# until it is heard


async def test_what_is_not_heard_is_posted_again_under_the_same_id_ever_more_seldom_and_then_given_up(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    await happens(database)
    cases.answers.extend(web.Response(status=500) for _ in range(len(PAUSES) + 1))
    at, pauses = now() + timedelta(seconds=1), []
    for _ in range(len(PAUSES)):
        assert await post(database, at=at) == 1
        (one,) = await deliveries(database, hook)
        assert one.next_try_at is not None
        assert one.answered == "500"
        assert await post(database, at=one.next_try_at - timedelta(milliseconds=1)) == 0
        pauses.append(one.next_try_at - at)
        at = one.next_try_at
    assert await post(database, at=at) == 1
    (one,) = await deliveries(database, hook)
    assert (one.status, one.attempts, one.next_try_at) == (Status.GIVEN_UP, len(PAUSES) + 1, None)
    assert len({heard.id for heard in cases.heard}) == 1
    for pause, meant in zip(pauses, PAUSES, strict=True):
        assert meant * 0.8 <= pause <= meant * 1.2
    assert sum(PAUSES, timedelta(0)) > timedelta(days=3)


async def test_once_it_is_heard_it_is_posted_no_more(database: Database, cases: CaseSystem) -> None:
    hook = await add(database, cases)
    await happens(database)
    cases.answers.append(web.Response(status=503))
    await post(database)
    await post(database, at=now() + timedelta(minutes=1))
    assert await post(database, at=now() + timedelta(days=1)) == 0
    (one,) = await deliveries(database, hook)
    assert (one.status, one.attempts, one.answered) == (Status.DELIVERED, 2, "204")
    assert (await the_hook(database, hook)).failing_since is None


async def test_a_hook_that_asks_to_be_left_alone_is_left_alone_with_everything(
    database: Database, cases: CaseSystem
) -> None:
    await add(database, cases)
    await happens(database)
    cases.answers.append(web.Response(status=429, headers={"Retry-After": "3600"}))
    await post(database)
    await happens(database)
    assert await post(database, at=now() + timedelta(minutes=50)) == 0
    assert await post(database, at=now() + timedelta(minutes=61)) == 2


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("99999999999999999999", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120),
        ("Mon, 23 Nov 2020 10:02:00 GMT", 0),
    ],
)
async def test_retry_after_is_read_as_seconds_or_as_a_date(told: str, seconds: int | None) -> None:
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC)
    wait = posts._wait(told, monday)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_hook_that_says_it_is_gone_is_off_at_once(database: Database, cases: CaseSystem) -> None:
    hook = await add(database, cases)
    await happens(database)
    cases.answers.append(web.Response(status=410))
    await post(database)
    found = await the_hook(database, hook)
    assert found.off_because is OffBecause.GONE
    await happens(database)
    assert await post(database, at=now() + timedelta(days=1)) == 0
    assert len(cases.heard) == 1


async def test_a_hook_that_fails_for_five_days_is_off_and_goes_on_when_somebody_turns_it_on(
    database: Database, cases: CaseSystem, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    hook = await add(database, cases)
    await happens(database)
    cases.answers.extend(web.Response(status=500) for _ in range(3))
    await post(database)
    await post(database, at=now() + timedelta(days=4, hours=23))
    assert (await the_hook(database, hook)).off_at is None
    await post(database, at=now() + timedelta(days=5, hours=1))
    assert (await the_hook(database, hook)).off_because is OffBecause.FAILING
    assert "hook turned off" in "".join(capsys.readouterr()) + caplog.text
    assert await post(database, at=now() + timedelta(days=7)) == 0
    async with database.transaction() as session:
        found = await hooks.find(session, hook_id=hook.id, hub_id=None, lock=True)
        await hooks.change(
            session,
            hook=found,
            version=found.version,
            name="Cases",
            address=cases.address,
            kinds=ASKED_FOR,
            on=True,
            now=now(),
        )
    assert await post(database, at=now() + timedelta(days=7)) == 1
    assert (await deliveries(database, hook))[0].status is Status.DELIVERED


async def test_a_redirect_is_not_followed_and_a_long_answer_is_not_read(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    for status in (301, 302, 307, 308):
        await happens(database)
        cases.answers.append(web.Response(status=status, headers={"Location": "/inside"}))
    await post(database)
    assert cases.elsewhere == []
    assert {one.answered for one in await deliveries(database, hook)} == {"301", "302", "307", "308"}


@asynccontextmanager
async def a_machine_that_says(words: bytes | None) -> AsyncIterator[str]:
    """A server that answers with `words`, or with nothing and never; its address."""
    writers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.read(1)
        if words is not None:
            writer.write(words)
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    server.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_receiver_that_never_answers_is_let_go_of(
    database: Database, cases: CaseSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "PATIENCE", 0.2)
    hook = await add(database, cases)
    await happens(database)
    async with a_machine_that_says(None) as address:
        await moves(database, hook, address)
        await post(database)
    assert [one.answered for one in await deliveries(database, hook)] == ["timed_out"]


async def test_a_receiver_that_talks_nonsense_or_is_away_is_a_try_that_failed(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    await happens(database)
    async with a_machine_that_says(b"\xff\xff what\r\n\r\n") as address:
        await moves(database, hook, address)
        await post(database)
    await happens(database)
    await post(database, at=now() + timedelta(seconds=2))
    assert [one.answered for one in await deliveries(database, hook)] == ["not_reached", "not_reached"]


async def test_a_post_lost_with_its_worker_goes_again_and_two_workers_never_have_the_same(
    database: Database, cases: CaseSystem
) -> None:
    await add(database, cases)
    await happens(database)
    begun = now() + timedelta(seconds=1)
    async with database.transaction() as session:
        (mine,) = await hook_deliveries.take(session, now=begun)
    async with database.transaction() as session:
        assert await hook_deliveries.take(session, now=begun + timedelta(seconds=119)) == []
    assert await post(database, at=begun + timedelta(seconds=121)) == 1
    assert cases.heard[0].id == posts.webhook_id(mine.id)


async def test_many_workers_at_once_post_each_thing_once(database: Database, cases: CaseSystem) -> None:
    await add(database, cases)
    for _ in range(30):
        await happens(database)
    at = now() + timedelta(seconds=1)
    while sum(await asyncio.gather(*(post(database, at=at) for _ in range(4)))):
        pass
    assert len(cases.heard) == 30
    assert len({one.id for one in cases.heard}) == 30


async def test_one_hook_that_is_away_does_not_keep_the_others_from_hearing(
    database: Database, cases: CaseSystem
) -> None:
    away = await add(database, cases)
    await moves(database, away, "http://127.0.0.1:9/hook")
    for _ in range(40):
        await happens(database)
    await add(database, cases)
    await happens(database)
    assert await post(database) == 11
    assert len(cases.heard) == 1


async def test_what_happened_a_month_ago_is_forgotten(app: FastAPI, database: Database, cases: CaseSystem) -> None:
    hook = await add(database, cases)
    async with database.transaction() as session:
        for days in (29, 31):
            await hooks.tell(session, Kind.HANDOFF_ENDED, now=now() - timedelta(days=days))
    assert await forget_told(app.state.house.desk, now=now()) == 1
    assert len(await deliveries(database, hook)) == 1


async def test_a_hook_that_does_not_open_does_not_jam_the_others(
    database: Database, cases: CaseSystem, database_url: str
) -> None:
    other = Database(database_url, KeyRing.fresh(demo=True))
    await add(other, cases)
    await add(database, cases)
    await happens(database)
    assert await post(database) == 1
    await other.close()


async def moves(database: Database, hook: Hook, address: str) -> None:
    async with database.transaction() as session:
        sealed = session.keys.seal(address, f"hook:address:{hook.id}")
        await session.driver.execute("UPDATE hook SET address = $2 WHERE id = $1", hook.id, sealed)


# never inside


INSIDE = (
    "http://cases.example.org/hook",
    "https://127.0.0.1/hook",
    "https://localhost/hook",
    "https://[::1]/hook",
    "https://10.1.2.3/hook",
    "https://172.16.0.1/hook",
    "https://192.168.0.1/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://[fc00::1]/hook",
    "https://[fe80::1%25eth0]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://[64:ff9b::7f00:1]/hook",
    "https://[2002:7f00:1::]/hook",
    "https://2130706433/hook",
    "https://0/hook",
    "https://0.0.0.0/hook",
    "https://100.64.0.1/hook",
    "https://224.0.0.1/hook",
    "https://user:word@cases.example.org/hook",
    "https://cases.example.org:99999/hook",
    "https://cases.example.org\\@127.0.0.1/hook",
    "https://cases.example.org/a b",
    "https://cases.example.org/\r\nHost: x",
    "https://caseſ.example.org/",
    "ftp://cases.example.org/hook",
    "file:///etc/passwd",
    "https://intranet/hook",
    "https://localhost./hook",
    "https://",
    "//cases.example.org",
    "",
    "\x00",
)


async def test_no_hook_can_have_an_address_that_is_not_public(sam: AtWork) -> None:
    for address in INSIDE:
        told = {"name": "Cases", "address": address, "kinds": ["handoff.raised"]}
        answer = await sam.post("/hooks", json=told)
        assert answer.status_code == 422, address
        (fault,) = answer.json()["errors"]
        assert fault["pointer"] == "/body/address"
        assert "https://" in fault["detail"]
    assert (await sam.get("/hooks")).json() == {"hooks": []}


class Turncoat(AbstractResolver):
    """A name that was public when somebody looked, and leads inside when it is dialled."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in self.hosts
        ]

    async def close(self) -> None:
        return None


@pytest.mark.parametrize(
    "hosts", [("127.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("169.254.169.254",), ("10.0.0.1",)]
)
async def test_a_name_that_leads_inside_is_not_dialled(
    database: Database, cases: CaseSystem, hosts: tuple[str, ...]
) -> None:
    hook = await add(database, cases)
    port = cases.address.rpartition(":")[2].partition("/")[0]
    await moves(database, hook, f"https://cases.example.org:{port}/hook")
    await happens(database)
    at = now() + timedelta(seconds=1)
    await post_due(database, now=at, resolver=Turncoat(*hosts), here=NOWHERE)
    assert [one.answered for one in await deliveries(database, hook)] == ["not_public"]
    assert cases.heard == []


async def test_this_machine_is_not_dialled_even_where_its_address_got_into_the_records(
    database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    await happens(database)
    await post_due(database, now=now() + timedelta(seconds=1))
    assert [one.answered for one in await deliveries(database, hook)] == ["not_public"]
    assert cases.heard == []


# the doors


async def made(worker: AtWork, **told: object) -> dict[str, object]:
    address = "https://cases.example.org/hook"
    answer = await worker.post(
        "/hooks", json={"name": "Cases", "address": address, "kinds": ["handoff.raised"], **told}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_secret_is_shown_once_and_kept_sealed(sam: AtWork, database: Database) -> None:
    hook = await made(sam)
    secret = str(hook["secret"])
    assert secret.startswith("whsec_")
    for path in ("/hooks", f"/hooks/{hook['id']}", f"/hooks/{hook['id']}/deliveries"):
        assert secret not in (await sam.get(path)).text
    async with database.transaction() as session:
        row = await session.driver.fetchrow("SELECT * FROM hook")
    assert secret.encode() not in bytes(row["secret"])
    assert b"example.org" not in bytes(row["address"])


async def test_two_who_change_a_hook_do_not_write_over_each_other(sam: AtWork) -> None:
    hook = await made(sam)
    path = f"/hooks/{hook['id']}"
    told = {"name": "Off now", "address": hook["address"], "kinds": ["handoff.claimed"], "on": False}
    url, head = f"/api/v1{path}", sam.head
    assert (await sam.client.put(url, headers=head, json=told)).status_code == 428
    first = await sam.client.put(url, headers=head | {"If-Match": '"1"'}, json=told)
    assert (first.status_code, first.json()["off_because"], first.headers["etag"]) == (200, "staff", '"2"')
    assert (await sam.client.put(url, headers=head | {"If-Match": '"1"'}, json=told)).status_code == 412
    for deed in ("secret", "remove"):
        assert (await sam.post(f"{path}/{deed}")).status_code == 428
        assert (await sam.post(f"{path}/{deed}", version=1)).status_code == 412
    renewed = await sam.post(f"{path}/secret", version=2)
    assert renewed.json()["secret"] != hook["secret"]
    assert (await sam.post(f"{path}/remove", version=3)).status_code == 200
    assert (await sam.get(path)).status_code == 404


async def test_a_hook_is_tried_and_what_it_was_told_is_listed_and_told_again(
    sam: AtWork, database: Database, cases: CaseSystem
) -> None:
    hook = await add(database, cases)
    path = f"/hooks/{hook.id}"
    for _ in range(3):
        assert (await sam.post(f"{path}/try")).status_code == 200
    await post(database)
    assert cases.kinds == ["hook.tried"] * 3
    page = (await sam.get(f"{path}/deliveries", params={"limit": 2, "status": "delivered"})).json()
    rest = (await sam.client.get(page["next"], headers=sam.head)).json()
    every = [*page["deliveries"], *rest["deliveries"]]
    assert len({one["id"] for one in every}) == 3
    assert rest["next"] is None
    assert (await sam.get(f"{path}/deliveries", params={"status": "given_up"})).json()["deliveries"] == []
    again = await sam.post(f"{path}/deliveries/{every[0]['id']}/replay")
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (200, "waiting", 0)
    await post(database)
    assert [one.id for one in cases.heard].count(every[0]["webhook_id"]) == 2


async def test_a_delivery_of_another_hook_is_not_told_again_here(sam: AtWork) -> None:
    mine, other = await made(sam), await made(sam)
    tried = (await sam.post(f"/hooks/{other['id']}/try")).json()
    assert (await sam.post(f"/hooks/{mine['id']}/deliveries/{tried['id']}/replay")).status_code == 404


async def test_an_admin_of_one_hub_sees_and_changes_no_hook_of_another(app: FastAPI, sam: AtWork) -> None:
    hook = await made(sam)
    house = app.state.house
    async with house.database.transaction() as session:
        hub = Hub(name="Theirs", areas=[], created_at=now())
        session.add(hub)
        await session.flush()
        await staff.welcome(session, name="Una", now=now(), hub_id=hub.id)
    una = await joins(app, "Una", scopes=frozenset({Scope.HOOK_WRITE}))
    own = await made(una)
    assert [one["id"] for one in (await una.get("/hooks")).json()["hooks"]] == [own["id"]]
    assert (await una.get(f"/hooks/{hook['id']}")).status_code == 404
    assert (await una.post(f"/hooks/{hook['id']}/try")).status_code == 404
    assert (await una.post(f"/hooks/{hook['id']}/remove", version=1)).status_code == 404
    assert (await una.get(f"/hooks/{hook['id']}/deliveries")).status_code == 404
    assert (await una.post(f"/hooks/{hook['id']}/secret", version=1)).status_code == 404


async def test_there_are_never_more_than_twenty_hooks(database: Database, cases: CaseSystem, sam: AtWork) -> None:
    for _ in range(20):
        await add(database, cases)
    with pytest.raises(TooManyHooksError):
        await add(database, cases)
    told = {"name": "Cases", "address": "https://cases.example.org/", "kinds": ["handoff.raised"]}
    assert (await sam.post("/hooks", json=told)).status_code == 409
