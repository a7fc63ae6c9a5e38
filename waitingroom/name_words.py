"""Name words: a person's names and the years they may be born in, as keyed hashes to search by."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from waitingroom.columns import KeyRing
from waitingroom.database import Session, Work

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "rev", "sir", "lady", "lord"})
SHORTEST = 3
"""Letters of the shortest beginning of a name that finds it."""
LONGEST = 20
HASH_BYTES = 12
"""96 bits: a hundred thousand people's names collide once in more than 10^17 looks."""
KEEP = """
INSERT INTO person_word AS p (person_id, words, born) VALUES ($1, $2, coalesce($3::bytea[], '{}'))
ON CONFLICT (person_id) DO UPDATE SET words = excluded.words, born = coalesce($3::bytea[], p.born)
"""


class PersonWord(SQLModel, table=True):
    """What one person is found by in a search by name. Nothing can be read from it without the key."""

    __tablename__ = "person_word"

    person_id: uuid.UUID = Field(foreign_key="person.id", primary_key=True, ondelete="CASCADE")
    words: list[bytes] = Field(sa_column=Column(ARRAY(LargeBinary), nullable=False), repr=False)
    born: list[bytes] = Field(sa_column=Column(ARRAY(LargeBinary), nullable=False), repr=False)

    __table_args__ = (Index("ix_person_word_words", "words", postgresql_using="gin"),)


def parts(name: str) -> Sequence[str]:
    """Part a name into its words as they are compared: small letters, no marks on them, no titles."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("'", "").replace("\u2019", ""))
    bare = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
    return [word for word in re.findall(r"[^\W\d_]+", bare) if word not in TITLES]


async def keep(
    session: Session, *, person_id: uuid.UUID, names: Iterable[str], age: int | None, at: datetime | None
) -> None:
    """Have a person be found by these names, and by the years they may be born in who were `age` at `at`.

    Without `age` or `at` the years stay as they were.
    """
    work, facts = keeping(session.keys, person_id=person_id, names=names, age=age, at=at)
    await session.driver.execute(work, *facts)


def keeping(
    keys: KeyRing, *, person_id: uuid.UUID, names: Iterable[str], age: int | None, at: datetime | None
) -> Work:
    """Return the work of `keep`."""
    told = {beginning for name in names for word in parts(name) for beginning in _beginnings(word)}
    years = None if age is None or at is None else (at.year - age, at.year - age - 1)
    born = None if years is None else [year_mark(keys, year) for year in years]
    return KEEP, (person_id, [word_mark(keys, one) for one in sorted(told)], born)


def word_mark(keys: KeyRing, word: str) -> bytes:
    """Hash one word of a name, or the beginning of one, for look-up."""
    return keys.fingerprint("name-word", word[:LONGEST])[:HASH_BYTES]


def year_mark(keys: KeyRing, year: int) -> bytes:
    """Hash a year of birth for look-up."""
    return keys.fingerprint("born", str(year))[:HASH_BYTES]


def _beginnings(word: str) -> Iterable[str]:
    return {word[:length] for length in range(SHORTEST, min(len(word), LONGEST) + 1)} | {word[:LONGEST]}
