"""Importing a directory: each page in one transaction with how far it has come, so that a kill costs one page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from api.directory_feed import Page, Source
from content import Content
from content.directory import needs_of
from waitingroom import feeds, services
from waitingroom.database import Database
from waitingroom.feeds import Feed, LeftOut
from waitingroom.service_records import Fits, offered_in
from waitingroom.services import Offered


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    page: int
    pages: int | None
    taken: int
    left_out: int


def fits_by(words: Content) -> Fits:
    """Return what says which needs a service fits, by the words of the content."""
    return lambda terms, name, about: needs_of(words.directory, terms=terms, name=name, about=about)


async def import_feed(
    database: Database,
    source: Source,
    *,
    fits: Fits,
    clock: Callable[[], datetime],
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> Feed:
    """Bring a feed's services in, going on where an earlier run was cut off. Returns the feed as it then is.

    A record that cannot be taken is noted with its reason, and the last good version of it stays.
    Raises what the source raises; what was taken until then is kept.
    """
    async with database.transaction() as session:
        feed = await feeds.begin(session, address=source.address, now=clock())
    taken, left_out = feed.taken, feed.left_out
    async for page in source.pages(after=feed.page):
        now = clock()
        offered, missed = _read(page, fits, now.date())
        async with database.transaction() as session:
            count = await services.keep(session, feed_id=feed.id, offered=offered, today=now.date())
            told_of = [one.record_id for one in missed]
            await services.note_seen(session, feed_id=feed.id, source_ids=told_of, today=now.date())
            await feeds.note_page(
                session,
                feed_id=feed.id,
                page=page.number,
                pages=page.pages,
                taken=count,
                left_out=missed,
                now=now,
            )
        taken, left_out = taken + count, left_out + len(missed)
        tell(Progress(page.number, page.pages, taken, left_out))
    async with database.transaction() as session:
        return await feeds.end(session, feed_id=feed.id, now=clock())


def _read(page: Page, fits: Fits, today: date) -> tuple[list[Offered], list[LeftOut]]:
    read = [offered_in(record, fits=fits, today=today) for record in page.records]
    left_out = [one for one in read if isinstance(one, LeftOut)]
    return [one for one in read if isinstance(one, Offered)], [*page.left_out, *left_out]
