"""What each person asks: the chat's whole talk from hello to a reference, and the same words of the bare doors."""

import itertools
import re
import uuid
from random import Random
from urllib.parse import urlencode

from api.made_up.people import somebody
from benchmarks.load import Asking

TALK = ("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4", "Company in the evenings", "here", "any", "yes")
NUMBER = itertools.count()
COOKIE = re.compile(rb"set-cookie: ([^;\r]+)")


def talk() -> tuple[str, ...]:
    """Give the talk of someone else each time: where all had one name and age, each would be matched with all."""
    number = next(NUMBER)
    who = somebody(number, Random(number), areas=("BB9",), needs=("lonely",))
    return ("hello", f"me, {who.age}", "yes", who.name, who.postcode, *TALK[5:])


def chat() -> Asking:
    """Refer someone through the chat page's JSON route, then someone else, and so on."""
    while True:
        cookie = b""
        for words in talk():
            answer = yield _post("/chat/messages", words, cookie)
            given = COOKIE.search(answer)
            cookie = given[1] if given else cookie
        if b"Your reference is" not in answer:
            raise RuntimeError("A talk ended without a reference: " + answer.decode()[-500:])


def bare_turn() -> Asking:
    """Say the same things to the raw-SQL turn, from one address a talk."""
    while True:
        address = uuid.uuid4().hex.encode()
        for words in talk():
            yield _post("/turn", words, b"chat=" + address)


def ping() -> Asking:
    """Ask for next to nothing."""
    while True:
        yield b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"


def _post(path: str, words: str, cookie: bytes) -> bytes:
    body = urlencode({"text": words, "message_id": uuid.uuid4().hex}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + (b"Cookie: " + cookie + b"\r\n" if cookie else b"") + b"\r\n" + body
