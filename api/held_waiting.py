"""What is held of someone's time on the list, in plain words: what they were told, asked, and answered."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from bot.words import Words, _
from waitingroom.everything import Everything
from waitingroom.how_are_you import Answer, Asks

Day = Callable[[datetime | date], str]
ASKED = {Asks.THINGS: _("How are things?"), Asks.STAY: _("Do you still want to stay on our list?")}
ANSWERED = {
    None: _("no answer"),
    Answer.BETTER: _("better"),
    Answer.SAME: _("the same"),
    Answer.WORSE: _("worse"),
    Answer.YES: _("yes"),
    Answer.NO: _("no"),
    Answer.NOT_SURE: _("not sure"),
    Answer.OWN_WORDS: _("in your own words: they stand with all that was said"),
    Answer.SILENCE: _("no answer, so we asked staff to look"),
}


def asked(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give what they were asked while they waited, and what they answered."""
    for one in held.how_are_you:
        if one.asked_at is not None and one.asks is not None:
            yield f"{day(one.asked_at)}: {words.say(ASKED[one.asks])}", words.say(ANSWERED[one.answer])


def told(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give what they were told of their wait, and all that was said by call or letter."""
    for wait in held.waits:
        if wait.middle_on is not None:
            yield words.say(_("The wait, as told on {day}"), day=day(wait.told_at)), day(wait.middle_on)
    for task, said in held.by_hand:
        yield f"{day(task.due_on)}, {task.kind.value}", " ".join(said)
