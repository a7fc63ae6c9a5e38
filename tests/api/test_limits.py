"""How fast staff's programs may ask: each for itself, said in headers, and never in the way of people."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.limits import MOST_KNOWN, Limits
from api.settings import Settings
from tests.at_work import API, AtWork, client_of, joins
from tests.conftest import running
from waitingroom.database import Database

pytestmark = pytest.mark.anyio


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def limits(watch: Watch) -> Limits:
    return Limits(burst=60, per_second=10, clock=watch)


@pytest.fixture
async def narrow(settings: Settings, database: Database, watch: Watch) -> AsyncIterator[FastAPI]:
    """The application where five may be asked at once, then one a second, by a clock that stands still."""
    from api.app import create_app

    app = create_app(
        settings.model_copy(update={"staff_burst": 5, "staff_per_second": 1.0}), demo=True, work=False
    )
    app.state.limits.clock = watch
    async with running(app):
        yield app


async def answers(worker: AtWork, count: int) -> list[httpx2.Response]:
    return [await worker.get("/handoffs") for _ in range(count)]


def test_sixty_come_at_once_and_then_ten_a_second(limits: Limits, watch: Watch) -> None:
    assert [limits.spend(b"sam").wait for _ in range(60)] == [0] * 60
    assert limits.spend(b"sam").wait == pytest.approx(0.1)
    for _ in range(5):
        watch.at += 1
        assert sum(not limits.spend(b"sam").wait for _ in range(20)) == 10
    watch.at += 6
    assert sum(not limits.spend(b"sam").wait for _ in range(100)) == 60


def test_what_is_left_is_what_may_still_come(limits: Limits) -> None:
    for left in range(59, -1, -1):
        assert limits.spend(b"sam").left == left
    assert limits.look(b"sam").left == 0
    assert limits.look(b"priya").left == 60


@given(
    burst=st.integers(1, 50),
    per_second=st.floats(0.1, 50),
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=200),
)
def test_nobody_is_ever_let_in_more_often_than_the_limit_says(
    burst: int, per_second: float, pauses: list[float]
) -> None:
    watch = Watch()
    limits = Limits(burst=burst, per_second=per_second, clock=watch)
    came: list[float] = []
    for pause in pauses:
        watch.at += pause
        told = limits.look(b"sam")
        taken = limits.spend(b"sam")
        assert bool(told.left) == (not taken.wait)
        if taken.wait:
            continue
        came.append(watch.at)
        for start in range(len(came)):
            span = came[-1] - came[start]
            assert len(came) - start <= burst + span * per_second + 1e-6


def test_names_that_were_silent_longest_are_let_go_of(limits: Limits) -> None:
    for number in range(MOST_KNOWN + 5):
        limits.spend(str(number).encode())
    assert not limits.knows(b"4")
    assert limits.knows(b"5")


async def test_every_answer_says_what_is_left_and_one_too_many_says_when_to_come_back(
    narrow: FastAPI, watch: Watch
) -> None:
    sam = await joins(narrow, "Sam")
    good = await answers(sam, 5)
    assert [one.status_code for one in good] == [200] * 5
    assert good[0].headers["ratelimit-policy"] == '"staff";q=5;w=5'
    assert [one.headers["ratelimit"] for one in good] == [f'"staff";r={4 - n};t={n + 1}' for n in range(5)]
    (refused,) = await answers(sam, 1)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"staff";r=0;t=5'
    assert refused.json()["status"] == 429
    watch.at += 1
    assert [one.status_code for one in await answers(sam, 2)] == [200, 429]


async def test_errors_say_what_is_left_too(narrow: FastAPI) -> None:
    sam = await joins(narrow, "Sam")
    for path, status in {"/handoffs?limit=0": 422, "/tasks/no": 422}.items():
        answer = await sam.get(path)
        assert answer.status_code == status
        assert "ratelimit" in answer.headers


async def test_one_who_asks_too_fast_does_not_hold_up_a_colleague(narrow: FastAPI) -> None:
    sam, priya = await joins(narrow, "Sam"), await joins(narrow, "Priya")
    await answers(priya, 1)
    assert (await answers(sam, 6))[-1].status_code == 429
    assert (await answers(priya, 4))[-1].status_code == 200


async def test_guessing_keys_goes_no_faster_with_ever_new_ones(narrow: FastAPI, watch: Watch) -> None:
    sam = await joins(narrow, "Sam")
    await answers(sam, 1)
    async with client_of(narrow) as client:
        found = [
            (await AtWork(client, "Nobody", f"wr_guess{number}").get("/handoffs")).status_code
            for number in range(8)
        ]
        assert found == [401] * 5 + [429] * 3
        assert (await client.get(f"{API}/handoffs")).status_code == 429
        assert (await answers(sam, 4))[-1].status_code == 200  # at the same address, known before
        watch.at += 1
        assert (await AtWork(client, "Nobody", "wr_guess9").get("/handoffs")).status_code == 401


async def test_a_key_that_may_not_is_counted_too(narrow: FastAPI) -> None:
    nobody = await joins(narrow, "Nobody", scopes=frozenset())
    found = [one.status_code for one in await answers(nobody, 7)]
    assert found == [403] * 5 + [429] * 2


async def test_people_are_never_counted_here(narrow: FastAPI) -> None:
    async with client_of(narrow) as client:
        for _ in range(8):
            answer = await client.get("/")
            assert answer.status_code < 400
            assert "ratelimit" not in answer.headers
        assert not narrow.state.limits._whole_at


async def test_too_much_is_refused_before_the_records_are_asked(
    narrow: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await joins(narrow, "Sam")
    await answers(sam, 5)
    monkeypatch.setattr(narrow.state.house.database, "transaction", None)
    assert (await answers(sam, 1))[0].status_code == 429
