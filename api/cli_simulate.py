"""`waitingroom simulate`: a service of made-up people through weeks of simulated time."""

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import Progress

from api import logs
from api.house import open_house
from api.in_house import kindly
from api.made_up.link_workers import LinkWorkers
from api.made_up.picture import drawn, summed_up
from api.made_up.post_box import PostBox
from api.made_up.tally import Tally, count
from api.made_up.weeks import Weeks
from api.settings import Settings
from bot.channels.channel import Channel
from bot.channels.webchat import WebChat
from waitingroom import postgres

MONDAY = datetime(2027, 1, 4, 7, tzinfo=UTC)
"""The first morning of every simulated service, so that a run can be had again."""


def simulate(
    people: Annotated[int, typer.Option(min=1, max=100_000, help="How many come in all these weeks.")] = 500,
    weeks: Annotated[int, typer.Option(min=1, max=260, help="How many weeks pass.")] = 12,
    link_workers: Annotated[int, typer.Option(min=1, max=50, help="How many link workers there are.")] = 4,
    starts: Annotated[
        float, typer.Option(min=0.1, help="People each link worker begins to support in a week.")
    ] = 6.0,
    pence: Annotated[float, typer.Option(min=0, help="What one part of a text message costs, in pence.")] = 4.0,
    seed: Annotated[int, typer.Option(help="The same number gives the same town.")] = 1,
    picture: Annotated[Path, typer.Option(help="Where the picture is written, as SVG.")] = Path("simulated.svg"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run a whole service of made-up people in simulated time, on records of its own that are gone afterwards."""
    logs.begin()
    with kindly(), tempfile.TemporaryDirectory(prefix="waitingroom-simulated-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        settings = Settings().model_copy(update={"data": home, "database_url": None})
        try:
            tally = uvloop.run(_run(settings, people, weeks, link_workers, starts, pence, seed))
        finally:
            postgres.stop(home / "postgres")
    title = f"{people} people, {weeks} weeks, {link_workers} link workers"
    picture.write_text(drawn(tally, title=title), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(tally.told(), indent=1))
        return
    for line in summed_up(tally):
        typer.echo(line)
    typer.echo(f"The picture is in {picture}.")


async def _run(
    settings: Settings, people: int, weeks: int, link_workers: int, starts: float, pence: float, seed: int
) -> Tally:
    channels: dict[str, Channel] = {channel.name: channel for channel in (WebChat(), PostBox())}
    chance = Random(seed)  # noqa: S311 -- made-up people, the same every time
    async with open_house(settings, demo=True, channels=channels) as house:
        desk = replace(house.at_work, courier=None)
        workers = LinkWorkers(desk, chance, starts)
        await workers.begin(link_workers, now=MONDAY)
        town = Weeks(desk, chance, MONDAY, workers)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=weeks * 7)

            def told(so_far: Weeks, _ends: datetime) -> None:
                progress.update(
                    task,
                    completed=(so_far.now - MONDAY) // timedelta(days=1),
                    description=f"{so_far.now:%d %B}: {len(so_far.people)} came, {so_far.answered} answers",
                )

            await town.pass_by(weeks=weeks, people=people, told=told)
        async with desk.database.transaction() as session:
            return await count(session, begins=MONDAY, weeks=weeks, pence=pence)
