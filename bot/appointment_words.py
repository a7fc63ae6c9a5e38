"""Appointment words: how a time, and the way two people meet, are said in few letters and without a reason."""

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_date

from bot.service import Service
from bot.words import _
from content.hours import clock
from waitingroom.appointments import Way

OFFERED: Mapping[Way, str] = {
    Way.CALL: _("{staff} can call you. Which time suits you?"),
    Way.VIDEO: _("{staff} can call you by video. Which time suits you?"),
    Way.VISIT: _("{staff} can come to see you. Which time suits you?"),
    Way.PLACE: _("{staff} can meet you. Which time suits you?"),
}
BOOKED: Mapping[Way, str] = {
    Way.CALL: _("{staff} will call you on {when}. If you cannot talk then, reply MOVE."),
    Way.VIDEO: _("{staff} will call you by video on {when}. If you cannot talk then, reply MOVE."),
    Way.VISIT: _("{staff} will come to see you on {when}. If you cannot be there, reply MOVE."),
    Way.PLACE: _("{staff} will meet you on {when}. If you cannot come, reply MOVE."),
}
"""A person and a time, and nothing of why: someone else may read it. Never CANCEL: providers take that as STOP."""
WHERE = _("Where: {place}. Reply APPOINTMENT to see this again.")


def when(at: datetime, service: Service) -> str:
    """Say a day and a time on the clock of the place: Tue 1 Dec, 10am."""
    local = at.astimezone(service.zone)
    day = format_date(local.date(), "EEE d MMM", locale="en_GB").replace("Sept", "Sep")
    return f"{day}, {clock(local.hour * 60 + local.minute)}"
