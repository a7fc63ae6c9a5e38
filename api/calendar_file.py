"""Calendar files: a link worker's appointments for their own calendar (RFC 5545), without a name in them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from waitingroom.appointments import Appointment, Status, Way

LONGEST_LINE = 75
"""Octets, the line end not counted (RFC 5545, section 3.1)."""
TITLES: Mapping[Way, str] = {
    Way.CALL: "Call",
    Way.VIDEO: "Video call",
    Way.VISIT: "Visit",
    Way.PLACE: "Meeting",
}


@dataclass(frozen=True)
class Entry:
    """One appointment someone took, and the reference of the referral it belongs to."""

    appointment: Appointment
    reference: str


def calendar(entries: Iterable[Entry], *, service: str, now: datetime) -> bytes:
    """Write a calendar of appointments: what each is and a reference. Calendars are synced far and wide."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(service)}//Waiting Room//EN",
        "CALSCALE:GREGORIAN",
    ]
    for entry in entries:
        lines += _event(entry, now)
    lines.append("END:VCALENDAR")
    return b"".join(folded for line in lines for folded in _folded(line))


def _event(entry: Entry, now: datetime) -> Iterator[str]:
    one = entry.appointment
    if one.starts_at is None or one.ends_at is None:
        return
    off = one.status in {Status.CANCELLED, Status.CALLED_OFF}
    yield "BEGIN:VEVENT"
    yield f"UID:{_name(one.id)}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"SEQUENCE:{one.version}"
    yield f"DTSTART:{_moment(one.starts_at)}"
    yield f"DTEND:{_moment(one.ends_at)}"
    yield f"SUMMARY:{_text(f'{TITLES[one.way]} {entry.reference}'.strip())}"
    yield f"STATUS:{'CANCELLED' if off else 'CONFIRMED'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _name(appointment_id: UUID) -> str:
    return f"{appointment_id}@waiting-room"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(words: str) -> str:
    """Escape a text value (RFC 5545, section 3.3.11)."""
    plain = words.replace("\r", " ")
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> Iterator[bytes]:
    """Fold a line at 75 octets, never inside a character."""
    piece = b""
    for sign in line:
        octets = sign.encode()
        if len(piece) + len(octets) > LONGEST_LINE:
            yield piece + b"\r\n"
            piece = b" "
        piece += octets
    yield piece + b"\r\n"
