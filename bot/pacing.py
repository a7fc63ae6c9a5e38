"""Pacing: when the programme may next write to one person, by what they asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from content import Step
from waitingroom.looks import Look
from waitingroom.programme import Due, Tempo, next_due, next_waking
from waitingroom.waiting import Waiting

SPREAD = 150
"""Minutes over which one step's messages are spread: a thousand people are not written to at one moment."""
APART = timedelta(hours=20)
"""Two steps of the programme never come closer together, even when one was late."""
FAR_APART = timedelta(days=6, hours=20)
"""The same for whoever wants to hear from us less."""


@dataclass(frozen=True)
class Pacing:
    """One person's place in the programme, what is known of them, and the zone they live in."""

    place: Waiting
    known: Look
    zone: ZoneInfo

    def next_due(self, steps: Sequence[Step], sent: Collection[str], now: datetime) -> Due[Step] | None:
        """Say what comes next, at the tempo and in the hours they chose, spread over some minutes."""
        return next_due(
            steps,
            joined_at=self.place.joined_at,
            sent=sent,
            now=now,
            zone=self.zone,
            hours=self.known.hours,
            tempo=self.place.tempo or Tempo.USUAL,
            spread=timedelta(minutes=self.place.referral_id.int % SPREAD),
        )

    def safe(self, at: datetime) -> datetime:
        """Return a moment, or the next that is safe for them."""
        return next_waking(at, self.zone, self.known.hours)

    def after(self, at: datetime) -> datetime:
        """Say when the next step may come at the soonest after one that went at `at`."""
        return self.safe(at + (FAR_APART if self.place.tempo is Tempo.LESS else APART))

    def not_before(self) -> datetime | None:
        """Say before when nothing may come, by what went last; None where nothing has."""
        last = self.known.last_unasked()
        return self.after(last) if last else None
