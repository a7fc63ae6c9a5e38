"""Passwords: which are too easy to guess, and how they are kept (NIST SP 800-63B, section 3.1.1.2)."""

import asyncio
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from waitingroom.errors import RefusedError

SHORTEST, LONGEST = 12, 200
TELLING = 4
"""From how many letters on a name in a password helps whoever guesses."""
AT_ONCE = 4
"""Each takes 64 MiB while it is worked out."""
HASHER = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=4),))
"""Argon2id, as RFC 9106, section 4, recommends where memory is short: 64 MiB, 3 passes, 4 lanes."""
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXRoaW5nIHRvIHNhbHQ$wUgvxYVaLpJ04f6wyEaj1YkxQ2nVxU1sSJqEPvS0uMg"
"""What the password of someone who has no account is held against, so that it takes as long."""
LEET = str.maketrans("01345$@!7", "oleassait")
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")

KNOWN = "Do not use your name, your e-mail address or the name of the service."
PATTERN = "That follows a pattern which is tried first. Choose words instead."
COMMON = "Many people use that one, so it is tried first. Choose words that do not belong together."

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")


class WeakPasswordError(RefusedError):
    """That password is too easy to guess."""


def plain(password: str) -> str:
    """Return a password as it is kept: the same letters, however a keyboard writes them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, *, name: str, email: str, service: str) -> None:
    """Raise WeakPasswordError, which says why, for a password that others would guess.

    `name`, `email`, `service`: what anyone knows of its owner. Nothing is asked of its make-up: figures and signs
    that must be there make passwords no better (NIST SP 800-63B, section 3.1.1.2).
    """
    kept = plain(password)
    if len(kept) < SHORTEST:
        words = f"Use {SHORTEST} letters or more. Three or four words that do not belong together are good."
        raise WeakPasswordError(words)
    if len(kept) > LONGEST:
        words = f"Use {LONGEST} letters at most."
        raise WeakPasswordError(words)
    folded = kept.casefold()
    known = _parts(name) | _parts(email.rpartition("@")[0]) | {_letters(service)}
    if any(part and part in form for part in known for form in (folded, _letters(folded), folded.translate(LEET))):
        raise WeakPasswordError(KNOWN)
    if _repeats(folded) or _walks(folded):
        raise WeakPasswordError(PATTERN)
    if _common(folded):
        raise WeakPasswordError(COMMON)


async def hashed(password: str) -> str:
    """Hash a password, beside the event loop. About a tenth of a second."""
    return await asyncio.get_running_loop().run_in_executor(_threads, HASHER.hash, plain(password))


async def is_right(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was hashed. Where none was it takes as long, and is never right."""
    told = plain(password)[: LONGEST + 1]
    loop = asyncio.get_running_loop()
    same = await loop.run_in_executor(_threads, HASHER.verify, told, kept or NOBODYS)
    return same and kept is not None


def _parts(told: str) -> set[str]:
    """Give a name whole, and each part of it that is long enough to tell."""
    words = {word for word in re.split(r"[\W_]+", told.casefold()) if len(word) >= TELLING}
    return words | {whole for whole in (_letters(told),) if len(whole) >= TELLING}


def _letters(told: str) -> str:
    return re.sub(r"[\W_]+", "", told.casefold())


def _repeats(folded: str) -> bool:
    """Whether it is four different letters at most, or a short piece over and over."""
    over = any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, len(folded) // 3 + 1))
    return over or len(set(folded)) <= TELLING


def _walks(folded: str) -> bool:
    """Whether most of it goes along a row of keys, the alphabet or the figures, up or down."""
    steps = {row[at : at + 2] for row in ROWS for at in range(len(row) - 1)}
    steps |= {step[::-1] for step in steps}
    pairs = [folded[at : at + 2] for at in range(len(folded) - 1)]
    return sum(pair in steps for pair in pairs) > len(pairs) * 3 / 4


def _common(folded: str) -> bool:
    """Whether it is made of nothing but well-known words, figures and signs."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return any(_made_of_common(form) for form in (folded, folded.translate(LEET), core.translate(LEET)) if form)


def _made_of_common(folded: str) -> bool:
    letters = re.sub(r"[\W\d_]+", "", folded)
    return (not letters and folded.isascii()) or re.fullmatch(_words(), letters) is not None


@cache
def _words() -> re.Pattern[str]:
    """Read the list: any few of these words one after the other."""
    lines = files("waitingroom").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    words = [re.escape(line) for line in lines if line and not line.startswith("#")]
    return re.compile(f"(?:{'|'.join(words)}|[a-z])?(?:{'|'.join(words)})+[a-z]?")
