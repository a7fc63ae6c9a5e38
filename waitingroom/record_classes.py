"""Record classes: which kinds of record there are, how long each is kept, and who says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from waitingroom.young_people import GROWN_UP

YOUNG_UNTIL = 25
"""The birthday until which a record of a child's care is kept; a year longer for who was 17 when it ended."""
ONE_MORE = 17
FEBRUARY, LEAP_DAY = 2, 29


class RecordClass(StrEnum):
    """One kind of record."""

    UNAGREED = "unagreed"
    NEVER_TAKEN_ON = "never_taken_on"
    ADULT_CASE = "adult_case"
    YOUNG_CASE = "young_case"
    COMPLAINT = "complaint"
    DATA_REQUEST = "data_request"
    JOIN_PAPER = "join_paper"
    STAFF_SESSION = "staff_session"
    SENDING = "sending"
    AUDIT = "audit"
    INVITATION = "invitation"
    SIGN_IN = "sign_in"
    REPLY = "reply"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class KeptFor:
    """How long records are kept, as this service has set it."""

    never_taken_on_days: int = 365
    adult_years: int = 8
    complaint_years: int = 10
    data_request_years: int = 3
    staff_session_days: int = 90
    sending_days: int = 90
    audit_years: int = 8


@dataclass(frozen=True)
class Rule:
    """What a class holds, how long it is kept, and where that comes from; `confirm`: ask before relying on it."""

    what: str
    kept: Callable[[KeptFor], str]
    source: str
    confirm: bool = False


CODE = "NHS England, Records Management Code of Practice"
RULES: dict[RecordClass, Rule] = {
    RecordClass.UNAGREED: Rule(
        "Chats nobody agreed to keep, and those left half-way",
        lambda _keeps: "24 hours; half-way 30 days of silence",
        "UK GDPR, article 5(1)(c) and (e); the times are this service's own",
    ),
    RecordClass.NEVER_TAKEN_ON: Rule(
        "People whom no link worker ever took on, with no danger heard, after their last contact",
        lambda keeps: f"{keeps.never_taken_on_days} days",
        "a local choice: the Code names no class for it",
        confirm=True,
    ),
    RecordClass.ADULT_CASE: Rule(
        "Adults a link worker has worked with, after their last contact",
        lambda keeps: f"{keeps.adult_years} years",
        f"{CODE}, adult health and care records; social prescribing is not named there",
        confirm=True,
    ),
    RecordClass.YOUNG_CASE: Rule(
        "People who were under 18 when it ended",
        lambda keeps: (
            f"until they are {YOUNG_UNTIL}, {YOUNG_UNTIL + 1} if 17 at the end; "
            f"never under {keeps.adult_years} years"
        ),
        f"{CODE}, children's records",
        confirm=True,
    ),
    RecordClass.COMPLAINT: Rule(
        "Complaints, after they were closed",
        lambda keeps: f"{keeps.complaint_years} years",
        f"{CODE}, complaint files",
        confirm=True,
    ),
    RecordClass.DATA_REQUEST: Rule(
        "Requests about one's own data, after they ended",
        lambda keeps: f"{keeps.data_request_years} years",
        f"{CODE}, subject access requests",
        confirm=True,
    ),
    RecordClass.JOIN_PAPER: Rule(
        "What joining two records changed, so that it can be undone",
        lambda _keeps: "30 days",
        "a rule of this service",
    ),
    RecordClass.STAFF_SESSION: Rule(
        "Who of staff was signed in where, after it ended",
        lambda keeps: f"{keeps.staff_session_days} days",
        "a local choice",
        confirm=True,
    ),
    RecordClass.SENDING: Rule(
        "The numbers providers know our messages by",
        lambda keeps: f"{keeps.sending_days} days",
        "a local choice: receipts come within days",
        confirm=True,
    ),
    RecordClass.AUDIT: Rule(
        "Who of staff saw and did what",
        lambda keeps: f"{keeps.audit_years} years",
        f"{CODE}, as long as the adult records it is about",
        confirm=True,
    ),
    RecordClass.INVITATION: Rule(
        "Links for joining that were used, or have ended",
        lambda keeps: f"{keeps.staff_session_days} days",
        "a local choice, as for who was signed in",
        confirm=True,
    ),
    RecordClass.SIGN_IN: Rule(
        "Sign-ins that stopped before the code was shown",
        lambda _keeps: "24 hours",
        "a rule of this service",
    ),
    RecordClass.REPLY: Rule(
        "Replies of the staff API kept so that a request is done once",
        lambda _keeps: "24 hours",
        "draft-ietf-httpapi-idempotency-key-header-07, section 2.3",
    ),
    RecordClass.UNREADABLE: Rule(
        "What came in and could not be read",
        lambda _keeps: "30 days",
        "a rule of this service",
    ),
}
"""Every class there is. What stands as `confirm` is for the service's own information governance lead to say."""


def years_after(at: datetime, years: int) -> datetime:
    """Give the same moment so many years later; for 29 February the day after it, where there is none."""
    if (at.month, at.day) == (FEBRUARY, LEAP_DAY):
        return (at - timedelta(days=1)).replace(year=at.year + years) + timedelta(days=1)
    return at.replace(year=at.year + years)


def case_ends(*, age: int, told_at: datetime, last_at: datetime, keeps: KeptFor) -> tuple[RecordClass, datetime]:
    """Say of which class someone's case is, and when it has been kept long enough.

    `age` in whole years as they told it on `told_at`: their birthday is not known, so the latest it can be counts.
    """
    long_enough = years_after(last_at.astimezone(UTC), keeps.adult_years)
    youngest_born = years_after(told_at.astimezone(UTC), -age)
    youngest_at_end = _whole_years(youngest_born, last_at)
    if youngest_at_end >= GROWN_UP:
        return RecordClass.ADULT_CASE, long_enough
    could_be_17 = youngest_at_end + 1 >= ONE_MORE
    grown = years_after(youngest_born, YOUNG_UNTIL + could_be_17)
    return RecordClass.YOUNG_CASE, max(grown, long_enough)


def _whole_years(since: datetime, until: datetime) -> int:
    years = until.year - since.year
    return years if years_after(since, years) <= until else years - 1
