"""Language: people choose theirs, in its own name; where we cannot talk in it, we say so and note the wish."""

from bot.ask import Ask
from bot.reading import Option
from bot.words import _, spoken, words_in
from waitingroom import conversations, handoffs
from waitingroom.conversations import Place
from waitingroom.handoffs import Reason, Urgency

NOT_LISTED = "und"
"""BCP 47 for a language that is not named: its name stands in what they wrote."""
IN_IT_NOW = _("From now on we write to you in this language.")


def language(ask: Ask) -> None:
    """Talk in the language they choose, or say honestly that we cannot and note it for their link worker."""
    wish = ask.choice("language", _("Which language would you like?"), tuple(_choices(ask)))
    if wish in spoken():
        _speak(ask, wish, interpreter=None)
        ask.tell(words_in(wish).say(IN_IT_NOW))
        return
    if wish == NOT_LISTED:
        ask.text("which", _("Which language is it? Please write its name."), most=100)
    interpreter = ask.yes_no("interpreter", _("Would you like an interpreter when a person talks with you?"))
    _speak(ask, wish, interpreter=interpreter)
    if ask.here.place is Place.WAITING_ROOM:
        _tell_staff(ask)
    noted = ask.say(
        _("We have noted that, and your link worker will see it. Sorry, I only write English for now.")
    )
    known = ask.service.content.languages.get(wish)
    ask.tell("{told}", told=f"{noted} {known.noted_as_reviewed if known else ''}".rstrip())


def _choices(ask: Ask) -> list[Option]:
    shown = [
        Option(tag, one.name, (one.english, one.latin), one.latin)
        for tag, one in ask.service.content.languages.items()
    ]
    return [*shown, Option(NOT_LISTED, _("Another language"), ("other", "another"), _("Another"))]


def _speak(ask: Ask, wish: str, *, interpreter: bool | None) -> None:
    ask.do(
        "language_noted",
        conversations.speak,
        conversation_id=ask.here.conversation_id,
        language=wish,
        spoken=wish in spoken(),
        interpreter=interpreter,
    )


def _tell_staff(ask: Ask) -> None:
    ask.do(
        "staff_told",
        handoffs.raise_hand,
        conversation_id=ask.here.conversation_id,
        reason=Reason.LANGUAGE_WANTED,
        urgency=Urgency.ROUTINE,
        now=ask.here.now,
    )
