"""The street: a demo of the Waiting Room with a simulated Telegram and Twilio beside it, and phones to write on.

    python -m tests.fakes.street                 # then open the page it names

No account, no key and no other machine is needed.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from bot.channels.twilio.buttons import SHAPES
from tests.fakes import street_page
from tests.fakes.bot_api import BotApi
from tests.fakes.bot_api_people import Person
from tests.fakes.twilio_api import TwilioApi
from tests.fakes.twilio_content import Template, made
from tests.fakes.twilio_phones import Got, Phone
from tests.fakes.wire import Request, Response, Server

SECRET = "the-street-and-nobody-else"
ANN = "+447700900123"
WITHIN = 120.0
"""Seconds the demo may take to open: the first time it makes its database."""
HERE = ("127.0.0.1", "localhost")


class Street(Server):
    """The page with the phones, on loopback only."""

    def __init__(self, telegram: BotApi, twilio: TwilioApi, *, demo: str, port: int = 0) -> None:
        super().__init__(port=port)
        self.demo = demo
        self.person: Person = telegram.person("Ann")
        self.phones: dict[str, Phone] = {"sms": twilio.phone(ANN), "whatsapp": twilio.whatsapp(ANN)}

    def answer(self, request: Request) -> Response:
        """Draw a screen, or do what was asked on one."""
        key = request.path.strip("/")
        local = request.headers.get("host", "").rpartition(":")[0] in HERE
        if not local or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return Response(403, b"", "text/plain")
        if request.method == "GET" and not key:
            return _html(street_page.street(self.demo))
        if key not in street_page.PHONES:
            return Response(404, b"", "text/plain")
        if request.method == "POST":
            self._do(key, dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
            return Response(303, b"", "text/plain", {"Location": f"/{key}"})
        phone = self.phones.get(key)
        return _html(street_page.texts(key, phone) if phone else street_page.chat(self.person))

    def _do(self, key: str, told: dict[str, str]) -> None:
        phone = self.phones.get(key)
        if phone is None:
            _on_telegram(self.person, told)
        else:
            _on_phone(phone, told)


def _on_telegram(person: Person, told: dict[str, str]) -> None:
    does, _, number = told.get("does", "").partition(":")
    if does == "tap":
        person.taps(person.by_id[int(number)], told["label"])
    elif does == "voice":
        person.sends_voice()
    elif does == "picture":
        person.sends_photo()
    elif does == "start" or not person.known:
        person.presses_start()
    elif told.get("text", "").strip():
        person.says(told["text"])


def _on_phone(phone: Phone, told: dict[str, str]) -> None:
    does, _, number = told.get("does", "").partition(":")
    if does == "tap":
        got = phone.talk[int(number)][1]
        if isinstance(got, Got):
            phone.taps(got, told["label"])
    elif does == "voice":
        phone.sends_voice()
    elif does == "picture":
        phone.sends_picture()
    elif told.get("text", "").strip():
        phone.texts(told["text"])


@contextmanager
def opened(*, demo_port: int, street_port: int = 0) -> Iterator[tuple[Street, BotApi, TwilioApi]]:
    """Open both providers, joined to the service that will be at `demo_port`, and the page with the phones."""
    demo = f"http://127.0.0.1:{demo_port}"
    with BotApi() as telegram, TwilioApi() as twilio:
        telegram.webhook(f"{demo}/webhooks/telegram", SECRET)
        telegram.served_at = demo
        twilio.webhook(f"{demo}/webhooks/twilio")
        with Street(telegram, twilio, demo=demo, port=street_port) as street:
            yield street, telegram, twilio


def surroundings(street: Street, telegram: BotApi, twilio: TwilioApi) -> dict[str, str]:
    """Return the settings, as environment variables, by which a service uses both providers."""
    for shape in SHAPES:
        twilio.template(made(shape.made()))
    news = twilio.template(Template("There is a message for you. Reply with any word to read it.", approved=True))
    return {
        "WAITINGROOM_PUBLIC_URL": street.demo,
        "WAITINGROOM_TELEGRAM_TOKEN": telegram.token,
        "WAITINGROOM_TELEGRAM_SECRET": SECRET,
        "WAITINGROOM_TELEGRAM_API": telegram.url,
        "WAITINGROOM_TWILIO_ACCOUNT": twilio.account,
        "WAITINGROOM_TWILIO_TOKEN": twilio.token,
        "WAITINGROOM_TWILIO_API": twilio.url,
        "WAITINGROOM_SMS_FROM": twilio.number,
        "WAITINGROOM_WHATSAPP_FROM": twilio.number,
        "WAITINGROOM_WHATSAPP_TEMPLATE": news,
    }


def main() -> int:
    """Run the demo and the street until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A demo with a simulated Telegram and Twilio beside it.")
    parser.add_argument("--port", type=int, default=8000, help="where the service itself is served")
    parser.add_argument("--street", type=int, default=8001, help="where the page with the phones is served")
    told = parser.parse_args()
    with opened(demo_port=told.port, street_port=told.street) as (street, telegram, twilio):
        command = [sys.executable, "-c", "from api.cli import main; main()", "demo", "--port", str(told.port)]
        around = os.environ | surroundings(street, telegram, twilio)
        with subprocess.Popen(command, env=around) as demo:
            try:
                if _open(demo, told.port):
                    print(
                        f"\n  The street  {street.url}\n  Telegram    {telegram.url}\n  Twilio      {twilio.url}\n"
                    )
                return demo.wait()
            except KeyboardInterrupt:
                return demo.wait()


def _open(demo: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the demo takes visitors; false where it ended instead."""
    ends = time.monotonic() + WITHIN
    while demo.poll() is None and time.monotonic() < ends:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def _html(page: str) -> Response:
    return Response(
        200, page.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": street_page.POLICY}
    )


if __name__ == "__main__":
    sys.exit(main())
