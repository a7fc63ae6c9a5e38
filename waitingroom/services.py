"""Services: what is on offer nearby, as the directory's feeds tell it."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, Column, Index, SmallInteger, String, text
from sqlmodel import Field, SQLModel

from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""As RFC 5545 writes them; one bit each in `days`, Monday the lowest."""
MOST_WORDS = 120
_WORD = re.compile(r"[a-z0-9]{3,30}")
_COMMON = frozenset(
    {"the", "and", "for", "with", "you", "your", "our", "are", "from", "this", "that", "all", "who", "can", "will",
     "has", "have", "not", "may", "any", "into", "out", "their", "they", "its", "also", "more", "about", "each",
     "other", "please", "service", "services", "provide", "provides", "people", "based", "area", "local", "www",
     "com", "org"}
)  # fmt: skip
"""Words that tell no service from another."""


class Status(StrEnum):
    """Whether a service runs (Open Referral UK, service.status)."""

    ACTIVE = "active"
    TEMPORARILY_CLOSED = "temporarily_closed"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"


class Price(StrEnum):
    """What is known of the cost."""

    FREE = "free"
    PAID = "paid"
    UNKNOWN = "unknown"


class Offered(BaseModel):
    """One service as a feed tells it, in our own shape: checked, and cut to what can be kept."""

    model_config = ConfigDict(frozen=True)

    source_id: str
    name: str
    about: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    web: str = ""
    needs: tuple[str, ...] = ()
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None
    virtual: bool = False
    price: Price = Price.UNKNOWN
    pence: int | None = None
    """the least it costs, where it costs"""
    price_words: str = ""
    help_words: str = ""
    """who pays less, or may get help with it"""
    step_free: bool | None = None
    access: str = ""
    languages: tuple[str, ...] = ()
    days: int = 0
    times: str = ""
    age_from: int | None = None
    age_to: int | None = None
    status: Status = Status.ACTIVE
    assured_on: date | None = None
    modified_on: date | None = None


class Service(SQLModel, table=True):
    """One service on offer. Nothing in it is about a person who comes to us: all of it is in clear."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    feed_id: uuid.UUID = Field(foreign_key="feed.id", ondelete="CASCADE")
    source_id: str
    name: str
    about: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    web: str = ""
    needs: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    words: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    """what it is found by, as `words_of` gives it"""
    postcode: str = ""
    outward: str = ""
    latitude: float | None = None
    longitude: float | None = None
    virtual: bool = False
    price: Price = Field(sa_column=Column(by_value(Price), nullable=False))
    pence: int | None = None
    price_words: str = ""
    help_words: str = ""
    step_free: bool | None = None
    access: str = ""
    languages: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    days: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))
    times: str = ""
    age_from: int | None = None
    age_to: int | None = None
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    assured_on: date | None = None
    modified_on: date | None = None
    last_seen_on: date
    """the day a feed last told of it"""

    __table_args__ = (
        Index("uq_service_source", "feed_id", "source_id", unique=True),
        Index("ix_service_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_service_needs", "needs", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index(
            "ix_service_latitude", "latitude", postgresql_where=text("status IN ('active', 'temporarily_closed')")
        ),
    )


class ServiceWord(SQLModel, table=True):
    """A word that services are found by: what a slip of the keys is put right against."""

    __tablename__ = "service_word"

    word: str = Field(primary_key=True)


_NAMES = (
    *("id", "feed_id", "source_id", "name", "about", "organisation", "phone", "email", "web", "needs", "words"),
    *("postcode", "outward", "latitude", "longitude", "virtual", "price", "pence", "price_words", "help_words"),
    *("step_free", "access", "languages", "days", "times", "age_from", "age_to", "status", "assured_on"),
    *("modified_on", "last_seen_on"),
)
KEEP = f"""
INSERT INTO service ({", ".join(_NAMES)}) VALUES ({", ".join(f"${n}" for n in range(1, len(_NAMES) + 1))})
ON CONFLICT (feed_id, source_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES[3:])}
"""  # noqa: S608 -- names of our own
KEEP_WORDS = "INSERT INTO service_word (word) SELECT DISTINCT unnest($1::varchar[]) ON CONFLICT DO NOTHING"
SEEN = "UPDATE service SET last_seen_on = $3 WHERE feed_id = $1 AND source_id = ANY($2)"


async def keep(session: Session, *, feed_id: uuid.UUID, offered: Sequence[Offered], today: date) -> int:
    """Keep services of one feed, each in place of what was known of it before. Returns how many there were."""
    newest = {one.source_id: one for one in offered}
    said = [words_of(one.name, one.organisation, one.about)[:MOST_WORDS] for one in newest.values()]
    rows = [_row(feed_id, one, words, today) for one, words in zip(newest.values(), said, strict=True)]
    if rows:
        await session.driver.executemany(KEEP, rows)
        await session.driver.execute(KEEP_WORDS, sorted({word for words in said for word in words}))
    return len(rows)


async def note_seen(session: Session, *, feed_id: uuid.UUID, source_ids: Sequence[str], today: date) -> None:
    """Note that a feed still tells of services whose records could not be taken: they are as they were."""
    await session.driver.execute(SEEN, feed_id, list(source_ids), today)


async def find(session: Session, *, service_id: uuid.UUID) -> Service:
    """Find a service. Raises NotFoundError."""
    found = await session.get(Service, service_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


def words_of(*texts: str) -> list[str]:
    """Give the words of some texts as they are compared: small, without marks and endings, each once."""
    found: dict[str, None] = {}
    for told in texts:
        apart = unicodedata.normalize("NFKD", told.casefold())
        bare = "".join(sign for sign in apart if not unicodedata.combining(sign)).replace("'", "")
        found.update((stem(word), None) for word in _WORD.findall(bare) if word not in _COMMON)
    return list(found)


def stem(word: str) -> str:
    """Take the commonest English endings off a word, so that walk, walks and walking are one."""
    if word.endswith("ing") and len(word) > 6:
        bare = word[:-3]
        return bare[:-1] if bare[-1] == bare[-2] and bare[-1] not in "ls" else bare
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def days_in(codes: Iterable[str]) -> int:
    """Give the bits of some days as RFC 5545 writes them: 'MO', '2TU'. What is no day is passed over."""
    return sum(1 << DAYS.index(day) for day in {code.strip().upper()[-2:] for code in codes} & set(DAYS))


def _row(feed_id: uuid.UUID, one: Offered, words: list[str], today: date) -> tuple[object, ...]:
    told = one.model_dump(exclude={"source_id"}) | {
        "id": new_id(),
        "feed_id": feed_id,
        "source_id": one.source_id,
        "needs": list(one.needs),
        "languages": list(one.languages),
        "words": words,
        "outward": one.postcode.split()[0] if one.postcode else "",
        "price": one.price.value,
        "status": one.status.value,
        "last_seen_on": today,
    }
    return tuple(told[name] for name in _NAMES)
