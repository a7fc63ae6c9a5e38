"""Words that would run: in pages, spreadsheets, queries and bodies they stay words."""

import csv
import io
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from api import access
from api.settings import Settings
from tests.at_desk_forms import press
from tests.at_work import API, client_of, someone
from tests.signed_in import sign_in
from tests.talking import SHORTEST_REFERRAL
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from tests.under_attack import (
    PAYLOADS,
    WORKER,
    Made,
    at_rest,
    every_route,
    hostile_town,
    records,
    some_of,
)
from waitingroom import hubs, staff
from waitingroom.database import Database
from waitingroom.roles import Role, Scope

pytestmark = pytest.mark.anyio
STREAMS = {"queueEvents", "talkEvents"}
ASKED = ("q", "done", "template", "need", "language", "channel", "area", "cursor", "before", "tab", "hub", "next")


@pytest.fixture
async def still(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    async with at_rest(settings) as app:
        yield app


def pages(app: FastAPI) -> list[tuple[str, str]]:
    """List every page of the console there is to look at."""
    return [
        (access.name_of(route), path)
        for route, path, method in every_route(app)
        if path.startswith("/staff") and method == "GET" and access.name_of(route) not in STREAMS
    ]


# pages


async def test_no_word_of_anyone_becomes_a_part_of_a_page(still: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(set(PAYLOADS)) >= 60
    monkeypatch.setattr("api.console.timeline.MOST", 2000)
    things = await hostile_town(still)
    hub = uuid.UUID(things["hub_id"])
    seen: dict[str, str] = {}
    for role, name in (
        (Role.LEAD, WORKER),
        (Role.ADMIN, "Ada <svg/onload=alert(1)>"),
        (Role.AUDITOR, "</title>x"),
    ):
        async with await sign_in(still, name, role, hub if role is Role.LEAD else None) as client:
            for operation, path in pages(still):
                if operation in seen:
                    continue
                where = re.sub(r"{(\w+)}", lambda part: things.get(part[1], "anything"), path)
                answer = await client.get(where)
                assert answer.status_code < 500, (operation, answer.text[:200])
                if answer.headers.get("content-type", "").startswith("text/html"):
                    made = Made(answer.text)
                    assert made.wrong == [], operation
                    if answer.status_code == 200:
                        seen[operation] = re.sub(r"\s+", " ", made.text)
    everything = " ".join(seen.values())
    unseen = [one for one in PAYLOADS if re.sub(r"\s+", " ", one) not in everything]
    assert unseen == [], "what is not drawn at all proves nothing"
    for operation in (
        "handoffPage",
        "teamPage",
        "hooksPage",
        "tasksPage",
        "helpPage",
        "complaintPage",
        "queuePage",
    ):
        assert "alert(1)" in seen[operation], operation


async def test_no_word_of_an_address_becomes_a_part_of_a_page(still: FastAPI) -> None:
    async with await sign_in(still, "Sam", Role.LEAD) as client, client_of(still) as stranger:
        stranger.headers["accept"] = "text/html"
        for words in PAYLOADS:
            asked = dict.fromkeys(ASKED, words)
            for path in (
                "/staff",
                "/staff/search",
                "/staff/tasks",
                "/staff/audit",
                "/staff/reports",
                "/staff/account",
            ):
                for query in (asked, {"q": words[:100], "done": words}):
                    answer = await client.get(path, params=query)
                    assert answer.status_code < 500, (path, words)
                    assert Made(answer.text).wrong == [], (path, words)
            for path in ("/staff/sign-in", "/", "/chat", "/staff/" + words.replace("/", "%2f").replace("?", "")):
                answer = await stranger.get(path, params={"next": words[:400], "begin": words, "again": words})
                assert answer.status_code < 500, (path, words)
                if "json" not in answer.headers.get("content-type", ""):
                    assert Made(answer.text).wrong == [], (path, words)


async def test_what_was_typed_is_drawn_again_as_words(still: FastAPI) -> None:
    things = await hostile_town(still)
    hub = uuid.UUID(things["hub_id"])
    page = f"/staff/handoffs/{things['handoff_id']}"
    async with await sign_in(still, WORKER, Role.LEAD, hub) as client:
        for words in PAYLOADS[::20]:
            for action, fields in (
                (f"{page}/messages", {"text": words, "look": "1"}),
                (f"{page}/notes", {"private": words * 300}),
                (f"{page}/transfer", {"to": words, "why": words}),
                (f"{page}/helps", {"helper": words, "kind": words, "why": words}),
                (f"{page}/close", {"reason": words}),
                (f"{page}/meeting/later", {"text": words, "send_at": words}),
                ("/staff/tasks", {"words": words, "due_on": words}),
                ("/staff/team/new", {"name": words, "email": words, "role": words, "hub": words}),
                (f"/staff/people/{things['person_id']}/break-glass", {"reason": words[:8]}),
            ):
                answer = await press(client, "/staff/account", action, **fields)
                assert answer.status_code < 500, (action, words, answer.text[:200])
                assert Made(answer.text).wrong == [], (action, words)


# spreadsheets


FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("//evil.example")', "\uff1d1+1")


def could_be_csv(app: FastAPI) -> set[str]:
    described = app.openapi()["paths"]
    told = {
        operation["operationId"]
        for methods in described.values()
        for operation in methods.values()
        if "text/csv" in str(operation.get("responses"))
    }
    return told | {access.name_of(route) for route, path, _method in every_route(app) if ".csv" in path}


async def test_no_spreadsheet_that_is_given_out_has_a_cell_that_would_run(still: FastAPI) -> None:
    assert could_be_csv(still) == {"getReport", "reportSheet"}, "a new sheet needs its formulas tried here"
    house = still.state.house
    async with house.database.transaction() as session:
        now = house.clock.now()
        for number, words in enumerate(FORMULAS):
            hub = hubs.Hub(name=words, areas=[] if number else ["BB9"], created_at=now)
            session.add(hub)
            await session.flush()
            await staff.welcome(session, name=words, role=Role.LINK_WORKER, hub_id=hub.id, now=now)
    for words in FORMULAS:
        person = someone(still)
        await person.says(
            *(words if text in {"Ann", "Company in the evenings"} else text for text in SHORTEST_REFERRAL)
        )
    worker = await comes(still, "Sam", Role.LEAD, None)
    seen = 0
    async with await sign_in(still, "Lou", Role.LEAD) as client, worker.client as keyed:
        hub_ids = await some_of(still, "SELECT array_agg(id) FROM hub")
        names = re.findall(r"/staff/reports/([\w-]+)", (await client.get("/staff/reports")).text)
        for name in sorted({"arrivals", "waits", "work", "drop-off", *names} - {"quarterly"}):
            for hub_id in (None, *hub_ids[:3]):
                asked = {"hub": str(hub_id)} if hub_id else {}
                told = worker.head | {"accept": "text/csv"}
                for answer in (
                    await client.get(f"/staff/reports/{name}.csv", params=asked),
                    await keyed.get(f"{API}/reports/{name}", params=asked, headers=told),
                ):
                    assert answer.status_code == 200, (name, answer.text[:200])
                    assert answer.headers["content-disposition"].startswith("attachment")
                    rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
                    for cell in (cell for row in rows for cell in row):
                        figure = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                        assert figure or cell.lstrip()[:1] not in {*"=+-@\uff1d"} or not cell.strip(), (name, cell)
                        seen += 1
    assert seen > 100


# bodies


def bodies(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give each operation that takes JSON, with an example of it."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and path.startswith(API):
                examples = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
                yield method, path, examples[0]


MORE = ("id", "staff_id", "role", "scopes", "hub_id", "version", "status", "claimed_by", "is_admin", "__class__")


async def test_no_body_takes_a_field_it_does_not_name(still: FastAPI) -> None:
    worker = await comes(still, "Sam Okafor", Role.LEAD, None, frozenset(Scope))
    (nelson, _colne) = (await open_hubs(still)).values()
    things = await objects(still, await lives_in(still, nelson, by=await id_of(still, "Sam Okafor")))
    before, tried = await records(still), 0
    async with worker.client as client:
        for method, path, example in bodies(still.openapi()):
            where = re.sub(r"{(\w+)}", lambda part: things[part[1]], path)
            for name in MORE:
                if name in example:
                    continue
                head = worker.head | {"If-Match": "*"}
                answer = await client.request(method, where, json=example | {name: "lead"}, headers=head)
                assert answer.status_code == 422, (method, path, name, answer.text)
                faults = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
                known = described_fields(still, method, path)
                assert name in known or (f"/body/{name}", "extra_forbidden") in faults, (
                    method,
                    path,
                    name,
                    faults,
                )
                tried += 1
    assert tried > 250
    assert await records(still) == before


def described_fields(app: FastAPI, method: str, path: str) -> set[str]:
    described = app.openapi()
    schema = described["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return set(schema.get("properties", {}))


async def test_a_form_with_more_fields_than_it_has_changes_nothing_more(still: FastAPI) -> None:
    things = await hostile_town(still)
    hub = uuid.UUID(things["hub_id"])
    async with await sign_in(still, WORKER, Role.LEAD, hub) as client:
        more = {"staff_id": str(uuid.uuid4()), "by": "x", "role": "admin", "hub_id": "", "id": str(uuid.uuid4())}
        page = f"/staff/handoffs/{things['handoff_id']}"
        answer = await press(client, page, f"{page}/notes", private="Likes tea", **more)
        assert answer.status_code == 303
    mine = await id_of(still, WORKER)
    written = "SELECT staff_id FROM private_note ORDER BY id DESC LIMIT 1"
    assert await some_of(still, written) == mine
    assert await some_of(still, "SELECT role FROM staff WHERE id = $1", mine) == "lead"


NUL_AND_WORSE = (
    "\x00",
    "a\x00b",
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "%",
    "_" * 60,
)


async def test_letters_that_no_record_can_hold_are_the_senders_mistake(still: FastAPI) -> None:
    worker = await comes(still, "Sam", Role.LEAD, None, frozenset(Scope))
    async with worker.client, await sign_in(still, "Lou", Role.LEAD) as client:
        for words in NUL_AND_WORSE:
            for name in ("channel", "language", "need", "area", "cursor"):
                assert (await worker.get("/handoffs", params={name: words})).status_code in {200, 422}, (
                    name,
                    words,
                )
                assert (await client.get("/staff", params={name: words})).status_code in {200, 422}, (name, words)
            for path in ("/staff/search", "/staff/audit", "/staff/reports/arrivals"):
                answer = await client.get(path, params={"q": words, "hub": words, "cursor": words})
                assert answer.status_code < 500, (path, words)
            assert (await worker.get("/search", params={"q": words})).status_code < 500


LIKE_JSON = ("[call back]", "{", "[" * 1500, '{"a": 1}', "{{ name }}", "[1,2", "{'a'}")


async def test_words_that_begin_like_json_do_not_stop_the_copy_of_a_record(still: FastAPI) -> None:
    things = await hostile_town(still)
    worker = await comes(still, "Ada", Role.LEAD, None, frozenset(Scope))
    person = await some_of(
        still,
        "SELECT person_id FROM referral r JOIN handoff h USING (conversation_id) WHERE h.id = $1",
        uuid.UUID(things["handoff_id"]),
    )
    async with worker.client, await sign_in(still, "Lou", Role.LEAD) as client:
        for words in LIKE_JSON:
            page = f"/handoffs/{things['handoff_id']}/notes"
            made = await worker.post(page, json={"text": words})
            assert made.status_code == 201, made.text
        told = await worker.get(f"/people/{person}/record")
        assert told.status_code == 200, told.text[:300]
        shown = await client.get(f"/staff/people/{person}/record")
        assert shown.status_code == 200, shown.text[:300]
        assert Made(shown.text).wrong == []
        assert "[call back]" in Made(shown.text).text
