"""Reading a directory's records: Open Referral UK 1.0 and 3.0 (HSDS), with patience for what feeds really send."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from waitingroom.feeds import LeftOut
from waitingroom.record_fields import Record, each, plain
from waitingroom.record_places import accessibility, is_virtual, places_of, step_free, where
from waitingroom.record_times import days_of, times_of
from waitingroom.service_costs import cost_of
from waitingroom.services import Offered, Status

Fits = Callable[[Sequence[str], str, str], tuple[str, ...]]
"""Says which needs a service fits, by its taxonomy terms, name and description."""
MOST_NAME, MOST_ABOUT, MOST_LINE = 120, 600, 160
DETAILS = frozenset(
    {"service_at_locations", "cost_options", "schedules", "regular_schedules", "attributes", "service_taxonomys"}
)
"""What a record has that is no stub."""
STATUSES = {
    "active": Status.ACTIVE,
    "temporarily closed": Status.TEMPORARILY_CLOSED,
    "inactive": Status.INACTIVE,
    "defunct": Status.DEFUNCT,
}
ADDRESS = re.compile(r"https?://[^\s<>\"']{3,300}", re.IGNORECASE)
MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}\.[a-z]{2,}", re.IGNORECASE)


class UnfitError(Exception):
    """A record that cannot be taken; what it says is the reason, one sentence."""


def is_stub(record: object) -> bool:
    """Say whether a record only names a service, so that the rest must be asked for by its id."""
    return isinstance(record, dict) and not DETAILS.intersection(record)


def id_of(record: object) -> str:
    """Give a record's own id, empty where it has none that can be used."""
    told = record.get("id") if isinstance(record, dict) else None
    return str(told).strip()[:200] if isinstance(told, str | int) and not isinstance(told, bool) else ""


def offered_in(record: object, *, fits: Fits, today: date) -> Offered | LeftOut:
    """Read one record: the service, or why it cannot be taken."""
    try:
        return _offered(record, fits, today)
    except UnfitError as unfit:
        return LeftOut(id_of(record) or "(no id)", str(unfit))


def _offered(record: object, fits: Fits, today: date) -> Offered:
    if not isinstance(record, dict):
        message = "This is not a record with fields."
        raise UnfitError(message)
    source_id, name = id_of(record), plain(record.get("name"), MOST_NAME)
    if not source_id or not name:
        message = "It has no id." if not source_id else "It has no name."
        raise UnfitError(message)
    about = plain(record.get("description"), MOST_ABOUT)
    terms = list(_terms(record))
    organisation = record.get("organization")
    contacts = [record, *each(record, "contacts"), *([organisation] if isinstance(organisation, dict) else [])]
    places = list(places_of(record))
    postcode, point = where(places)
    access = plain(_first(accessibility(places)), MOST_LINE)
    least, most = _age(record, "minimum_age"), _age(record, "maximum_age")
    cost = cost_of(record, today=today)
    return Offered(
        source_id=source_id,
        name=name,
        about=about,
        organisation=plain(organisation.get("name"), MOST_NAME) if isinstance(organisation, dict) else "",
        phone=_first(_phones(contacts)),
        email=_first(_found(MAIL, contacts, "email")),
        web=_first(_found(ADDRESS, contacts, "url", "website")),
        needs=fits(terms, name, about),
        postcode=postcode,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        virtual=is_virtual(record, places, postcode, point),
        price=cost.price,
        pence=cost.pence,
        price_words=cost.words,
        help_words=cost.help_words,
        step_free=step_free(access),
        access=access,
        languages=tuple(dict.fromkeys(_languages(record)))[:20],
        days=days_of(record),
        times=times_of(record),
        age_from=least,
        age_to=most if least is None or most is None or most >= least else None,
        status=_status(record),
        assured_on=_day(record, "assured_date", today),
        modified_on=_day(record, "last_modified", today),
    )


def _status(record: Record) -> Status:
    told = record.get("status")
    if told is None:
        return Status.ACTIVE
    status = STATUSES.get(str(told).strip().lower().replace("_", " "))
    if status is None:
        message = f"Its status is none that is known: {plain(str(told), 40)!r}."
        raise UnfitError(message)
    return status


def _first(found: Iterator[str]) -> str:
    return next(found, "")


def _terms(record: Record) -> Iterator[str]:
    for name, inner in (("attributes", "taxonomy_term"), ("service_taxonomys", "taxonomy"), ("taxonomies", "")):
        for one in each(record, name):
            for term in each(one, inner) if inner else [one]:
                yield plain(term.get("name"), MOST_NAME)


def _phones(contacts: Sequence[Record]) -> Iterator[str]:
    for contact in contacts:
        for phone in each(contact, "phones"):
            number = re.sub(r"[^\d+ ()]", "", str(phone.get("number") or "")).strip()[:20].strip()
            if sum(sign.isdigit() for sign in number) >= 3:
                yield number


def _found(shape: re.Pattern[str], contacts: Sequence[Record], *names: str) -> Iterator[str]:
    for contact in contacts:
        for name in names:
            told = contact.get(name)
            if isinstance(told, str) and shape.fullmatch(told.strip()):
                yield told.strip()


def _languages(record: Record) -> Iterator[str]:
    for one in each(record, "languages"):
        told = one.get("name") or one.get("language")
        if isinstance(told, str) and told.strip():
            yield plain(told, 40).capitalize()


def _age(record: Record, name: str) -> int | None:
    for one in (record, *each(record, "eligibilitys")):
        told = one.get(name)
        if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= 130:
            return int(told)
    return None


def _day(record: Record, name: str, today: date) -> date | None:
    """Read a day; one that has not come yet vouches for nothing."""
    told = record.get(name)
    try:
        day = date.fromisoformat(told[:10]) if isinstance(told, str) else None
    except ValueError:
        return None
    return day if day and day <= today else None
