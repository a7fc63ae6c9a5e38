"""Appointment: someone takes a time that was offered, says that they cannot come, or what they want instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.appointment_words import BOOKED, OFFERED, WHERE, when
from bot.ask import Ask
from bot.questions import Question
from bot.reading import Option, appointment_times
from bot.reading.appointment_times import NONE_OF_THEM
from bot.reading.text import simple
from bot.words import _
from waitingroom import answering_offers
from waitingroom.answering_offers import Instead, OfferGoneError, Standing
from waitingroom.appointments import NotAheadError, TimeTakenError

NONE = Option(
    NONE_OF_THEM,
    _("None of these"),
    ("none", "none of them", "move", "move it", "cant come", "can't come", "i can't come", "can't make it"),
)
"""MOVE is an answer to an offer too, so that nobody need tell an offer from an appointment."""
NO_APPOINTMENT = _("You have no appointment with us now. To ask for one, reply PERSON.")
GONE = _("That offer is over. We have kept what you said, and a link worker will see it.")
ANOTHER = _("Thank you for telling us. {staff} will offer you another time.")
JUST_TAKEN = _("Sorry, that time has just gone.")
INSTEAD = (
    Option(Instead.ANOTHER_TIME.value, _("Another time"), ("another", "time", "new time", "try again")),
    Option(
        Instead.MESSAGE.value, _("A message, not a call"), ("message", "a message", "text", "text me", "write")
    ),
)


def appointment(ask: Ask) -> None:
    """Choose a time that was offered, or hear when and where the appointment is."""
    standing = _standing(ask)
    if standing is None:
        ask.tell(NO_APPOINTMENT)
    elif standing.times:
        _choose(ask, standing)
    elif standing.starts_at is not None:
        _tell(ask, standing, standing.starts_at)


def cannot_come(ask: Ask) -> None:
    """Say that one cannot come, in one word: no reason is asked, and none is needed."""
    standing = _standing(ask)
    if standing is None:
        ask.tell(NO_APPOINTMENT)
        return
    verb = answering_offers.decline if standing.times else answering_offers.call_off
    try:
        ask.do("told", verb, appointment_id=standing.id, now=ask.here.now)
    except OfferGoneError:
        ask.tell(NO_APPOINTMENT)
    else:
        ask.tell(ANOTHER, staff=standing.staff)


def missed_appointment(ask: Ask) -> None:
    """After the two missed each other: no blame, and two ways on."""
    chosen = Instead(ask.choice("instead", _("Sorry we missed each other. What would you like?"), INSTEAD))
    talk, now = ask.here.conversation_id, ask.here.now
    ask.do("asked", answering_offers.ask_instead, conversation_id=talk, instead=chosen, now=now)
    if chosen is Instead.ANOTHER_TIME:
        ask.tell(_("Thank you. A link worker will offer you another time."))
    else:
        ask.tell(_("Thank you. A link worker will write to you here."))


def _standing(ask: Ask) -> Standing | None:
    talk = ask.here.conversation_id
    return ask.know("standing", answering_offers.standing, conversation_id=talk, now=ask.here.now)


def _choose(ask: Ask, standing: Standing) -> None:
    """Take a time; where it has gone meanwhile, one of those that are left."""
    left = list(standing.times)
    for turn in range(len(standing.times)):
        chosen = ask.answer(_which(ask, f"time_{turn}", standing, left))
        if chosen == NONE_OF_THEM:
            break
        at = datetime.fromisoformat(chosen)
        try:
            ask.do(
                f"taken_{turn}", answering_offers.take, appointment_id=standing.id, starts_at=at, now=ask.here.now
            )
        except (TimeTakenError, NotAheadError):
            left.remove(at)
            ask.tell(JUST_TAKEN)
        except OfferGoneError:
            ask.tell(GONE)
            return
        else:
            _tell(ask, standing, at)
            return
    try:
        ask.do("none", answering_offers.decline, appointment_id=standing.id, now=ask.here.now)
    except OfferGoneError:
        ask.tell(GONE)
    else:
        ask.tell(ANOTHER, staff=standing.staff)


def _which(ask: Ask, key: str, standing: Standing, left: Sequence[datetime]) -> Question[str]:
    """Ask which of the times that are left; heard by its number, its day, its hour, or that none suits."""
    options = [Option(at.isoformat(), when(at, ask.service), ()) for at in left]
    words = OFFERED[standing.way]
    asked = ask.kinds.choice(key, words, [*options, NONE], staff=standing.staff)
    local = [at.astimezone(ask.service.zone) for at in left]
    now = ask.here.now.astimezone(ask.service.zone)
    ways = {simple(way) for option in asked.options for way in (option.label, *option.words)}

    def read(said: str) -> str | None:
        meant = appointment_times.which(said, local, now=now)
        if isinstance(meant, int):
            return options[meant].key
        offered = said.strip().isdigit() or simple(said).strip(" .!?") in ways
        return meant or (asked.read(said) if offered else None)

    return replace(asked, read=read)


def _tell(ask: Ask, standing: Standing, at: datetime) -> None:
    ask.tell(BOOKED[standing.way], staff=standing.staff, when=when(at, ask.service))
    if standing.place:
        ask.tell(WHERE, place=standing.place)
