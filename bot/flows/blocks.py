"""Blocks that talks share: how a helpline is said, a piece of self-care, a wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.ask import Ask
from bot.words import _
from content import Helpline, Item
from waitingroom.programme import next_due
from waitingroom.referrals import Wait
from waitingroom.waiting import AT_ONCE

WAYS_SHOWN = 2


def hear_together(ask: Ask, told: Mapping[str, str]) -> None:
    """Hear answers to questions that come later, said together with this one: none of them is asked again."""
    ask.heard.update((key, words) for key, words in told.items() if key not in ask.answers)


def helpline_line(helpline: Helpline) -> str:
    """Say one helpline: its name, how to reach it, when and at what cost."""
    ways = ", or ".join(way.words for way in helpline.ways[:WAYS_SHOWN])
    return f"{helpline.name}: {ways}. {helpline.hours_in_words()}. {helpline.cost}."


def tell_helplines(ask: Ask, needs: Sequence[str]) -> None:
    """Tell up to three helplines that fit and are open now, one of them reached by text."""
    ask.tell(_("If a life is at risk, call 999. These can help too:"))
    lines = ask.service.content.helplines_for(needs, at=ask.here.now, nation=ask.service.nation, most=3)
    ask.tell("{lines}", lines="\n".join(helpline_line(line) for line in lines))


def fitting_pieces(ask: Ask, needs: Sequence[str], seen: Sequence[str]) -> tuple[Item, ...]:
    """Find the self-care that fits, the best first, leaving out what was seen."""
    today = ask.here.now.astimezone(ask.service.zone).date()
    return ask.service.content.pieces_for(needs, seen=seen, today=today, nation=ask.service.nation)


def tell_wait(ask: Ask, wait: Wait) -> None:
    """Say honestly how long people have waited lately, or that it is not known."""
    if wait.from_weeks is None:
        ask.tell(_("We do not know yet how long it takes. We will tell you."))
        return
    ask.tell(
        _("Lately most waited {from_weeks} to {to_weeks} weeks. It may be less or more."),
        from_weeks=wait.from_weeks,
        to_weeks=wait.to_weeks,
    )


@dataclass(frozen=True)
class Joining:
    """The programme someone joins, and when its next step falls due."""

    programme: str
    next_at: datetime | None


def joining_now(ask: Ask) -> Joining:
    """Say which programme someone joins now, and when its first step is due."""
    programme = ask.service.content.programmes[ask.service.programme]
    now = ask.here.now
    due = next_due(programme.steps, joined_at=now, sent={AT_ONCE}, now=now, zone=ask.service.zone)
    return Joining(programme.key, due.at if due else None)
