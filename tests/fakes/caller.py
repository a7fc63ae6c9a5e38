"""The caller: posts webhooks over plain HTTP, with lines kept open, from inside a fake's event loop."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class LineBrokeError(Exception):
    """The line broke, or nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the other side answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def well(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class _Open:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def stale(self) -> bool:
        return self.reader.at_eof() or self.writer.is_closing()


@dataclass
class Caller:
    """Posts to whoever listens. `keep`: use a line again; without it every post has a line of its own."""

    keep: bool = True
    patience: float = 10.0
    _idle: dict[tuple[str, int], list[_Open]] = field(default_factory=dict)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Heard:
        """Post once. Raises LineBrokeError."""
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        told = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{head}Content-Length: {len(body)}\r\n"
        told += "\r\n" if self.keep else "Connection: close\r\n\r\n"
        try:
            async with asyncio.timeout(self.patience):
                return await self._post(place, told.encode() + body)
        except (OSError, asyncio.IncompleteReadError, ValueError, TimeoutError) as error:
            raise LineBrokeError(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.writer.close()
        self._idle.clear()

    async def _post(self, place: tuple[str, int], told: bytes) -> Heard:
        line = await self._line(place)
        done = False
        try:
            line.writer.write(told)
            heard = await _heard(line.reader)
            done = self.keep and heard.headers.get("connection", "").lower() != "close"
        finally:
            if done:
                self._idle.setdefault(place, []).append(line)
            else:
                line.writer.close()
        return heard

    async def _line(self, place: tuple[str, int]) -> _Open:
        idle = self._idle.get(place, [])
        while idle:
            line = idle.pop()
            if not line.stale:
                return line
            line.writer.close()
        return _Open(*await asyncio.open_connection(*place))


async def _heard(reader: asyncio.StreamReader) -> Heard:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(int(first.split(" ")[1]), headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
