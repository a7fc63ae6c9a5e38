"""Young people: where to go instead, and someone of 13 to 15 who may ask for a person. A part of self-referral."""

from bot.ask import Ask
from bot.flows.blocks import keep_consent, keep_nothing
from bot.flows.safe_contact import safe_contact
from bot.words import _
from waitingroom import young_people
from waitingroom.young_people import AlreadyAskedError

CONSENT = _("May we keep your first name, your age and how to reach you, so that a person can talk with you?")
CONSENT_VERSION = "2026-11-young"


def too_young(ask: Ask) -> None:
    """Say where someone can go who is younger than the service takes on; nothing is kept."""
    ask.tell(
        _("This service is for people aged {youngest} and over, so we cannot take this further here."),
        youngest=ask.service.youngest,
    )
    ask.tell(
        _(
            "There is help for you. Talk to an adult you trust, or call Childline free on 0800 1111, "
            "day or night. "
            "They will not tell anyone unless you are in danger."
        )
    )
    keep_nothing(ask)


def young_person(ask: Ask, age: int) -> None:
    """Ask someone of 13 to 15 for no more than a first name and a safe way: a person judges what comes next."""
    ask.tell(
        _(
            "Thank you. You are under 16, so a person will talk with you first. "
            "It is fine to say no. Childline is free, day or night: 0800 1111."
        )
    )
    if not ask.yes_no("young_consent", CONSENT, plainly=True):
        ask.tell(_("That is fine. You can talk to an adult you trust, or call Childline free on 0800 1111."))
        keep_nothing(ask)
        return
    keep_consent(ask, CONSENT, CONSENT_VERSION)
    name = ask.name("name", _("Thank you. What is your first name?"), label=_("Name"))
    reach = safe_contact(ask, own_time=False)
    ask.check_answers(_("Please check."))
    here = ask.here
    try:
        ask.do(
            "young_asked",
            young_people.ask_for_person,
            conversation_id=here.conversation_id,
            name=name,
            age=age,
            reach=reach,
            language=here.words.language,
            now=here.now,
        )
    except AlreadyAskedError as refused:
        ask.tell(refused.words)
        return
    seen_by = ask.service.seen_by(here.now)
    ask.tell(
        _("Thank you, {name}. A person will see this {seen_by}. They will contact you as you chose."),
        name=name,
        seen_by=seen_by,
    )
    ask.tell(_("To talk to someone now, call Childline free on 0800 1111. Reply STOP to end messages."))
