"""Two on record who may be one person, as staff see them, join them or keep them apart."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from tests.at_work import AtWork, joins, someone
from tests.talking import Speaker
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio


def referral(words: str, **told: str) -> tuple[str, ...]:
    name, age = told.get("name", "Ann Smith"), told.get("age", "72")
    return ("hello", "me", age, "yes", name, "BB9 7AA", "4", words, "here", "any", "yes")


@pytest.fixture
async def twice(app: FastAPI) -> tuple[Speaker, Speaker]:
    """Ann, who referred herself in two places."""
    first, second = someone(app), someone(app)
    second.now += timedelta(minutes=10)
    await first.says(*referral("Company in the evenings"))
    await second.says(*referral("My rent"))
    return first, second


async def the_match(worker: AtWork) -> dict[str, Any]:
    found = await worker.get("/matches")
    assert found.status_code == 200, found.text
    (match,) = found.json()["matches"]
    return dict(match)


async def test_the_list_says_how_sure_it_is_and_names_nobody(sam: AtWork, twice: tuple[Speaker, Speaker]) -> None:
    assert twice
    found = await sam.get("/matches")
    (match,) = found.json()["matches"]
    assert (match["sureness"], match["status"]) == ("likely", "waiting")
    assert not any(word in found.text for word in ("Ann", "BB9", "Company"))


async def test_both_are_seen_side_by_side_with_what_would_be_kept(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    assert twice
    match = await the_match(sam)
    seen = await sam.get(f"/matches/{match['id']}")
    assert seen.status_code == 200
    told = seen.json()
    assert (told["earlier"]["what_matters"], told["later"]["what_matters"]) == (
        "Company in the evenings",
        "My rent",
    )
    assert told["kept"]["what_matters"] == "Company in the evenings\nMy rent"
    assert told["kept"]["reference"] == told["earlier"]["referral"]["reference"]
    assert told["kept"]["joined_at"] == told["earlier"]["referral"]["joined_at"]
    assert told["differs"] == []
    assert "speak with the person" in told["be_sure"]
    assert seen.headers["etag"].startswith('"1-')


async def test_what_the_two_did_not_say_alike_is_named(app: FastAPI, sam: AtWork) -> None:
    await someone(app).says(*referral("x y z", name="Ann"))
    second = someone(app)
    second.now += timedelta(minutes=5)
    await second.says(*referral("My rent", age="73")[:-3], "text", "07700 900123", "any", "yes")
    match = await the_match(sam)
    told = (await sam.get(f"/matches/{match['id']}")).json()
    assert told["differs"] == ["name", "age", "safe_contact.how", "safe_contact.phone"]
    assert told["kept"]["safe_contact"]["how"] == "here"


async def test_joined_they_are_one_in_the_queue_and_in_their_story(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    assert len(await sam.queue()) == 2
    match = await the_match(sam)
    seen = await sam.get(f"/matches/{match['id']}")
    head = {"If-Match": seen.headers["etag"]}
    done = await sam.post(f"/matches/{match['id']}/join", headers=head, json={"reach": "later"})
    assert (done.status_code, done.json()) == (200, {"person_id": seen.json()["earlier"]["person_id"]})
    (line,) = await sam.queue()
    assert "maybe_known" not in line["reasons"]
    assert line["person_id"] == done.json()["person_id"]
    story = (await sam.get(f"/people/{line['person_id']}")).json()
    assert story["what_matters"] == "Company in the evenings\nMy rent"
    assert [way["channel"] for way in story["ways"]] == ["terminal", "terminal"]
    assert (await sam.get("/matches")).json()["matches"] == []
    assert twice


async def test_kept_apart_they_stay_two_and_are_asked_about_no_more(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    match = await the_match(sam)
    seen = await sam.get(f"/matches/{match['id']}")
    head = {"If-Match": seen.headers["etag"]}
    done = await sam.post(f"/matches/{match['id']}/keep-apart", headers=head)
    assert (done.status_code, done.json()["status"]) == (200, "kept_apart")
    assert (await sam.get("/matches")).json()["matches"] == []
    assert len(await sam.queue()) == 2
    again = await sam.post(f"/matches/{match['id']}/join", headers={"If-Match": "*"})
    assert (again.status_code, again.json()["type"]) == (409, "tag:waitingroom,2026:illegal-move")
    assert twice


async def test_whoever_has_not_read_it_as_it_is_now_changes_nothing(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    match = await the_match(sam)
    path = f"/matches/{match['id']}/join"
    seen = await sam.get(f"/matches/{match['id']}")
    assert (await sam.post(path)).status_code == 428
    assert (await sam.post(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await sam.post(path, headers={"If-Match": f"W/{seen.headers['etag']}"})).status_code == 412
    await twice[0].says("withdraw", "yes")
    assert (await sam.post(path, headers={"If-Match": seen.headers["etag"]})).status_code == 412
    assert len((await sam.get("/matches")).json()["matches"]) == 1


async def test_two_who_press_join_at_once_join_them_once(
    sam: AtWork, priya: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    match = await the_match(sam)
    seen = await sam.get(f"/matches/{match['id']}")
    head = {"If-Match": seen.headers["etag"]}
    path = f"/matches/{match['id']}/join"
    first = await sam.post(path, headers=head, key="one")
    again = await sam.post(path, headers=head, key="one")
    other = await priya.post(path, headers=head)
    assert (first.status_code, again.text) == (200, first.text)
    assert other.status_code in {404, 409, 412}
    assert len(await sam.queue()) == 1
    assert twice


async def test_only_whoever_may_see_people_sees_them_and_only_whoever_may_change_joins(
    app: FastAPI, sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    match = await the_match(sam)
    reader = await joins(app, "Kit", scopes=frozenset({Scope.QUEUE_READ}))
    async with reader.client:
        assert (await reader.get("/matches")).status_code == 200
        assert (await reader.get(f"/matches/{match['id']}")).status_code == 403
        join = await reader.post(f"/matches/{match['id']}/join", headers={"If-Match": "*"})
        assert join.status_code == 403
    assert len(await sam.queue()) == 2
    assert twice


@pytest.mark.parametrize("deed", ["join", "keep-apart"])
async def test_a_match_that_is_not_there_cannot_be_decided(sam: AtWork, deed: str) -> None:
    answer = await sam.post(f"/matches/{uuid.uuid4()}/{deed}", headers={"If-Match": "*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (await sam.get(f"/matches/{uuid.uuid4()}")).status_code == 404
