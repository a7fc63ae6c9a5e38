"""Who is this: an honest short answer, anywhere. It names no need: whoever holds this phone reads it."""

from bot.ask import Ask
from bot.words import _


def who_is_this(ask: Ask) -> None:
    """Say who we are, how we come by a number, and how to check; then the question that stood goes on."""
    ask.tell(
        _("We are {service}, a free local service. I am our computer program, not a person. This is no scam."),
        service=ask.service.name,
    )
    ask.tell(
        _(
            "Someone wrote to us from this number, or gave it to us so that we could ask. "
            "We never ask for money, passwords or bank details."
        )
    )
    if ask.service.phone:
        ask.tell(_("To check that we are real, call {phone}."), phone=ask.service.phone)
    ask.tell(_("Reply PERSON for one of us, or STOP to end messages."))
