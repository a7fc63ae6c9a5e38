"""Going oneself: someone goes somewhere in place of waiting, is asked once how it went, and can come back."""

from bot.ask import Ask
from bot.flows.blocks import joining_now
from bot.reading import Option
from bot.words import _
from waitingroom import saved_services, signposting
from waitingroom.signposting import Went

DID_YOU = (
    Option(Went.YES, _("Yes"), ("yes", "i did", "went")),
    Option(Went.NOT_YET, _("Not yet"), ("not yet", "no", "later", "soon")),
    Option(Went.NOT_FOR_ME, _("It was not for me"), ("not for me", "did not like it", "not right")),
)


def go_myself(ask: Ask) -> None:
    """Ask once, plainly, whether they would rather go than wait; the place they give up can be had back."""
    talk, now = ask.here.conversation_id, ask.here.now
    home = ask.know("home", saved_services.home_of, conversation_id=talk)
    if not home.on_the_list:
        ask.tell(_("You are not on our list, so you can go whenever you like. NEAR ME shows what is on."))
        return
    kept = ask.know("kept", saved_services.saved, conversation_id=talk)
    if not kept:
        ask.tell(_("First find something you like: send NEAR ME, and save it. Then send GO MYSELF."))
        return
    chosen = kept[0]
    if not ask.yes_no(
        "sure",
        _(
            "You would go to {name} yourself, and leave our list. "
            "In two weeks we ask once how it went. Do you want that?"
        ),
        simpler=_("Reply YES to go yourself and leave our list, or NO to stay on it."),
        plainly=True,
        name=chosen.name,
    ):
        ask.tell(_("That is fine. Nothing has changed: you keep your place."))
        return
    gone = ask.do("gone", signposting.go_myself, conversation_id=talk, service_id=chosen.id, now=now)
    if not gone:
        ask.tell(_("A link worker is with you already. Tell them where you would like to go."))
        return
    if way := chosen.phone or chosen.web:
        ask.tell("{name}: {way}", name=chosen.name, way=way)
    ask.tell(_("We wish you well. If it does not work out, send COME BACK: you get your old place again."))
    ask.leave_all()


def did_you_go(ask: Ask) -> None:
    """Ask once, two weeks on, what came of it. Whoever has not been can come back with one word."""
    talk, now = ask.here.conversation_id, ask.here.now
    went = Went(ask.choice("went", _("Two weeks ago you chose to go somewhere yourself. Did you go?"), DID_YOU))
    ask.do("noted", signposting.note_went, conversation_id=talk, went=went, now=now)
    if went is Went.YES:
        ask.tell(_("Good to hear. If you need us again, send HELLO, or COME BACK for your old place."))
        return
    if ask.yes_no("back", _("Would you like to come back to our list? You get your old place again.")):
        ask.lead_to("come_back")
    ask.tell(_("That is fine. If you change your mind, send COME BACK."))


def come_back(ask: Ask) -> None:
    """Put them back on the list where they were."""
    joining = joining_now(ask)
    back = ask.do(
        "come_back",
        signposting.come_back,
        conversation_id=ask.here.conversation_id,
        programme=joining.programme,
        next_at=joining.next_at,
        now=ask.here.now,
    )
    if back:
        ask.tell(_("Welcome back. You have your old place, as if you had never left. MENU shows what I can do."))
    else:
        ask.tell(_("There is no place of yours to come back to here. Send HELLO to ask for support."))
