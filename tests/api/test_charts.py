"""Charts are SVG that anyone can read: titled, without script, and true to their figures."""

import re
from xml.etree import ElementTree as ET

import pytest

from api.charts import Chart, Row, bars, lines, sheet, stacked

SVG = "{http://www.w3.org/2000/svg}"
WEEKS = ["1 Jan", "8 Jan", "15 Jan"]


def drawn(*charts: str) -> ET.Element:
    return ET.fromstring(sheet("Who came <& when>", ["Three weeks & more"], charts))


def heights(picture: ET.Element) -> list[float]:
    return [
        float(one.get("height", "")) for one in picture.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None
    ]


def test_a_bar_is_as_high_as_its_figure_against_the_others():
    chart = Chart("Came", "people", WEEKS, [Row("came", [4, 2, None])])
    four, two = heights(drawn(bars(chart)))
    assert four == pytest.approx(2 * two, abs=0.2)


def test_bars_upon_each_other_do_not_overlap():
    chart = Chart("Said", "messages", WEEKS[:1], [Row("by people", [30]), Row("by us", [70])])
    rects = [one for one in drawn(stacked(chart)).iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]
    below, above = rects
    assert float(above.get("y", "")) + float(above.get("height", "")) == pytest.approx(
        float(below.get("y", "")), abs=0.2
    )


def test_a_line_breaks_where_a_figure_is_missing():
    chart = Chart("Waited", "weeks", WEEKS, [Row("weeks", [1.5, None, 3])])
    (path,) = [one.get("d", "") for one in drawn(lines(chart)).iter(f"{SVG}path") if one.get("fill") == "none"]
    assert [step[0] for step in path.split(" ") if step[0] in "ML"] == ["M", "M"]


def test_every_figure_can_be_read_without_seeing_the_picture():
    chart = Chart("Came", "people", WEEKS, [Row("came", [1234, 0, 3])])
    told = [one.text for one in drawn(bars(chart)).iter(f"{SVG}title")]
    assert "1 Jan: came, 1,234" in told
    assert told[0] == "Who came <& when>"


@pytest.mark.parametrize("draw", [bars, lines, stacked])
def test_nothing_at_all_is_drawn_as_nothing(draw):
    assert heights(drawn(draw(Chart("Came", "people", [], [])))) == []
    assert heights(drawn(draw(Chart("Came", "people", WEEKS, [Row("came", [0, None, 0])])))) == []


def test_a_picture_asks_nobody_for_anything_and_runs_nothing():
    chart = Chart("Came", "people", WEEKS, [Row("<script>alert(1)</script>", [1, 2, 3]), Row("b", [1, 1, 1])])
    picture = sheet("Came", [], [bars(chart), lines(chart), stacked(chart)])
    assert "<script" not in picture
    assert not re.search(r"(href|src|url)\s*[=(]", picture)
    assert picture.count("http") == picture.count("http://www.w3.org/2000/svg") == 1
