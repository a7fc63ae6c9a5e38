"""Wrong number: whoever reads here is not who we think. They are shown nothing, and nobody loses their place."""

from typing import NoReturn

from bot.ask import Ask
from bot.reading import Option
from bot.words import _
from waitingroom import strangers
from waitingroom.strangers import Stake

WRONG = Option(
    "wrong", _("Yes, the wrong person"), ("yes", "yeah", "yep", "y", "wrong number", "wrong person", "not me")
)
RIGHT = Option("right", _("No, it is me"), ("no", "nope", "nah", "n", "its me", "it is me", "right person"))
"""Not a plain yes or no: "no, wrong number" is neither, and is asked again."""


def wrong_number(ask: Ask) -> None:
    """Say sorry, send no more, and cut this number off from the talk it had.

    Someone in the middle of telling us about themselves may mean a number they gave, so they are asked first.
    """
    stake = _at_stake(ask)
    if stake is not Stake.HALF_TOLD or _is_wrong(ask):
        _disown(ask, stake)
    ask.tell(_("That is fine. Nothing has changed. To change an answer you gave us, reply CHANGE."))


def not_me(ask: Ask) -> None:
    """Ask first whether we have the wrong person: the words may mean something else."""
    stake = _at_stake(ask)
    if _is_wrong(ask):
        _disown(ask, stake)
    ask.tell(_("That is fine. Nothing has changed."))


def _at_stake(ask: Ask) -> Stake:
    return ask.know("stake", strangers.at_stake, conversation_id=ask.here.conversation_id)


def _is_wrong(ask: Ask) -> bool:
    said = ask.choice(
        "wrong",
        _("Did our messages come to the wrong person?"),
        (WRONG, RIGHT),
        simpler=_("Reply 1 if this is the wrong number for us to write to. Reply 2 if it is right."),
    )
    return said == WRONG.key


def _disown(ask: Ask, stake: Stake) -> NoReturn:
    here = ask.here
    ask.do(
        "disowned",
        strangers.disown,
        conversation_id=here.conversation_id,
        contact_id=here.contact_id,
        message_id=here.message_id,
        now=here.now,
    )
    ask.tell(_("Sorry to have troubled you. We will not write here again, unless you write to us."))
    if stake is Stake.A_PLACE:
        ask.tell(_("If it is your number after all, send your reference: 8 digits."))
    ask.leave_all()
