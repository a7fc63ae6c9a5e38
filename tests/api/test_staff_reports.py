"""Reports tell what was, and of nobody."""

import csv
import io
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.house import House
from api.reports import MAKERS
from api.settings import Settings
from benchmarks.a_county import HUBS, fill, named
from tests.at_work import AtWork, client_of, joins
from tests.conftest import running
from tests.signed_in import sign_in
from waitingroom import outcomes, staff
from waitingroom.database import Database
from waitingroom.outcomes import Occasion
from waitingroom.quarters import Quarter
from waitingroom.roles import Role, Scope
from waitingroom.small_numbers import FEWEST

pytestmark = pytest.mark.anyio
PEOPLE_IN = {"Referrals", "People", "Came", "First spoken with", "Answered before and after", "Times", "Cases"}
"""Heads of figures that count people, or what people did."""
APART = {
    "arrivals_by_month",
    "arrivals_by_area",
    "arrivals_by_channel",
    "arrivals_by_source",
    "arrivals_by_language",
}
"""Tables in which each referral stands once."""


@pytest.fixture
async def county(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    """A county of three hubs: few enough people that many numbers are small."""
    from api.app import create_app

    app = create_app(settings, demo=True, work=False)
    async with running(app):
        house: House = app.state.house
        await fill(house, people=400, messages_each=4, now=house.clock.now())
        yield app


async def of_hub(app: FastAPI, name: str, hub: uuid.UUID | None, *scopes: Scope) -> AtWork:
    house: House = app.state.house
    async with house.database.transaction() as session:
        now = house.clock.now()
        worker = await staff.welcome(session, name=name, role=Role.LEAD, hub_id=hub, now=now)
        key = await staff.issue_key(
            session, staff_id=worker.id, scopes=frozenset(scopes or {Scope.REPORT_READ}), now=now
        )
    return AtWork(client_of(app), name, key)


async def read(worker: AtWork, name: str, **asked: str) -> dict[str, Any]:
    answer = await worker.get(f"/reports/{name}", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def table(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in report["tables"] if one["key"] == key)


def figures(found: dict[str, Any], column: int = 0) -> dict[str, Any]:
    return {line["key"]: line["figures"][column]["value"] for line in found["lines"]}


def last_quarter(app: FastAPI) -> Quarter:
    house: House = app.state.house
    return Quarter.last_full(house.clock.now(), house.desk.service.zone)


async def rows(app: FastAPI, statement: str, **facts: object) -> list[Any]:
    house: House = app.state.house
    async with house.database.transaction() as session:
        found = await session.run(text(statement), facts)
        return list(found) if found.returns_rows else []


def bounds(app: FastAPI) -> dict[str, datetime]:
    house: House = app.state.house
    begun, ended = last_quarter(app).bounds(house.desk.service.zone)
    return {"begun": begun, "ended": ended}


async def test_what_is_told_is_what_the_records_hold(county: FastAPI) -> None:
    everyone = await of_hub(county, "Lee", None)
    found = await rows(
        county,
        "SELECT p.area FROM referral r JOIN person p ON p.id = r.person_id "
        "WHERE joined_at >= :begun AND joined_at < :ended",
        **bounds(county),
    )
    report = await read(everyone, "arrivals")
    assert report["quarter"] == last_quarter(county).name
    assert figures(table(report, "arrivals_by_quarter"))[report["quarter"]] == len(found)
    counts = Counter(area for (area,) in found)
    told = {area: number for area, number in figures(table(report, "arrivals_by_area")).items() if number}
    assert told
    assert all(counts[area] == number for area, number in told.items())


async def test_no_report_tells_a_number_under_five_of_anyone(county: FastAPI) -> None:
    everyone = await of_hub(county, "Lee", None)
    small = 0
    for name in MAKERS:
        for hub in (None, *(named("hub", number) for number in range(1, len(HUBS) + 1))):
            report = await read(everyone, name, **({"hub": str(hub)} if hub else {}))
            for one in report["tables"]:
                for place, head in enumerate(one["heads"]):
                    if head in PEOPLE_IN:
                        told = figures(one, place).values()
                        assert all(number is None or number >= FEWEST for number in told), (name, one["key"], head)
                        small += sum(number is None for number in told)
    assert small > 20


async def test_hubs_taken_from_the_whole_and_parts_from_their_sum_leave_nobody_bare(county: FastAPI) -> None:
    everyone = await of_hub(county, "Lee", None)
    hubs = [str(named("hub", number)) for number in range(1, len(HUBS) + 1)]
    whole = await read(everyone, "arrivals")
    each = [await read(everyone, "arrivals", hub=hub) for hub in hubs]
    for key in APART:
        of_whole, of_each = figures(table(whole, key)), [figures(table(one, key)) for one in each]
        for told in (of_whole, *of_each):
            assert list(told.values()).count(None) != 1, key
        nobodys_hub = await rows(county, "SELECT count(*) FROM conversation WHERE hub_id IS NULL")
        assert nobodys_hub[0][0] > 0  # there is a fourth hub, of those whose hub is not known: nobody sees it
        for name, number in of_whole.items():
            hidden = [one[name] for one in of_each].count(None)
            if number is not None:
                others = sum(one[name] or 0 for one in of_each)
                rest = number - others
                assert hidden > 0 or rest == 0 or rest >= FEWEST, (key, name)


async def test_someone_of_one_hub_sees_that_hub_only(county: FastAPI) -> None:
    north, east = str(named("hub", 1)), str(named("hub", 2))
    lead = await of_hub(county, "Nora", named("hub", 1))
    everyone = await of_hub(county, "Lee", None)
    own = await read(lead, "arrivals")
    assert own["hub"] == north
    assert own["hub_name"] == "North"
    assert own["tables"] == (await read(everyone, "arrivals", hub=north))["tables"]
    assert (await lead.get("/reports/arrivals", params={"hub": east})).status_code == 404
    assert (await everyone.get("/reports/arrivals", params={"hub": str(uuid.uuid4())})).status_code == 404


async def test_no_report_is_on_part_of_a_quarter(county: FastAPI) -> None:
    everyone = await of_hub(county, "Lee", None)
    now = last_quarter(county).before(-1).name
    answer = await everyone.get("/reports/arrivals", params={"quarter": now})
    assert answer.status_code == 409
    assert answer.json()["type"] == "tag:waitingroom,2026:not-over"
    for slid in ("2026-09", "2026-Q5", "2026-07-02", "2026-Q3\n", "9999-Q1"):
        assert (await everyone.get("/reports/waits", params={"quarter": slid})).status_code == 422, slid
    assert (await everyone.get("/reports/nothing")).status_code == 404


async def test_reports_are_only_for_those_who_may_read_them(county: FastAPI) -> None:
    other = await of_hub(county, "Olu", None, Scope.QUEUE_READ, Scope.PERSON_READ)
    for name in MAKERS:
        assert (await other.get(f"/reports/{name}")).status_code == 403
        assert (await other.get(f"/reports/{name}.csv")).status_code == 403


async def test_a_report_is_a_spreadsheet_for_whoever_asks_for_one(county: FastAPI) -> None:
    everyone = await of_hub(county, "Lee", None)
    await rows(county, "UPDATE hub SET name = '=HYPERLINK(\"https://evil.example\")' WHERE name = 'North'")
    hub = str(named("hub", 1))
    by_name = await everyone.get("/reports/arrivals.csv", params={"hub": hub})
    by_head = await everyone.get("/reports/arrivals", params={"hub": hub}, headers={"Accept": "text/csv"})
    assert by_name.content == by_head.content
    assert by_name.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in by_name.headers["content-disposition"]
    told = list(csv.reader(io.StringIO(by_name.content.decode("utf-8-sig"))))
    assert told[0][2] == '\'=HYPERLINK("https://evil.example")'
    report = await read(everyone, "arrivals", hub=hub)
    cells = [cell for row in told for cell in row]
    assert all(one["title"] in cells for one in report["tables"])
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def test_waits_are_those_of_the_people_who_were_spoken_with(county: FastAPI) -> None:
    begun = bounds(county)["begun"]
    await rows(county, "UPDATE referral SET contacted_at = NULL")
    await rows(
        county,
        "UPDATE referral SET joined_at = CAST(:begun AS timestamptz) - n * interval '7 days', "
        "contacted_at = :begun FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM referral "
        "ORDER BY id LIMIT 11) AS f WHERE f.id = referral.id",
        begun=begun,
    )
    everyone = await of_hub(county, "Lee", None)
    line = table(await read(everyone, "waits"), "waits_of_those_met")["lines"][0]
    assert [one["value"] for one in line["figures"]] == [11, 6, 10, 11]


async def test_of_four_people_no_wait_is_told(county: FastAPI) -> None:
    await rows(county, "UPDATE referral SET contacted_at = NULL")
    await rows(
        county,
        "UPDATE referral SET contacted_at = :begun WHERE id IN (SELECT id FROM referral LIMIT 4)",
        begun=bounds(county)["begun"],
    )
    everyone = await of_hub(county, "Lee", None)
    line = table(await read(everyone, "waits"), "waits_of_those_met")["lines"][0]
    assert [one["in_words"] for one in line["figures"]] == ["not told"] * 4


@pytest.mark.parametrize("people", [4, 6])
async def test_a_change_is_told_of_five_or_more_who_answered_both_times(county: FastAPI, people: int) -> None:
    house: House = county.state.house
    await rows(county, "DELETE FROM sitting")
    at = bounds(county)["begun"] + timedelta(days=3)
    async with house.database.transaction() as session:
        for number in range(3, 3 * people + 1, 3):  # all of one hub
            for occasion, score, days in ((Occasion.START, 3, -60), (Occasion.END, 5, number)):
                await outcomes.record(
                    session,
                    referral_id=named("referral", number),
                    occasion=occasion,
                    answers={"ons4": {"satisfied": score, "anxious": 6}},
                    broken_off=False,
                    now=at + timedelta(days=days),
                )
        await outcomes.record(  # someone who answered only at the start says nothing of change
            session,
            referral_id=named("referral", 100),
            occasion=Occasion.START,
            answers={"ons4": {"satisfied": 10}},
            broken_off=False,
            now=at,
        )
    everyone = await of_hub(county, "Lee", None)
    found = table(await read(everyone, "outcomes"), "outcomes")
    satisfied = next(line for line in found["lines"] if line["key"] == "ons4.satisfied")
    told = [one["value"] for one in satisfied["figures"]][:4]
    assert told == ([people, 3, 5, 2] if people >= FEWEST else [None] * 4)


async def test_activities_are_counted_by_kind_and_for_each_case(county: FastAPI) -> None:
    found = await rows(
        county,
        "SELECT kind, count(*) FROM activity WHERE done_at >= :begun AND done_at < :ended GROUP BY 1",
        **bounds(county),
    )
    everyone = await of_hub(county, "Lee", None)
    report = await read(everyone, "work")
    told = figures(table(report, "activities"))
    whole = sum(number for _, number in found)
    assert told["all"] == whole
    assert {kind: told[kind] for kind, _ in found if told[kind] is not None}.items() <= dict(
        map(tuple, found)
    ).items()
    each = figures(table(report, "activities"), 2)["all"]
    cases = figures(table(report, "cases"))
    assert each == pytest.approx(whole / (cases["at_the_start"] + cases["came"]), rel=0.1)


async def test_the_board_s_report_has_every_chapter_as_a_page_to_print(county: FastAPI) -> None:
    async with await sign_in(county, "Lee", Role.LEAD) as lee:
        page = await lee.get("/staff/reports/quarterly")
    assert page.status_code == 200
    for words in ("What these numbers mean", "What they do not mean", "Support activities", "Kaplan-Meier"):
        assert words in page.text
    assert page.text.count("<svg") == page.text.count("<title id=")
    assert page.text.count("<svg") > 8


async def test_each_report_has_its_page_with_a_table_and_a_spreadsheet(county: FastAPI) -> None:
    async with await sign_in(county, "Lee", Role.LEAD) as lee:
        first = await lee.get("/staff/reports")
        for name in MAKERS:
            page = await lee.get(f"/staff/reports/{name}")
            sheet = await lee.get(f"/staff/reports/{name}.csv")
            assert f"/staff/reports/{name}?" in first.text
            assert page.status_code == 200, page.text
            assert "Spreadsheet (CSV)" in page.text
            assert sheet.status_code == 200
            assert sheet.content.startswith(b"\xef\xbb\xbf")


async def test_a_table_of_a_report_is_a_spreadsheet_by_itself(county: FastAPI) -> None:
    async with await sign_in(county, "Lee", Role.LEAD) as lee:
        one = await lee.get("/staff/reports/arrivals.csv?table=arrivals_by_month")
        none = await lee.get("/staff/reports/arrivals.csv?table=nothing")
    assert b"New referrals by month" in one.content
    assert b"where they live" not in one.content
    assert none.status_code == 404


async def test_names_in_a_report_are_never_taken_for_markup(county: FastAPI) -> None:
    attack = "<img src=x onerror=alert(1)>"
    await rows(county, "UPDATE person SET area = :attack", attack=attack)
    async with await sign_in(county, "Lee", Role.LEAD) as lee:
        page = await lee.get("/staff/reports/arrivals")
    assert attack not in page.text
    assert "&lt;img src=x" in page.text


async def test_who_has_no_business_with_reports_gets_no_page(county: FastAPI) -> None:
    async with await sign_in(county, "Pat", Role.PROVIDER) as pat:
        assert (await pat.get("/staff/reports")).status_code == 403
        assert (await pat.get("/staff/reports/quarterly")).status_code == 403
        assert (await pat.get("/staff/reports/arrivals.csv")).status_code == 403
    async with await sign_in(county, "Nora", Role.LEAD, named("hub", 1)) as nora:
        assert (await nora.get(f"/staff/reports/arrivals?hub={named('hub', 2)}")).status_code == 404


async def test_an_empty_service_has_reports_too(app: FastAPI) -> None:
    worker = await joins(app, "Sam")
    for name in MAKERS:
        report = await read(worker, name)
        assert report["hub_name"] == "Whole service"
