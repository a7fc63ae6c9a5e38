"""A picture of a report can be read by everyone, and says what its table says."""

from xml.etree import ElementTree as ET

import pytest

from api.report_charts import drawn
from api.reports import FigureTold, LineTold, TableTold

SVG = "{http://www.w3.org/2000/svg}"


def a_table(*rows: tuple[str, int | None, int | None]) -> TableTold:
    lines = [
        LineTold(
            key=f"k{place}",
            label=label,
            figures=[FigureTold(value=one, in_words="not told" if one is None else f"{one}") for one in figures],
        )
        for place, (label, *figures) in enumerate(rows)
    ]
    return TableTold(key="t", title="Who <came>", of="Need", heads=["Came", "Went"], lines=lines, note="")


def read(drawing: str) -> ET.Element:
    return ET.fromstring(drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize(("kind", "columns"), [("bars", 1), ("stacked", 2), ("lines", 1)])
def test_a_picture_has_a_title_and_says_its_figures_in_words(kind: str, columns: int) -> None:
    picture = read(drawn(a_table(("A & b", 10, 5), ("<script>", 7, None)), kind, columns))
    assert picture.get("role") == "img"
    title, words = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "Who <came>"
    assert words is not None
    assert words.text == "Came. A & b: 10; <script>: 7"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert not list(picture.iter(f"{SVG}script"))


def test_a_figure_stands_beside_each_bar_and_no_colour_in_it() -> None:
    picture = drawn(a_table(("A", 10, 5), ("B", None, 2)), "bars")
    assert {"A", "10", "B", "not told"} <= {one.text for one in read(picture).iter(f"{SVG}text")}
    assert "#0" not in picture
    assert "style=" not in picture


def test_a_bar_is_as_long_as_its_figure_against_the_others() -> None:
    picture = read(drawn(a_table(("A", 10, 5), ("B", 5, 2)), "bars"))
    ten, five = [
        float(one.get("width", "")) for one in picture.iter(f"{SVG}rect") if "bar" in one.get("class", "")
    ]
    assert ten == pytest.approx(2 * five, abs=0.2)


def test_parts_of_a_bar_have_patterns_of_their_own_and_are_named() -> None:
    picture = read(drawn(a_table(("A", 10, 5)), "stacked", 2))
    fills = [one.get("fill") for one in picture.iter(f"{SVG}rect") if one.get("fill")]
    assert set(fills) == {"url(#t-0)", "url(#t-1)"}
    assert {one.get("id") for one in picture.iter(f"{SVG}pattern")} >= {"t-0", "t-1"}
    assert {"Came", "Went"} <= {one.text for one in picture.iter(f"{SVG}text")}


def test_a_line_breaks_where_a_figure_is_not_told() -> None:
    picture = read(drawn(a_table(("1", 10, 0), ("2", None, 0), ("3", 4, 0)), "lines"))
    path = next(one for one in picture.iter(f"{SVG}path") if one.get("class") == "line")
    assert (path.get("d") or "").count("M") == 2


def test_there_is_no_picture_of_nothing() -> None:
    assert drawn(a_table(("A", None, None)), "bars") == ""
    assert drawn(a_table(), "bars") == ""
