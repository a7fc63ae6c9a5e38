"""Self-referral: a person asks for support for themselves."""

from bot.ask import Ask
from bot.flows.blocks import fitting_pieces, hear_together, joining_now, tell_wait
from bot.reading import Option
from bot.reading.together import introduction, way_and_time
from bot.safety import Danger, reply_to
from bot.words import _
from waitingroom import consents, conversations, referrals, waiting
from waitingroom.consents import Purpose, Recipient
from waitingroom.conversations import Forgetting
from waitingroom.people import AboutYou, SafeContact
from waitingroom.referrals import AlreadyReferredError, Submitted

CONSENT = _("May we keep what you tell us and share it with a link worker to help you?")
CONSENT_VERSION = "2026-11b"
FORGOTTEN = {
    Forgetting.SOON: _("We keep nothing of what you told us: this chat is deleted within the hour."),
    Forgetting.AFTER_A_LOOK: _(
        "A person will read what you wrote first, to see that you are safe. Then this chat is deleted."
    ),
    Forgetting.AGREED_BEFORE: _("We still keep what you agreed to before. To have that deleted, reply PERSON."),
}
GROWN_UP = 18
UNSAFE = "abuse"

HOW = (
    Option("call", _("Call me"), ("phone", "ring", "ring me", "call", "telephone")),
    Option("text", _("Text me"), ("sms", "text", "message")),
    Option("here", _("Write to me here"), ("here", "chat", "this chat"), _("Here")),
)
WHEN = (
    Option("any", _("Any time in the day"), ("any", "anytime", "any time", "whenever"), _("Any time")),
    Option("morning", _("Mornings"), ("morning", "am", "before noon")),
    Option("afternoon", _("Afternoons"), ("afternoon", "pm")),
    Option("own", _("I will say when"), ("other", "something else")),
)


def self_referral(ask: Ask) -> None:
    """Ask consent, then one thing at a time; nothing is kept of a person who says no or cannot be served."""
    _say_what_this_is(ask)
    if not ask.yes_no("consent", CONSENT, plainly=True):
        ask.tell(_("That is fine."))
        _forget(ask)
        ask.tell(_("Send HELLO if you change your mind. Reply HELPLINES for people to talk to now."))
        return
    _keep_consent(ask)
    who = _about_you(ask)
    if who is None:
        return
    needs = ask.several(
        "needs",
        _("What would you like help with? Choose one or more."),
        _needs(ask),
        label=_("Help with"),
        samples=("lonely", "unsafe"),
    )
    if UNSAFE in needs:
        _say_it_is_safe_to_ask(ask)
    matters = _what_matters(ask, needs)
    reach = _safe_contact(ask)
    ask.check_answers(_("Please check."))
    submitted = _submit(ask, who, needs, matters, reach)
    if submitted is not None:
        _say_what_happens_next(ask, who, submitted, needs)


def _say_what_this_is(ask: Ask) -> None:
    ask.tell(
        _("Hello. I am {service}'s computer program: nobody reads this live."),
        service=ask.service.name,
    )
    ask.tell(_("In an emergency call 999, not us. To talk now, reply HELPLINES."))
    ask.tell(_("You stay in charge: STOP ends this. It is free; some activities cost a little."))


def _keep_consent(ask: Ask) -> None:
    ask.do(
        "consent_kept",
        consents.give,
        conversation_id=ask.here.conversation_id,
        purpose=Purpose.REFERRAL,
        recipient=Recipient.LINK_WORKER,
        wording=ask.say(CONSENT),
        wording_version=CONSENT_VERSION,
        language=ask.here.words.language,
        channel=ask.here.channel,
        evidence=ask.here.message_id,
        now=ask.here.now,
    )


def _about_you(ask: Ask) -> AboutYou | None:
    """Ask who they are; None where this service is not for them, and nothing is kept."""
    hear_together(ask, introduction(ask.heard.get("name", "")))
    name = ask.name(
        "name",
        _(
            "Thank you. You will always hear the price before you choose. "
            "What name would you like us to use? You can add your age and postcode, like Ann, 72, BB9 7AA."
        ),
        label=_("Name"),
    )
    age = ask.age("age", _("How old are you?"), label=_("Age"), samples=("42", "15"))
    if age < GROWN_UP:
        ask.tell(_("This service is for people aged 18 and over, so we cannot take this further here."))
        ask.tell(
            _(
                "There is help for you. Talk to an adult you trust, or call Childline free on 0800 1111, "
                "day or night. "
                "They will not tell anyone unless you are in danger."
            )
        )
        _kept_nothing(ask)
        return None
    postcode = ask.postcode(
        "postcode",
        _("What is your postcode? The first half is enough."),
        label=_("Postcode"),
        samples=("BB9 7AA", "ZE1"),
    )
    if not ask.service.serves(postcode.split()[0]):
        ask.tell(_("Sorry, we do not work in your area. Your GP surgery can tell you who your link worker is."))
        ask.tell(_("Reply HELPLINES for people you can talk to now, wherever you live."))
        _kept_nothing(ask)
        return None
    return AboutYou(name=name, age=age, postcode=postcode)


def _kept_nothing(ask: Ask) -> None:
    conversation_id, now = ask.here.conversation_id, ask.here.now
    ask.do("withdraw", consents.withdraw, conversation_id=conversation_id, purpose=Purpose.REFERRAL, now=now)
    _forget(ask)


def _forget(ask: Ask) -> None:
    forgotten = ask.do(
        "forget", conversations.forget_soon, conversation_id=ask.here.conversation_id, now=ask.here.now
    )
    ask.tell(FORGOTTEN[forgotten])


def _needs(ask: Ask) -> tuple[Option, ...]:
    needs = ask.service.content.needs.values()
    return tuple(Option(need.key, need.label, need.words, need.short) for need in needs)


def _what_matters(ask: Ask, needs: tuple[str, ...]) -> str:
    """Ask what matters in their own words, unless someone makes them feel unsafe: those words could be read."""
    if UNSAFE in needs:
        return ""
    return ask.text(
        "what_matters",
        _(
            "In your own words, what matters most to you now? "
            "Your link worker, a person with time to listen, reads this first."
        ),
        label=_("What matters"),
    )


def _safe_contact(ask: Ask) -> SafeContact:
    said = way_and_time(ask.heard.get("how", ""), HOW, WHEN)
    hear_together(ask, dict(zip(("how", "when"), said, strict=False)))
    how = ask.choice(
        "how",
        _('How is it safe for us to contact you? You can add when, like "here, any time".'),
        HOW,
        label=_("Contact"),
    )
    phone = ""
    if how != "here":
        phone = ask.phone("phone", _("What number should we use?"), label=_("Number"))
    voicemail = False
    if how == "call":
        voicemail = ask.yes_no(
            "voicemail", _("If you do not answer, may we leave a message?"), label=_("Leave a message")
        )
    when = ask.choice("when", _("When is it safe to contact you?"), WHEN, label=_("When"))
    if when == "own":
        when = ask.text("when_own", _("Please tell us when, in your own words."), label=_("When exactly"))
    return SafeContact(how=how, when=when, phone=phone, voicemail=voicemail)


def _submit(ask: Ask, who: AboutYou, needs: tuple[str, ...], matters: str, reach: SafeContact) -> Submitted | None:
    joining = joining_now(ask)
    try:
        return ask.do(
            "submit",
            referrals.refer_self,
            conversation_id=ask.here.conversation_id,
            who=who,
            area=who.postcode.split()[0],
            language=ask.here.words.language,
            needs=needs,
            what_matters=matters,
            reach=reach,
            unsafe=UNSAFE in needs,
            programme=joining.programme,
            next_at=joining.next_at,
            now=ask.here.now,
        )
    except AlreadyReferredError as refused:
        ask.tell(refused.words)
        return None


def _say_what_happens_next(ask: Ask, who: AboutYou, submitted: Submitted, needs: tuple[str, ...]) -> None:
    ask.tell(
        _("Thank you, {name}. Your reference is {reference}. Say it if you call."),
        name=who.name,
        reference=submitted.reference,
    )
    ask.tell(_("Next, a link worker reads this and contacts you as you chose."))
    now = ask.here.now
    tell_wait(ask, ask.know("wait", referrals.how_long, now=now))
    fitting = fitting_pieces(ask, needs, ())
    if fitting:
        piece = fitting[0]
        ask.do(
            "first_piece",
            waiting.note_sent,
            referral_id=submitted.referral_id,
            step=waiting.AT_ONCE,
            item=piece.key,
            now=now,
        )
        ask.tell(_("While you wait, try this. {piece}"), piece=piece.text)
    ask.tell(_("Reply MORE for another, HELPLINES, HOW LONG, PAUSE or STOP. Reply PERSON to talk sooner."))


def _say_it_is_safe_to_ask(ask: Ask) -> None:
    danger = Danger(kinds=(UNSAFE,), rules=())
    seen_by = ask.service.read_by(ask.here.now)
    for words in reply_to(danger, ask.service.content.safety, service=ask.service.name, seen_by=seen_by):
        ask.tell("{told}", told=words)
