"""Watching: what is counted and traced of a turn and of a sending. Of neither is anything kept that was said."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from opentelemetry.trace import Span, SpanKind

from api import metrics
from api.telemetry import Traces
from bot.channels.channel import name_of
from bot.delivery import Watch
from bot.messages import Arrival, Inbound, Receipt, Unreadable
from bot.turn import Turn
from waitingroom.outbox import Letter

FAILED, ANSWERED, HEARD_BEFORE, UNREADABLE = "failed", "answered", "heard_before", "unreadable"
CUT_OFF = "CutOff"


class Taking:
    """One turn as it is watched: until it is told otherwise it failed, and its provider will bring it again."""

    def __init__(self, span: Span) -> None:
        """Take the span to say the ids in."""
        self._span = span
        self.outcome = FAILED

    def took(self, turn: Turn | None) -> None:
        """Note what came of it."""
        if turn is None:
            return
        self.outcome = HEARD_BEFORE if turn.heard_before else ANSWERED
        self._span.set_attribute("waitingroom.conversation_id", str(turn.conversation_id))
        if turn.message_id is not None:
            self._span.set_attribute("waitingroom.message_id", turn.message_id)

    def could_not_be_taken(self) -> None:
        """Note that it is kept as it came, for a person to look at."""
        self.outcome = UNREADABLE


@contextmanager
def turn(traces: Traces, channel: str) -> Iterator[Taking]:
    """Count and trace a turn."""
    with traces.span("turn", channel=channel) as span, metrics.timed(metrics.TURN_SECONDS, channel):
        taking = Taking(span)
        try:
            yield taking
        finally:
            metrics.TURNS.labels(channel, taking.outcome).inc()
            span.set_attribute("waitingroom.outcome", taking.outcome)


@contextmanager
def arrival(traces: Traces, came: Arrival) -> Iterator[Taking]:
    """Count whatever came in by a channel; a message is a turn."""
    if isinstance(came, Inbound):
        with turn(traces, came.channel) as taking:
            yield taking
        return
    with traces.span("arrival", channel=came.channel) as span:
        yield Taking(span)
    if isinstance(came, Receipt):
        metrics.RECEIPTS.labels(came.channel, came.status.value).inc()
    if isinstance(came, Unreadable):
        metrics.TURNS.labels(came.channel, UNREADABLE).inc()


def sends(traces: Traces, clock: Callable[[], datetime]) -> Watch:
    """Return what counts and traces each letter while it is with its provider."""

    def watch(letter: Letter) -> AbstractContextManager[object]:
        return _sending(traces, letter, clock)

    return watch


@contextmanager
def _sending(traces: Traces, letter: Letter, clock: Callable[[], datetime]) -> Iterator[None]:
    outcome = CUT_OFF
    with traces.span(
        "send",
        SpanKind.CLIENT,
        channel=letter.channel,
        message_id=letter.message_id,
        contact_id=str(letter.contact_id),
        attempt=letter.attempts,
    ) as span:
        try:
            with metrics.timed(metrics.PROVIDER_SECONDS, letter.channel):
                yield
            waited = (clock() - (letter.queued_at or letter.heard_at)).total_seconds()
            metrics.SEND_SECONDS.labels(letter.channel).observe(max(waited, 0.0))
            outcome = metrics.TAKEN
        except Exception as trouble:
            outcome = name_of(type(trouble))
            raise
        finally:
            metrics.SENDS.labels(letter.channel, outcome).inc()
            span.set_attribute("waitingroom.outcome", outcome)
