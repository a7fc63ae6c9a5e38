"""A simulated Telegram Bot API on loopback: it checks every call; people write, tap, block and come back.

    with BotApi() as api:
        ann = api.person(first_name="Ann")
        ann.presses_start()                      # an update for the webhook, or for getUpdates
        api.until(lambda: ann.sees)
        ann.taps(ann.last, "Yes")

From the command line: `python -m tests.fakes.bot_api --port 9001 --webhook http://127.0.0.1:8000/webhooks/telegram`.
"""

import argparse
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from tests.fakes.bot_api_calls import DOES
from tests.fakes.bot_api_files import Files
from tests.fakes.bot_api_methods import METHODS
from tests.fakes.bot_api_people import Chat, Person, Room, Seen
from tests.fakes.bot_api_rules import RefusedError, check
from tests.fakes.bot_api_rules import told as said_in
from tests.fakes.bot_api_updates import Hook, Updates
from tests.fakes.orders import Flood, Order, Orders
from tests.fakes.provider import Answer, BusyFor
from tests.fakes.wire import PATIENCE, Answering, Request, Response, Server, wait_for_the_end

TOKEN = "123456789:AAF-simulated-bot-token-for-this-machine"
SENDING = frozenset({"sendMessage", "editMessageText", "editMessageReplyMarkup"})
"""The methods that orders and flood limits are for, unless an order names another."""
FAULTS = {
    Answer.BROKEN: (500, "Internal Server Error"),
    Answer.REFUSES: (400, "Bad Request: message can't be sent"),
    Answer.BLOCKED: (403, "Forbidden: bot was blocked by the user"),
    Answer.UNKNOWN_ADDRESS: (400, "Bad Request: chat not found"),
}

HOOKED = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
ENDED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
C = TypeVar("C", bound=Chat)
_KNOWN = {name.lower(): name for name in METHODS}


@dataclass(frozen=True)
class Call:
    """One call that came in, with its parameters as they were read, and the status it was answered with."""

    method: str
    facts: dict[str, Any]
    status: int


class BotApi(Server):
    """The whole Telegram of one bot: a context manager, answering at `url`."""

    def __init__(
        self, *, token: str = TOKEN, username: str = "WaitingRoomBot", port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(port=port)
        self.token = token
        self.clock = clock
        self.orders = Orders()
        self.limits = Flood()
        self.updates = Updates(self)
        self.files = Files()
        self.served_at: str | None = None
        """where the address given to setWebhook is really served, when it is not reached by name"""
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Person] = {}
        """taps nobody has answered yet, by the id of the callback query"""
        self.calls: list[Call] = []
        self.refused_replies: list[str] = []
        """what was wrong with calls asked for in a webhook's own answer"""
        self.commands: list[dict[str, Any]] = []
        self.on_sent: list[Callable[[Seen], None]] = []
        """called, inside the loop, with every message the bot sends"""
        self.me = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Waiting Room",
            "username": username,
        }
        self._messages = self._ids = 0

    # What a test or a street says.

    def person(
        self, first_name: str = "Ann", *, last_name: str | None = None, username: str | None = None
    ) -> Person:
        """Someone new, who has not pressed Start yet."""
        about = {"first_name": first_name, "last_name": last_name, "username": username, "type": "private"}
        number = 5_000_000_000 + len(self.chats)
        return self._in(Person(self, number, {"id": number} | _given(about)))

    def group(self, title: str = "Tuesday walkers") -> Room:
        """A group of people; the bot is not in it yet."""
        number = -1_001_000_000_000 - len(self.chats)
        return self._in(Room(self, number, {"id": number, "title": title, "type": "supergroup"}))

    def channel(self, title: str = "Town news") -> Room:
        """A channel; the bot is not in it yet."""
        number = -1_002_000_000_000 - len(self.chats)
        return self._in(Room(self, number, {"id": number, "title": title, "type": "channel"}))

    def webhook(self, url: str, secret: str | None = None, *, served_at: str | None = None) -> None:
        """Post updates here from now on, as after setWebhook. `served_at`: where that address is really served."""
        self.updates.hook = Hook(url, secret, served_at)
        self.updates.go_on()

    def answers(
        self,
        *,
        next: Sequence[Order],  # noqa: A002 -- it reads as it is said
        chat: Chat | int | None = None,
        method: str | None = None,
    ) -> None:
        """Treat the next calls that send (or those of `method`) so; only those to `chat`, where one is named."""
        whom = chat.id if isinstance(chat, Chat) else chat
        self.orders.tell(next, whom=(method, whom) if method else whom)

    def flood(self, *, per_second: float | None = 25, per_chat: float | None = 1) -> None:
        """Enforce limits from now on: more gets a 429 with the seconds to wait."""
        self.limits = Flood(per_second, per_chat)

    def parks(self, chat: Chat, seconds: float) -> None:
        """Answer everything sent to one chat with 429 for so many seconds."""
        self.limits.shut(chat.id, seconds)

    @property
    def let_go(self) -> Callable[[], None]:
        """Answer what was held back as LATE."""
        return self.orders.let_go.set

    def settle(self, *, seconds: float = PATIENCE) -> None:
        """Wait until every update was taken."""
        self.until(lambda: not self.updates.pending, seconds=seconds)

    # What calls need.

    def next_message_id(self, chat: Chat) -> int:
        """Number a message: all private chats of a bot share one row of numbers, each room has its own."""
        if isinstance(chat, Room):
            return len(chat.talk) + 1
        self._messages += 1
        return self._messages

    def next_id(self) -> str:
        """Make an id for anything else."""
        self._ids += 1
        return str(4_382_000_000_000_000_000 + self._ids)

    def obey(self, method: str, facts: dict[str, Any]) -> None:
        """Do a call asked for in the answer to a webhook; nobody hears how it went."""
        try:
            with self.lock:
                self._do(method, check(method, facts) if method in METHODS else facts)
        except (RefusedError, KeyError) as error:
            self.refused_replies.append(f"{method}: {error}")
        self.changed()

    def answer(self, request: Request) -> Answering | Awaitable[Answering]:
        """Answer one request."""
        parts = unquote(request.path).strip("/").split("/", 2)
        if len(parts) == 3 and parts[0] == "file":
            return self._file(parts[1], parts[2])
        if len(parts) != 2 or not parts[0].startswith("bot") or request.method not in {"GET", "POST"}:
            return _refusal(404, "Not Found")
        if parts[0] != f"bot{self.token}":
            return _refusal(401, "Unauthorized")
        method = _KNOWN.get(parts[1].lower())
        if method is None:
            return _refusal(404, "Not Found")
        try:
            facts = check(method, said_in(request))
        except (RefusedError, ValueError) as error:
            refused = error if isinstance(error, RefusedError) else RefusedError(400, f"Bad Request: {error}")
            self.calls.append(Call(method, {}, refused.status))
            return _refusal(refused.status, refused.words)
        return self._poll(facts) if method == "getUpdates" else self._call(method, facts)

    def _call(self, method: str, facts: dict[str, Any]) -> Answering | Awaitable[Answering]:
        with self.lock:
            order = self._order(method, facts.get("chat_id"))
            answer = self._treated(method, facts, order)
        self.changed()
        if order is Answer.LATE:
            return self._late(answer)
        if order is Answer.NEVER:
            return None
        return Response(200, b"<html>Thank you", "text/html") if order is Answer.MALFORMED else answer

    def _treated(self, method: str, facts: dict[str, Any], order: Order) -> Response:
        if isinstance(order, BusyFor):
            answer = _busy(order.seconds)
        elif order is Answer.BUSY:
            answer = _refusal(429, "Too Many Requests")
        elif isinstance(order, int):
            answer = Response(order, f"<html><h1>{order}</h1>".encode(), "text/html")
        elif order in FAULTS:
            answer = _refusal(*FAULTS[order])
        elif method in SENDING and (wait := self.limits.too_soon(facts.get("chat_id"))):
            answer = _busy(max(1, -int(-wait // 1)))
        else:
            answer = self._done(method, facts)
        self.calls.append(Call(method, facts, answer.status))
        return answer

    def _done(self, method: str, facts: dict[str, Any]) -> Response:
        try:
            return Response.of(200, {"ok": True, "result": self._do(method, facts)})
        except RefusedError as error:
            return _refusal(error.status, error.words, error.parameters)

    def _do(self, method: str, facts: dict[str, Any]) -> Any:
        return DOES[method](self, facts)

    def _order(self, method: str, chat: int | None) -> Order:
        for key in ((method, chat), (method, None)):
            order = self.orders.take_only(key)
            if order is not None:
                return order
        return self.orders.take(chat) if method in SENDING else Answer.TAKES

    async def _late(self, answer: Response) -> Answering:
        await self.orders.held_back(PATIENCE * 6)
        return answer

    async def _poll(self, facts: dict[str, Any]) -> Answering:
        if self.updates.hook is not None:
            return _refusal(409, HOOKED)
        if facts.get("allowed_updates"):
            self.updates.allowed = frozenset(facts["allowed_updates"])
        found = await self.updates.fetch(
            offset=facts.get("offset", 0),
            limit=min(max(facts.get("limit", 100), 1), 100),
            seconds=min(facts.get("timeout", 0), 50),
        )
        if found is None:
            return _refusal(409, ENDED)
        return Response.of(200, {"ok": True, "result": found})

    def _file(self, token: str, path: str) -> Response:
        if token != f"bot{self.token}":
            return _refusal(401, "Unauthorized")
        body = self.files.by_path.get(path)
        if body is None:
            return _refusal(404, "Not Found")
        return Response(200, body, "application/octet-stream")

    def _in(self, chat: C) -> C:
        self.chats[chat.id] = chat
        return chat

    async def closing(self) -> None:
        self.orders.let_go.set()
        await self.updates.caller.close()


def _refusal(status: int, words: str, parameters: dict[str, Any] | None = None) -> Response:
    said = {"ok": False, "error_code": status, "description": words}
    return Response.of(status, said | ({"parameters": parameters} if parameters else {}))


def _busy(seconds: int) -> Response:
    words = f"Too Many Requests: retry after {seconds}"
    answer = _refusal(429, words, {"retry_after": seconds})
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _given(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def main() -> None:
    """Answer until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--webhook", help="where updates are posted; without it, getUpdates")
    parser.add_argument("--secret", help="the webhook's secret")
    told = parser.parse_args()
    with BotApi(token=told.token, port=told.port) as api:
        if told.webhook:
            api.webhook(told.webhook, told.secret)
        print(f"Bot API at {api.url}, token {api.token}")
        wait_for_the_end()


if __name__ == "__main__":
    main()
