"""The `waitingroom directory` commands: services near people, brought in, listed and searched."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from api.house import House
from api.in_house import in_house
from bot.nearby import place_line
from bot.words import words_in
from waitingroom import feeds, service_search
from waitingroom.feeds import Feed

directory_cli = typer.Typer(no_args_is_help=True, help="Services near people: bring them in, look for them.")
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
SHOWN_PROBLEMS = 20
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")]


@directory_cli.command("import")
def bring_in(
    source: Annotated[str, typer.Argument(help="An Open Referral UK address (https://...), or a JSON file.")],
    *,
    demo: Demo = False,
) -> None:
    """Bring services in, going on where the last run was cut off. Ends with 1 where a record was left out."""
    from api.directory_feed import source_of
    from api.directory_import import Progress as Step
    from api.directory_import import fits_by, import_feed
    from api.public_web import public_web

    async def work(house: House) -> list[str]:
        with _bar() as bar:
            task = bar.add_task("Services", total=None, taken=0, left_out=0)

            def tell(step: Step) -> None:
                bar.update(task, completed=step.page, total=step.pages, taken=step.taken, left_out=step.left_out)

            async with public_web() as web:
                feed = await import_feed(
                    house.database,
                    source_of(source, web),
                    fits=fits_by(house.desk.service.content),
                    clock=house.clock.now,
                    tell=tell,
                )
        async with house.database.transaction() as session:
            met = await feeds.problems(session, feed_id=feed.id)
        lines = [f"{one.record_id}: {one.reason}" for one in met[:SHOWN_PROBLEMS]]
        more = [f"... and {feed.left_out - len(lines)} more."] if feed.left_out > len(lines) else []
        return [*lines, *more, f"Taken: {feed.taken}. Left out: {feed.left_out}."]

    lines = in_house(work, demo=demo)
    out.print("\n".join(lines), markup=False)
    raise typer.Exit(1 if len(lines) > 1 else 0)


@directory_cli.command("list")
def listed(*, demo: Demo = False) -> None:
    """List the feeds: when each was last brought in, and what could not be taken."""

    async def work(house: House) -> list[str]:
        async with house.database.transaction() as session:
            return [_told(feed) for feed in await feeds.every(session)]

    found = in_house(work, demo=demo)
    out.print("\n".join(found) or "No directory yet: waitingroom directory import https://...", markup=False)


@directory_cli.command("search")
def search(
    words: Annotated[str, typer.Argument(help="What to look for; slips of the keys are forgiven.")] = "",
    near: Annotated[str, typer.Option(help="A postcode or its first half.")] = "",
    need: Annotated[list[str] | None, typer.Option(help="A need, by its key in needs.yaml.")] = None,
    language: Annotated[str, typer.Option(help="A language spoken there.")] = "",
    day: Annotated[int | None, typer.Option(min=1, max=7, help="A day of the week: 1 is Monday.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100)] = 10,
    *,
    free: Annotated[bool, typer.Option("--free", help="Only what is free.")] = False,
    step_free: Annotated[bool, typer.Option("--step-free", help="Only where there are no steps.")] = False,
    demo: Demo = False,
) -> None:
    """Look for services, the best first, with their price and when they were last checked."""

    async def work(house: House) -> list[str]:
        today = house.clock.now().astimezone(house.desk.service.zone).date()
        async with house.database.transaction() as session:
            found = await service_search.search(
                session,
                today=today,
                words=words,
                near=near,
                needs=need or (),
                language=language.capitalize(),
                day=None if day is None else day - 1,
                free_only=free,
                step_free=step_free,
                most=most,
            )
        return [place_line(one, words_in("en")) for one in found]

    out.print("\n".join(in_house(work, demo=demo)) or "Nothing was found.", markup=False)


def _told(feed: Feed) -> str:
    if feed.ended_at is not None:
        state = f"brought in {feed.ended_at:%Y-%m-%d %H:%M}"
    else:
        of = f" of {feed.pages}" if feed.pages else ""
        state = f"cut off after page {feed.page}{of}: import it again to go on"
    return f"{feed.address}  {state}  taken {feed.taken}, left out {feed.left_out}"


def _bar() -> Progress:
    told = TextColumn("page"), TextColumn("taken {task.fields[taken]}, left out {task.fields[left_out]}")
    return Progress(SpinnerColumn(), told[0], MofNCompleteColumn(), BarColumn(), told[1], console=err)
