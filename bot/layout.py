"""Layout: how the replies of one turn become the messages of a channel."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.messages import Reply, numbered
from content.segments import plainly, segments

SHORTEST = 40
"""A message that holds fewer characters than this cannot be marked and read."""
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?؟۔।])[\"')\]]*[^\S\n]+")
_WORD_END = re.compile(r"\n+|(?<![\d)\s])[^\S\n]+|(?<=[\d)])[^\S\n]+(?![\d(\s])")
"""Never between the groups of a phone number, a postcode or a reference: 0808 2000 247."""
_SPACE = re.compile(r"\s+")
_BEYOND = 100
"""How far past the end of a piece a gap may reach."""
_NEVER_FIRST = re.compile("[\u200d\ufe0e\ufe0f\u20e3\udc00-\udfff\U0001f3fb-\U0001f3ff]")
_NEVER_LAST = "\u200d"


@dataclass(frozen=True)
class Layout:
    """What a message on one channel is like.

    `joins`: all that is said in a turn is one message. `most`: its longest, in characters (UTF-16 units, as the
    providers count). `parts`: its longest, in text message segments. `numbers`: options are written into the
    text, numbered, for there are no buttons. `plain`: typographic signs are written in the cheap alphabet.
    Raises ValueError where a message could hold next to nothing.
    """

    joins: bool = False
    most: int | None = None
    parts: int | None = None
    numbers: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        """Refuse what nothing could be said in."""
        if (self.most is not None and self.most < SHORTEST) or (self.parts is not None and self.parts < 1):
            message = f"A message must hold at least {SHORTEST} characters, or one segment."
            raise ValueError(message)

    def fits(self, text: str) -> bool:
        """Say whether a text is short enough for one message."""
        return (self.most is None or _units(text) <= self.most) and (
            self.parts is None or segments(text) <= self.parts
        )


SMS = Layout(joins=True, numbers=True, plain=True, most=1500)
"""Twilio takes 1,600 characters and cuts them into segments itself: one message is billed as one."""
WHATSAPP = Layout(joins=True, most=1000)
"""Words above buttons or a list may have 1,024 characters."""
TELEGRAM = Layout(joins=True, most=4000)
"""The Bot API's sendMessage takes 4,096 characters."""
WEB = TERMINAL = Layout()
LAYOUTS = {"sms": SMS, "whatsapp": WHATSAPP, "telegram": TELEGRAM, "web": WEB, "terminal": TERMINAL}


def laid_out(replies: Sequence[Reply], layout: Layout) -> list[Reply]:
    """Lay out the replies of one turn as messages, in order, the crisis lines first and each apart.

    Nothing said is left out. A message that is too long is split at the end of a line or sentence, else between
    words, and its pieces begin with `1/2`, `2/2`; the options stand on the last. Options written into the text
    are no longer beside it.
    """
    crisis = [reply for reply in replies if reply.crisis]
    others = [reply for reply in replies if not reply.crisis]
    messages = [*crisis, *(_joined(others) if layout.joins else others)]
    return [piece for message in messages for piece in _split(_written(message, layout), layout)]


def _joined(replies: Sequence[Reply]) -> Iterator[Reply]:
    """Join what is told to the question that follows it; two questions are two messages."""
    told: list[str] = []
    for number, reply in enumerate(replies, 1):
        told.append(reply.text)
        if reply.options or reply.asks or number == len(replies):
            yield replace(reply, text="\n".join(filter(None, told)))
            told = []


def _written(reply: Reply, layout: Layout) -> Reply:
    if layout.numbers:
        reply = replace(reply, text=numbered(reply), options=())
    return replace(reply, text=plainly(reply.text)) if layout.plain else reply


def _split(reply: Reply, layout: Layout) -> list[Reply]:
    if layout.fits(reply.text):
        return [reply]
    pieces = _pieces(reply.text, layout)
    marked = [f"{number}/{len(pieces)}\n{piece}" for number, piece in enumerate(pieces, 1)]
    before = [replace(reply, text=text, options=(), several=False, asks=None) for text in marked[:-1]]
    return [*before, replace(reply, text=marked[-1])]


def _pieces(text: str, layout: Layout) -> list[str]:
    """Cut a text into pieces that fit with their marks on, however many digits those take."""
    digits = 1
    while True:
        pieces = list(_cut(text.strip(), f"{'9' * digits}/{'9' * digits}\n", layout))
        if len(str(len(pieces))) <= digits:
            return pieces
        digits += 1


def _cut(text: str, mark: str, layout: Layout) -> Iterator[str]:
    while not layout.fits(mark + text):
        ends = range(1, len(text))
        most = bisect_right(ends, False, key=lambda end: not layout.fits(mark + text[:end])) or 1
        end = _best_end(text, most)
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    yield text


def _best_end(text: str, most: int) -> int:
    """Find where a piece of at most `most` characters ends best: at a sentence, else a word, else a letter.

    Where a paragraph ends in its second half, it ends there.
    """
    paragraphs = [gap.start() for gap in _PARAGRAPH_END.finditer(text, 0, most + _BEYOND)]
    if ends := [end for end in paragraphs if most < 2 * end <= 2 * most]:
        return ends[-1]
    for pattern in (_SENTENCE_END, _WORD_END, _SPACE):
        gaps = pattern.finditer(text, 0, most + _BEYOND)
        ends = [end for end in (gap.start() + len(gap.group().rstrip()) for gap in gaps) if 0 < end <= most]
        if ends:
            return ends[-1]
    end = most
    while end > 1 and _parts_a_character(text, end):
        end -= 1
    return end if end > 1 else most


def _parts_a_character(text: str, end: int) -> bool:
    after = text[end]
    return bool(unicodedata.combining(after) or _NEVER_FIRST.match(after) or text[end - 1] == _NEVER_LAST)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
