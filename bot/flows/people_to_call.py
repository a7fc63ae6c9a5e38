"""People to call: helplines that fit and are open, advice, and help with a home, each by one word."""

from bot.ask import Ask
from bot.flows.blocks import tell_helplines, tell_lines
from bot.words import _
from waitingroom import referrals

COUNCIL_DUTY = {
    "northern_ireland": _(
        "If you may lose your home, or have nowhere to stay tonight, the Housing Executive must help. Call it."
    )
}
EVERY_COUNCIL = _("If you may lose your home, or have nowhere to stay tonight, your council must help. Call it.")


def helplines(ask: Ask) -> None:
    """Tell the helplines that fit and are open now."""
    standing = ask.know("standing", referrals.standing, conversation_id=ask.here.conversation_id)
    tell_helplines(ask, standing.needs if standing else ())


def advice(ask: Ask) -> None:
    """Tell who gives free advice on money, bills and rights in this nation."""
    _tell_lines(ask, "advice", ("money",))


def housing(ask: Ask) -> None:
    """Tell who helps with a home in this nation, and what the council must do."""
    ask.tell(COUNCIL_DUTY.get(ask.service.nation, EVERY_COUNCIL))
    _tell_lines(ask, "housing", ("housing",))


def _tell_lines(ask: Ask, word: str, needs: tuple[str, ...]) -> None:
    """Tell the lines this word stands for; where none of them was checked lately, those that fit."""
    content, now, nation = ask.service.content, ask.here.now, ask.service.nation
    lines = content.lines_for(word, at=now, nation=nation)
    tell_lines(ask, lines or content.helplines_for(needs, at=now, nation=nation))
    ask.tell(_("Reply HELPLINES for more people to talk to, some of them by text."))
