"""However a history is told, doubled, late or all at once, it ends as the orderly one does."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot import memory
from bot.safety import Net
from content import Content
from tests.faults.histories import CHANNELS, NAMES, Act, History, Life, World, acts_of, differences
from waitingroom import messages
from waitingroom.columns import KeyRing

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]
A_FAULT = 28
"""Worlds for each fault that `--faults` asks for, of one to three people each: 200 give 10,000 histories."""
SHORT = 20
"""Worlds where it asks for no more than usual."""

WORDS = (
    *("yes", "no", "back", "menu", "help", "helplines", "person", "stop", "start", "change", "hello"),
    *("I want to die", "thank you", "1", "2", "where am I on the list", "delete"),
)
said = st.builds(Act, st.just("say"), st.sampled_from(WORDS))
by_staff = st.one_of(
    st.just(Act("claim")), st.just(Act("write", "Shall we meet on Tuesday?")), st.just(Act("back"))
)
others = st.lists(st.one_of(said, said, by_staff, st.just(Act("edit", "I meant no"))), max_size=5)
told_last = st.lists(st.sampled_from(("delivered", "read", "failed", "none", "sent")), min_size=1, max_size=3)


@st.composite
def lives(draw: st.DrawFn, number: int) -> Life:
    answered = draw(st.sampled_from((1, 3, 6, 11, 11)))
    acts = acts_of(NAMES[number], 60 + number, answered=answered, rest=draw(others))
    return Life(draw(st.sampled_from(CHANNELS)), acts, tuple(draw(told_last)))


@st.composite
def histories(draw: st.DrawFn) -> History:
    many = draw(st.integers(1, 3))
    gaps = draw(st.lists(st.sampled_from((0, 0, 0, 0, 1, 2)), min_size=1, max_size=4))
    return History(tuple(draw(lives(number)) for number in range(many)), tuple(gaps))


@pytest.fixture(scope="module")
def world(database_url: str, keys: KeyRing, content: Content, net: Net) -> Iterator[World]:
    world = World(database_url, keys, content, net)
    yield world
    world.close()


def differs(world: World, history: History, seed: int) -> list[str]:
    orderly = world.plays(history)
    return differences(orderly, world.plays(history, chance=random.Random(seed)))


def test_a_history_ends_as_the_orderly_one_however_told(world: World, request: pytest.FixtureRequest) -> None:
    faults = int(request.config.getoption("--faults", default=20))
    wanted = SHORT if faults <= 20 else faults * A_FAULT
    told = 0

    @settings(
        max_examples=wanted,
        derandomize=wanted == SHORT,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(history=histories(), seed=st.integers(0, 10**6))
    def ends_alike(history: History, seed: int) -> None:
        nonlocal told
        told += len(history.lives)
        found = differs(world, history, seed)
        assert not found, "\n".join(found)

    ends_alike()
    print(f"{told} people's histories in {wanted} worlds")


EVERYTHING = History(
    (
        Life(
            "one",
            acts_of(
                *("Ann", 60),
                answered=11,
                rest=(Act("claim"), Act("write", "Hello Ann."), Act("say", "thanks"), Act("back")),
            ),
            ("read", "failed"),
        ),
        Life("two", acts_of("Bob", 61, answered=6, rest=(Act("edit", "Rob"), Act("say", "I want to die")))),
    ),
    (*[0] * 11, 1),
)
"""Something of each kind."""


def test_everything_at_once_ends_as_the_orderly_one(world: World) -> None:
    for seed in range(2):
        assert differs(world, EVERYTHING, seed) == []


def test_a_history_is_played_for_real(world: World) -> None:
    played = world.plays(EVERYTHING)
    ann, bob = played["lives"]
    assert (ann["referrals"], ann["owner"]) == ([["waiting", ["lonely"]]], "bot")
    assert ann["handoffs"][0][0] == "handed_back"
    assert "Hello Ann." in ann["on the phone"]
    assert {"read", "failed"} <= {line[1] for line in ann["story"]}
    assert (bob["alarms"], bob["reasons"]) == (1, ["danger"])
    assert played["counts"]["person"] == 1


A_LITTLE = History(
    (Life("one", acts_of("Ann", 60, answered=3, rest=(Act("say", "back"),)), ("read", "failed")),), (0,)
)


def breaks(found: Any, monkeypatch: pytest.MonkeyPatch, world: World) -> list[str]:
    """Say what is noticed once something that holds histories together is taken away."""
    with monkeypatch.context() as broken:
        broken.setattr(*found)
        return [line for seed in range(5) for line in differs(world, A_LITTLE, seed)]


def test_a_house_that_hears_copies_again_is_found_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def always_new(*_: object) -> str:
        return f"in:{random.random()}"

    found = breaks((memory, "_dedupe", always_new), monkeypatch, world)
    assert any(line.startswith("message: ") for line in found)


def test_a_house_that_takes_receipts_as_they_come_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Level(dict[Any, int]):
        def __getitem__(self, status: Any) -> int:
            return 99

    found = breaks((messages, "RANK", Level(messages.RANK)), monkeypatch, world)
    assert any("story" in line for line in found)
