"""How are you: one question to someone who waits; "worse" has a link worker look the same day."""

from bot.ask import Ask
from bot.flows.blocks import keep_words
from bot.reading import Option
from bot.words import _
from waitingroom import how_are_you as asking
from waitingroom.how_are_you import Answer

THINGS = (
    Option(
        Answer.BETTER, _("Better"), ("better", "good", "much better", "a bit better", "bit better", "improving")
    ),
    Option(Answer.SAME, _("The same"), ("same", "about the same", "no change", "ok", "okay", "not bad")),
    Option(Answer.WORSE, _("Worse"), ("worse", "a bit worse", "bit worse", "much worse", "bad", "not good")),
)
STAY = (
    Option(Answer.YES, _("Yes"), ("yes", "yeah", "yep", "yes please", "please", "still waiting")),
    Option(Answer.NO, _("No"), ("no", "nope", "no thanks", "not any more")),
    Option(Answer.NOT_SURE, _("Not sure"), ("not sure", "dont know", "maybe", "unsure")),
)


def how_are_you(ask: Ask) -> None:
    """Ask how things are, in words that name nothing: they go out unasked."""
    said = Answer(ask.choice("how", _("How are things?"), THINGS, otherwise=Answer.OWN_WORDS.value))
    _keep(ask, said)
    if said is Answer.OWN_WORDS:
        keep_words(ask)
    elif said is Answer.WORSE:
        seen_by = ask.service.read_by(ask.here.now)
        ask.tell(
            _("Thank you for telling us. We are sorry it is harder. This is seen by {seen_by}."), seen_by=seen_by
        )
        ask.tell(_("If a life is at risk, call 999. Reply HELPLINES for people to talk to now."))
    elif said is Answer.BETTER:
        ask.tell(_("We are glad to hear that. You keep your place. Reply HOW LONG or MORE at any time."))
    else:
        ask.tell(_("Thank you for telling us. You keep your place. Reply MORE for a small step, or PERSON."))


def still_waiting(ask: Ask) -> None:
    """Ask whether they still want to wait. Only they can leave the list, in a talk of its own."""
    said = Answer(
        ask.choice("stay", _("Do you still want to stay on our list?"), STAY, otherwise=Answer.OWN_WORDS.value)
    )
    _keep(ask, said)
    if said is Answer.NO:
        ask.lead_to("withdraw")
    if said is Answer.OWN_WORDS:
        keep_words(ask)
    elif said is Answer.YES:
        ask.tell(_("Thank you. You keep your place. Reply HOW LONG to hear about the wait."))
    else:
        ask.tell(
            _("That is fine. You keep your place. Reply PERSON to talk it over, or WITHDRAW to leave the list.")
        )


def _keep(ask: Ask, said: Answer) -> None:
    here = ask.here
    ask.do("answered", asking.answer, conversation_id=here.conversation_id, answer=said, now=here.now)
