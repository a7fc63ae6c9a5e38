"""Feeds: where the directory's services come from, how far an import has come, and what could not be taken."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import new_id
from waitingroom.database import Session

MOST_PROBLEMS = 500
"""How many records that could not be taken are kept of one run; the rest are only counted."""
ADD_PROBLEM = """
INSERT INTO feed_problem (id, feed_id, record_id, reason, met_at)
SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM feed_problem WHERE feed_id = $2) < $6
"""


class Feed(SQLModel, table=True):
    """One source of services: an address or a file. `page` is the last one taken of a run that has not ended."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    address: str = Field(unique=True)
    page: int = 0
    pages: int | None = None
    """how many there are, where the source says so"""
    taken: int = 0
    left_out: int = 0
    """records of the last run that could not be taken"""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    """when the last whole run ended; none while one is under way"""


class FeedProblem(SQLModel, table=True):
    """One record that could not be taken, and why. The last good version of it stays."""

    __tablename__ = "feed_problem"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    feed_id: uuid.UUID = Field(foreign_key="feed.id", ondelete="CASCADE")
    record_id: str
    reason: str
    met_at: datetime

    __table_args__ = (Index("ix_feed_problem_feed", "feed_id", "met_at"),)


@dataclass(frozen=True)
class LeftOut:
    """A record that cannot be taken: its own id, as far as it has one, and why in one sentence."""

    record_id: str
    reason: str


async def begin(session: Session, *, address: str, now: datetime) -> Feed:
    """Begin a run of a feed, or go on with one that was cut off: then `page` says where it stood."""
    found = await session.exec(select(Feed).where(Feed.address == address).with_for_update())
    feed = found.first() or Feed(address=address)
    if feed.began_at is None or feed.ended_at is not None:
        feed.page, feed.pages, feed.taken, feed.left_out = 0, None, 0, 0
        feed.began_at, feed.ended_at = now, None
        await session.driver.execute("DELETE FROM feed_problem WHERE feed_id = $1", feed.id)
    session.add(feed)
    await session.flush()
    return feed


async def note_page(
    session: Session,
    *,
    feed_id: uuid.UUID,
    page: int,
    pages: int | None,
    taken: int,
    left_out: Sequence[LeftOut],
    now: datetime,
) -> None:
    """Note that a page was taken, in the same transaction as its services, and what of it was left out."""
    feed = await session.get(Feed, feed_id, with_for_update=True, populate_existing=True)
    assert feed is not None  # noqa: S101
    feed.page, feed.pages = page, pages
    feed.taken += taken
    feed.left_out += len(left_out)
    session.add(feed)
    await session.flush()
    for one in left_out[:MOST_PROBLEMS]:
        told = (new_id(), feed_id, one.record_id[:200], one.reason[:300], now, MOST_PROBLEMS)
        await session.driver.execute(ADD_PROBLEM, *told)


async def end(session: Session, *, feed_id: uuid.UUID, now: datetime) -> Feed:
    """Note that a run came to its end: the next one begins at the first page again."""
    feed = await session.get(Feed, feed_id, with_for_update=True, populate_existing=True)
    assert feed is not None  # noqa: S101
    feed.ended_at = now
    session.add(feed)
    await session.flush()
    return feed


async def every(session: Session) -> list[Feed]:
    """List the feeds by their address."""
    return list(await session.exec(select(Feed).order_by(Feed.address)))


async def problems(session: Session, *, feed_id: uuid.UUID) -> list[FeedProblem]:
    """List what could not be taken in the last run, in the order it was met."""
    met = select(FeedProblem).where(FeedProblem.feed_id == feed_id).order_by(col(FeedProblem.met_at))
    return list(await session.exec(met))
