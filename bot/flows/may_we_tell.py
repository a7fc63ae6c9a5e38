"""May we tell: one plain question whether another organisation may be told of someone, before it is asked."""

from bot.ask import Ask
from bot.flows.blocks import keep_yes
from bot.sharing_words import MAY_WE_TELL, VERSION
from bot.words import _
from waitingroom import sharing
from waitingroom.consents import Purpose, Recipient


def may_we_tell(ask: Ask) -> None:
    """Ask for a yes to one organisation being told; it is kept with its words, and CONSENT takes it back."""
    asked = ask.know("asked", sharing.asked, conversation_id=ask.here.conversation_id)
    if asked is None:
        ask.tell(_("That question is over now. Nothing has changed."))
        return
    told = {"organisation": asked.organisation}
    if not ask.yes_no("share", MAY_WE_TELL, plainly=True, **told):
        ask.do("refused", sharing.refuse, help_id=asked.help_id, now=ask.here.now)
        ask.tell(_("That is fine. We will not tell {organisation} about you."), **told)
        return
    keep_yes(
        ask,
        "share_kept",
        Purpose.SHARING,
        Recipient.SERVICE,
        MAY_WE_TELL,
        VERSION,
        which=asked.organisation,
        values=told,
    )
    if ask.do("agreed", sharing.agree, help_id=asked.help_id, now=ask.here.now):
        ask.tell(_("Thank you. We will ask {organisation} to help. To take your yes back, send CONSENT."), **told)
    else:
        ask.tell(_("Thank you. That help is not needed now. To take your yes back, send CONSENT."))
