"""Console words: what the records keep by key, said as staff read it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date

from api.staff.models import CloseReason, MaybeKnown, UrgencyName, VerdictName
from waitingroom.activities import Kind
from waitingroom.alarms import Verdict
from waitingroom.handoffs import Reason
from waitingroom.likeness import Sureness
from waitingroom.sought import Tab

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

TABS: Mapping[Tab, str] = {
    Tab.URGENT: "Urgent",
    Tab.WAITING: "Waiting",
    Tab.MINE: "Mine",
    Tab.NOT_REACHED: "Could not reach",
    Tab.CONSENT_ENDED: "Consent ended",
}
URGENCIES: Mapping[UrgencyName, str] = {
    UrgencyName.URGENT: "Urgent",
    UrgencyName.SOON: "Soon",
    UrgencyName.ROUTINE: "Routine",
}
REASONS: Mapping[Reason, str] = {
    Reason.NEW_REFERRAL: "New referral",
    Reason.ASKED_FOR_PERSON: "Asked for a person",
    Reason.DANGER: "Danger was heard",
    Reason.STOPPED_MESSAGES: "Stopped messages",
    Reason.UNREACHABLE: "Messages do not arrive",
    Reason.WORD_LEFT: "Left a message",
    Reason.YOUNG_PERSON: "Aged 13 to 15: can they decide this?",
    Reason.YOUNG_PEOPLES_TEAM: "Aged 16 or 17: for the young people's team",
    Reason.CONSENT_ENDED: "Took back a yes",
    Reason.LANGUAGE_WANTED: "Wants another language or an interpreter",
    Reason.SOMEONE_TO_CALL: "Told us of someone to call",
    Reason.INTRODUCTION_HELD: "Told us of someone, and danger was heard",
    Reason.AUTHORITY_TO_CHECK: "Papers to check: decides for someone by law",
    Reason.FACT_CORRECTED: "Put something right",
    Reason.WITHDRAWN: "Took their referral back",
    Reason.WRONG_NUMBER: "Wrong number",
    Reason.MAYBE_KNOWN: "May be on record already",
    Reason.GETTING_WORSE: "Says things are worse",
    Reason.SILENT: "Answers nothing any more",
    Reason.NOT_REACHED: "Calls or letters do not reach them",
    Reason.HELP_WITH_COSTS: "Help with costs would matter",
    Reason.SIGNPOSTED: "Went to something nearby themselves",
    Reason.NOT_SENT: "A message for later could not be sent",
    Reason.COULD_NOT_REACH: "A message could not be sent",
    Reason.MESSAGE_INSTEAD: "Wants a message, not a call",
    Reason.OTHER_TIME: "Wants another time",
    Reason.MISSED_TWICE: "Two appointments were missed",
    Reason.UNANSWERED: "Nobody has answered them",
    Reason.SAME_AGAIN: "The same words over and over, as from a machine",
}
CHANNELS: Mapping[str, str] = {
    "web": "web chat",
    "sms": "text message",
    "whatsapp": "WhatsApp",
    "telegram": "Telegram",
    "terminal": "terminal",
    "": "phone only",
}
KINDS: Mapping[Kind, str] = {
    Kind.CALL: "Call",
    Kind.TEXT: "Text",
    Kind.VISIT: "Visit",
    Kind.VIDEO: "Video call",
    Kind.LIAISON: "Liaison",
    Kind.LETTER: "Letter",
    Kind.OTHER: "Other",
}
CLOSINGS: Mapping[CloseReason, str] = {
    CloseReason.GOALS_MET: "What they wanted was done",
    CloseReason.MOVED_ON: "Moved on to other support",
    CloseReason.COULD_NOT_REACH: "Could not be reached",
    CloseReason.NOT_SUITABLE: "Not the right service for them",
    CloseReason.NO_LONGER_WANTED: "No longer wanted",
    CloseReason.DIED: "They died",
    CloseReason.OTHER: "Another reason",
}
VERDICTS: Mapping[VerdictName, str] = {
    VerdictName.ACTED_ON: "It was real, and I acted on it",
    VerdictName.A_WAY_OF_SPEAKING: "Only a way of speaking",
    VerdictName.ABOUT_THE_PAST: "About the past",
    VerdictName.ABOUT_SOMEONE_ELSE: "About someone else",
    VerdictName.ALREADY_SAFE: "They are already safe",
    VerdictName.A_TRY: "Someone was trying the service out",
}
DANGERS: Mapping[str, str] = {
    "suicide": "taking their own life",
    "abuse": "being hurt or controlled by someone",
    "no_food_or_heat": "no food or heat",
    "homeless_tonight": "nowhere to sleep tonight",
}


def span(time: timedelta) -> str:
    """Say how long something took, by its two largest parts: '2 weeks 3 days'."""
    minutes = max(int(time.total_seconds()) // 60, 0)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days // 7, "week"), (days % 7, "day"), (rest // 60, "hour"), (rest % 60, "minute"))
    told = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count]
    return " ".join(told[:2] if days else told[:1]) or "just now"


def age(since: timedelta, *, target_weeks: int) -> str:
    """Say how long someone has waited beside the target: '5 weeks, target 4 weeks: overdue'."""
    weeks = f"{target_weeks} week{'' if target_weeks == 1 else 's'}"
    late = ": overdue" if since >= target_weeks * WEEK else ""
    return f"{span(since)}, target {weeks}{late}"


def language(tag: str) -> str:
    """Name a language in English; one that is not known goes by its tag."""
    try:
        return Locale.parse(tag, sep="-").get_language_name("en") or tag
    except (ValueError, UnknownLocaleError):
        return tag


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Say when: the time alone where it is today, else with its day."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return f"today, {clock}"
    form = "EEE d MMM" if local.year == today.year else "EEE d MMM y"
    return f"{format_date(local.date(), form, locale='en_GB')}, {clock}"


def unanswered(since: datetime | None, zone: ZoneInfo) -> str:
    """Say since when someone waits for an answer; nothing where they do not."""
    if since is None:
        return ""
    return f"Waits for an answer since {format_date(since.astimezone(zone).date(), 'EEE d MMM', locale='en_GB')}"


def found(verdict: Verdict | None) -> str:
    """Say what danger came to; nothing where nobody has said, or it was only picked up."""
    if verdict is None or verdict is Verdict.PICKED_UP:
        return ""
    return VERDICTS[VerdictName(verdict.value)]


def reason(why_wanted: str) -> str:
    """Say why a link worker is wanted; a reason that has no words yet goes by its key."""
    said = {key.value: words for key, words in REASONS.items()}
    return said.get(why_wanted, why_wanted.replace("_", " ").capitalize())


def danger(kind: str) -> str:
    """Say what kind of danger was heard."""
    return DANGERS.get(kind, kind.replace("_", " "))


def maybe_known(found: MaybeKnown | None) -> str:
    """Say that someone may be on record before, and nothing of the other."""
    if found is None:
        return ""
    sure = "almost surely" if found.sureness is Sureness.CERTAIN else "likely"
    others = f" {found.how_many} others may be the same." if found.how_many > 1 else ""
    return f"May be on record already, {sure}: look before you pick this up.{others}"
