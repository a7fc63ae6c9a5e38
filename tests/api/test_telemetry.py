"""Traces reach a collector, and tell ids only: what people say, and who they are, is in none of them."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api import metrics, telemetry, watching
from api.app import create_app
from api.settings import Settings
from api.telemetry import KEPT, TelemetryMissingError, traces
from bot.channels.channel import MisconfiguredError
from tests.conftest import MONDAY, running
from waitingroom.columns import new_id
from waitingroom.database import Database
from waitingroom.outbox import Letter

pytestmark = pytest.mark.anyio
CANARIES = ("Ethelburga", "07700900123", "the heron on the canal", "sesame-cookie", "canary-host", "canary-state")


class Collector:
    """A real receiver of OTLP over HTTP on this machine."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        collector = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.paths.add(self.path)
                collector.bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @contextmanager
    def open(self) -> Iterator["Collector"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector().open() as collector:
        yield collector


@pytest.fixture
async def traced(settings: Settings, database: Database, collector: Collector) -> AsyncIterator[FastAPI]:
    app = create_app(settings.model_copy(update={"otlp_endpoint": collector.url}), demo=True, work=False)
    async with running(app):
        yield app


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_a_turn_is_traced_with_ids_and_without_a_word_of_anybody(
    traced: FastAPI, collector: Collector
) -> None:
    headers = {
        "Host": "canary-host.example",
        "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01",
        "tracestate": "seen=canary-state",
        "baggage": "name=Ethelburga",
        "Cookie": "x=sesame-cookie",
    }
    async with AsyncClient(transport=ASGITransport(traced), base_url="http://here") as client:
        for number, words in enumerate(("hello", "I am Ethelburga", "07700900123", "the heron on the canal")):
            told = {"text": words, "once": f"once-once-{number}"}
            await client.post("/chat/messages?who=Ethelburga", data=told, headers=headers)
        await client.get("/staff/people/Ethelburga?q=07700900123", headers=headers)
        await client.get("/no/such/Ethelburga", headers=headers)
        await client.request("ETHELBURGA", "/chat", headers=headers)
        await client.get("/readyz")
    await traced.state.house.traces.close()
    assert collector.paths == {"/v1/traces"}
    turns = [span for span in collector.spans if span.name == "turn"]
    assert len(turns) == 4
    for turn in turns:
        told = attributes(turn)
        assert told["waitingroom.channel"] == "web"
        assert told["waitingroom.outcome"] == "answered"
        assert len(told["waitingroom.conversation_id"]) == 36
        assert told["waitingroom.message_id"] > 0
    asked = {span.span_id: span for span in collector.spans}
    assert asked[turns[0].parent_span_id].name == "POST /chat/messages", "a turn stands under its request"
    assert turns[0].trace_id.hex() == "ab" * 16, "which stands under the trace of whoever sent it on"
    assert not any("readyz" in span.name for span in collector.spans)
    for span in collector.spans:
        assert set(attributes(span)) <= KEPT
        assert not span.events
        assert not span.links
        assert not span.status.message
    for body in collector.bodies:
        for canary in CANARIES:
            assert canary.lower().encode() not in body.lower(), canary


async def test_a_sending_is_traced_and_of_its_trouble_only_the_kind(traced: FastAPI, collector: Collector) -> None:
    house = traced.state.house
    letter = Letter(
        message_id=77,
        channel="sms",
        contact_id=new_id(),
        address="07700900123",
        said={"text": "the heron on the canal"},
        attempts=3,
        heard_at=MONDAY,
        queued_at=MONDAY,
    )
    watch = watching.sends(house.traces, lambda: MONDAY + timedelta(seconds=4))

    def figure(name: str, **labels: str) -> float:
        return metrics.REGISTRY.get_sample_value(name, labels) or 0

    slow = figure("waitingroom_send_seconds_sum", channel="sms")
    with watch(letter):
        pass
    with pytest.raises(MisconfiguredError), watch(letter):
        raise MisconfiguredError("Ethelburga")
    await house.traces.close()
    went, failed = (span for span in collector.spans if span.name == "send")
    assert attributes(went) == {
        "waitingroom.channel": "sms",
        "waitingroom.message_id": 77,
        "waitingroom.contact_id": str(letter.contact_id),
        "waitingroom.attempt": 3,
        "waitingroom.outcome": "Taken",
    }
    assert attributes(failed)["error.type"] == "MisconfiguredError"
    assert attributes(failed)["waitingroom.outcome"] == "Misconfigured"
    assert figure("waitingroom_send_seconds_sum", channel="sms") - slow == pytest.approx(4)
    assert figure("waitingroom_sends_total", channel="sms", outcome="Misconfigured") >= 1
    assert not any(canary.encode() in body for body in collector.bodies for canary in CANARIES)


async def test_whatever_a_span_was_given_only_ids_leave(collector: Collector) -> None:
    made = traces(collector.url)

    def said() -> None:
        with made.span("turn", channel="web", who="Ethelburga") as span:
            span.set_attribute("url.path", "/staff/people/Ethelburga")
            span.add_event("said", {"words": "the heron on the canal"})
            raise LookupError("07700900123")

    with pytest.raises(LookupError):
        said()
    await made.close()
    assert attributes(collector.spans[0]) == {"waitingroom.channel": "web", "error.type": "LookupError"}
    assert not any(canary.encode() in body for body in collector.bodies for canary in CANARIES)


async def test_a_collector_that_is_away_costs_nobody_an_answer(settings: Settings, database: Database) -> None:
    away = settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:9"})
    app = create_app(away, demo=True, work=False)
    async with running(app), AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        answer = await client.post("/chat/messages", data={"text": "hello", "once": "once-once-once"})
        assert answer.status_code < 400


async def test_without_an_address_nothing_is_traced_whatever_the_environment_says(
    settings: Settings, database: Database, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    app = create_app(settings, demo=True, work=False)
    async with running(app), AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        await client.post("/chat/messages", data={"text": "hello", "once": "once-once-once"})
        assert app.state.house.traces is telemetry.OFF
    assert collector.bodies == []


def test_without_the_extra_it_is_said_which_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TelemetryMissingError, match="otel"):
        traces("http://127.0.0.1:4319")


def test_the_sdk_is_not_loaded_where_no_traces_are_wanted() -> None:
    code = (
        "import sys, api.app, api.settings; api.app.create_app(api.settings.Settings()); "
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'google.protobuf'))])"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WAITINGROOM", "OTEL"))}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean)
    assert ran.stdout.strip() == "[]"
