"""Report charts: a table drawn in SVG, with a title, a description, and figures beside the bars.

Colours come from the page's own style, so that they turn with dark mode and print; no chart is read by colour:
each bar has its figure beside it, parts of a bar have patterns of their own, and the table stands right below.
"""

from collections.abc import Sequence
from html import escape

from api.charts import round_up
from api.reports import FigureTold, LineTold, TableTold

WIDTH, LABELS, FIGURES = 640, 240, 70
"""Units of the picture: how wide it is, and of that the words on the left and the figures on the right."""
STEP, BAR = 28, 18
LETTERS = 38
"""How many letters of a label fit."""
HIGH, LEFT, BOTTOM, TOP = 220, 44, 40, 14
PATTERNS = 4


def drawn(table: TableTold, kind: str, columns: int = 1) -> str:
    """Draw the first `columns` of a table: `bars`, `stacked` or `lines`; nothing where there is nothing."""
    lines = [line for line in table.lines if any(one.value is not None for one in line.figures[:columns])]
    if not lines or not kind:
        return ""
    if kind == "lines":
        return _svg(table, HIGH, _line(table.lines))
    key = _key(table.key, table.heads[:columns]) if columns > 1 else ""
    top = 26 if key else 0
    most = _most(table.lines, columns)
    shown = [_bar(table.key, line, most, columns, top + at * STEP) for at, line in enumerate(table.lines)]
    return _svg(table, top + STEP * len(table.lines) + 4, "".join((key, *shown)))


def _svg(table: TableTold, high: float, inside: str) -> str:
    told = "; ".join(f"{line.label}: {line.figures[0].in_words}" for line in table.lines)
    name = f"chart-{table.key}"
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {high}" role="img" aria-labelledby="{name}-title {name}-words">'
        f'<title id="{name}-title">{escape(table.title)}</title>'
        f'<desc id="{name}-words">{escape(f"{table.heads[0]}. {told}")}</desc>{_patterns(table.key)}{inside}</svg>'
    )


def _patterns(key: str) -> str:
    """Define what fills the parts of a bar: plain, slanted, dotted, upright; told apart without any colour."""
    ways = ("", '<path d="M0 8L8 0"/>', '<circle cx="4" cy="4" r="1.6"/>', '<path d="M4 0V8"/>')
    return "<defs>{}</defs>".format(
        "".join(
            f'<pattern id="{key}-{at}" class="part{at}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8"/>{way}</pattern>'
            for at, way in enumerate(ways)
        )
    )


def _bar(key: str, line: LineTold, most: float, columns: int, y: float) -> str:
    room = WIDTH - LABELS - FIGURES
    words = line.label if len(line.label) <= LETTERS else f"{line.label[: LETTERS - 3]}..."
    told = [f'<text x="{LABELS - 8}" y="{y + 17:.0f}" text-anchor="end">{escape(words)}</text>']
    x = float(LABELS)
    figures = line.figures[:columns]
    for at, one in enumerate(figures):
        wide = max(one.value or 0, 0) / most * room
        fill = f' fill="url(#{key}-{at})"' if columns > 1 else ""
        told.append(
            f'<rect class="bar part{at}" x="{x:.1f}" y="{y + 4:.0f}" width="{wide:.1f}" height="{BAR}"{fill}/>'
        )
        x += wide
    told.append(f'<text x="{x + 6:.1f}" y="{y + 17:.0f}">{escape(_sum(figures))}</text>')
    return "".join(told)


def _sum(figures: Sequence[FigureTold]) -> str:
    if len(figures) == 1 or any(one.value is None for one in figures):
        return figures[0].in_words
    return f"{sum(one.value or 0 for one in figures):,.0f}"


def _line(lines: Sequence[LineTold]) -> str:
    """Draw one figure over time: points with their figures, the line broken where one is not told."""
    top = round_up(max((line.figures[0].value or 0 for line in lines), default=0))
    wide = (WIDTH - LEFT - 10) / max(1, len(lines))
    told, pen, path = [], "M", ""
    every = max(1, len(lines) // 9 + 1)
    for at, line in enumerate(lines):
        x, one = LEFT + (at + 0.5) * wide, line.figures[0]
        if at % every == 0:
            told.append(f'<text x="{x:.1f}" y="{HIGH - 14}" text-anchor="middle">{escape(line.label)}</text>')
        if one.value is None:
            pen = "M"
            continue
        y = HIGH - BOTTOM - one.value / top * (HIGH - BOTTOM - TOP - 16)
        path += f"{pen}{x:.1f} {y:.1f}"
        pen = "L"
        told.append(
            f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{escape(one.in_words)}</text>'
        )
    axis = f'<path class="axis" d="M{LEFT} {HIGH - BOTTOM}H{WIDTH - 10}"/>'
    return f'{axis}<path class="line" d="{path}"/>{"".join(told)}'


def _key(key: str, heads: Sequence[str]) -> str:
    told, x = [], 0.0
    for at, head in enumerate(heads[:PATTERNS]):
        told.append(
            f'<rect class="bar part{at}" x="{x:.0f}" y="2" width="14" height="14" fill="url(#{key}-{at})"/>'
            f'<text x="{x + 20:.0f}" y="14">{escape(head)}</text>'
        )
        x += 34 + 7.2 * len(head)
    return "".join(told)


def _most(lines: Sequence[LineTold], columns: int) -> float:
    return round_up(max(sum(one.value or 0 for one in line.figures[:columns]) for line in lines))
