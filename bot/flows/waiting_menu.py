"""The waiting menu: what someone in the waiting room can ask for, each by one word."""

from bot.ask import Ask
from bot.flows.blocks import fitting_pieces, keep_words, tell_helplines, tell_wait
from bot.reading import Option
from bot.words import _
from waitingroom import asked, conversations, handoffs, referrals, waiting
from waitingroom.conversations import ContactState, Place
from waitingroom.handoffs import Reason, Urgency
from waitingroom.referrals import Standing
from waitingroom.waiting import Pace

OWN_WORDS = "own_words"
WISHES = (
    Option("more", _("Something that may help (MORE)"), ("more", "another"), _("MORE to try")),
    Option("helplines", _("People to talk to now (HELPLINES)"), ("helplines",), _("HELPLINES")),
    Option("how_long", _("How long I will wait (HOW LONG)"), ("how long",), _("HOW LONG I will wait")),
    Option("pause", _("Pause messages (PAUSE)"), ("pause",), _("PAUSE messages")),
    Option("about_me", _("Tell you more about me (ABOUT ME)"), ("about me",), _("ABOUT ME: add things")),
    Option("person", _("Ask for a person (PERSON)"), ("person",), _("PERSON")),
    Option("stop", _("Stop messages (STOP)"), ("stop messages",), _("STOP messages")),
)


def waiting_menu(ask: Ask) -> None:
    """Ask what they would like; words that are no wish are kept for the link worker."""
    wish = ask.choice("wish", _("What would you like?"), WISHES, otherwise=OWN_WORDS)
    if wish == "about_me":
        ask.lead_to("more_about_you")
    {
        "more": more,
        "helplines": helplines,
        "how_long": how_long,
        "pause": pause,
        "person": person,
        "stop": stop,
        OWN_WORDS: keep_words,
    }[wish](ask)


def more(ask: Ask) -> None:
    """Send another piece of self-care that fits and was not sent before."""
    standing = _standing(ask)
    fitting = fitting_pieces(ask, standing.needs, standing.items) if standing else ()
    if standing is None or not fitting:
        ask.tell(_("You have had everything we have for now. We add more from time to time."))
        return
    piece = fitting[0]
    ask.do(
        "piece",
        waiting.note_sent,
        referral_id=standing.referral_id,
        step=f"asked:{piece.key}",
        item=piece.key,
        now=ask.here.now,
    )
    ask.tell("{piece}", piece=piece.text)


def helplines(ask: Ask) -> None:
    """Tell the helplines that fit and are open now."""
    standing = _standing(ask)
    tell_helplines(ask, standing.needs if standing else ())


def how_long(ask: Ask) -> None:
    """Say honestly what is known of the wait."""
    wait = ask.know("wait", referrals.how_long, now=ask.here.now)
    tell_wait(ask, wait)
    ask.tell(_("People in danger are seen first. After that, those who have waited longest come first."))


def pause(ask: Ask) -> None:
    """Pause what is sent unasked; the place in the list stays."""
    ask.do("paused", waiting.set_pace, conversation_id=ask.here.conversation_id, pace=Pace.PAUSED)
    ask.tell(_("We have paused our messages. You keep your place. Reply RESUME to have them again."))


def resume(ask: Ask) -> None:
    """Start the programme again where it was paused."""
    ask.do("resumed", waiting.set_pace, conversation_id=ask.here.conversation_id, pace=Pace.ACTIVE)
    ask.tell(_("Welcome back. You will hear from us again from time to time."))


def person(ask: Ask) -> None:
    """Ask for a person, and say truthfully when one will look."""
    _raise_hand(ask, "asked_for_person", Reason.ASKED_FOR_PERSON, Urgency.SOON)
    seen_by = ask.service.seen_by(ask.here.now)
    ask.tell(_("We have asked a person to write to you here. They will see this {seen_by}."), seen_by=seen_by)
    if ask.service.phone:
        ask.tell(_("You can also call us on {phone}."), phone=ask.service.phone)


def stop(ask: Ask) -> None:
    """Stop messages to this number or chat at once; a referral stays, and staff are told."""
    way, now = ask.here.contact_id, ask.here.now
    ask.do("stopped", conversations.set_contact, contact_id=way, state=ContactState.STOPPED, now=now)
    if ask.here.place in {Place.ASKED, Place.FRONT_DOOR}:
        _never_ask_again(ask)
    if ask.here.place is Place.WAITING_ROOM:
        _raise_hand(ask, "staff_told", Reason.STOPPED_MESSAGES, Urgency.ROUTINE)
        ask.tell(_("We have stopped: no more messages here. You keep your place. Reply START to have them again."))
        return
    ask.tell(_("We have stopped: no more messages here. Reply START to have them again."))


def _never_ask_again(ask: Ask) -> None:
    """End the talk for good of someone who is here only because another person suggested it."""
    talk, now = ask.here.conversation_id, ask.here.now
    if ask.do("never_asked", asked.never, conversation_id=talk, now=now):
        ask.tell(_("We have stopped, and deleted what we were told about you. We will not ask you again."))
        ask.leave_all()


def start(ask: Ask) -> None:
    """Open this number or chat for messages again."""
    way, now = ask.here.contact_id, ask.here.now
    ask.do("started", conversations.set_contact, contact_id=way, state=ContactState.OPEN, now=now)
    ask.tell(_("Welcome back. We can send you messages here again. Reply STOP at any time."))


def explain(ask: Ask) -> None:
    """Say what this is and which words work."""
    ask.tell(
        _("If a life is at risk, call 999. This is {service}. I am a computer program."),
        service=ask.service.name,
    )
    if ask.here.place is Place.WAITING_ROOM:
        ask.tell(_("Reply MORE, HELPLINES, HOW LONG, PAUSE, PERSON, WITHDRAW or STOP at any time."))
    else:
        ask.tell(
            _("Reply BACK to go back. Reply CHANGE to change an answer. HELPLINES, PERSON and STOP work too.")
        )
    ask.tell(_("On what we keep: PRIVACY, CONSENT, MY DATA, CORRECT, DELETE. If something is wrong: COMPLAINT."))
    ask.tell(
        _(
            "To talk in another language, send LANGUAGE. To go on elsewhere, send CONTINUE. "
            "To help others, send VOLUNTEER. To tell us of someone else, send REFER."
        )
    )


def _raise_hand(ask: Ask, key: str, reason: Reason, urgency: Urgency) -> None:
    ask.do(
        key,
        handoffs.raise_hand,
        conversation_id=ask.here.conversation_id,
        reason=reason,
        urgency=urgency,
        now=ask.here.now,
    )


def _standing(ask: Ask) -> Standing | None:
    return ask.know("standing", referrals.standing, conversation_id=ask.here.conversation_id)
