"""Spreadsheets that are only figures: CSV in which no cell is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheet programs take for the start of a formula (OWASP, CSV injection), also behind spaces."""
MARK = "\ufeff"
"""The byte order mark, by which spreadsheet programs know UTF-8."""
TYPE = "text/csv; charset=utf-8"

Cell = int | float | str | None


def safe_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write rows as CSV (RFC 4180) in UTF-8 with a byte order mark.

    Words that a spreadsheet would run get an apostrophe in front; numbers stay numbers; None is an empty cell.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return (MARK + written.getvalue()).encode("utf-8", "replace")


def _safe(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\0", "")
    return f"'{cell}" if cell.startswith(BEGINS_A_FORMULA) or cell.strip().startswith(BEGINS_A_FORMULA) else cell
