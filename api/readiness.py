"""Readiness: what must be well before people are sent to a process, and what is only told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from api.house import House
from api.one_look import OneLook
from api.vital import WORKER
from waitingroom import heartbeats, schema
from waitingroom.heartbeats import Alive
from waitingroom.queue import Worker

PATIENCE = 2.0
"""Seconds all of it may take."""
SKEW_TOLD = 5.0
"""Seconds this machine's clock may differ from the database's before it is told."""
SKEW_TOO_MUCH = 120.0
"""Seconds from which times this process writes are wrong enough to do harm: then it serves nobody."""
CLOCK = text("SELECT clock_timestamp()")


@dataclass(frozen=True)
class Seen:
    """What the records said. `skew`: how many seconds the database's clock is ahead of this machine's."""

    fits: bool
    alive: Mapping[str, Alive]
    skew: float


@dataclass
class Report:
    """What was found, by the name of each check. `needed`: the checks without which nobody is sent here."""

    checks: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    needed: set[str] = field(default_factory=set)

    def note(self, name: str, words: str, *, well: bool, needed: bool = True) -> None:
        """Put down one check, with what to say where it is not well."""
        self.checks[name] = well
        if needed:
            self.needed.add(name)
        if not well:
            self.notes.append(words)

    @property
    def ready(self) -> bool:
        """Whether people may be sent here."""
        return all(self.checks[name] for name in self.needed)

    @property
    def shown(self) -> dict[str, Any]:
        """Return it as it is answered: nothing of which machine, which version or whose."""
        status = "not ready" if not self.ready else "ready" if all(self.checks.values()) else "degraded"
        return {"status": status, "checks": self.checks, "notes": self.notes}


class Readiness:
    """Looks whether a process can serve, in two seconds at most, also where the database hangs."""

    def __init__(self, house: House, worker: Worker | None = None) -> None:
        """`worker`: the one in this process, if there is one."""
        self._house = house
        self._worker = worker
        self._look = OneLook(self._seen)

    async def look(self) -> Report:
        """Look now."""
        report = Report()
        try:
            seen = await self._look.within(PATIENCE)
        except Exception as trouble:  # noqa: BLE001 -- whatever it is, this is where it is told
            report.note("database", f"The database does not answer: {type(trouble).__name__}.", well=False)
        else:
            report.note("database", "", well=True)
            self._of_records(report, seen)
        if self._worker is not None:
            self._of_worker(report, self._worker)
        return report

    def _of_records(self, report: Report, seen: Seen) -> None:
        report.note("schema", "The tables do not fit this version: update it, or them.", well=seen.fits)
        if self._worker is None:
            alive = seen.alive.get(WORKER)
            words = "No worker is alive: what people write is kept and answered, but nothing is sent by itself."
            report.note("workers", words, well=alive is not None and alive.alive > 0, needed=False)
        off = abs(seen.skew)
        words = f"The clock of this machine and the database's are {off:.0f} s apart: set them right (NTP)."
        report.note("clock", words, well=off <= SKEW_TOLD, needed=off > SKEW_TOO_MUCH)

    def _of_worker(self, report: Report, worker: Worker) -> None:
        """Look at the worker here: until it first works nobody is sent here; if it stops later, they are."""
        words = "The worker of this process does not work just now."
        report.note("worker", words, well=worker.ready.is_set(), needed=not worker.begun.is_set())

    async def _seen(self) -> Seen:
        async with self._house.at_work.database.transaction() as session:
            standing = await schema.standing(session)
            before = self._now()
            told: datetime = (await session.run(CLOCK)).scalar_one()
            alive = await heartbeats.standing(session) if standing.fits else {}
            return Seen(standing.fits, alive, _skew(before, told, self._now()))

    def _now(self) -> datetime:
        """Tell the real time, also in the demo."""
        return self._house.clock.now() - self._house.clock.ahead()


def _skew(before: datetime, told: datetime, after: datetime) -> float:
    """Say by how much `told` lies outside of the time it was asked in: 0 where it may well be the same."""
    apart = max(before - told, told - after, timedelta(0))
    return apart.total_seconds() if told > after else -apart.total_seconds()
