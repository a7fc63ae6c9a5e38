"""The `waitingroom` command."""

import asyncio
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from api import logs
from api.cli_audit import audit_cli
from api.cli_backup import backup_cli
from api.cli_channels import channels_cli
from api.cli_database import database_cli
from api.cli_directory import directory_cli
from api.cli_doctor import doctor_command
from api.cli_duty import duty_cli
from api.cli_evaluate import readers_cli, safety_cli
from api.cli_groups import groups_cli
from api.cli_hubs import hubs_cli
from api.cli_keys import keys_cli
from api.cli_records import records_cli
from api.cli_search import search_cli
from api.cli_simulate import simulate
from api.cli_staff import staff_cli
from api.house import House
from api.in_house import in_house, kindly
from api.settings import Settings
from content import check
from waitingroom import letters

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
letters_cli = typer.Typer(no_args_is_help=True, help="Messages that never arrived.")
content_cli = typer.Typer(no_args_is_help=True, help="The words.")
flows_cli = typer.Typer(no_args_is_help=True, help="The talks.")
cli.add_typer(keys_cli, name="keys")
cli.add_typer(letters_cli, name="letters")
cli.add_typer(content_cli, name="content")
cli.add_typer(flows_cli, name="flows")
cli.add_typer(channels_cli, name="channels")
cli.add_typer(database_cli, name="database")
cli.add_typer(directory_cli, name="directory")
cli.add_typer(duty_cli, name="duty")
cli.add_typer(groups_cli, name="groups")
cli.add_typer(search_cli, name="search")
cli.add_typer(hubs_cli, name="hubs")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(backup_cli, name="backup")
cli.add_typer(safety_cli, name="safety")
cli.add_typer(readers_cli, name="readers")
cli.add_typer(records_cli, name="records")
cli.add_typer(staff_cli, name="staff")
cli.command()(simulate)
cli.command("doctor")(doctor_command)
R = TypeVar("R")
out = Console(highlight=False, soft_wrap=True)

Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and clock.")]


@cli.command()
def demo(
    *,
    port: Annotated[int, typer.Option(help="The port to serve on, this machine only.")] = 8000,
    check: Annotated[bool, typer.Option("--check", help="Walk the whole main job over HTTP, then end.")] = False,
    days_pass: Annotated[int, typer.Option(min=0, help="Move the demo's clock on, and send what falls due.")] = 0,
) -> None:
    """Open a waiting room full of made-up people on this machine: no keys, no accounts, no servers."""
    from api import demo as demonstration
    from api.check import walk

    settings = Settings().model_copy(update={"host": "127.0.0.1", "port": port, "secure_cookies": False})
    logs.begin()
    with kindly():
        if check:
            raise typer.Exit(walk(settings, out.print))
        if days_pass:
            uvloop.run(demonstration.let_days_pass(settings, days_pass, out.print))
            return
        uvloop.run(demonstration.serve(settings, out.print))


@cli.command()
def serve() -> None:
    """Serve everything in one process: web and worker, on the embedded database unless DATABASE_URL names one."""
    _serve(work=True)


@cli.command()
def web() -> None:
    """Serve the web alone; a worker runs elsewhere."""
    _serve(work=False)


@cli.command()
def work() -> None:
    """Deliver messages and run what is due, alone."""
    from api.work import run_worker

    logs.begin()
    with kindly():
        uvloop.run(run_worker(Settings()))


@cli.command("telegram-poll")
def telegram_poll() -> None:
    """Ask Telegram for messages, where it cannot reach this machine. The web or `work` runs beside it."""
    from api.side_door import side_door
    from api.telegram_poll import poll
    from api.vital import POLL, beating
    from bot.channels.channel import TroubleError

    async def ask(house: House) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(told, stop.set)
        async with side_door(house), beating(house.at_work.database, POLL):
            await poll(house, stop=stop)

    logs.begin()
    try:
        in_house(ask, demo=False)
    except TroubleError as trouble:
        Console(stderr=True, highlight=False, soft_wrap=True).print((type(trouble).__doc__ or "").strip())
        raise typer.Exit(2) from None


@cli.command()
def talk(
    script: Annotated[Path | None, typer.Option(help="Say the lines of this file, and print the talk.")] = None,
    name: Annotated[str, typer.Option(help="Whose talk this is: the same name goes on where it stopped.")] = "me",
) -> None:
    """Talk to the bot here in the terminal, on the demo's records."""
    from api.talk import talk_here

    logs.begin()
    with kindly():
        uvloop.run(talk_here(Settings(), script, name, out.print))


@letters_cli.command("list")
def letters_list(*, demo: Demo = False) -> None:
    """List dead letters, and what came in and could not be read (raw). Nothing they say."""

    async def listed(house: House) -> list[str]:
        async with house.database.transaction() as session:
            return [
                f"{letter.id}  {letter.created_at:%Y-%m-%d %H:%M}  {letter.status}  "
                f"tries {letter.attempts}  {letter.problem or '-'}  conversation {letter.conversation_id}"
                for letter in await letters.dead(session)
            ] + [
                f"raw {one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.channel}  {one.problem}"
                for one in await letters.raw(session)
            ]

    found = in_house(listed, demo=demo)
    out.print("\n".join(found) if found else "No dead letters.")


@letters_cli.command("retry")
def letters_retry(number: int, *, demo: Demo = False) -> None:
    """Send a dead letter again, its tries counted afresh."""

    async def again(house: House) -> str:
        async with house.database.transaction() as session:
            letter = await letters.retry(session, letter=number, now=house.clock.now())
            return f"Letter {letter.id} is queued again."

    out.print(in_house(again, demo=demo))


@letters_cli.command("show")
def letters_show(number: int, *, demo: Demo = False) -> None:
    """Show a raw letter as it came in. It may hold a person's words: look only where you must."""

    async def opened(house: House) -> str:
        async with house.database.transaction() as session:
            return await letters.open_raw(session, letter=number)

    out.print(in_house(opened, demo=demo), markup=False)


@letters_cli.command("done")
def letters_done(number: int, *, demo: Demo = False) -> None:
    """Delete a raw letter that a person has looked at."""

    async def deleted(house: House) -> None:
        async with house.database.transaction() as session:
            await letters.done(session, letter=number)

    in_house(deleted, demo=demo)
    out.print(f"Raw letter {number} is deleted.")


@content_cli.command("check")
def content_check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of content; without it, the product's own.")
    ] = None,
) -> None:
    """Check every word: mistakes, stale numbers, texts that are too long. Ends with 1 where there is anything."""
    problems = check(folder, today=datetime.now(UTC).date(), measures=Settings().measures)
    for problem in problems:
        out.print(f"{problem.file}:{problem.line}: {problem.message}. {problem.remedy}.", markup=False)
    out.print("The content is in order." if not problems else f"{len(problems)} to mend.")
    raise typer.Exit(1 if problems else 0)


@flows_cli.command("draw")
def flows_draw(
    to: Annotated[Path, typer.Argument(help="The page to write.")] = Path("docs/flows.md"),
) -> None:
    """Explore every talk and draw what it does."""
    from bot.journeys_map import draw_all

    with kindly():
        to.write_text(draw_all())
    out.print(f"Drawn in {to}.")


@flows_cli.command("cost")
def flows_cost(
    channels: Annotated[list[str] | None, typer.Option("--channel", help="Only these channels.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Every path, as JSON.")] = False,
) -> None:
    """Count what each way through each talk takes: messages in and out, and parts charged as texts."""
    from bot.journeys_cost import cost_rows
    from bot.layout import LAYOUTS

    rows = cost_rows(tuple(channels or LAYOUTS))
    if as_json:
        out.print_json(data=rows)
        return
    out.print("The dearest and the cheapest way through each talk, and first the shortest referral:")
    for row in _ends(rows):
        counts = f"in {row['inbound']:2}  out {row['outbound']:2}  parts {row['segments']:2}"
        out.print(f"{row['channel']:9} {row['language']:3} {row['flow']:18} {counts}  {row['path']}", markup=False)


def _ends(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the first row of each channel and language, then the cheapest and the dearest of each talk."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    first: set[tuple[str, str]] = set()
    for row in rows:
        if (row["channel"], row["language"]) not in first:
            first.add((row["channel"], row["language"]))
            yield row
            continue
        groups.setdefault((row["channel"], row["language"], row["flow"]), []).append(row)
    for found in groups.values():
        ranked = sorted(found, key=lambda row: row["segments"])
        yield ranked[0]
        if len(ranked) > 1:
            yield ranked[-1]


def main() -> None:
    """Run the command."""
    cli()


def _serve(*, work: bool) -> None:
    from api.work import run_web

    logs.begin()
    with kindly():
        uvloop.run(run_web(Settings(), work=work))
