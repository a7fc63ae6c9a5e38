"""Wait words: how long someone will wait, said as a range, and never as a promise or a place in a queue."""

from bot.words import Words, _
from waitingroom.waits import Wait

NOT_KNOWN = _("We do not know yet how long it takes. We will tell you.")
MET = _("A link worker is in touch with you now, so your wait is over.")
BETWEEN = _("We think it will be {least} to {most} weeks from now. It may be less or more.")
UP_TO = _("We think it will be {most} or less from now. It may be more.")
LONGER = _("We think it will be longer than {least} from now. We cannot say by how much.")


def in_words(words: Words, wait: Wait) -> str:
    """Say a wait in the person's language."""
    if wait.met:
        return words.say(MET)
    if wait.from_weeks is None and wait.to_weeks is None:
        return words.say(NOT_KNOWN)
    if wait.from_weeks is None:
        return words.say(UP_TO, most=_weeks(words, wait.to_weeks or 1))
    if wait.to_weeks is None:
        return words.say(LONGER, least=_weeks(words, wait.from_weeks))
    return words.say(BETWEEN, least=wait.from_weeks, most=wait.to_weeks)


def _weeks(words: Words, number: int) -> str:
    return words.say(_("1 week")) if number == 1 else words.say(_("{number} weeks"), number=number)
