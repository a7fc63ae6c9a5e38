"""The record of who saw and did what: noted with the deed, read by those who may, checked by command."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from api.audit_head import tell_audit_head
from api.cli import cli
from api.house import House
from api.settings import Settings
from tests.at_work import AtWork
from tests.signed_in import sign_in
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from waitingroom import audit_check, staff_tasks
from waitingroom.hubs import Hub
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio


async def rows(app: FastAPI) -> list[tuple[str, str, str]]:
    """Give what was noted: who, what, and what became of it."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        found = await session.driver.fetch(
            "SELECT s.name, e.action, e.outcome FROM audit_entry e "
            "JOIN staff s ON s.id = e.staff_id ORDER BY e.place"
        )
        assert (await audit_check.verify(session)).wrong is None
    return [(row["name"], row["action"], row["outcome"]) for row in found]


async def words(worker: AtWork, path: str) -> list[str]:
    answer = await worker.get(path)
    assert answer.status_code == 200, answer.text
    return [one["words"] for one in answer.json()["entries"]]


async def two(app: FastAPI) -> tuple[Hub, Hub]:
    nelson, colne = (await open_hubs(app)).values()
    return nelson, colne


async def test_whoever_opens_a_person_or_does_something_is_noted(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    sam = await comes(app, "Sam Okafor", Role.LEAD, nelson)
    await lives_in(app, nelson, by=await id_of(app, sam.name))
    async with sam.client:
        line = (await sam.queue())[0]
        assert await rows(app) == []
        await sam.get(f"/handoffs/{line['id']}/story")
        await sam.get(f"/handoffs/{line['id']}/story")
        claimed = (await sam.claims(line)).json()
        await sam.post(f"/handoffs/{line['id']}/messages", json={"text": "Hello Ann"}, key="once")
        await sam.post(f"/handoffs/{line['id']}/messages", json={"text": "Hello Ann"}, key="once")
        assert (await sam.claims(claimed)).status_code != 200
        who = "Sam Okafor"
        assert await rows(app) == [
            (who, "getStory", "done"),
            (who, "claimHandoff", "done"),
            (who, "sendMessage", "done"),
            (who, "claimHandoff", "refused"),
        ]
        assert await words(sam, f"/people/{await _person(app, line['id'])}/audit") == [
            "Sam Okafor read who opened them",
            "Sam Okafor was refused: picked them up",
            "Sam Okafor wrote to them",
            "Sam Okafor picked them up",
            "Sam Okafor read their story",
        ]


async def _person(app: FastAPI, handoff_id: str) -> uuid.UUID:
    house: House = app.state.house
    async with house.database.transaction() as session:
        found: uuid.UUID = await session.driver.fetchval(
            "SELECT person_id FROM conversation v JOIN handoff h ON h.conversation_id = v.id WHERE h.id = $1",
            uuid.UUID(handoff_id),
        )
    return found


async def test_a_try_at_someone_of_another_hub_is_noted_for_their_lead(app: FastAPI) -> None:
    nelson, colne = await two(app)
    sam, cath = await comes(app, "Sam", Role.LINK_WORKER, nelson), await comes(app, "Cath", Role.LEAD, colne)
    ann = await lives_in(app, colne, by=await id_of(app, "Cath"))
    async with sam.client, cath.client:
        assert (await sam.get(f"/people/{ann.person}")).status_code == 404
        assert await rows(app) == [("Sam", "getPerson", "refused")]
        assert await words(cath, "/audit") == ["Sam was refused: read their story"]


async def test_each_role_reads_what_is_theirs_to_read(app: FastAPI) -> None:
    nelson, colne = await two(app)
    sam, priya = (
        await comes(app, "Sam", Role.LINK_WORKER, nelson),
        await comes(app, "Priya", Role.LINK_WORKER, colne),
    )
    lead, auditor = await comes(app, "Lee", Role.LEAD, nelson), await comes(app, "Una", Role.AUDITOR, None)
    ann = await lives_in(app, nelson, by=await id_of(app, "Sam"))
    rose = await lives_in(app, colne, by=await id_of(app, "Priya"))
    async with sam.client, priya.client, lead.client, auditor.client:
        await sam.get(f"/people/{ann.person}")
        await priya.get(f"/people/{rose.person}")
        assert await words(sam, "/audit") == ["Sam read their story"]
        assert await words(lead, "/audit") == ["Sam read their story"]
        assert await words(auditor, "/audit") == ["Priya read their story", "Sam read their story"]
        assert await words(lead, "/audit?mine=true") == []
        assert (await sam.get(f"/people/{ann.person}/audit")).status_code == 403
        assert (await lead.get(f"/people/{rose.person}/audit")).status_code == 404
        assert await words(lead, f"/people/{ann.person}/audit") == [
            "Lee read who opened them",
            "Sam read their story",
        ]


async def test_a_long_record_is_read_page_by_page_and_no_page_can_be_made_up(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    sam = await comes(app, "Sam", Role.LEAD, nelson)
    by = await id_of(app, "Sam")
    people = [await lives_in(app, nelson, by=by) for _ in range(3)]
    async with sam.client:
        for one in people:
            await sam.get(f"/people/{one.person}")
            await sam.get(f"/people/{one.other}")
        first = (await sam.get("/audit?limit=4")).json()
        assert len(first["entries"]) == 4
        second = (await sam.client.get(first["next"], headers=sam.head)).json()
        assert [one["place"] for one in (*first["entries"], *second["entries"])] == [6, 5, 4, 3, 2, 1]
        assert second["next"] is None
        assert (await sam.get("/audit?cursor=AAAA")).status_code == 422
        other = first["next"].replace("/audit?", "/audit?mine=true&")
        assert (await sam.client.get(other, headers=sam.head)).status_code == 422


async def test_what_is_unusual_is_put_before_a_lead(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    lead = await comes(app, "Lee Marsh", Role.LEAD, nelson)
    by = await id_of(app, lead.name)
    smith, other = (
        await comes(app, "Jan Smith", Role.LINK_WORKER, nelson),
        await comes(app, "Sam", Role.LINK_WORKER, nelson),
    )
    ann = await lives_in(app, nelson, by=by, name="Ann Smith")
    async with lead.client, smith.client, other.client:
        await smith.get(f"/people/{ann.person}")
        (line,) = [one for one in await other.queue() if await _person(app, one["id"]) == ann.person]
        assert (await other.claims(line)).status_code == 200
        await other.get(f"/people/{ann.person}")
        seen = (await lead.get("/audit/unusual")).json()["unusual"]
        assert sorted((one["why"], one["staff"]) for one in seen) == [
            ("not_their_case", "Jan Smith"),
            ("same_surname", "Jan Smith"),
        ]
        assert "Ann" not in (await lead.get("/audit/unusual")).text
        house: House = app.state.house
        house.clock.move_on(timedelta(days=8))
        assert (await lead.get("/audit/unusual")).json()["unusual"] == []
        assert (await smith.get("/audit/unusual")).status_code == 403


async def test_the_pages_say_who_did_what_in_words(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    worker = await comes(app, "Sam Okafor", Role.LINK_WORKER, nelson)
    ann = await lives_in(app, nelson, by=await id_of(app, worker.name))
    async with worker.client, await sign_in(app, "Lee", Role.LEAD, nelson.id) as lead:
        await worker.get(f"/people/{ann.person}")
        for path in ("/staff/audit", f"/staff/people/{ann.person}/audit"):
            page = await lead.get(path)
            assert page.status_code == 200
            assert "Sam Okafor read their story" in page.text
        assert "never picked them up" in (await lead.get("/staff/audit")).text
        assert "Sam Okafor read their story" not in (await lead.get("/staff/audit?mine=true")).text
    async with await sign_in(app, "Sam Okafor", Role.LINK_WORKER, nelson.id) as sam:
        page = await sam.get("/staff/audit")
        assert "What you did" in page.text
        assert "Sam Okafor read their story" in page.text
        assert (await sam.get(f"/staff/people/{ann.person}/audit")).status_code == 403


async def test_letters_printed_are_noted_for_each_person_they_are_to(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    sam = await comes(app, "Sam", Role.LEAD, nelson)
    ann = await lives_in(app, nelson, by=await id_of(app, "Sam"))
    house: House = app.state.house
    async with house.database.transaction() as session:
        facts = {"referral_id": ann.referral, "words": "Hello", "on": ann.now.date(), "now": ann.now}
        await staff_tasks.add(session, kind=staff_tasks.Kind.LETTER, **facts)  # type: ignore[arg-type]
    async with sam.client:
        assert (await sam.get("/letters")).status_code == 200
        assert "Sam printed letters" in await words(sam, f"/people/{ann.person}/audit")
        assert "Sam printed letters" not in await words(sam, f"/people/{ann.other}/audit")


async def test_many_who_look_at_once_are_all_noted(app: FastAPI) -> None:
    nelson, _colne = await two(app)
    workers = [await comes(app, f"Worker {number}", Role.LINK_WORKER, nelson) for number in range(8)]
    ann = await lives_in(app, nelson, by=await id_of(app, "Worker 0"))
    things = await objects(app, ann)
    paths = (f"/people/{ann.person}", f"/handoffs/{things['handoff_id']}/story", f"/tasks/{things['task_id']}")
    answers = await asyncio.gather(*(worker.get(path) for worker in workers for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(app)) == len(workers) * len(paths)
    for worker in workers:
        await worker.client.aclose()


async def test_a_person_is_told_on_their_own_page_who_opened_it(app: FastAPI) -> None:
    from api.held import Telling
    from bot.words import words_in
    from waitingroom import everything, rights

    nelson, colne = await two(app)
    sam, priya = (
        await comes(app, "Sam Okafor", Role.LINK_WORKER, nelson),
        await comes(app, "Priya", Role.LEAD, colne),
    )
    ann = await lives_in(app, nelson, by=await id_of(app, sam.name))
    house: House = app.state.house
    async with sam.client, priya.client:
        await sam.get(f"/people/{ann.person}")
        await priya.post(f"/people/{ann.person}/break-glass", json={"reason": "They rang our hub by mistake"})
    async with house.database.transaction() as session:
        held = await everything.of_talk(session, conversation_id=ann.talk)
        counted = await rights.held(session, conversation_id=ann.talk)
    telling = Telling(house.desk.service, words_in("en"))
    (section,) = [one for one in telling.sections(held) if one.title == "Who opened what is held of you"]
    told = [words for _day, words in section.lines]
    assert "Sam Okafor" in told
    assert any(one.startswith("Priya, from another team") for one in told)
    assert "mistake" not in str(told)
    assert set(counted.seen_by) == {"Sam Okafor", "Priya"}


async def test_once_someone_is_erased_the_record_still_fits_and_says_no_more_who_they_were(app: FastAPI) -> None:
    from waitingroom import erasure

    nelson, _colne = await two(app)
    sam = await comes(app, "Sam", Role.LEAD, nelson)
    ann = await lives_in(app, nelson, by=await id_of(app, "Sam"))
    house: House = app.state.house
    async with sam.client:
        await sam.get(f"/people/{ann.person}")
        async with house.database.transaction() as session:
            contact = await session.driver.fetchval("SELECT id FROM contact WHERE conversation_id = $1", ann.talk)
            await erasure.erase(
                session, conversation_id=ann.talk, contact_id=contact, message_id=None, now=house.clock.now()
            )
        assert await rows(app) == [("Sam", "getPerson", "done")]
        assert "Sam read their story" in await words(sam, f"/people/{ann.person}/audit")
    async with house.database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM person WHERE id = $1", ann.person) == 0


async def test_the_command_says_that_it_is_whole_and_names_what_is_not(
    app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA", str(settings.data))
    monkeypatch.setenv("WAITINGROOM_DATA", str(settings.data))
    nelson, _colne = await two(app)
    sam = await comes(app, "Sam", Role.LEAD, nelson)
    ann = await lives_in(app, nelson, by=await id_of(app, "Sam"))
    house: House = app.state.house
    async with sam.client:
        await sam.get(f"/people/{ann.person}")
        await sam.get(f"/people/{ann.other}")
    run = CliRunner()

    def says(*command: str) -> tuple[int, str]:
        done = run.invoke(cli, ["audit", *command, "--demo"])
        return done.exit_code, done.output

    code, head = await asyncio.to_thread(says, "head")
    assert (code, head[:2]) == (0, "2-")
    code, told = await asyncio.to_thread(says, "verify", "--head", head.strip())
    assert (code, told) == (0, f"Whole: 2 rows fit together. Head: {head}")
    async with house.database.transaction() as session:
        await session.driver.execute("SET LOCAL session_replication_role = replica")
        await session.driver.execute("UPDATE audit_entry SET staff_id = gen_random_uuid() WHERE place = 2")
    code, told = await asyncio.to_thread(says, "verify")
    assert code == 1
    assert "row 2 was changed" in told


async def test_the_head_is_told_to_the_log_once_a_day(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    house: House = app.state.house
    told: list[str] = []
    monkeypatch.setattr("api.audit_head.log.info", lambda _event, head: told.append(head))
    await tell_audit_head(house.desk, now=house.clock.now())
    assert told == [f"0-{'00' * 32}"]
