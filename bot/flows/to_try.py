"""To try: a piece of self-care that fits, whether it helped, and another sort where it was not for them."""

from bot.ask import Ask
from bot.flows.blocks import fitting_pieces
from bot.words import _
from content import Item
from waitingroom import pieces, waiting
from waitingroom.pieces import Said, Tried

HELPED = "helped"
"""The question that may go unanswered; its button may be pressed long after."""


def more(ask: Ask) -> None:
    """Send another piece of self-care that fits and was not sent before."""
    tried = _tried(ask)
    if tried is None or not _offer(ask, tried, not_for_me=tried.not_for_me):
        _nothing_left(ask)


def something_to_try(ask: Ask) -> None:
    """Say the piece that the programme has for them today, and ask whether it helped."""
    tried = _tried(ask)
    piece = _last(ask, tried)
    if tried is None or piece is None:
        _nothing_left(ask)
        return
    ask.tell("{piece}", piece=piece.text)
    _ask_whether_it_helped(ask, tried, piece)


def not_for_me(ask: Ask) -> None:
    """Rank pieces of the last one's sort down, and offer another."""
    tried = _tried(ask)
    piece = _last(ask, tried)
    if tried is None or piece is None:
        _nothing_left(ask)
        return
    _say(ask, "not_for_them", tried, piece, Said.NOT_FOR_ME)
    ask.tell(_("Thank you. We will send less of that sort. Here is another."))
    if not _offer(ask, tried, not_for_me=(*tried.not_for_me, piece.key)):
        _nothing_left(ask)


def _offer(ask: Ask, tried: Tried, *, not_for_me: tuple[str, ...]) -> bool:
    """Send the best that is left for them. Returns whether anything was."""
    ranking = ask.know("ranking", pieces.ranking)
    fitting = fitting_pieces(ask, tried.needs, tried.items, ranking=ranking, not_for_me=not_for_me)
    if not fitting:
        return False
    piece = fitting[0]
    ask.do(
        "piece",
        waiting.note_sent,
        referral_id=tried.referral_id,
        step=f"asked:{piece.key}",
        item=piece.key,
        now=ask.here.now,
    )
    ask.tell("{piece}", piece=piece.text)
    _ask_whether_it_helped(ask, tried, piece)
    return True


def _ask_whether_it_helped(ask: Ask, tried: Tried, piece: Item) -> None:
    if ask.passing(HELPED, _("Did this help?")):
        _say(ask, "said", tried, piece, Said.HELPED)
        ask.tell(_("Thank you. That tells us what to send."))
    else:
        _say(ask, "said", tried, piece, Said.DID_NOT_HELP)
        ask.tell(_("Thank you for telling us. Reply MORE for something else, or NOT FOR ME for another sort."))


def _say(ask: Ask, key: str, tried: Tried, piece: Item, said: Said) -> None:
    ask.do(key, pieces.say, referral_id=tried.referral_id, item=piece.key, said=said, now=ask.here.now)


def _tried(ask: Ask) -> Tried | None:
    return ask.know("tried", pieces.tried, conversation_id=ask.here.conversation_id)


def _last(ask: Ask, tried: Tried | None) -> Item | None:
    """Give the piece they had last, as far as there still is one of that name."""
    return ask.service.content.items.get(tried.last or "") if tried else None


def _nothing_left(ask: Ask) -> None:
    ask.tell(_("You have had everything we have for now. We add more from time to time."))
