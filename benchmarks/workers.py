"""Workers: how fast one, two and four of them empty the same outbox, and whether each person's order is kept.

    python -m benchmarks.workers [--people 200] [--answers-after 0.1] [--workers 1 2 4] [--json]

So many people have a whole self-referral by Telegram while nobody sends. Workers are started, each a process of
its own on one PostgreSQL; when all are at work every lane is poked at once, and they send it all to a simulated
Bot API that answers each message after a while, as the real one does. One worker is what two and four are measured
beside, in the same run. How many of the machine's cores were filled meanwhile says what stopped them: nothing is
faster than its machine.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import unquote_plus

import uvloop

from api.house import House, open_house
from api.settings import Settings
from benchmarks.processes import TICK, WAITINGROOM, cpu_seconds, database, postgres_cpu_seconds
from benchmarks.town import CHANGES, TALK
from tests.talking import Speaker
from waitingroom import queue

TOKEN = "110201543:a-token-for-this-machine"
LIMITLESS = "1000000"
PATIENCE = 300.0
AT_WORK = "SELECT count(*) FROM heartbeat WHERE kind = 'worker'"
HOLD = "DELETE FROM pgqueuer"
LANES = "SELECT DISTINCT conversation_id FROM message WHERE status = 'queued'"
AT_ONCE = 8
AN_HOUR = timedelta(hours=1)
"""So long ago they spoke: what they are told is due by now."""
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
CHAT = re.compile(r'(?:chat_id=|name="chat_id"\r\n\r\n|"chat_id": ?"?)(-?\d+)')
TEXT = re.compile(r'(?:text=([^&]*)|name="text"\r\n\r\n(.*?)\r\n--|"text": ?"((?:[^"\\]|\\.)*)")', re.DOTALL)


@dataclass
class Phones:
    """The simulated Bot API: what each chat was sent, in order, and when the first and the last message came."""

    after: float
    port: int = 0
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    times: list[float] = field(default_factory=list)

    def takes(self, body: bytes) -> bytes:
        """Take one call; returns what answers it."""
        told = body.decode("utf-8", "replace")
        chat, text = CHAT.search(told), TEXT.search(told)
        if chat is None or text is None:
            return b'{"ok":true,"result":true}'
        self.times.append(time.perf_counter())
        self.sent[chat[1]].append(CHANGES.sub("#", unquote_plus(next(one for one in text.groups() if one))))
        message = {"message_id": len(self.times), "date": 0, "chat": {"id": int(chat[1]), "type": "private"}}
        return json.dumps({"ok": True, "result": message | {"text": "."}}).encode()


class Line(asyncio.Protocol):
    """One connection of a worker's to the phones."""

    def __init__(self, phones: Phones) -> None:
        """Take the phones."""
        self._phones, self._heard = phones, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Put a call together, and answer it after a while."""
        self._heard += data
        head, ends, body = self._heard.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if ends and len(body) >= (wanted := int(length[1]) if length else 0):
            self._heard = body[wanted:]
            answer = self._phones.takes(body[:wanted])
            asyncio.get_running_loop().call_later(self._phones.after, self._answer, answer)

    def _answer(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)


class Meters(NamedTuple):
    """What is read before and after: the time, messages sent, and processor seconds of each."""

    at: float
    sent: int
    workers: float
    postgres: float
    machine: float


@dataclass(frozen=True)
class Figure:
    """What so many workers did. Processor time in milliseconds a message, of all workers and of PostgreSQL.

    `cores`: how many of the machine's were filled, by whatever ran on it.
    """

    workers: int
    messages: int
    per_second: float
    doubled: int
    out_of_order: int
    worker_cpu: float
    postgres_cpu: float
    cores: float


def main() -> None:
    """Measure, and print a table, or JSON."""
    words = argparse.ArgumentParser(description="How fast several workers empty the outbox.")
    words.add_argument("--people", type=int, default=200)
    words.add_argument("--answers-after", type=float, default=0.1, help="seconds until a message is answered")
    words.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    figures = [_measure(count, told.people, told.answers_after) for count in told.workers]
    if told.json:
        json.dump([asdict(one) for one in figures], sys.stdout, indent=1)
        return
    print(
        "| workers | messages | a second | of one | doubled | out of order | worker CPU ms | PostgreSQL CPU ms | "
        "cores filled |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for one in figures:
        print(
            f"| {one.workers} | {one.messages:,} | {one.per_second:.0f} | "
            f"{one.per_second / figures[0].per_second:.2f} | {one.doubled} | {one.out_of_order} | "
            f"{one.worker_cpu:.1f} | {one.postgres_cpu:.1f} | {one.cores:.2f} |"
        )
    print(f"\nEach message is answered after {told.answers_after:g} s; {os.cpu_count()} cores.")


def _measure(workers: int, people: int, after: float) -> Figure:
    with database() as (folder, url), _phones(after) as phones:
        settings = {
            "WAITINGROOM_DATA": str(folder),
            "WAITINGROOM_TELEGRAM_TOKEN": TOKEN,
            "WAITINGROOM_TELEGRAM_API": f"http://127.0.0.1:{phones.port}",
            "WAITINGROOM_TELEGRAM_PER_SECOND": LIMITLESS,
            "WAITINGROOM_TELEGRAM_PER_CHAT": LIMITLESS,
        }
        os.environ.update(settings)
        records = Settings(DATABASE_URL=url)
        queued = uvloop.run(_talks(records, people))
        command = [str(WAITINGROOM), "work"]
        running = [subprocess.Popen(command, env={**os.environ, **settings}) for _worker in range(workers)]

        def read() -> Meters:
            used = sum(cpu_seconds(one.pid) for one in running)
            return Meters(time.perf_counter(), len(phones.times), used, postgres_cpu_seconds(folder), _filled())

        try:
            before = uvloop.run(_begin(records, workers, read))
            _until(phones, queued)
            after = read()
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(30)
    lasted, count = phones.times[-1] - before.at, after.sent - before.sent
    orderly = max(phones.sent.values(), key=lambda one: list(phones.sent.values()).count(one))
    return Figure(
        workers=workers,
        messages=count,
        per_second=count / lasted,
        doubled=sum(max(0, len(one) - len(orderly)) for one in phones.sent.values()),
        out_of_order=sum(sorted(one) == sorted(orderly) and one != orderly for one in phones.sent.values()),
        worker_cpu=(after.workers - before.workers) * 1000 / count,
        postgres_cpu=(after.postgres - before.postgres) * 1000 / count,
        cores=(after.machine - before.machine) / lasted,
    )


def _filled() -> float:
    """Return the processor seconds spent on this machine so far, by whomever (proc_stat(5))."""
    user, nice, system, _idle, _waiting, irq, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    return (user + nice + system + irq + soft) / TICK


async def _begin(settings: Settings, workers: int, read: Callable[[], Meters]) -> Meters:
    """Wait for the first sign of life of each worker, then have them look at every lane, all in one moment.

    Returns the meters as they stood then.
    """
    async with asyncio.timeout(60), open_house(settings) as house:
        while True:
            async with house.database.transaction() as session:
                if await session.driver.fetchval(AT_WORK) >= workers:
                    break
            await asyncio.sleep(0.1)
        before = read()
        async with house.database.transaction() as session:
            for lane in await session.driver.fetch(LANES):
                await queue.poke(session, lane["conversation_id"])
    return before


async def _talks(settings: Settings, people: int) -> int:
    """Have so many people refer themselves, with nobody there to send. Returns how many messages are queued."""
    async with open_house(settings) as house:
        town = [_somebody(house, number) for number in range(people)]
        for some in range(0, people, AT_ONCE):
            await asyncio.gather(*(one.says(*TALK) for one in town[some : some + AT_ONCE]))
        async with house.database.transaction() as session:
            await session.driver.execute(HOLD)
            asked = "SELECT count(*) FROM message WHERE status = 'queued'"
            return int(await session.driver.fetchval(asked))


def _somebody(house: House, number: int) -> Speaker:
    alone = replace(house.desk, courier=None)  # nothing leaves in the process that takes the turn
    return Speaker(alone, now=datetime.now(UTC) - AN_HOUR, channel="telegram", address=str(5_000_000_000 + number))


def _until(phones: Phones, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(phones.times) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(phones.times)} of {count} were sent")
        time.sleep(0.05)


@contextmanager
def _phones(after: float) -> Iterator[Phones]:
    phones, loop = Phones(after), uvloop.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: Line(phones), "127.0.0.1", 0))
    phones.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield phones
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


if __name__ == "__main__":
    main()
