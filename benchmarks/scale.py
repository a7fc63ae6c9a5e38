"""Scale: what gives way first as a service grows from ten thousand people to ten million, on a simulated Monday.

    python -m benchmarks.scale [--people 10000 100000 1000000 10000000] [--json]

No database is needed: a day is gone through minute by minute, with people, texts, pages and changes arriving by
chance as often as `Habits` says, and each costing what the other benchmarks measured (`Costs`, with where each is
from). The peer of each setup is the next larger one, in the same run. docs/scale.md says what follows from it.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

MINUTES = 24 * 60
BUSY = 0.7
"""Above this share of its time in the busiest hour, a part is called full."""


@dataclass(frozen=True)
class Costs:
    """What things cost, in milliseconds of one core, or bytes; and where that was measured."""

    turn_web: float = 1.6
    """a turn over a webhook, server (docs/benchmarks.md, a talk over Telegram)"""
    turn_postgres: float = 1.0
    send_worker: float = 2.0
    """a letter of a worker (benchmarks.workers)"""
    send_postgres: float = 1.9
    step_worker: float = 10.0
    """one message of the programme, from finding who is due to the outbox (benchmarks.sweep)"""
    step_postgres: float = 4.0
    queue_web: float = 13.0
    """the queue drawn for one page (benchmarks.live_pages)"""
    queue_postgres: float = 4.0
    count_postgres: float = 0.0014
    """more for each hand-off that is open and has to be counted (benchmarks.console, 40 ms among 16,000)"""
    person_web: float = 11.0
    """a person's page (benchmarks.console)"""
    person_postgres: float = 4.0
    bytes_person: int = 17_000
    """a person with twenty messages and all that hangs on them, with indexes"""


@dataclass(frozen=True)
class Habits:
    """How people and staff behave. Assumptions: set your own."""

    years_kept: float = 2.0
    """half of those on record came within the last year"""
    messages: int = 20
    """that one person writes in all"""
    monday: float = 1.5
    """how much more there is on the worst day than on any"""
    answers: float = 1.15
    """messages out for each that came in"""
    parts: float = 1.57
    """of a text (`waitingroom flows cost`: 11 parts for 7 answers)"""
    by_text: float = 0.45
    waiting: float = 0.12
    """of those on record; each is sent something once a week"""
    open_handoffs: float = 0.16
    a_link_worker: int = 250
    """people a year (Surrey Training Hub, Social Prescriber: 200 to 250)"""
    at_work: float = 0.6
    pages_an_hour: float = 40.0
    changes: float = 6.0
    """of the queue for each person who comes: raised, picked up, given back, ended"""
    a_hub: int = 50_000
    """people on record in one hub"""
    news: float = 0.001
    """of all on record, so many new people write within a quarter of an hour after the evening news"""
    news_messages: int = 10


HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 8, 7, 6, 6, 6, 7, 8, 9, 9, 7, 5, 3, 2)
"""When people write, by the hour."""
NEWS_AT, NEWS_LASTS = 22 * 60, 15


@dataclass(frozen=True)
class Setup:
    """What the service runs on. `text_parts`: parts of texts a second, of all its numbers together."""

    name: str
    web: int = 1
    work: int = 1
    postgres_cores: int = 2
    text_parts: float = 1.0
    told_by_hub: bool = True
    """a page of the queue is told of its own hub's changes only"""
    counted_by_hub: bool = False
    """the tabs count the hand-offs of one hub only"""
    services: int = 1
    """separate ones, each with its share of the people, a database and a domain of its own"""


SETUPS = (
    Setup("one small server"),
    Setup("two web, two work, a number pool", web=2, work=2, postgres_cores=4, text_parts=10),
    Setup("and tabs counted by hub", web=4, work=2, postgres_cores=8, text_parts=40, counted_by_hub=True),
    Setup(
        "one service a region, ten of them",
        web=4,
        work=2,
        postgres_cores=8,
        text_parts=40,
        counted_by_hub=True,
        services=10,
    ),
)


@dataclass(frozen=True)
class Part:
    """How one part of a setup fared: its busiest hour, and how long the longest wait for it was, in seconds."""

    busiest: float
    longest: float


@dataclass(frozen=True)
class Day:
    """One simulated day of one setup; `disk`: gigabytes, `link_workers`: people it takes."""

    people: int
    setup: str
    parts: Mapping[str, Part]
    disk: float
    link_workers: int

    @property
    def first(self) -> str:
        """Name the part that is nearest to its end."""
        return max(self.parts, key=lambda name: self.parts[name].busiest)


def simulate(
    people: int, setup: Setup, *, costs: Costs = Costs(), habits: Habits = Habits(), seed: int = 1
) -> Day:
    """Go through one worst Monday of one service; where there are several, of one of them."""
    chance, share = Random(seed), people / setup.services
    room = {
        "web": setup.web * 60_000.0,
        "workers": setup.work * 60_000.0,
        "PostgreSQL": setup.postgres_cores * 60_000.0,
        "numbers for texts": setup.text_parts * 60.0,
    }
    behind, longest = dict.fromkeys(room, 0.0), dict.fromkeys(room, 0.0)
    asked: dict[str, list[float]] = {name: [] for name in room}
    for minute in range(MINUTES):
        for name, work in _minute(share, minute, setup, costs, habits, chance).items():
            asked[name].append(work)
            behind[name] = max(0.0, behind[name] + work - room[name])
            longest[name] = max(longest[name], behind[name] / room[name] * 60)
    parts = {name: Part(_busiest_hour(asked[name]) / (60 * room[name]), longest[name]) for name in room}
    workers = math.ceil(people / habits.years_kept / habits.a_link_worker)
    return Day(people, setup.name, parts, share * costs.bytes_person / 1e9, workers)


def _minute(
    people: float, minute: int, setup: Setup, costs: Costs, habits: Habits, chance: Random
) -> dict[str, float]:
    """Say what one minute asks of each part: milliseconds of a core, and parts of texts."""
    now = HOURS[minute // 60] / sum(HOURS) / 60
    come = people / (365 * habits.years_kept) * habits.monday
    newcomers = people * habits.news / NEWS_LASTS if 0 <= minute - NEWS_AT < NEWS_LASTS else 0.0
    heard = _by_chance(come * habits.messages * now + newcomers * habits.news_messages, chance)
    awake = 9 <= minute // 60 < 20
    steps = _by_chance(people * habits.waiting / 7 / (11 * 60) if awake else 0.0, chance)
    sent = heard * habits.answers + steps
    opened, drawn = _pages(people, minute, come * now + newcomers, setup, habits, chance)
    counted = people * habits.open_handoffs / (max(1.0, people / habits.a_hub) if setup.counted_by_hub else 1)
    queue = costs.queue_postgres + counted * costs.count_postgres
    return {
        "web": heard * costs.turn_web + opened * costs.person_web + drawn * costs.queue_web,
        "workers": sent * costs.send_worker + steps * costs.step_worker,
        "PostgreSQL": heard * costs.turn_postgres
        + sent * costs.send_postgres
        + steps * costs.step_postgres
        + opened * costs.person_postgres
        + drawn * queue,
        "numbers for texts": sent * habits.by_text * habits.parts,
    }


def _pages(
    people: float, minute: int, come: float, setup: Setup, habits: Habits, chance: Random
) -> tuple[int, int]:
    """Say how many people's pages staff open in a minute, and how many pages of the queue are drawn anew."""
    if not 9 <= minute // 60 < 17:
        return 0, 0
    staff = people / habits.years_kept / habits.a_link_worker * habits.at_work
    hubs = max(1.0, people / habits.a_hub) if setup.told_by_hub else 1.0
    opened = _by_chance(staff * habits.pages_an_hour / 60, chance)
    # a page looks at most once in 0.9 seconds, however much changes
    looks = min(come * habits.changes / hubs, 60 / 0.9)
    return opened, _by_chance(staff * looks, chance)


def _by_chance(mean: float, chance: Random) -> int:
    """Draw how many come where so many are expected (Poisson; a normal curve where they are many)."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean)
    product = chance.random()
    while product > left:
        count, product = count + 1, product * chance.random()
    return count


def _busiest_hour(asked: Sequence[float]) -> float:
    return max(sum(asked[begins : begins + 60]) for begins in range(len(asked) - 59))


def first_that_bears(people: int) -> Day:
    """Find the smallest setup where nothing is full, or the largest there is."""
    days = [simulate(people, setup) for setup in SETUPS]
    return next((day for day in days if all(part.busiest <= BUSY for part in day.parts.values())), days[-1])


def main() -> None:
    """Simulate, and print two tables, or JSON."""
    words = argparse.ArgumentParser(description="What gives way first as a service grows.")
    words.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    days = [simulate(people, setup) for people in told.people for setup in SETUPS]
    if told.json:
        json.dump([asdict(day) | {"first": day.first} for day in days], sys.stdout, indent=1)
        return
    print("\n".join(_table(days)))
    untold = [(simulate(people, replace(SETUPS[1], told_by_hub=False)), people) for people in told.people]
    print("\nWere every page told of every hub's changes, on the second setup the web's busiest hour would be at")
    print(", ".join(f"{day.parts['web'].busiest:.0%} with {people:,}" for day, people in untold) + ".")


def _table(days: Sequence[Day]) -> Iterator[str]:
    names = list(days[0].parts)
    yield f"| people | setup | {' | '.join(names)} | longest wait s | nearest its end | GB | link workers |"
    yield "|---|---|" + "---|" * (len(names) + 4)
    for day in days:
        busiest = " | ".join(f"{day.parts[name].busiest:.0%}" for name in names)
        most = max(day.parts.values(), key=lambda part: part.longest)
        waits = f"{most.longest:,.0f} ({next(name for name in names if day.parts[name] is most)})"
        yield (
            f"| {day.people:,} | {day.setup} | {busiest} | {waits if most.longest >= 1 else '0'} | {day.first} | "
            f"{day.disk:,.1f} | {day.link_workers:,} |"
        )


if __name__ == "__main__":
    main()
