"""Directory files: JSON of any size, a list, an envelope or lines, read record by record in bounded memory."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from waitingroom.feeds import LeftOut

CHUNK = 64 * 1024
MOST_RECORD = 4 * 1024 * 1024
"""The longest a record may be, in characters."""
LISTS = frozenset({"contents", "content", "services", "items", "data"})
"""What envelopes call the list they hold."""
BETWEEN = " \t\r\n,\ufeff"


def records_in(text: TextIO) -> Iterator[object]:
    """Give the records of a file one after the other; one that cannot be read is a LeftOut that says where.

    No more than a few megabytes are held at any moment, however long the file is.
    """
    head = text.read(MOST_RECORD // 4)
    start, in_list = _beginning(head)
    if not in_list and _is_lines(head):
        text.seek(0)
        yield from _lines(text)
    else:
        yield from _decoded(head[start:], text, in_list=in_list)


def _lines(text: TextIO) -> Iterator[object]:
    number = 0
    while line := text.readline(MOST_RECORD):
        number += 1
        told = line.strip(BETWEEN)
        if told:
            try:
                yield json.loads(told)
            except (ValueError, RecursionError):
                yield LeftOut(f"line {number}", "This line is not JSON.")


def _decoded(buffer: str, text: TextIO, *, in_list: bool) -> Iterator[object]:
    number, decoder = 0, json.JSONDecoder()
    while True:
        buffer = buffer.lstrip(BETWEEN)
        if not buffer:
            buffer = text.read(CHUNK)
            if not buffer:
                return
            continue
        if in_list and buffer[0] == "]":
            return
        number += 1
        found, buffer = _next(decoder, buffer, text)
        if found is None:
            yield LeftOut(f"record {number}", "From here on the file is not JSON, so the rest was not read.")
            return
        yield found[0]


def _next(decoder: json.JSONDecoder, buffer: str, text: TextIO) -> tuple[tuple[Any] | None, str]:
    """Decode one value off the front of what was read, reading on as far as needed; none where it is no JSON."""
    while True:
        try:
            value, end = decoder.raw_decode(buffer)
        except RecursionError:
            return None, buffer
        except ValueError:
            more = text.read(max(CHUNK, len(buffer))) if len(buffer) < MOST_RECORD else ""
            if not more:
                return None, buffer
            buffer += more
        else:
            return (value,), buffer[end:]


def _is_lines(head: str) -> bool:
    try:
        return isinstance(json.loads(head.lstrip(BETWEEN).split("\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return False


def _beginning(head: str) -> tuple[int, bool]:
    """Say where the records begin, and whether in a list: at the top, or under a known name of the envelope."""
    first = len(head) - len(head.lstrip(BETWEEN))
    if head[first : first + 1] == "[":
        return first + 1, True
    depth, place = 0, first
    while place < len(head):
        sign = head[place]
        if sign == '"':
            end = _end_of_string(head, place)
            after = head[end : end + 40].lstrip()
            if depth == 1 and head[place + 1 : end - 1] in LISTS and after.startswith(":"):
                listed = after[1:].lstrip()
                if listed.startswith("["):
                    return head.index("[", end) + 1, True
            place = end
            continue
        depth += (sign in "{[") - (sign in "}]")
        if depth == 0 and place > first:
            break
        place += 1
    return first, False


def _end_of_string(head: str, start: int) -> int:
    place = start + 1
    while place < len(head) and head[place] != '"':
        place += 2 if head[place] == "\\" else 1
    return place + 1
