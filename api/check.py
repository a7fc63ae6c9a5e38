"""The demo's check: walks the whole main job over real HTTP, on a waiting room of its own."""

import json
import shutil
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn

from api.app import create_app
from api.clock import Clock
from api.demo import fill
from api.house import House
from api.settings import Settings
from waitingroom import postgres

Say = Callable[[str], object]
PATIENCE = 30.0
REFERRAL = ("me, 72", "yes", "Ann", "BB9 7AA", "4 6", "Company in the evenings", "here", "any", "yes")


class NotSoError(Exception):
    """A step of the main job did not happen."""


@dataclass
class Caller:
    """Someone at the door with a browser's cookies, or a program with a key."""

    address: str
    key: str = ""
    opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )

    def ask(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Make one request; returns status, headers (lower case) and body, whatever the status."""
        sent = dict(headers or {})
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.address + path, data=body, headers=sent)  # noqa: S310
        try:
            with self.opener.open(request, timeout=10) as answer:
                return (
                    answer.status,
                    {name.lower(): value for name, value in answer.headers.items()},
                    answer.read(),
                )
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()

    def says(self, text: str) -> str:
        """Write in the chat as the page's script does; returns what was answered."""
        form = urlencode({"text": text, "message_id": uuid.uuid4().hex}).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        status, _headers, answer = self.ask("/chat/messages", form, headers)
        need(status == 200, f"the chat answered {status}")
        return "\n".join(line["text"] for line in json.loads(answer)["messages"] if line["author"] != "person")

    def call(
        self, path: str, body: Mapping[str, Any] | None = None, etag: str = ""
    ) -> tuple[int, dict[str, Any], str]:
        """Call the staff API; returns status, body and ETag."""
        headers = {"Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if etag:
            headers["If-Match"] = etag
        told = json.dumps(body).encode() if body is not None else None
        status, sent, answer = self.ask(f"/api/v1{path}", told, headers)
        return status, json.loads(answer), sent.get("etag", "")


def need(happened: object, otherwise: str) -> None:
    """Raise NotSoError saying `otherwise` where it did not happen."""
    if not happened:
        raise NotSoError(otherwise)


def walk(settings: Settings, say: Say) -> int:
    """Walk the main job, a line a step. Returns 0 where all of it happened, 1 where a step did not."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-check-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must be able to get in
    own = settings.model_copy(update={"data": folder, "keys_file": None, "areas": frozenset()})
    try:
        with _served(own) as (address, key):
            for step in _steps(address, key, Clock(folder / "clock")):
                say(f"  ok  {step}")
        say("The whole main job happened.")
    except NotSoError as trouble:
        say(f"  NO  {trouble}")
        return 1
    else:
        return 0
    finally:
        if settings.database_url is None:
            postgres.stop(folder / "postgres")
            shutil.rmtree(postgres.home(folder / "postgres"), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _steps(address: str, key: str, clock: Clock) -> Iterator[str]:
    ann = Caller(address)
    yield from _refers_herself(ann)
    yield from _is_looked_after(ann, clock)
    yield from _is_picked_up(ann, Caller(address, key))


def _refers_herself(ann: Caller) -> Iterator[str]:
    status, _headers, page = ann.ask("/chat")
    need(status == 200 and b"<form" in page, "the chat page did not open")
    yield "the chat page opens, with no script needed"
    heard = ann.says("hello")
    need(
        "computer program" in heard and "999" in heard and "cost" in heard,
        "hello was not answered as it should be",
    )
    yield "the bot says what it is and is not, and that activities may cost something"
    need("116 123" in ann.says("I cant go on any more I want to end it all"), "danger was not heard")
    yield "a word of danger is answered with the crisis lines, before any consent"
    for answer in REFERRAL[:-1]:
        heard = ann.says(answer)
    need("Age: 72" in heard, "the answers were not read back")
    ann.says("change")
    ann.says("age")
    need("Age: 73" in ann.says("73"), "an answer could not be changed")
    yield "consent, then one question at a time; the answers are read back, and one is changed"
    ann.says("back")
    need("Age: 73" in ann.says("mornings"), "BACK did not go back")
    yield "BACK goes back"
    heard = ann.says(REFERRAL[-1])
    need("Your reference is" in heard, "there was no reference")
    yield "she gets a reference and an honest sentence about what happens next"
    need("While you wait" in heard, "no self-care came")
    yield "the first piece of self-care comes at once"


def _is_looked_after(ann: Caller, clock: Clock) -> Iterator[str]:
    need(len(ann.says("more")) > 20, "MORE brought nothing")
    need("999" in ann.says("helplines"), "HELPLINES brought nothing")
    need("week" in ann.says("how long") or "not know" in ann.says("how long"), "HOW LONG was not answered")
    yield "MORE, HELPLINES and HOW LONG are answered"
    need("keep your place" in ann.says("pause"), "PAUSE was not heard")
    need("Welcome back" in ann.says("resume"), "RESUME was not heard")
    yield "PAUSE and RESUME are heard"
    _status, _headers, before = ann.ask("/chat")
    clock.move_on(timedelta(days=3))
    need(_until(lambda: len(ann.ask("/chat")[2]) > len(before) + 100), "three days later nothing had come")
    yield "three days later the next piece has come by itself"


def _last_of_the_first(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Choose whoever came to the urgent ones last: the made-up people were there before her."""
    urgent = [line for line in lines if line["urgency"] == "urgent"]
    return max(urgent, key=lambda line: str(line["raised_at"]), default=None)


def _says_no_more_than_when(heard: str) -> bool:
    """Say whether the bot was silent, or at night and at weekends told when a person reads it."""
    return heard == "" or "will read this" in heard


def _is_picked_up(ann: Caller, sam: Caller) -> Iterator[str]:
    status, queue, _etag = sam.call("/handoffs?status=waiting")
    need(status == 200, f"the queue was answered {status}: {queue}")
    mine = _last_of_the_first(queue["handoffs"])
    need(mine is not None, "she is not in the queue")
    assert mine is not None  # noqa: S101
    path = f"/handoffs/{mine['id']}"
    yield "a link worker sees her among the first in the queue, because of what she wrote"
    _status, _line, etag = sam.call(path)
    status, _line, claimed = sam.call(f"{path}/claim", {}, etag)
    need(status == 200, f"the claim was answered {status}")
    status, lost, _etag = sam.call(f"{path}/claim", {}, etag)
    need(status in {409, 412} and lost["title"], "a second claim was not refused")
    yield "one claim wins; the second is refused"
    status, story, _etag = sam.call(f"{path}/story")
    need(status == 200 and "Company in the evenings" in json.dumps(story), "the story is not whole")
    yield "the link worker reads the whole story, her own words among it"
    status, _sent, _etag = sam.call(
        f"{path}/messages", {"text": "Hello Ann, this is Sam. Shall I call on Tuesday?"}
    )
    need(status == 201, f"the message was answered {status}")
    need(b"Shall I call on Tuesday" in ann.ask("/chat")[2], "the message did not reach her page")
    yield "the link worker writes, and it is on her page"
    need(_says_no_more_than_when(ann.says("yes please, after ten")), "the bot talked over a person")
    _status, story, _etag = sam.call(f"{path}/story")
    need("after ten" in json.dumps(story), "her reply did not reach the link worker")
    yield "the bot is silent, and her reply reaches the link worker"
    status, _line, _etag = sam.call(f"{path}/activities", {"kind": "call", "minutes": 15, "note": "A good talk."})
    need(status == 201, f"the activity was answered {status}")
    status, _line, _etag = sam.call(f"{path}/hand-back", {}, claimed)
    need(status == 200, f"handing back was answered {status}")
    need(ann.says("menu") != "", "the bot did not come back")
    yield "an activity is noted, the talk is handed back, and the bot answers again"


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[str, str]]:
    key = ""

    async def prepare(house: House) -> None:
        nonlocal key
        key = await fill(house, lambda _line: None, waiting=20, supported=12)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = create_app(settings, demo=True, prepare=prepare)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        need(_until(lambda: server.started or not thread.is_alive()) and server.started, "the demo did not start")
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", key
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def _until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
