"""Turns what people type, however they spell or disguise it, into plain words that phrases can be found in."""

import re
import unicodedata
from collections.abc import Collection, Mapping

LISTENS_TO = 65_536
LONGEST_WORD = 40
SHORTEST_FORGIVEN = 6
SPELLED_OUT_FROM = 4

_TOKEN = re.compile(r"[@$]?[a-z0-9]+(?:[@$!*|]+[a-z0-9]+)*")
_PIECE = re.compile(r"[a-z]+|[0-9]+")
_STRETCH = re.compile(r"(.)\1{2,}")
_APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u02b9\u02bb\u2032\u00b4\u0060\uff07\u055a\ua78c"
_LEET = str.maketrans("013457@$!|", "oieastasil", "*")
_LOOKALIKES = (
    ("авгԁеһіјкӏмнорԛѕтухуԝё", "abrdehijklmhopqstyxywe"),
    ("αβεηικνορτυχω", "abenikvoptuxw"),
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
    ("ıłøđħɑɡ", "ilodhag"),
)


def _folding() -> dict[int, str]:
    table = {ord(seen): plain for pair in _LOOKALIKES for seen, plain in zip(*pair, strict=True)}
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
        table |= {first + place: chr(ord("a") + place) for place in range(26)}
    return table | {ord(mark): "" for mark in _APOSTROPHES}


_FOLDS = _folding()


def fold(text: str) -> str:
    """Return `text` in small unaccented letters, without apostrophes, hidden characters or look-alike letters.

    At most `LISTENS_TO` characters are read; of a longer text the beginning and the end. Work is linear in the
    length. Any string is accepted, lone surrogates and NUL included.
    """
    if len(text) > LISTENS_TO:
        text = text[: LISTENS_TO // 2] + " " + text[-LISTENS_TO // 2 :]
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    text = unicodedata.normalize("NFKD", text.translate(_FOLDS)).casefold().translate(_FOLDS)
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Mn", "Me", "Cf"})


def as_it_stands(text: str) -> str:
    """Return `text` for searching in its own script: composed and case-folded, with single spaces, marks kept.

    At most `LISTENS_TO` characters are read; of a longer text the beginning and the end.
    """
    if len(text) > LISTENS_TO:
        text = text[: LISTENS_TO // 2] + text[-LISTENS_TO // 2 :]
    seen = (sign for sign in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(sign) != "Cf")
    return " ".join("".join(seen).split())


class PlainWords:
    """Reads text into the words a set of phrases is written in.

    `known` are the words of the phrases; `respellings` maps what people type (one word or two) to the plain words
    meant; `forgiving` are the long words heard even with a slip of one letter (missing, added, changed or
    swapped); `ordinary` are real words that look like such a slip and are none.
    """

    def __init__(
        self,
        known: Collection[str],
        respellings: Mapping[str, str],
        forgiving: Collection[str] = (),
        ordinary: Collection[str] = (),
    ) -> None:
        self._ordinary = frozenset(ordinary)
        self._single = {typed: meant.split() for typed, meant in respellings.items() if " " not in typed}
        self._pairs = {tuple(typed.split()): meant for typed, meant in respellings.items() if " " in typed}
        meant = {word for words in respellings.values() for word in words.split()}
        self._known = frozenset(known) | meant | {word for pair in self._pairs for word in pair}
        self._slips = {slip: word for word in sorted(forgiving) for slip in (word, *_one_letter_less(word))}
        self._spelled_out = sorted(
            {word for word in self._known | set(self._single) if len(word) > 1} | {"i"}, key=len, reverse=True
        )
        self._longest = len(self._spelled_out[0])
        self._spellable = frozenset(self._spelled_out)

    def read(self, text: str) -> list[str]:
        """Return the plain words of `text`, in order; words unknown to the phrases stay as they are."""
        words: list[str] = []
        for token in self._join_letters(_TOKEN.findall(fold(text))):
            words.extend(self._meant(token))
        return self._join_pairs(words)

    def _meant(self, token: str) -> list[str]:
        found = self._look_up(token)
        if found is not None:
            return found
        if not token.isalpha() and not token.isdigit():
            found = self._recognise(token.translate(_LEET))
            return found if found is not None else _PIECE.findall(token)
        return self._recognise(token) or [token]

    def _look_up(self, token: str) -> list[str] | None:
        if token in self._single:
            return self._single[token]
        return [token] if token in self._known or token in self._ordinary else None

    def _recognise(self, token: str) -> list[str] | None:
        tries = (token, _STRETCH.sub(r"\1", token), _STRETCH.sub(r"\1\1", token))
        for spelling in tries:
            found = self._look_up(spelling)
            if found is not None:
                return found
        return self._forgive(tries[1])

    def _forgive(self, token: str) -> list[str] | None:
        if not SHORTEST_FORGIVEN - 1 <= len(token) <= LONGEST_WORD:
            return None
        for slip in (token, *_one_letter_less(token)):
            if slip in self._slips:
                return [self._slips[slip]]
        return None

    def _join_letters(self, tokens: list[str]) -> list[str]:
        joined: list[str] = []
        run: list[str] = []
        for token in [*tokens, ""]:
            if len(token) == 1:
                run.append(token)
                continue
            joined.extend(self._spell("".join(run)) if len(run) >= SPELLED_OUT_FROM else run)
            run = []
            joined.append(token)
        return joined[:-1]

    def _spell(self, letters: str) -> list[str]:
        words, at = [], 0
        while at < len(letters):
            ends = range(min(len(letters), at + self._longest), at, -1)
            end = next((end for end in ends if letters[at:end] in self._spellable), at + 1)
            words.append(letters[at:end])
            at = end
        return words

    def _join_pairs(self, words: list[str]) -> list[str]:
        joined: list[str] = []
        for word in words:
            meant = self._pairs.get((joined[-1], word)) if joined else None
            if meant is None:
                joined.append(word)
            else:
                joined[-1:] = meant.split()
        return joined


def _one_letter_less(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
