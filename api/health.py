"""Health: alive, ready, and counted."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from api import metrics
from api.house import House
from waitingroom import schema

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
async def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"description": "Not ready to serve"}})
async def readyz(request: Request) -> JSONResponse:
    """Say whether people can be served: the database answers, at the version this code needs, and work is done."""
    house: House = request.app.state.house
    checks = {"database": False, "schema": False}
    try:
        async with house.database.transaction() as session:
            at = await schema.current(session)
        checks["database"] = True
        checks["schema"] = at == schema.newest()
    except (SQLAlchemyError, OSError, TimeoutError):
        pass
    worker = getattr(request.app.state, "worker", None)
    if worker is not None:
        checks["worker"] = worker.ready.is_set()
    ready = all(checks.values())
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


@router.get("/metrics", operation_id="metrics", response_class=Response)
async def metrics_page(request: Request) -> Response:
    """Give the figures in Prometheus's text format: no labels that could name a person."""
    await metrics.measure(request.app.state.house)
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)
