"""Asides: what is said back to voice notes, pictures, places and all else that is not plain words."""

from collections.abc import Sequence

from bot.messages import Aside
from bot.words import Words, _
from waitingroom.attachments import Keeping, Kind

TAKES_TEXT = frozenset({Aside.VOICE, Aside.PICTURE, Aside.FILE})
"""Where words came with it they are the answer too."""

CANNOT = {
    Aside.VOICE: _("Thank you. I am a computer program, so I cannot listen."),
    Aside.PICTURE: _("Thank you. I am a computer program, so I cannot see pictures."),
    Aside.FILE: _("Thank you. I am a computer program, so I cannot open files."),
}
READS_ONLY_WORDS = _("Thank you. I am a computer program, so I only read the words you send.")
KEEPING = {
    Keeping.WILL: _("We will keep what you sent for your link worker."),
    Keeping.IF_AGREED: _("We will keep what you sent only if you agree to that."),
    Keeping.TOO_BIG: _("It is too big for us to keep. You can send a shorter or smaller one."),
    Keeping.TOO_MANY: _(
        "We have kept as much as we can today, so we cannot keep this. You can send it again tomorrow."
    ),
}
AT_RISK = _("If a life is at risk, call 999.")
IN_WORDS = {
    Aside.VOICE: _("If you can, write it in words too. If that is hard, reply PERSON."),
    Aside.PICTURE: _("If you can, tell us in words what it shows. If that is hard, reply PERSON."),
    Aside.FILE: _("If you can, tell us in words what it says. If that is hard, reply PERSON."),
}
OR_CALL = _("You can also call us on {phone}.")

OTHERS = {
    Aside.PLACE: _(
        "I am a computer program, so I cannot see you on a map. We do not keep the place you sent. "
        "If a life is at risk, call 999. If we ask where you live, write your postcode."
    ),
    Aside.CARD: _(
        "We do not keep contact cards, as they may be about someone else. "
        "If we ask for your number, write it here. To ask for help for someone else, reply PERSON."
    ),
    Aside.STRANGE: _(
        "I am a computer program, so I could not read that, and we do not keep it. "
        "Write to us in words, or reply PERSON."
    ),
}
EDITED = _("We see that you changed a message. We keep both, and your link worker can see them.")
EDITED_ANSWER = _(
    "We see that you changed a message. I still go by the first one. To change an answer, reply CHANGE."
)

LOST = {
    Kind.VOICE: _("Sorry, we could not keep the voice note you sent."),
    Kind.PICTURE: _("Sorry, we could not keep the picture you sent."),
    Kind.FILE: _("Sorry, we could not keep the file you sent."),
}
TELL_US = _("If it matters, tell us in words, or reply PERSON.")

SHOWN = {
    Kind.VOICE: (_("voice note"), _("{count} voice notes")),
    Kind.PICTURE: (_("picture"), _("{count} pictures")),
    Kind.FILE: (_("file"), _("{count} files")),
}
SHOWN_ASIDES = {
    Aside.PLACE: _("place on a map, not kept"),
    Aside.CARD: _("contact card, not kept"),
    Aside.STRANGE: _("something that could not be read"),
    Aside.EDITED: _("changed"),
}


def answer_to(
    aside: Aside,
    words: Words,
    *,
    keeping: Keeping = Keeping.WILL,
    captioned: bool = False,
    under_way: bool = True,
    phone: str = "",
) -> str:
    """Say what becomes of what someone sent, and what they can do instead: never what they need help with.

    `keeping` is what `attachments.keep_note` said; `captioned`: words came with it, and are heard as words are;
    `under_way`: there are answers that CHANGE can change; `phone`: the service's own number, for those who find
    writing hard. At most two text messages long.
    """
    if aside is Aside.EDITED:
        return words.say(EDITED_ANSWER if under_way else EDITED)
    if aside not in TAKES_TEXT:
        return words.say(OTHERS[aside])
    said = [READS_ONLY_WORDS if captioned else CANNOT[aside], KEEPING[keeping]]
    if aside is Aside.VOICE:
        said.append(AT_RISK)
    if not captioned:
        said.append(IN_WORDS[aside])
    told = [words.say(sentence) for sentence in said]
    if phone and aside is Aside.VOICE and not captioned:
        told.append(words.say(OR_CALL, phone=phone))
    return " ".join(told)


def lost(kind: Kind, words: Words) -> str:
    """Say that something which was to be kept could not be."""
    return f"{words.say(LOST[kind])} {words.say(TELL_US)}"


def shown(kinds: Sequence[Kind], words: Words, *, aside: Aside | None = None) -> str:
    """Name in brackets what came with a message: '(voice note)', '(2 pictures)'; '' where nothing did."""
    named = [_named(kind, list(kinds).count(kind), words) for kind in dict.fromkeys(kinds)]
    if aside in SHOWN_ASIDES:
        named.append(words.say(SHOWN_ASIDES[aside]))
    return f"({', '.join(named)})" if named else ""


def _named(kind: Kind, count: int, words: Words) -> str:
    one, more = SHOWN[kind]
    return words.say(one) if count == 1 else words.say(more, count=count)
