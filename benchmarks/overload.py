"""Overload: twice as many write as can be answered, with shedding and without, and how many are answered in time.

Run it: `python -m benchmarks.overload`. It starts the service several times on an embedded database of its own.
"""

import asyncio
import multiprocessing
import socket
import tempfile
import time
import uuid
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.load import Line

PATIENCE = 2.0
"""Seconds after which an answer is of no use: people press again, and providers give up or try once more."""
SECONDS = 8.0
CLOSED = 16
"""People who each wait for an answer before they write again: what is answered then is what can be."""
PEOPLE = 600


def serve(folder: str, port: int, most: int) -> None:
    """Serve until killed."""
    from api.app import create_app
    from api.settings import Settings
    from api.work import server

    made = Settings(data=Path(folder), port=port, secure_cookies=False)
    settings = made.model_copy(update={"database_url": None, "most_in_hand": most})
    asyncio.run(server(create_app(settings, demo=True, work=False), settings).serve())


def _post(line: Line, person: str) -> "asyncio.Future[bytes]":
    body = f"text=hello&message_id={uuid.uuid4().hex}&begin={person}".encode()
    head = "POST /chat/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    return line.ask((head + form).encode() + body)


async def _capacity(port: int, people: list[str]) -> float:
    until, answered = time.perf_counter() + 4.0, 0

    async def keep_writing(number: int) -> None:
        nonlocal answered
        line = await Line.to(port)
        while time.perf_counter() < until:
            await _post(line, people[(number + answered) % len(people)])
            answered += 1
        line.hang_up()

    await asyncio.gather(*(keep_writing(number) for number in range(CLOSED)))
    return answered / 4.0


async def _flood(port: int, people: list[str], per_second: float) -> tuple[int, int, int, list[float]]:
    """Have people write at this pace, answered or not.

    Returns how many asked, were answered in time and turned away, and how long each good answer took, in seconds.
    """
    good: list[float] = []
    asked = away = 0
    idle: list[Line] = []

    async def write(person: str) -> None:
        nonlocal away
        try:
            line = idle.pop() if idle else await Line.to(port)
            begun = time.perf_counter()
            answer = await asyncio.shield(_post(line, person))
        except OSError:
            return
        took = time.perf_counter() - begun
        idle.append(line)
        if answer.startswith(b"HTTP/1.1 200") and took <= PATIENCE:
            good.append(took)
        away += answer.startswith(b"HTTP/1.1 503")

    begun, writing = time.perf_counter(), set()
    while (now := time.perf_counter() - begun) < SECONDS:
        while asked < now * per_second:
            writing.add(asyncio.create_task(write(people[asked % len(people)])))
            asked += 1
        await asyncio.sleep(0.002)
    await asyncio.wait(writing, timeout=PATIENCE)
    for task in writing:
        task.cancel()
    return asked, len(good), away, sorted(good)


async def _measure(port: int, keys_file: Path) -> None:
    from api.chat_cookie import mint
    from api.keys import read_keys

    people = [mint(read_keys(keys_file)) for _ in range(PEOPLE)]
    can = await _capacity(port, people)
    asked, good, away, took = await _flood(port, people, 2 * can)
    p95 = took[int(len(took) * 0.95)] * 1000 if took else float("nan")
    print(
        f"  can {can:.0f}/s; asked {asked / SECONDS:.0f}/s: in time {good / SECONDS:.0f}/s, p95 {p95:.0f} ms, ",
        end="",
    )
    print(f"turned away {away / SECONDS:.0f}/s", flush=True)


def main() -> None:
    """Measure with each limit, and with none."""
    for most in (64, 100_000):
        with tempfile.TemporaryDirectory(prefix="overload") as folder, socket.socket() as one:
            Path(folder).chmod(0o755)
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            one.close()
            process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, port, most))
            process.start()
            _wait(port)
            print(f"most in hand {most}", flush=True)
            asyncio.run(_measure(port, Path(folder) / "keys.json"))
            process.terminate()
            process.join(20)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/livez", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the service did not start")


if __name__ == "__main__":
    main()
