"""Going on elsewhere: a talk that moves to another phone or page, and one that comes back after long silence."""

from bot.ask import Ask
from bot.reading import Option
from bot.words import _
from waitingroom import conversations, crossings
from waitingroom.conversations import Place

NEW = (
    Option("new", _("I am new here, or I have no reference"), ("new", "no", "none", "dont know"), _("New here")),
)


def go_on_elsewhere(ask: Ask) -> None:
    """Give a code that carries this talk to another phone, app or page."""
    code = ask.do("code", crossings.offer, conversation_id=ask.here.conversation_id, now=ask.here.now)
    ask.tell(
        _("To go on somewhere else, write to us there and send: CONTINUE {code}. It works once, for 10 minutes."),
        code=code,
    )
    ask.tell(_("Whoever has this code can read this chat, so show it to nobody."))


def welcome_back(ask: Ask) -> None:
    """Ask someone who was silent for a long time to show that it is still them, before anything is shown."""
    ask.choice(
        "who",
        _(
            "Welcome back. It has been a long time, and phone numbers change hands, so we check that it is you. "
            "Please send your reference, 8 digits like 1234 5674."
        ),
        NEW,
        simpler=_("Please send the 8 digits of your reference, or reply 1 if you have none."),
    )
    ask.do(
        "front_door",
        conversations.begin_anew,
        conversation_id=ask.here.conversation_id,
        place=Place.FRONT_DOOR,
    )
    ask.tell(_("That is fine. Send HELLO to begin. If you were with us before, reply PERSON: a person can look."))
