"""To try: a piece of self-care that fits, its longer page, whether it helped, and another sort if it was not."""

from bot import longer
from bot.ask import Ask
from bot.flows.blocks import day_of, fitting_pieces
from bot.words import _
from content import Item
from waitingroom import pieces, waiting
from waitingroom.pieces import Said, Tried

HELPED = "helped"
"""The question that may go unanswered; its button may be pressed long after."""
THANKS = _("Thank you. That tells us what to send.")
THANKS_ONCE = _("Thank you. That tells us what to send. To read more about what we send you, reply READ.")
"""Said of the first piece they ever had."""
ONE_TEXT = _("It is one text long. Send it?")
SOME_TEXTS = _("It is {count} texts long. Send them?")


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


def read_more(ask: Ask) -> None:
    """Give the longer page of the piece they had last, in the way that suits where they are."""
    ask.lead_to(longer.way(ask.here))


def read_on_page(ask: Ask) -> None:
    """Say where the longer page is, for someone who can open it."""
    if to_read := _to_read(ask):
        ask.tell(_("You can read more here: {address}"), address=longer.address(ask.here, to_read[1]))
        _ask_once(ask, *to_read)


def read_here(ask: Ask) -> None:
    """Say the longer page in plain words, where that costs them nothing."""
    if to_read := _to_read(ask):
        ask.tell("{page}", page=longer.in_words(to_read[1]))
        _ask_once(ask, *to_read)


def read_by_text(ask: Ask) -> None:
    """Say how many texts the longer page takes, and send them only to someone who says yes."""
    to_read = _to_read(ask)
    if to_read is None:
        return
    tried, piece = to_read
    page = longer.in_words(piece)
    count = longer.texts(page, asks=tried.said is None)
    if not ask.yes_no("send_texts", ONE_TEXT if count == 1 else SOME_TEXTS, count=count):
        ask.tell(_("That is fine. We will not send it. Reply MORE for something else to try."))
        return
    ask.tell("{page}", page=page)
    _ask_once(ask, tried, piece)


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


def _ask_whether_it_helped(ask: Ask, tried: Tried, piece: Item, *, has_read: bool = False) -> None:
    if ask.passing(HELPED, _("Did this help?")):
        _say(ask, "said", tried, piece, Said.HELPED)
        ask.tell(THANKS if has_read or set(tried.items) - {piece.key} else THANKS_ONCE)
    else:
        _say(ask, "said", tried, piece, Said.DID_NOT_HELP)
        ask.tell(_("Thank you for telling us. Reply MORE for something else, or NOT FOR ME for another sort."))


def _ask_once(ask: Ask, tried: Tried, piece: Item) -> None:
    """Ask whether it helped someone who has not said so yet."""
    if tried.said is None:
        _ask_whether_it_helped(ask, tried, piece, has_read=True)


def _say(ask: Ask, key: str, tried: Tried, piece: Item, said: Said) -> None:
    ask.do(key, pieces.say, referral_id=tried.referral_id, item=piece.key, said=said, now=ask.here.now)


def _tried(ask: Ask) -> Tried | None:
    return ask.know("tried", pieces.tried, conversation_id=ask.here.conversation_id)


def _last(ask: Ask, tried: Tried | None) -> Item | None:
    """Give the piece they had last, as far as there still is one of that name."""
    return ask.service.content.items.get(tried.last or "") if tried else None


def _to_read(ask: Ask) -> tuple[Tried, Item] | None:
    """Give the piece they had last, where it may still be shown; say so where there is nothing to read."""
    tried = _tried(ask)
    piece = _last(ask, tried)
    if tried and piece and piece.is_for(nation=ask.service.nation, today=day_of(ask)):
        return tried, piece
    ask.tell(_("There is nothing longer to read just now. Reply MORE for something to try."))
    return None


def _nothing_left(ask: Ask) -> None:
    ask.tell(_("You have had everything we have for now. We add more from time to time."))
