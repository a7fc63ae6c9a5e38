"""Health: alive, ready, and counted; at the web's own door, or at a side door of a process that has none."""

import hmac
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from api import figures, metrics
from api.figures import Figure
from api.house import House
from api.live import Live
from api.one_look import OneLook
from api.readiness import PATIENCE, Readiness
from api.settings import LOOPBACK, Settings

router = APIRouter(tags=["health"])
BY_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via")
"""Headers a proxy adds: who asks by one is somewhere else, whatever address the connection comes from."""


class Watch:
    """What one process answers whoever watches it."""

    def __init__(self, house: House, *, worker: Any = None, live: Live | None = None) -> None:
        """Take what is watched. `live`: the live pages, where there are any."""
        self.house = house
        self.readiness = Readiness(house, worker)
        self._live = live
        self._figures = OneLook(lambda: figures.read(house))

    async def text(self) -> bytes:
        """Write all figures in Prometheus's text format. Where the database hangs, those it holds are left out."""
        now = datetime.now(UTC)
        found: list[Figure] = [
            *figures.of_process(self.house, self._live.pages if self._live else None),
            *figures.of_machine(self.house.settings.data, now),
        ]
        try:
            found += await self._figures.within(PATIENCE)
        except Exception:  # noqa: BLE001 -- whatever it is, that the database did not answer is what is told
            found.append(("waitingroom_database_up", (), 0.0))
        told = CollectorRegistry()
        told.register(_Told(found))
        return generate_latest(metrics.REGISTRY) + generate_latest(told)


class _Told(Collector):
    """Figures that were read once."""

    def __init__(self, found: list[Figure]) -> None:
        self._found = found

    def collect(self) -> Any:
        """Give them as Prometheus's client writes them."""
        return figures.families(self._found)


def watch_of(request: Request) -> Watch:
    """Find what answers in this process; the first who asks has it made."""
    state = request.app.state
    if not hasattr(state, "watch") or state.watch.house is not state.house:
        state.watch = Watch(state.house, worker=getattr(state, "worker", None), live=getattr(state, "live", None))
    watch: Watch = state.watch
    return watch


def may_read(request: Request, settings: Settings) -> bool:
    """Say whether whoever asks may read the figures.

    With a token: who shows it. Without one: who asks from this very machine and by no proxy, as long as the
    service is reached by no public address; a proxy that tells nothing of itself would look the same.
    """
    if settings.metrics_token is not None:
        told = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(told, f"Bearer {settings.metrics_token.get_secret_value()}".encode())
    here = request.client is not None and request.client.host in LOOPBACK
    return here and not settings.public_url and not any(name in request.headers for name in BY_PROXY)


@router.get("/livez", operation_id="livez")
async def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"description": "Not ready to serve"}})
async def readyz(request: Request) -> JSONResponse:
    """Say whether people can be sent here: 503 where what must be well is not; what else is not well is told."""
    report = await watch_of(request).readiness.look()
    return JSONResponse(report.shown, 200 if report.ready else 503)


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={403: {"description": "Asked from elsewhere, or without the token"}},
)
async def metrics_page(request: Request) -> Response:
    """Give the figures in Prometheus's text format: no labels that could name a person."""
    if not may_read(request, request.app.state.house.settings):
        raise HTTPException(403)
    return Response(await watch_of(request).text(), media_type=CONTENT_TYPE_LATEST)
