"""Letters: what a person sends as it comes to our door, so that it can come twice, late, or at the same time."""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx2

from bot import arrivals
from bot.messages import Inbound
from tests.channels.drivers import PUBLIC, SECRET, Driver, OnPhone, OnTelegram, OnWeb, Town
from tests.fakes.bot_api_updates import SECRET as SECRET_HEADER
from tests.fakes.twilio_posts import sign

Letter = Inbound | Callable[[httpx2.Client], None]
"""One message, which is the very same however often it is brought: by calling it, or, as there is no door to the
terminal, as it is."""


class Postman:
    """Brings letters: one after the other, or several at the same time."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._at_once = ThreadPoolExecutor(3)
        self._line = httpx2.Client(base_url=town.url, trust_env=False)

    def writes(self, person: Driver, said: str) -> Letter:
        """Have someone write something, which does not leave yet."""
        if isinstance(person, OnTelegram):
            return self._update(person, said)
        if isinstance(person, OnPhone):
            return self._text(person, said)
        if isinstance(person, OnWeb):
            return self._form(person, said)
        now = self.town.clock.now()
        return Inbound(person.channel, person.address, secrets.token_hex(8), said, now)

    def brings(self, *together: Letter) -> None:
        """Bring letters, all at the same time, and wait until each was answered."""
        posted = [letter for letter in together if not isinstance(letter, Inbound)]
        if len(posted) == 1:
            posted[0](self._line)
            return
        for brought in [self._at_once.submit(letter, self._line) for letter in posted]:
            brought.result()
        typed = [letter for letter in together if isinstance(letter, Inbound)]
        self.town.run(self._hear(typed))

    async def _hear(self, typed: Sequence[Inbound]) -> None:
        await asyncio.gather(*(arrivals.take(self.town.desk, inbound) for inbound in typed))

    def tells(self, url: str, form: Mapping[str, str]) -> None:
        """Bring a receipt of Twilio's."""
        self._post_form(self._line, url, form)

    def close(self) -> None:
        self._at_once.shutdown()
        self._line.close()

    def _update(self, person: OnTelegram, said: str) -> Letter:
        with self.town.telegram.updates.held() as held:
            update = person.person.says(said)
            held.clear()
        body = json.dumps(update).encode()

        def bring(line: httpx2.Client) -> None:
            answer = line.post("/webhooks/telegram", content=body, headers={SECRET_HEADER: SECRET})
            assert answer.status_code == 200, answer.text

        return bring

    def _text(self, person: OnPhone, said: str) -> Letter:
        with self.town.twilio.held() as held:
            post = person.phone.texts(said)
            held.clear()
        assert post is not None
        post.done = True
        return lambda line: self._post_form(line, post.url, post.form)

    def _post_form(self, line: httpx2.Client, url: str, form: Mapping[str, str]) -> None:
        headers = {
            "X-Twilio-Signature": sign(self.town.twilio.token, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = line.post(url.removeprefix(PUBLIC), content=urlencode(form).encode(), headers=headers)
        assert answer.status_code == 200, answer.text

    def _form(self, person: OnWeb, said: str) -> Letter:
        form = {"text": said, "message_id": secrets.token_hex(8)}

        def bring(line: httpx2.Client) -> None:
            cookie = {"Cookie": f"chat={person.address}"}
            answer = line.post("/chat/messages", data=form, headers=cookie)
            assert answer.status_code == 303, answer.text

        return bring


def in_batches(letters: Sequence[Any], sizes: Sequence[int]) -> list[list[Any]]:
    """Part letters into batches of these sizes, and the rest one by one."""
    rest, batches = list(letters), []
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return [batch for batch in [*batches, *([one] for one in rest)] if batch]
