"""Nearby: how a service in the directory is told, with its price and how fresh that is, in one line."""

from bot.words import Words, _
from waitingroom.service_search import Found
from waitingroom.services import Price, Status

LONGEST_NAME, LONGEST_PRICE = 60, 40
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"),
    _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip
DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
ALL_DAYS = 0b1111111


def place_line(found: Found, words: Words) -> str:
    """Tell one service in one line: name, how far, what it costs, when, how to reach it, when it was checked."""
    told = (
        distance_in_words(found, words),
        price_in_words(found, words),
        _when(found, words),
        way_to_reach(found),
    )
    parts = [name_of(found), *told, checked_in_words(found, words)]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def name_of(found: Found) -> str:
    """Give a service's name, as long as a text message can hold beside the rest."""
    return _cut(found.name, LONGEST_NAME)


def distance_in_words(found: Found, words: Words) -> str:
    """Say how far a service is from the middle of someone's part of town: never more exact than that is known."""
    if found.virtual:
        return words.say(_("By phone or online"))
    if found.miles is None:
        return ""
    if found.miles < 1:
        return words.say(_("Less than 1 mile"))
    miles = round(found.miles)
    return words.say(_("About 1 mile")) if miles == 1 else words.say(_("About {miles} miles"), miles=miles)


def price_in_words(found: Found, words: Words) -> str:
    """Say straight what a service costs; what no feed told of is not known, never free."""
    if found.price is Price.FREE:
        return words.say(_("Free"))
    if found.price is Price.UNKNOWN:
        return words.say(_("Ask what it costs"))
    if found.pence is None:
        return words.say(_("You pay"))
    pounds = f"{found.pence / 100:.2f}".removesuffix(".00")
    said = words.say(_("From £{pounds}"), pounds=pounds)
    about = _cut(found.price_words, LONGEST_PRICE)
    return f"{said} {about}" if about and "£" not in about else said


def checked_in_words(found: Found, words: Words) -> str:
    """Say when somebody last vouched for what is told, or that it is closed for now."""
    if found.status is not Status.ACTIVE:
        return words.say(_("Closed for now"))
    if found.assured_on is None:
        return words.say(_("Not checked: call first"))
    month = words.say(MONTHS[found.assured_on.month - 1])
    return words.say(_("Checked in {month} {year}"), month=month, year=found.assured_on.year)


def way_to_reach(found: Found) -> str:
    """Give the way to reach a service that most people can use: its phone, else its page, else its mail."""
    return found.phone or found.web or found.email


def _when(found: Found, words: Words) -> str:
    if not found.days:
        return found.times
    days = [words.say(day) for number, day in enumerate(DAYS) if found.days >> number & 1]
    said = words.say(_("Every day")) if found.days == ALL_DAYS else ", ".join(days)
    return " ".join(filter(None, (said, found.times)))


def _cut(told: str, most: int) -> str:
    return told if len(told) <= most else told[: most - 3].rsplit(" ", 1)[0].rstrip(",;:") + "..."
