"""The words of reports: what each key of a line is called."""

from collections.abc import Iterable, Mapping
from datetime import date

from bot.service import Service
from content.equality import questions_for
from waitingroom.report_equity import NOT_ASKED

WORDS: Mapping[str, str] = {
    "all": "All",
    "others": "All others together",
    # who suggested it
    "self": "The person",
    "family": "Family",
    "friend": "A friend or neighbour",
    "carer": "A carer",
    "professional": "A professional",
    "attorney": "An attorney or deputy",
    # channels
    "sms": "Text message",
    "web": "Web chat",
    "webchat": "Web chat",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "terminal": "Terminal",
    # activities
    "call": "Call",
    "text": "Text or message",
    "visit": "Visit",
    "video": "Video call",
    "letter": "Letter",
    "liaison": "Liaison with services",
    "other": "Other",
    # cases
    "at_the_start": "At the start of the quarter",
    "came": "Came in the quarter",
    "ended": "Ended in the quarter",
    "at_the_end": "At the end of the quarter",
    "goals_met": "Goals met",
    "moved_on": "Moved on",
    "could_not_reach": "Could not be reached",
    "not_suitable": "Not the right service for them",
    "no_longer_wanted": "No longer wanted",
    "died": "Died",
    "withdrawn": "The person took it back",
    "signposted": "Went to something nearby themselves",
    # answers
    "clock": "Hours by the clock",
    "working": "Working hours",
    "helped": "It helped",
    "did_not_help": "It did not help",
    "not_for_me": "Not for me",
    "open": "Open",
    "stopped": "Asked for no more messages",
    "unreachable": "Messages no longer arrive",
    NOT_ASKED: "Did not answer, or was not asked",
}
TALKS: Mapping[str, str] = {
    "self_referral": "Asking for support",
    "refer_someone": "Telling us of someone",
    "confirm_referral": "Saying yes to what someone suggested",
    "more_about_you": "Saying more about yourself",
    "check_in": "How are things: the measures",
    "equality": "The equality questions",
}
LANGUAGES: Mapping[str, str] = {"en": "English", "cy": "Welsh", "pl": "Polish", "ur": "Urdu", "pa": "Panjabi"}


def labels(service: Service, table: str, keys: Iterable[str]) -> list[str]:
    """Say what the lines of a table are called: in the service's own words where it has them, else as keys are."""
    if table.startswith("drop_off_"):
        return [key.replace("_", " ").capitalize() for key in keys]
    own = _own_words(service, table)
    return [own.get(key) or WORDS.get(key) or _month(key) or key for key in keys]


def _own_words(service: Service, table: str) -> Mapping[str, str]:
    """Give the words that the service's content has for the lines of a table, by key."""
    content = service.content
    if table.endswith("_by_need") or table == "needs_and_services":
        return {key: need.label for key, need in content.needs.items()}
    if table == "outcomes":
        measures = content.measures.items()
        return {f"{name}.{one.key}": one.asks for name, measure in measures for one in measure.questions}
    if table.startswith("equity_by_"):
        asked = questions_for(content.equality, service.nation).questions()
        found = next((one for one in asked if table == f"equity_by_{one.key}"), None)
        return {key: words[:1].upper() + words[1:] for key, words in found.counted.items()} if found else {}
    if table == "groups":
        return {key: group.name for key, group in content.groups.items()}
    if table == "still_waiting":
        return {str(weeks): f"{weeks} week{'s' if weeks > 1 else ''}" for weeks in range(1, 105)}
    return LANGUAGES if table.endswith("_by_language") else {}


def _month(key: str) -> str:
    """Say 2026-07 as July 2026."""
    parts = key.split("-")
    if len(parts) == 2 and all(map(str.isdigit, parts)):
        return date(int(parts[0]), int(parts[1]), 1).strftime("%B %Y")
    return ""
