"""On duty: what a duty worker hears who writes back to the number that calls them."""

from bot.ask import Ask
from bot.words import _


def on_duty(ask: Ask) -> None:
    """Say that nobody reads this, and where to look."""
    ask.tell(
        _("{service} calls this phone when someone may be in danger. Nobody reads what you write here."),
        service=ask.service.name,
    )
    ask.tell(
        _("To pick someone up, open the waiting list. If you need help yourself, call 999 or reply HELPLINES.")
    )
