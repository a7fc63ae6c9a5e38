"""Whoever is reached by calls or letters gets all that others get, by hand, and nobody is forgotten."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.held import Telling
from api.house import House
from bot import how_are_you, outreach, wait_news
from bot.by_hand import without_words_to_send
from bot.desk import Desk
from bot.words import words_in
from tests.at_work import API, AtWork, joins, refers_themselves, someone
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, everything, referrals, staff, staff_tasks
from waitingroom import how_are_you as how_they_are
from waitingroom.columns import new_id
from waitingroom.people import AboutYou, SafeContact
from waitingroom.staff import Scope
from waitingroom.waits import WaitRange

pytestmark = pytest.mark.anyio

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
BY_PHONE = (*SHORTEST_REFERRAL[:8], "call me", "07700 900123", "no", "any", "yes")
ADDRESS = ["1 Mill Lane", "Nelson", "BB9 7AA"]


async def joins_by_phone(desk: Desk, *, now: datetime, how: str = "call") -> uuid.UUID:
    """Bert, who has no chat with us, joins: staff took it down on the phone. Returns his referral."""
    async with desk.database.transaction() as session:
        talk_id = new_id()
        await conversations.open_without_channel(session, conversation_id=talk_id, now=now)
        address = tuple(ADDRESS) if how == "letter" else ()
        submitted = await referrals.refer_self(
            session,
            conversation_id=talk_id,
            who=AboutYou(name="Bert", age=80, postcode="BB9 7AA"),
            area="BB9",
            language="en",
            needs=["lonely"],
            what_matters="A chat",
            reach=SafeContact(how=how, when="any", phone="+447700900123", address=address),
            unsafe=False,
            programme="waiting_well",
            next_at=now + DAY,
            now=now,
        )
    return submitted.referral_id


async def look_round(desk: Desk, now: datetime) -> None:
    """All clocks that begin talks look once."""
    await outreach.send_due(desk, now=now)
    await how_are_you.ask_how_they_are(desk, now=now)
    await wait_news.tell_changed(desk, now=now)


async def time_passes(desk: Desk, *, since: datetime, until: datetime) -> None:
    while since < until:
        since += timedelta(hours=6)
        await look_round(desk, since)


async def count(desk: Desk, what: str) -> int:
    async with desk.database.transaction() as session:
        found: int = (await session.run(text(f"SELECT count(*) FROM {what}"))).scalar_one()
    return found


async def person_of(desk: Desk, referral_id: uuid.UUID) -> uuid.UUID:
    async with desk.database.transaction() as session:
        referral = await session.get(referrals.Referral, referral_id)
        assert referral is not None
        return referral.person_id


async def test_somebody_without_text_is_walked_through_12_weeks_and_gets_everything(ann: Speaker) -> None:
    desk, joined = ann.desk, ann.now
    referral_id = await joins_by_phone(desk, now=joined)
    async with desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=joined)
    said: list[str] = []
    for week in range(12):
        await time_passes(desk, since=joined + week * WEEK, until=joined + (week + 1) * WEEK)
        now = joined + (week + 1) * WEEK
        async with desk.database.transaction() as session:
            for task in await staff_tasks.to_do(session, due_by=now.date()):
                said += (await staff_tasks.opened(session, task)).words
                await staff_tasks.settle(
                    session, task_id=task.id, reached=True, staff_id=sam.id, version=task.version, now=now
                )
    async with desk.database.transaction() as session:
        steps = await session.driver.fetch("SELECT step FROM sent_step WHERE referral_id = $1", referral_id)
        tasks = await staff_tasks.of_referral(session, referral_id=referral_id)
    sent = {row["step"] for row in steps}
    assert {"second_piece", "check_in", "help_is_near"} <= sent
    assert {f"how_are_you:{turn}" for turn in range(1, 6)} <= sent
    assert len([step for step in sent if step.startswith("weekly_piece")]) >= 9
    assert sum("how are things" in words.casefold() for words in said) >= 3
    assert sum("stay on our list" in words for words in said) >= 1
    assert len(said) >= len(sent) - 1, "each of what was noted as sent stands in a call"
    assert len({task.week_on for task, _ in tasks}) == len(tasks) >= 12, "one call a week, every week"
    assert await count(desk, "message") == 0


async def test_what_falls_due_in_one_week_is_one_letter_and_what_comes_later_is_the_next(ann: Speaker) -> None:
    referral_id = await joins_by_phone(ann.desk, now=ann.now, how="letter")
    async with ann.desk.database.transaction() as session:
        for words, days in (("One.", 0), ("Two.", 3), ("Three.", 7)):
            await staff_tasks.add(
                session,
                referral_id=referral_id,
                kind=staff_tasks.Kind.LETTER,
                words=words,
                on=ann.now.date() + timedelta(days=days),
                now=ann.now,
            )
        found = await staff_tasks.of_referral(session, referral_id=referral_id)
    assert [list(words) for _, words in found] == [["One.", "Two."], ["Three."]]


async def test_what_comes_after_this_weeks_call_was_made_goes_with_the_next(ann: Speaker) -> None:
    referral_id = await joins_by_phone(ann.desk, now=ann.now)
    facts: dict[str, Any] = {"referral_id": referral_id, "kind": staff_tasks.Kind.CALL, "now": ann.now}
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        first = await staff_tasks.add(session, words="One.", on=ann.now.date(), **facts)
        await staff_tasks.settle(
            session, task_id=first.id, reached=True, staff_id=sam.id, version=first.version, now=ann.now
        )
        second = await staff_tasks.add(session, words="Two.", on=ann.now.date(), **facts)
    assert second.id != first.id
    assert second.week_on == first.week_on + WEEK


def test_words_to_send_are_left_out_of_what_is_said_by_hand() -> None:
    told = "We have not forgotten you. Send HELPLINES for people to talk to. Ask your GP, or call NHS 111."
    assert without_words_to_send(told) == "We have not forgotten you. Ask your GP, or call NHS 111."


async def test_who_asked_to_be_called_is_sent_no_message_unasked_though_they_have_a_chat(ann: Speaker) -> None:
    await ann.says(*BY_PHONE)
    before = await count(ann.desk, "message")
    await time_passes(ann.desk, since=ann.now + DAY, until=ann.now + 20 * DAY)
    assert await count(ann.desk, "message") == before
    assert await count(ann.desk, "staff_task") >= 2
    assert "What would you like?" in await ann.says("menu")


async def test_who_writes_here_gets_messages_and_no_call(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await time_passes(ann.desk, since=ann.now, until=ann.now + 20 * DAY)
    assert await count(ann.desk, "staff_task") == 0


async def test_news_of_the_wait_goes_by_hand_too_and_stands_in_what_is_held_of_him(ann: Speaker) -> None:
    referral_id = await joins_by_phone(ann.desk, now=ann.now)
    now = ann.now + 2 * DAY
    async with ann.desk.database.transaction() as session:
        joined_on = ann.now.date()
        await session.put(
            WaitRange,
            first=False,
            joined_on=joined_on,
            from_weeks=3.0,
            to_weeks=5.0,
            middle_on=joined_on + 4 * WEEK,
            worked_out_at=now,
        )
    assert await wait_news.tell_changed(ann.desk, now=now) == 1
    async with ann.desk.database.transaction() as session:
        ((_, words),) = await staff_tasks.of_referral(session, referral_id=referral_id)
        referral = await session.get(referrals.Referral, referral_id)
        assert referral is not None
        held = await everything.of_talk(session, conversation_id=referral.conversation_id)
    assert "We think it will be 3 to 5 weeks from now" in words[0]
    assert [list(said) for _, said in held.by_hand] == [list(words)]
    telling = Telling(ann.desk.service, words_in("en"))
    assert any("3 to 5 weeks" in line for section in telling.sections(held) for _, line in section.lines)


# the doors


@pytest.fixture
async def task(app: FastAPI, sam: AtWork) -> dict[str, Any]:
    """A call to Bert, due since yesterday. He has just joined, so that the clocks of the house let him be."""
    await due_yesterday(app.state.house)
    (found,) = (await sam.get("/tasks")).json()["tasks"]
    return dict(found)


async def due_yesterday(house: House) -> uuid.UUID:
    now = house.clock.now()
    referral_id = await joins_by_phone(house.desk, now=now)
    async with house.database.transaction() as session:
        await staff_tasks.add(
            session,
            referral_id=referral_id,
            kind=staff_tasks.Kind.CALL,
            words="Here is a small thing to try.",
            on=now.date() - DAY,
            now=now,
        )
    return referral_id


async def settles(worker: AtWork, task: dict[str, Any], **what: Any) -> httpx2.Response:
    return await worker.post(f"/tasks/{task['id']}/settle", version=task["version"], json=what)


async def test_the_list_shows_what_is_due_and_neither_a_name_nor_words(sam: AtWork, task: dict[str, Any]) -> None:
    answer = await sam.get("/tasks", params={"kind": "call"})
    (line,) = answer.json()["tasks"]
    assert (line["kind"], line["status"], line["overdue"]) == ("call", "to_do", True)
    assert "Bert" not in answer.text
    assert (await sam.get("/tasks", params={"kind": "letter"})).json()["tasks"] == []
    assert (await sam.get("/tasks", params={"due_by": "2020-01-01"})).json()["tasks"] == []
    assert task["tries"] == 0


async def test_opened_it_says_who_and_how_and_what(sam: AtWork, task: dict[str, Any]) -> None:
    told = (await sam.get(f"/tasks/{task['id']}")).json()
    assert (told["name"], told["phone"], told["when"], told["address"]) == ("Bert", "+447700900123", "any", [])
    assert told["warnings"] == ["Do not leave a message if they do not answer."]
    assert told["words"] == ["Here is a small thing to try."]


async def test_a_call_that_was_made_is_off_the_list(sam: AtWork, task: dict[str, Any]) -> None:
    answer = await settles(sam, task, reached=True)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "done"
    assert (await sam.get("/tasks")).json()["tasks"] == []
    again = await sam.post(f"/tasks/{task['id']}/settle", version=answer.json()["version"], json={"reached": True})
    assert again.status_code == 409


async def test_nobody_answering_brings_it_back_and_after_three_times_someone_looks(
    sam: AtWork, task: dict[str, Any]
) -> None:
    for tries in (1, 2):
        answer = await settles(sam, task, reached=False)
        task = answer.json()
        assert (task["status"], task["tries"], task["overdue"]) == ("to_do", tries, False)
    answer = await settles(sam, task, reached=False)
    assert answer.json()["status"] == "failed"
    (raised,) = await sam.queue()
    assert raised["reasons"][-1] == "not_reached"
    assert raised["urgency"] == "routine"


async def test_worse_on_the_phone_is_as_worse_as_in_writing(
    app: FastAPI, sam: AtWork, task: dict[str, Any]
) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.driver.execute(
            "UPDATE how_are_you SET asks = 'things', asked_at = due_at - interval '7 days'"
        )
    await settles(sam, task, reached=True, answer="worse")
    async with house.database.transaction() as session:
        (asked,) = await how_they_are.of_referral(session, referral_id=uuid.UUID(task["referral_id"]))
    assert asked.answer is how_they_are.Answer.WORSE
    (raised,) = await sam.queue()
    assert (raised["reasons"][-1], raised["urgency"]) == ("getting_worse", "soon")


async def test_what_was_read_before_is_not_written_over(sam: AtWork, task: dict[str, Any]) -> None:
    stale = task | {"version": task["version"] + 7}
    assert (await settles(sam, stale, reached=True)).status_code == 412
    assert (await sam.post(f"/tasks/{task['id']}/settle", json={"reached": True})).status_code == 428
    assert (await settles(sam, task, reached="perhaps")).status_code == 422
    assert (await settles(sam, task | {"id": uuid.uuid4()}, reached=True)).status_code == 404


async def test_a_key_that_may_not_read_people_opens_none_and_prints_none(
    app: FastAPI, task: dict[str, Any]
) -> None:
    desk = await joins(app, "Front desk", scopes=frozenset({Scope.QUEUE_READ}))
    async with desk.client:
        assert (await desk.get("/tasks")).status_code == 200
        assert (await desk.get(f"/tasks/{task['id']}")).status_code == 403
        assert (await desk.get("/letters")).status_code == 403
        assert (await settles(desk, task, reached=True)).status_code == 403


async def by_hand(worker: AtWork, person_id: uuid.UUID, **way: Any) -> httpx2.Response:
    return await worker.client.put(f"{API}/people/{person_id}/by-hand", headers=worker.head, json=way)


async def test_letters_are_printed_one_a_sheet_and_the_window_shows_name_and_address_only(
    app: FastAPI, sam: AtWork
) -> None:
    house: House = app.state.house
    for _ in range(2):
        referral_id = await due_yesterday(house)
        found = await by_hand(sam, await person_of(house.desk, referral_id), how="letter", address=ADDRESS)
        assert found.json() == {"how": "letter", "address": ADDRESS}
    printed = await sam.get("/letters")
    assert printed.status_code == 200
    assert printed.text.count("<article") == 2
    window = printed.text.split("<address>")[1].split("</address>")[0]
    shown = window.replace("<span>", "").replace("</span>", "").split()
    assert shown == ["Bert", "1", "Mill", "Lane", "Nelson", "BB9", "7AA"]
    assert "Dear Bert," in printed.text
    needs = house.desk.service.content.needs["lonely"]
    assert needs.label not in printed.text
    assert "no-store" in printed.headers["cache-control"]
    assert "break-after: page" in (await sam.client.get("/static/letters.css")).text


async def test_calls_turn_into_letters_once_that_is_what_they_want(
    sam: AtWork, app: FastAPI, task: dict[str, Any]
) -> None:
    person_id = await person_of(app.state.house.desk, uuid.UUID(task["referral_id"]))
    await by_hand(sam, person_id, how="letter", address=ADDRESS)
    told = (await sam.get(f"/tasks/{task['id']}")).json()
    assert (told["kind"], told["address"], told["phone"]) == ("letter", ADDRESS, "")
    assert (await by_hand(sam, person_id, how="call")).status_code == 200


async def test_a_letter_needs_an_address_and_a_call_a_number(app: FastAPI, sam: AtWork) -> None:
    house: House = app.state.house
    who = await refers_themselves(app)
    async with house.database.transaction() as session:
        talk = await conversations.find(session, who.turns[-1].conversation_id)
    assert talk.person_id is not None
    assert (await by_hand(sam, talk.person_id, how="letter")).status_code == 422
    assert (await by_hand(sam, talk.person_id, how="letter", address=["   "])).status_code == 422
    refused = await by_hand(sam, talk.person_id, how="call")
    assert (refused.status_code, refused.json()["type"]) == (409, "tag:waitingroom,2026:no-phone")
    assert (await by_hand(sam, uuid.uuid4(), how="call")).status_code == 404


async def test_who_waits_no_more_is_on_no_list(app: FastAPI, sam: AtWork, task: dict[str, Any]) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        await referrals.close(
            session, referral_id=uuid.UUID(task["referral_id"]), reason="moved_on", now=house.clock.now()
        )
    assert (await sam.get("/tasks")).json()["tasks"] == []


async def test_staff_see_how_long_someone_has_waited_against_the_target(app: FastAPI, sam: AtWork) -> None:
    house: House = app.state.house
    await someone(app).says(*SHORTEST_REFERRAL)
    async with house.database.transaction() as session:
        await session.driver.execute("UPDATE referral SET joined_at = joined_at - interval '36 days'")
        await session.driver.execute("UPDATE handoff SET raised_at = raised_at - interval '36 days'")
    await someone(app).says(*SHORTEST_REFERRAL)
    told = [(one["weeks_waited"], one["over_target"]) for one in await sam.queue()]
    assert told == [(5, True), (0, False)]
