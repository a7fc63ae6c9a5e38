"""The picture of a made-up service: who came, how long they waited, what was sent, who was heard, what it cost."""

from api import charts
from api.charts import Chart, Row
from api.made_up.tally import Tally


def drawn(tally: Tally, *, title: str) -> str:
    """Draw a tally as one SVG file."""
    weeks = [week.begins_on for week in tally.weeks]
    came = Chart(
        "Who came, and who was spoken with",
        "people a week",
        weeks,
        [
            Row("came", [week.came for week in tally.weeks]),
            Row("first spoken with", [week.contacted for week in tally.weeks]),
        ],
    )
    waiting = Chart(
        "Waiting at the end of each week",
        "people",
        weeks,
        [Row("waiting", [week.waiting for week in tally.weeks])],
    )
    waited = Chart(
        "How long those spoken with had waited",
        "weeks, the middle one",
        weeks,
        [Row("weeks", [round(week.waited, 1) if week.waited is not None else None for week in tally.weeks])],
    )
    sent = Chart(
        "What was said",
        "messages a week",
        weeks,
        [
            Row("by people", [week.from_people for week in tally.weeks]),
            Row("in answer", [week.asked_for for week in tally.weeks]),
            Row("unasked", [week.unasked for week in tally.weeks]),
            Row("by link workers", [week.by_staff for week in tally.weeks]),
        ],
    )
    pictures = (charts.bars(came), charts.lines(waiting), charts.lines(waited), charts.stacked(sent))
    return charts.sheet(title, summed_up(tally), pictures)


def summed_up(tally: Tally) -> list[str]:
    """Say in a few lines what came of it all."""
    middle = f"{tally.median_wait:.1f}" if tally.median_wait is not None else "?"
    most = f"{tally.ninetieth_wait:.1f}" if tally.ninetieth_wait is not None else "?"
    return [
        f"{tally.came} people came. {tally.contacted} were spoken with, {tally.waiting} wait, "
        f"{tally.left} left before.",
        f"Half of those spoken with had waited {middle} weeks or less, nine in ten {most} or less.",
        f"Danger was heard {tally.alarms} times. {tally.getting_worse} said that things are worse. "
        f"{tally.silent} fell silent and were handed to a person. {tally.stopped} said STOP.",
        f"{tally.messages:,} messages, {tally.parts:,} parts of text messages: £{tally.pounds:,.2f}.",
    ]
