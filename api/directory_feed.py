"""Directory feeds: an Open Referral UK address or a file, page by page, from wherever the last run was cut off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from api.directory_file import records_in
from api.public_web import FetchError, NotThereError, Web, checked
from waitingroom.errors import RefusedError
from waitingroom.feeds import LeftOut
from waitingroom.service_records import id_of, is_stub

A_PAGE = 100
MOST_PAGES = 20_000
AT_ONCE = 4
"""How many services are asked for at once, where a page only names them."""


class NoSuchFileError(RefusedError):
    """There is no such file, or it cannot be read."""


@dataclass(frozen=True)
class Page:
    """One page of a feed: whole records, and those that could not be had."""

    number: int
    pages: int | None
    records: list[object]
    left_out: list[LeftOut] = field(default_factory=list)


class Source(Protocol):
    """Somewhere services come from."""

    @property
    def address(self) -> str:
        """What it is known by: the same address is the same feed."""
        ...

    def pages(self, *, after: int) -> AsyncIterator[Page]:
        """Give its pages in order, those up to `after` left out."""
        ...


@dataclass(frozen=True)
class FileSource:
    """A file: a JSON list, an envelope, or lines."""

    path: Path

    @property
    def address(self) -> str:
        """The file's own path."""
        return f"file:{self.path.resolve()}"

    async def pages(self, *, after: int) -> AsyncIterator[Page]:
        """Give the file's records by the hundred. Raises NoSuchFileError."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as text:
                records = records_in(text)
                number = 0
                while batch := list(islice(records, A_PAGE)):
                    number += 1
                    if number > after:
                        yield _sorted(number, None, batch)
        except OSError as error:
            raise NoSuchFileError from error


@dataclass(frozen=True)
class ApiSource:
    """An Open Referral UK address, 1.0 or 3.0: its root, or its /services."""

    web: Web
    address: str

    async def pages(self, *, after: int) -> AsyncIterator[Page]:
        """Give its pages. Raises FetchError where one cannot be had, AddressError."""
        services = _services(self.address)
        before: list[str] = []
        number = after + 1
        while number <= MOST_PAGES:
            told = await self.web.json(services, {"page": str(number), "per_page": str(A_PAGE)})
            records, pages, is_last = _opened(told)
            ids = [id_of(record) for record in records]
            if not records or (ids == before and pages is None):
                return
            yield await self._whole(services, _sorted(number, pages, records))
            if is_last or (pages is not None and number >= pages):
                return
            before, number = ids, number + 1

    async def _whole(self, services: str, page: Page) -> Page:
        """Ask for the rest of every service that the page only names."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def rest_of(record: object) -> object:
            source_id = id_of(record)
            if not is_stub(record) or not source_id:
                return record
            async with limit:
                try:
                    return await self.web.json(f"{services}/{quote(source_id, safe='')}")
                except FetchError as error:
                    return LeftOut(source_id, f"Its details cannot be had. {error}"), isinstance(
                        error, NotThereError
                    )

        found = await asyncio.gather(*map(rest_of, page.records))
        missed = [one for one in found if isinstance(one, tuple)]
        if found and len(missed) == len(found) and all(gone for _, gone in missed):
            return page  # there are no details to be had at this address: what the page says is all there is
        whole = [one for one in found if not isinstance(one, tuple)]
        return Page(page.number, page.pages, whole, [*page.left_out, *(one for one, _ in missed)])


def source_of(told: str, web: Web) -> Source:
    """Return the source an operator named: an address, or else a file. Raises AddressError, NoSuchFileError."""
    if "://" in told:
        return ApiSource(web, checked(told).rstrip("/"))
    path = Path(told)
    if not path.is_file():
        raise NoSuchFileError
    return FileSource(path)


def _services(address: str) -> str:
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    return urlunsplit(
        (parts.scheme, parts.netloc, path if path.endswith("/services") else f"{path}/services", "", "")
    )


def _opened(told: Any) -> tuple[list[object], int | None, bool]:
    """Take a page out of its envelope: its records, how many pages there are, and whether it is the last."""
    if isinstance(told, list):
        return told, None, False
    if not isinstance(told, dict):
        message = "It answered with JSON that is no page of services."
        raise FetchError(message)
    records = next((told[name] for name in ("contents", "content") if isinstance(told.get(name), list)), None)
    if records is None:
        message = "It answered with a page that holds no services."
        raise FetchError(message)
    pages = next((told[name] for name in ("total_pages", "totalPages") if isinstance(told.get(name), int)), None)
    return records, pages, told.get("last_page") is True or told.get("last") is True


def _sorted(number: int, pages: int | None, batch: list[object]) -> Page:
    left_out = [one for one in batch if isinstance(one, LeftOut)]
    return Page(number, pages, [one for one in batch if not isinstance(one, LeftOut)], left_out)
