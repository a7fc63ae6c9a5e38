"""A simulated Twilio on loopback: it checks every request, tells what became of it, and has phones on it.

    with TwilioApi() as api:
        api.webhook("http://127.0.0.1:8000/webhooks/twilio")
        ann = api.phone("+447700900123")
        ann.texts("hello")                       # a signed post to the webhook
        api.until(lambda: ann.sees)

From the command line: `python -m tests.fakes.twilio_api --port 9002 --webhook http://127.0.0.1:8000/webhooks/twilio`.
"""

import argparse
import base64
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager

from tests.fakes import twilio_messages
from tests.fakes.orders import Flood, Order, Orders
from tests.fakes.provider import Answer, BusyFor
from tests.fakes.twilio_content import Template
from tests.fakes.twilio_mail import Mail, Receipts
from tests.fakes.twilio_messages import Sent
from tests.fakes.twilio_phones import Phone, geography
from tests.fakes.twilio_posts import Post
from tests.fakes.twilio_routes import Routes
from tests.fakes.twilio_rules import RefusedError, bare, read_form
from tests.fakes.twilio_segments import segments
from tests.fakes.wire import PATIENCE, Answering, Request, Response, Server, wait_for_the_end

ACCOUNT = "AC" + "5" * 32
TOKEN = "simulated-twilio-token-of-this-machine"
NUMBER = "+447700900000"
SERVICE = "MG" + "5" * 32
FAULTS: dict[Order, int] = {
    Answer.BUSY: 20429,
    Answer.BROKEN: 20500,
    Answer.REFUSES: 21612,
    Answer.BLOCKED: 21610,
    Answer.UNKNOWN_ADDRESS: 21211,
}


class TwilioApi(Server):
    """The whole Twilio of one account: a context manager, answering at `url`."""

    def __init__(
        self, *, account: str = ACCOUNT, token: str = TOKEN, number: str = NUMBER, service: str = SERVICE,
        port: int = 0, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(port=port)
        self.account, self.token, self.number, self.service = account, token, number, service
        self.whatsapp_number = f"whatsapp:{number}"
        self.clock = clock
        self.allowed: tuple[str, ...] = ("+44",)
        """beginnings of numbers that may be sent to; others give 21408"""
        self.tells_of_stop = False
        """whether a STOP that Twilio acts upon is posted to us as well"""
        self.advanced_opt_out = False
        """whether all such words are posted to us, with OptOutType"""
        self.receipts = Receipts.ORDERLY
        self.at_once = False
        """whether what one phone sends is posted all at once, and not one after the other"""
        self.orders = Orders()
        self.limits = Flood()
        self.mail = Mail(self)
        self.sms_url = self.fallback_url = ""
        self.phones: dict[str, Phone] = {}
        self.sent: list[Sent] = []
        self.by_sid: dict[str, Sent] = {}
        self.refused: list[int] = []
        """the numbers that requests to send were refused with"""
        self.templates: dict[str, Template] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self._count = 0
        self._login = b"Basic " + base64.b64encode(f"{account}:{token}".encode())
        self._routes = Routes(self)

    # What a test or a street says.

    def phone(self, number: str, *, name: str = "Ann") -> Phone:
        """The phone with this number; `whatsapp:+44…` is its WhatsApp."""
        with self.lock:
            return self.phones.setdefault(number, Phone(self, number, name))

    def whatsapp(self, number: str, *, name: str = "Ann") -> Phone:
        """The WhatsApp on the phone with this number."""
        return self.phone(f"whatsapp:{number}", name=name)

    def webhook(self, url: str, *, fallback: str = "", served_at: str | None = None) -> None:
        """Post what comes in here. `served_at`: where our addresses are really served, if elsewhere."""
        self.sms_url, self.fallback_url, self.mail.served_at = url, fallback, served_at

    def template(self, template: Template) -> str:
        """Keep a template, and return its id."""
        sid = self.new_sid("HX")
        self.templates[sid] = template
        return sid

    def answers(self, *, next: Sequence[Order], phone: Phone | None = None) -> None:  # noqa: A002
        """Treat the next requests to send so; only those to `phone`, where one is named.

        A whole number from 10000 on is one of Twilio's own (21611), a smaller one the status of a proxy's page.
        """
        self.orders.tell(next, whom=phone.address if phone else None)

    def flood(self, *, per_second: float | None = 100, per_phone: float | None = None) -> None:
        """Enforce limits from now on: more gets a 429."""
        self.limits = Flood(per_second, per_phone)

    @property
    def let_go(self) -> Callable[[], None]:
        """Answer what was held back as LATE."""
        return self.orders.let_go.set

    @property
    def posts(self) -> list[Post]:
        """Every form made for us, in order."""
        return self.mail.made

    def held(self) -> AbstractContextManager[list[Post]]:
        """Hold what phones send back; it leaves at the end, one after the other, as the list stands then."""
        return self.mail.held()

    def settle(self, *, seconds: float = PATIENCE) -> None:
        """Wait until everything that was made for us was posted."""
        self.until(lambda: all(post.done for post in self.mail.made), seconds=seconds)

    # What phones and requests need.

    def new_sid(self, prefix: str) -> str:
        """Make an id."""
        with self.lock:
            self._count += 1
            return f"{prefix}{self._count:032x}"

    def keep_media(self, body: bytes, kind: str) -> tuple[str, str]:
        """Keep a file, and return the id of the message it is in and where it is fetched."""
        message, sid = self.new_sid("MM"), self.new_sid("ME")
        self.media[sid] = (kind, body)
        path = f"{twilio_messages.API}/Accounts/{self.account}/Messages/{message}/Media/{sid}"
        return message, self.url + path

    def inbound_form(self, phone: Phone, body: str, *, media: int = 0) -> dict[str, str]:
        """Return the form of a message that comes in."""
        ours = self.whatsapp_number if phone.on_whatsapp else self.number
        sid = self.new_sid("SM")
        form = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": phone.address,
            "MessageSid": sid,
            "NumMedia": str(media),
            "NumSegments": "1" if phone.on_whatsapp else str(segments(body)),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": ours,
        }
        if phone.on_whatsapp:
            wa_id = bare(phone.address).removeprefix("+")
            return form | {"ProfileName": phone.name, "WaId": wa_id, "ReferralNumMedia": "0"}
        return form | geography(phone, ours)

    def answer(self, request: Request) -> Answering | Awaitable[Answering]:
        """Answer one request."""
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._login):
            return _refusal(RefusedError(20003))
        if request.method == "POST" and request.path == self._routes.sending:
            return self._send(request)
        try:
            return self._routes.answer(request)
        except RefusedError as error:
            return _refusal(error)

    def _send(self, request: Request) -> Answering | Awaitable[Answering]:
        sent: Sent | None = None
        with self.lock:
            try:
                form = read_form(request.headers.get("content-type", ""), request.body)
                order = self.orders.take(form["To"])
                answer = self._fault(order, form["To"])
                if answer is None:
                    sent = twilio_messages.accept(self, form)
                    answer = Response.of(201, twilio_messages.as_json(self, sent))
            except RefusedError as error:
                self.refused.append(error.code)
                order, answer = Answer.REFUSES, _refusal(error)
        self.changed()
        if sent is not None and self.receipts is Receipts.EARLY:
            return self._after_receipts(sent, order, answer)
        if sent is not None:
            self.go(self.mail.tell(sent))
        return self._given(order, answer)

    def _fault(self, order: Order, to: str) -> Response | None:
        """Return the answer to a request that is not taken, None where it is."""
        if isinstance(order, int) and order < 10_000:
            return Response(order, f"<html><h1>{order}</h1>".encode(), "text/html")
        if isinstance(order, BusyFor):
            answer = _refusal(RefusedError(20429))
            answer.headers["Retry-After"] = str(order.seconds)
            return answer
        if order in FAULTS or isinstance(order, int):
            raise RefusedError(order if isinstance(order, int) else FAULTS[order])
        if self.limits.too_soon(to):
            raise RefusedError(20429)
        return None

    def _given(self, order: Order, answer: Response) -> Answering | Awaitable[Answering]:
        if order is Answer.LATE:
            return self._late(answer)
        if order is Answer.NEVER:
            return None
        return Response(201, b"<html>Thank you", "text/html") if order is Answer.MALFORMED else answer

    async def _late(self, answer: Response) -> Answering:
        await self.orders.held_back(PATIENCE * 6)
        return answer

    async def _after_receipts(self, sent: Sent, order: Order, answer: Response) -> Answering:
        await self.mail.tell(sent)
        given = self._given(order, answer)
        return given if isinstance(given, Response) or given is None else await given

    async def closing(self) -> None:
        self.orders.let_go.set()
        await self.mail.caller.close()


def _refusal(error: RefusedError) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return Response(error.status, json.dumps(error.said).encode(), headers=headers)


def main() -> None:
    """Answer until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--webhook", default="", help="where messages that come in are posted")
    told = parser.parse_args()
    with TwilioApi(port=told.port) as api:
        api.webhook(told.webhook)
        print(f"Twilio at {api.url}, account {api.account}, token {api.token}, number {api.number}")
        wait_for_the_end()


if __name__ == "__main__":
    main()
