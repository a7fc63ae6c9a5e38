"""Charts: small pictures in SVG made on the server, with a title, a description and no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 44, 34
COLOURS = ("#005eb8", "#ffb81c", "#007f3b", "#d5281b", "#330072", "#768692")
"""Blue, yellow, green, red, purple and grey: neighbours differ in lightness, for whoever does not see colour."""
GRID, INK, QUIET = "#d8dde0", "#212b32", "#4c6272"
FONT = "font-family='Arial, Helvetica, sans-serif'"


@dataclass(frozen=True)
class Row:
    """One row of figures: its name, and a value for each label; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, what its figures are, and the labels along the bottom."""

    title: str
    unit: str
    labels: Sequence[str]
    rows: Sequence[Row]


def bars(chart: Chart) -> str:
    """Draw figures as bars side by side."""
    top = _top(chart)
    wide = _wide(chart) / max(1, len(chart.labels))
    each = wide * 0.8 / max(1, len(chart.rows))
    drawn = []
    for place, row in enumerate(chart.rows):
        for at, value in enumerate(row.values):
            if value:
                x = LEFT + at * wide + wide * 0.1 + place * each
                y = _y(value, top)
                words = f"<title>{escape(f'{chart.labels[at]}: {row.name}, {_figure(value)}')}</title>"
                drawn.append(
                    f"<rect x='{x:.1f}' y='{y:.1f}' width='{each:.1f}' height='{_y(0, top) - y:.1f}' "
                    f"fill='{COLOURS[place % len(COLOURS)]}'>{words}</rect>"
                )
    return _framed(chart, top, drawn)


def stacked(chart: Chart) -> str:
    """Draw figures as bars one upon the other."""
    whole = [sum(row.values[at] or 0 for row in chart.rows) for at in range(len(chart.labels))]
    top = round_up(max(whole, default=0))
    wide = _wide(chart) / max(1, len(chart.labels))
    drawn = []
    below = [0.0] * len(chart.labels)
    for place, row in enumerate(chart.rows):
        for at, value in enumerate(row.values):
            if value:
                y = _y(below[at] + value, top)
                words = f"<title>{escape(f'{chart.labels[at]}: {row.name}, {_figure(value)}')}</title>"
                drawn.append(
                    f"<rect x='{LEFT + at * wide + wide * 0.1:.1f}' y='{y:.1f}' width='{wide * 0.8:.1f}' "
                    f"height='{_y(below[at], top) - y:.1f}' fill='{COLOURS[place % len(COLOURS)]}'>{words}</rect>"
                )
                below[at] += value
    return _framed(chart, top, drawn)


def lines(chart: Chart) -> str:
    """Draw figures as lines, broken where a figure is missing."""
    top = _top(chart)
    wide = _wide(chart) / max(1, len(chart.labels))
    drawn = []
    for place, row in enumerate(chart.rows):
        steps, pen = [], "M"
        for at, value in enumerate(row.values):
            if value is None:
                pen = "M"
                continue
            steps.append(f"{pen}{LEFT + (at + 0.5) * wide:.1f} {_y(value, top):.1f}")
            pen = "L"
        drawn.append(
            f"<path d='{' '.join(steps)}' fill='none' stroke-width='2.5' stroke='{COLOURS[place % len(COLOURS)]}'>"
            f"<title>{escape(row.name)}</title></path>"
        )
    return _framed(chart, top, drawn)


def sheet(title: str, said: Sequence[str], charts: Sequence[str]) -> str:
    """Put charts on one sheet, two beside each other, under a title and some lines of words."""
    head = 62 + 22 * len(said)
    high = head + HEIGHT * ((len(charts) + 1) // 2) + 16
    words = [
        f"<text x='24' y='{66 + 22 * number}' font-size='15' fill='{INK}' {FONT}>{escape(line)}</text>"
        for number, line in enumerate(said)
    ]
    placed = [
        f"<g transform='translate({16 + (number % 2) * (WIDTH + 8)} {head + (number // 2) * HEIGHT})'>{chart}</g>"
        for number, chart in enumerate(charts)
    ]
    return "\n".join(
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {2 * WIDTH + 40} {high}' role='img'>",
            f"<title>{escape(title)}</title><desc>{escape(' '.join(said))}</desc>",
            "<rect width='100%' height='100%' fill='#ffffff'/>",
            f"<text x='24' y='38' font-size='24' font-weight='bold' fill='{INK}' {FONT}>{escape(title)}</text>",
            *words,
            *placed,
            "</svg>\n",
        )
    )


def _framed(chart: Chart, top: float, drawn: Sequence[str]) -> str:
    """Put axes, labels and a key round what was drawn."""
    title = f"{chart.title} ({chart.unit})"
    grid = [
        f"<path d='M{LEFT} {_y(part, top):.1f}H{WIDTH - RIGHT}' stroke='{GRID}'/>"
        f"<text x='{LEFT - 6}' y='{_y(part, top) + 4:.1f}' font-size='11' text-anchor='end' fill='{QUIET}' {FONT}>"
        f"{_figure(part)}</text>"
        for part in (0, top / 2, top)
    ]
    wide = _wide(chart) / max(1, len(chart.labels))
    every = max(1, len(chart.labels) // 13)
    under = [
        f"<text x='{LEFT + (at + 0.5) * wide:.1f}' y='{HEIGHT - 16}' font-size='11' text-anchor='middle' "
        f"fill='{QUIET}' {FONT}>{escape(label)}</text>"
        for at, label in enumerate(chart.labels)
        if at % every == 0
    ]
    return "".join(
        (
            f"<text x='0' y='16' font-size='14' font-weight='bold' fill='{INK}' {FONT}>{escape(title)}</text>",
            *_key(chart),
            *grid,
            *drawn,
            *under,
        )
    )


def _key(chart: Chart) -> list[str]:
    if len(chart.rows) < 2:
        return []
    told, x = [], 0.0
    for place, row in enumerate(chart.rows):
        told.append(
            f"<rect x='{x:.0f}' y='24' width='10' height='10' fill='{COLOURS[place % len(COLOURS)]}'/>"
            f"<text x='{x + 14:.0f}' y='33' font-size='11' fill='{INK}' {FONT}>{escape(row.name)}</text>"
        )
        x += 26 + 6.2 * len(row.name)
    return told


def _wide(chart: Chart) -> float:
    return WIDTH - LEFT - RIGHT


def _top(chart: Chart) -> float:
    return round_up(max((value or 0 for row in chart.rows for value in row.values), default=0))


def round_up(most: float) -> float:
    """Return a round figure at or above the most there is: 1, 2 or 5 times a power of ten, twice that at most."""
    step = 1.0
    while step < most:
        for times in (2, 5, 10):
            if step * times >= most:
                return step * times
        step *= 10
    return step


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
