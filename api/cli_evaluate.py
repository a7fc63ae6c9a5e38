"""The commands that measure: how well danger is heard, and how well people's answers are read."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from api.clock import Clock
from bot.measuring import LABELS, NetScore, Row, RowError, read_rows, score_net
from bot.measuring_readers import OUTCOMES, ReadersScore, score_readers
from bot.safety import Net
from content import ContentError, load

safety_cli = typer.Typer(no_args_is_help=True, help="The net that hears danger.")
readers_cli = typer.Typer(no_args_is_help=True, help="How people's answers are read.")
out = Console(highlight=False, soft_wrap=True)

FileToMeasure = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON lines.")]
AsJson = Annotated[bool, typer.Option("--json", help="The figures as JSON.")]
Worst = Annotated[int, typer.Option(min=0, help="How many misses to name.")]
Show = Annotated[bool, typer.Option("--show", help="Print the texts too. Only where nobody else can read them.")]


@safety_cli.command("evaluate")
def safety_evaluate(
    file: FileToMeasure, *, as_json: AsJson = False, worst: Worst = 20, show: Show = False
) -> None:
    """Score the net on labelled texts.

    Each line is {"text": ..., "label": "risk" | "distress" | "no_risk"}, and if you like "id", "kind" and "lang".
    Recall is the share of risk that alarms; precision the share of risk among the alarms, distress left out.
    Misses are named by id, the furthest from being heard first. A line that cannot be read ends it with 2.
    """
    rows = _rows(file)
    try:
        score = score_net(rows, Net(load().safety))
    except (RowError, ContentError) as mistake:
        _stop(file, mistake)
    _print(score.shown(worst=worst), _net_lines(score, worst, show=show), as_json=as_json)


@readers_cli.command("evaluate")
def readers_evaluate(
    file: FileToMeasure,
    *,
    as_json: AsJson = False,
    worst: Worst = 20,
    show: Show = False,
    today: Annotated[str | None, typer.Option(help="The day dates are read on, YYYY-MM-DD; today.")] = None,
) -> None:
    """Score the readers on answers that are labelled with what they mean.

    Each line is {"text": ..., "label": ..., "kind": ...}. The label of a yes_no is yes, no, unsure or other (the
    last two rightly ask again; it is the kind where there is none); of an opt_out true or false; of a number the
    number; of a date YYYY-MM-DD; of a phone +44...; of a postcode the postcode. null or "" stands for none of
    these. An answer that is not understood is "asked again"; yes read as no, or no as yes, is the wrong way round.
    """
    rows = _rows(file)
    try:
        day = date.fromisoformat(today) if today else Clock().now().date()
        score = score_readers(rows, today=day)
    except (RowError, ValueError) as mistake:
        _stop(file, mistake)
    _print(score.shown(worst=worst), _reader_lines(score, worst, show=show), as_json=as_json)


def _rows(file: Path) -> list[Row]:
    try:
        return read_rows(file.read_text(encoding="utf-8").splitlines())
    except (RowError, UnicodeDecodeError, OSError) as mistake:
        _stop(file, mistake)


def _stop(file: Path, mistake: Exception) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"{file}: {mistake}", style="bold", markup=False)
    raise typer.Exit(2)


def _print(shown: dict[str, Any], lines: Iterator[str], *, as_json: bool) -> None:
    if as_json:
        out.print_json(data=shown)
        return
    for line in lines:
        out.print(line, markup=False)


def _net_lines(score: NetScore, worst: int, *, show: bool) -> Iterator[str]:
    yield f"Net of {score.version}"
    yield f"recall     {_share(score.risk.share)}  {score.risk.heard} of {score.risk.of} that mean risk"
    yield f"precision  {_share(score.precision)}  of risk among alarms, distress left out"
    yield f"for nothing {score.no_risk.heard} of {score.no_risk.of} that do not"
    yield f"distress   {score.distress.heard} of {score.distress.of} heard too"
    yield f"{score.by_second_ear} of all alarms by the second ear alone"
    for title, tables in (("kind", score.kinds), ("language", score.languages)):
        for name, table in sorted(tables.items()):
            counted = ", ".join(
                f"{label} {table[label].heard}/{table[label].of}" for label in LABELS if label in table
            )
            yield f"{title} {name}: {counted}"
    for title, rows in (("missed", score.misses), ("for nothing", score.false_alarms)):
        for row in rows[:worst]:
            yield f"{title} {row.name}{_text(row.text, show=show)}"


def _reader_lines(score: ReadersScore, worst: int, *, show: bool) -> Iterator[str]:
    shown = score.shown(worst=worst)
    for kind, table in shown["kinds"].items():
        counted = ", ".join(f"{outcome.replace('_', ' ')} {table[outcome]}" for outcome in OUTCOMES)
        yield f"{kind}: right {_share(table['right_share'])} of {table['of']} ({counted})"
    texts = {row.name: row.text for row, _ in score.misses}
    for miss in shown["misses"]:
        named = f"{miss['outcome'].replace('_', ' ')} {miss['id']}"
        yield f"{named}{_text(texts[miss['id']], show=show)}"


def _text(text: str, *, show: bool) -> str:
    return f": {text}" if show else ""


def _share(share: float | None) -> str:
    return "  -  " if share is None else f"{share:.3f}"
