"""Half-way: someone who fell silent in the middle is asked once, in neutral words, whether to go on."""

from bot.ask import Ask
from bot.flows.blocks import keep_nothing
from bot.kinds import YES_NO
from bot.words import _


def half_way(ask: Ask) -> None:
    """Go on where they stood, or forget it all. Whatever else they say, the question that stood is asked again."""
    said = ask.choice(
        "go_on",
        _("You began something with us. Would you like to go on? Reply YES or NO, or STOP to end messages."),
        YES_NO,
        otherwise="something_else",
    )
    if said == "no":
        ask.tell(_("That is fine."))
        keep_nothing(ask)
        ask.tell(_("Send HELLO if you change your mind."))
        ask.leave_all()
    ask.tell(_("Here is where we were."))
