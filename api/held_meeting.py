"""What is held of someone's meetings with a link worker, in plain words: appointments, messages, answers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from bot.words import Words, _
from waitingroom.appointments import Status, Way
from waitingroom.everything import Everything
from waitingroom.later import Status as LaterStatus

Day = Callable[[datetime | date], str]
WAYS: Mapping[Way, str] = {
    Way.CALL: _("a call"),
    Way.VIDEO: _("a video call"),
    Way.VISIT: _("a visit"),
    Way.PLACE: _("a meeting"),
}
CAME_OF_IT: Mapping[Status, str] = {
    Status.OFFERED: _("times were offered"),
    Status.ACCEPTED: _("you took this time"),
    Status.DECLINED: _("no time suited you"),
    Status.LAPSED: _("the times that were offered are over"),
    Status.CANCELLED: _("we took it back"),
    Status.CALLED_OFF: _("you could not come"),
    Status.KEPT: _("you met"),
    Status.MISSED: _("you missed each other"),
}
WENT: Mapping[LaterStatus, str] = {
    LaterStatus.WAITING: _("to go on {day}"),
    LaterStatus.CANCELLED: _("taken back"),
    LaterStatus.NOT_SENT: _("could not be sent"),
    LaterStatus.SENT: _("sent"),
}


def met(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give each appointment, what came of it, and since when an answer is wanted."""
    for one, place in held.appointments:
        told = (words.say(WAYS[one.way]), place, words.say(CAME_OF_IT[one.status]))
        yield day(one.starts_at or one.made_at), ", ".join(filter(None, told))
    if held.unanswered is not None:
        yield day(held.unanswered.since_at), words.say(_("you wrote, and nobody has answered yet"))


def written(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give each message to them that was written for later, and has not gone."""
    for one, said in held.later:
        yield words.say(WENT[one.status], day=day(one.send_at)), said
