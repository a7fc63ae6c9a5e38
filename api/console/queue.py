"""The console's first page: the queue, live, and picking someone up from it with one press."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from api.console import words as console_words
from api.console.access import sees
from api.console.pages import PEOPLE, done_words, draw
from api.cursors import cursor, place_of
from api.pages import GUARDS
from api.staff.access import Visit
from api.staff.models import NeedNamed, line
from content.languages import Language
from waitingroom import caseload, sought
from waitingroom.caseload import After, Waits
from waitingroom.handoffs import Reason
from waitingroom.roles import Scope
from waitingroom.sought import Sought, Tab

router = APIRouter(tags=["console"], include_in_schema=False)

ELSEWHERE = "/staff/more"
"""Where whoever does not work with people sees what they may do."""
PAGE = 50
"""Lines of the queue on one page."""
LONGEST = 40
AREA = r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?$|^$"
Anyone = Annotated[Visit, sees()]
Word = Annotated[str, Query(max_length=LONGEST)]


@dataclass(frozen=True)
class Row:
    """One line of the queue, in words."""

    id: uuid.UUID
    version: int
    reference: str
    urgency: str
    """by key, for its shape"""
    urgency_words: str
    reasons: list[str]
    age: str
    overdue: bool
    needs: list[NeedNamed]
    channel: str
    language: str
    area: str
    warnings: list[str]
    danger: bool
    claimed_by: str
    mine: bool
    maybe_known: str = ""
    unanswered: str = ""
    """since when they wait for an answer, in words"""


@dataclass(frozen=True)
class TabShown:
    """A tab of the queue: its key, its words, how many stand in it, where it leads."""

    key: Tab
    words: str
    count: int
    href: str


@router.get("/staff", operation_id="queuePage")
async def queue_page(
    visit: Anyone,
    *,
    tab: Tab = Tab.WAITING,
    need: Word = "",
    area: Annotated[str, Query(pattern=AREA)] = "",
    language: Word = "",
    channel: Word = "",
    unanswered: Annotated[str, Query(pattern="^1?$")] = "",
    cursor_: Annotated[str, Query(alias="cursor", max_length=400)] = "",
    done: str | None = None,
) -> Response:
    """Show the queue; whoever does not work with people is shown the way to what they do."""
    if PEOPLE.isdisjoint(visit.caller.scopes):
        return RedirectResponse(ELSEWHERE, 303, GUARDS)
    chosen = {"need": need, "area": area.upper(), "language": language, "channel": channel}
    if unanswered and tab is Tab.MINE:
        chosen["unanswered"] = unanswered
    facts = await _facts(visit, tab, chosen, cursor_)
    return draw(visit, "queue.html", {**facts, "here": "/staff", "done": done_words(done)})


async def _facts(visit: Visit, tab: Tab, chosen: Mapping[str, str], told: str) -> dict[str, object]:
    keys, who = visit.house.database.keys, visit.caller
    kept = {name: value for name, value in chosen.items() if value}
    others = {name: value for name, value in kept.items() if name != "unanswered"}
    address = urlencode({"tab": tab.value, **kept})
    of = f"console:{who.staff_id}:{address}"
    wanted = Sought(
        need=chosen["need"] or None,
        area=chosen["area"] or None,
        language=chosen["language"] or None,
        channel=chosen["channel"] or None,
        unanswered="unanswered" in chosen,
    )
    conditions = [
        sought.in_tab(tab, staff_id=who.staff_id),
        sought.of_hub(who.hub_id, staff_id=who.staff_id),
        *wanted.conditions(),
    ]
    async with visit.house.database.transaction() as session:
        counted = await sought.counts(session, staff_id=who.staff_id, hub_id=who.hub_id)
        waiting = await sought.unanswered_of(session, staff_id=who.staff_id) if tab is Tab.MINE else 0
        place = place_of(keys, told, of=of) if told else None
        found = await caseload.queue(session, where=conditions, after=place, limit=PAGE + 1)
    following = ""
    if len(found) > PAGE:
        last = found[PAGE - 1].handoff
        following = cursor(keys, After(last.urgency, last.raised_at, last.id), of=of)
    return {
        "tabs": [
            TabShown(one, words, counted[one], f"/staff?{urlencode({'tab': one.value, **others})}")
            for one, words in console_words.TABS.items()
        ],
        "unanswered": waiting,
        "tab": tab,
        "tab_words": console_words.TABS[tab],
        "rows": [row(waits, visit) for waits in found[:PAGE]],
        "address": f"/staff?{address}",
        "first": not told,
        "next": f"/staff?{address}&{urlencode({'cursor': following})}" if following else "",
        "chosen": chosen,
        "filtered": bool(others),
        "needs": visit.house.desk.service.content.needs,
        "languages": {"en": "English", **{tag: one.english for tag, one in languages_of(visit).items()}},
        "channels": {key: words for key, words in console_words.CHANNELS.items() if key},
        "may_claim": Scope.REFERRAL_WRITE in who.scopes,
    }


def row(waits: Waits, visit: Visit) -> Row:
    """Put one line of the queue in words."""
    service, handoff, referral = visit.house.desk.service, waits.handoff, waits.referral
    shown = line(waits, service.content.needs, target_weeks=service.target_weeks, now=visit.now)
    if referral is not None:
        until = referral.contacted_at or referral.ended_at or visit.now
        waited = console_words.age(until - referral.joined_at, target_weeks=service.target_weeks)
    else:
        waited = f"{console_words.span(visit.now - handoff.raised_at)}, no referral yet"
    return Row(
        id=handoff.id,
        version=handoff.version,
        reference=referral.reference if referral else "No referral yet",
        urgency=shown.urgency.value,
        urgency_words=console_words.URGENCIES[shown.urgency],
        reasons=[console_words.reason(reason) for reason in shown.reasons if reason is not Reason.DANGER],
        age=waited,
        overdue=shown.over_target,
        needs=shown.needs,
        channel=console_words.CHANNELS.get(shown.channel, shown.channel),
        language=languages(waits.language, waits.language_wanted, interpreter=waits.interpreter_wanted),
        area=waits.area,
        warnings=shown.warnings,
        danger=Reason.DANGER in shown.reasons,
        claimed_by=shown.claimed_by.name if shown.claimed_by else "",
        mine=handoff.claimed_by == visit.caller.staff_id,
        maybe_known=console_words.maybe_known(shown.maybe_known),
        unanswered=console_words.unanswered(shown.unanswered_since, service.zone),
    )


def languages_of(visit: Visit) -> Mapping[str, Language]:
    """Give the languages people may ask for, by tag."""
    return visit.house.desk.service.content.languages


def languages(spoken: str, wanted: str | None, *, interpreter: bool | None) -> str:
    """Say which language the talk is in, which they asked for, and whether they want an interpreter."""
    told = console_words.language(spoken)
    if wanted and wanted != spoken:
        told += f", wants {console_words.language(wanted)}"
    return told + (", interpreter wanted" if interpreter else "")
