"""Loopback: a pushed channel for tests, over real HTTP to the fake provider."""

from dataclasses import dataclass, field
from datetime import timedelta

import httpx2

from bot.channels.channel import (
    Accepted,
    BadAddressError,
    MaybeSentError,
    RefusedByProviderError,
    Sending,
    StoppedByPersonError,
    TroubleError,
    TryLaterError,
)
from bot.layout import WEB, Layout
from bot.messages import Reply, numbered
from waitingroom.rates import Limit

NAME = "loopback"


@dataclass
class LoopbackChannel:
    """Sends to the provider at `url`. `patience`: seconds it waits for an answer."""

    url: str
    limits: tuple[Limit, ...] = ()
    layout: Layout = WEB
    cap: int | None = None
    patience: float = 5.0
    name: str = NAME
    kept: bool = False
    attempts: list[int] = field(default_factory=list)

    def segments(self, reply: Reply) -> int:
        return 0

    async def send(self, sending: Sending) -> Accepted:
        self.attempts.append(sending.attempt)
        told = {"to": sending.address, "text": numbered(sending.reply)}
        try:
            async with httpx2.AsyncClient(timeout=self.patience, trust_env=False, verify=False) as client:
                answer = await client.post(f"{self.url}/messages", json=told)
        except httpx2.ConnectError as error:
            raise TryLaterError from error
        except httpx2.TransportError as error:
            raise MaybeSentError from error
        return self._read(answer)

    def _read(self, answer: httpx2.Response) -> Accepted:
        if answer.status_code != 200:
            raise _trouble(answer)
        try:
            return Accepted(answer.json()["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise MaybeSentError from error


def _trouble(answer: httpx2.Response) -> TroubleError:
    if answer.status_code == 429 or answer.status_code >= 500:
        after = answer.headers.get("Retry-After")
        return TryLaterError(timedelta(seconds=int(after)) if after else None)
    kinds = {403: StoppedByPersonError, 404: BadAddressError}
    return kinds.get(answer.status_code, RefusedByProviderError)()
