"""Groups in the staff API: how they stand, who is coming by first name, pausing them, and a link nobody sees."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from typer.testing import CliRunner

from api import cli_groups
from api.house import House
from tests.at_work import AtWork, client_of, joins
from tests.talking import Speaker
from waitingroom import groups, staff
from waitingroom.errors import RefusedError
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio
LINK = {"way_in": "https://meet.example.org/tea-4471"}


async def the_group(worker: AtWork, key: str = "tuesday_tea") -> tuple[dict[str, Any], int]:
    found = await worker.get(f"/groups/{key}")
    assert found.status_code == 200, found.text
    return found.json(), int(found.headers["etag"].strip('"'))


async def host_of(app: FastAPI, key: str, name: str = "Maggie") -> AtWork:
    """Someone from outside who hosts one group."""
    host = await joins(app, name, scopes=frozenset({Scope.GROUP_HOST}))
    house: House = app.state.house
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=name, now=house.clock.now())
        await groups.let_host(session, staff_id=member.id, key=key)
    return host


async def joined(person: Speaker) -> None:
    heard = await person.says("groups")
    if "Tuesday tea and talk" not in heard:
        await person.says("more")
    await person.says("Tuesday tea and talk", "yes", "yes", "yes")


async def pauses(worker: AtWork, key: str = "tuesday_tea", way: str = "pause") -> Response:
    _told, version = await the_group(worker, key)
    return await worker.post(f"/groups/{key}/{way}", version=version)


async def test_the_list_says_how_each_group_stands_and_names_nobody(sam: AtWork, waiting_person: Speaker) -> None:
    await joined(waiting_person)
    found = await sam.get("/groups")
    assert found.status_code == 200
    told = {one["key"]: one for one in found.json()["groups"]}
    tea = told["tuesday_tea"]
    assert (tea["places"], tea["taken"], tea["listed"], tea["paused_at"]) == (12, 1, 0, None)
    assert tea["next_at"]
    assert not tea["has_way_in"]
    assert "Ann" not in found.text
    assert len(told) >= 4


async def test_who_is_coming_is_told_by_first_name_and_no_more(sam: AtWork, waiting_person: Speaker) -> None:
    await joined(waiting_person)
    found = await sam.get("/groups/tuesday_tea/coming")
    assert found.json() == {"key": "tuesday_tea", "names": ["Ann"]}
    await waiting_person.says("my groups", "1")
    assert (await sam.get("/groups/tuesday_tea/coming")).json()["names"] == []


async def test_a_paused_group_is_paused_until_it_goes_on(sam: AtWork, waiting_person: Speaker) -> None:
    paused = await pauses(sam)
    assert paused.status_code == 200
    assert paused.json()["paused_at"]
    assert "Tuesday tea" not in await waiting_person.says("groups") + await waiting_person.says("more")
    again = await pauses(sam)
    assert (again.status_code, again.json()["type"]) == (409, "tag:waitingroom,2026:illegal-move")
    on = await pauses(sam, way="resume")
    assert (on.status_code, on.json()["paused_at"]) == (200, None)


async def test_a_link_is_taken_and_never_shown(sam: AtWork) -> None:
    _told, version = await the_group(sam)
    given = await sam.post("/groups/tuesday_tea/link", version=version, json=LINK)
    assert (given.status_code, given.json()["has_way_in"]) == (200, True)
    every = given.text + (await sam.get("/groups")).text + (await sam.get("/groups/tuesday_tea")).text
    assert "meet.example.org" not in every


@pytest.mark.parametrize(
    ("key", "way_in"),
    [("tuesday_tea", "0330 123 4567"), ("morning_call", "https://a.bc/d"), ("saturday_soup", "x")],
)
async def test_what_is_no_way_into_a_group_is_refused(sam: AtWork, key: str, way_in: str) -> None:
    given = await sam.post(f"/groups/{key}/link", version=1, json={"way_in": way_in})
    assert (given.status_code, given.json()["type"]) == (409, "tag:waitingroom,2026:not-a-way-in")
    assert way_in not in given.text


async def test_whoever_has_not_read_a_group_as_it_is_now_changes_nothing(sam: AtWork) -> None:
    assert (await sam.post("/groups/tuesday_tea/link", json=LINK)).status_code == 428
    assert (await sam.post("/groups/tuesday_tea/link", version=1, json=LINK)).status_code == 200
    assert (await sam.post("/groups/tuesday_tea/link", version=1, json=LINK)).status_code == 412
    assert (await sam.post("/groups/tuesday_tea/pause", version=1)).status_code == 412
    told, version = await the_group(sam)
    assert (told["paused_at"], version) == (None, 2)


async def test_a_link_sent_twice_with_one_key_is_changed_once(sam: AtWork) -> None:
    first = await sam.post("/groups/tuesday_tea/link", version=1, key="one", json=LINK)
    again = await sam.post("/groups/tuesday_tea/link", version=1, key="one", json=LINK)
    assert (first.status_code, again.text) == (200, first.text)
    assert (await the_group(sam))[1] == 2


async def test_a_host_sees_their_own_group_and_nothing_else(app: FastAPI, waiting_person: Speaker) -> None:
    await joined(waiting_person)
    maggie = await host_of(app, "tuesday_tea")
    async with maggie.client:
        assert [one["key"] for one in (await maggie.get("/groups")).json()["groups"]] == ["tuesday_tea"]
        assert (await maggie.get("/groups/tuesday_tea/coming")).json()["names"] == ["Ann"]
        assert (await pauses(maggie)).status_code == 200
        for path in ("/groups/game_night", "/groups/game_night/coming"):
            assert (await maggie.get(path)).status_code == 404
        assert (await maggie.post("/groups/game_night/pause", version=1)).status_code == 404
        assert (await maggie.post("/groups/game_night/link", version=1, json=LINK)).status_code == 404
        for path in ("/handoffs", "/matches", "/introductions"):
            assert (await maggie.get(path)).status_code == 403


async def test_a_group_there_is_not_is_not_found(sam: AtWork) -> None:
    assert (await sam.get("/groups/nowhere")).status_code == 404
    assert (await sam.get("/groups/nowhere/coming")).status_code == 404
    assert (await sam.post("/groups/nowhere/resume", version=1)).status_code == 404


async def runs(app: FastAPI, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What `waitingroom groups ...` prints, in the house that is open."""
    jobs: list[Any] = []
    monkeypatch.setattr(cli_groups, "in_house", lambda job, *, demo: jobs.append(job) or str(demo))
    assert CliRunner().invoke(cli_groups.groups_cli, list(words)).exit_code == 0
    return str(await jobs[0](app.state.house))


async def test_the_commands_list_groups_give_a_link_and_pause(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, sam: AtWork
) -> None:
    assert "no way in yet" in await runs(app, monkeypatch, "list")
    told = await runs(app, monkeypatch, "link", "tuesday_tea", LINK["way_in"])
    assert "Tuesday tea and talk" in told
    assert LINK["way_in"] not in told + await runs(app, monkeypatch, "list")
    assert await runs(app, monkeypatch, "pause", "tuesday_tea") == "Tuesday tea and talk has a break."
    assert "tuesday_tea  Tuesday tea and talk  paused" in await runs(app, monkeypatch, "list")
    assert await runs(app, monkeypatch, "resume", "tuesday_tea") == "Tuesday tea and talk goes on."
    assert (await the_group(sam))[0]["has_way_in"]


async def test_the_key_of_a_host_opens_their_group(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await runs(app, monkeypatch, "host", "tuesday_tea", "Maggie Holt")
    maggie = AtWork(client_of(app), "Maggie Holt", key)
    async with maggie.client:
        assert [one["key"] for one in (await maggie.get("/groups")).json()["groups"]] == ["tuesday_tea"]


async def test_a_command_for_a_group_there_is_not_says_which_there_are(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RefusedError, match=r"There is no group nowhere\. Groups: tuesday_tea"):
        await runs(app, monkeypatch, "pause", "nowhere")


def test_every_command_says_what_it_does() -> None:
    named = {command.name: command.callback.__doc__ for command in cli_groups.groups_cli.registered_commands}
    assert set(named) == {"list", "link", "pause", "resume", "host"}
    assert all(named.values())
