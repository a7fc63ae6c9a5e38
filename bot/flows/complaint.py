"""Complaint: what someone is unhappy about, in their own words, and what happens to it by when."""

from bot.ask import Ask
from bot.flows.blocks import in_words
from bot.words import _
from waitingroom import complaints


def complaint(ask: Ask) -> None:
    """Keep a complaint as it is said, and say who reads it, by when, and where else they can turn."""
    words = ask.text(
        "complaint",
        _("We are sorry that something is wrong. Please tell us what, in your own words, in one message."),
        most=4000,
    )
    made = ask.do(
        "complaint_made",
        complaints.make,
        conversation_id=ask.here.conversation_id,
        words=words,
        due_on=complaints.due(ask.here.now, ask.service.zone),
        now=ask.here.now,
    )
    ask.tell(
        _("Thank you for telling us. The reference of your complaint is {reference}."),
        reference=made.reference,
    )
    ask.tell(
        _("A person at {service} reads it, and tells you so by {day} at the latest. Then we answer it."),
        service=ask.service.name,
        day=in_words(made.due_on),
    )
    ask.tell(_("If it is about how we keep what you told us, you can also call the ICO on 0303 123 1113."))
