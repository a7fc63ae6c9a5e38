"""Traces: a span for a request, a turn and a sending, told to a collector by OTLP; ids only, only if asked for.

The SDK is an extra, and is loaded only where an address is set. Whatever made a span and whatever it holds, what
leaves this process is what stands in KEPT: no address that was asked for, no words of an error, no header.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import INVALID_SPAN, Span, SpanContext, SpanKind, StatusCode

from api.release import VERSION
from waitingroom.errors import RefusedError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

KEPT = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "url.scheme",
        "error.type",
        "waitingroom.attempt",
        "waitingroom.channel",
        "waitingroom.contact_id",
        "waitingroom.conversation_id",
        "waitingroom.message_id",
        "waitingroom.outcome",
    }
)
"""What a span may say: each is an id, a number, or one of a few words of our own. `http.route` is our own pattern,
such as /staff/people/{person_id}, never the address that was asked for."""
PATIENCE = 5.0
"""Seconds one delivery to the collector may take."""
LAST_WORDS = 2.0
"""Seconds a process that ends waits for what is still to be told."""
UNTOLD = ("/livez", "/readyz", "/metrics", "/static/")
"""Where requests begin of which nobody wants a trace."""


class TelemetryMissingError(RefusedError):
    """Traces need the extra `otel`: install it (pip install '.[otel]'), or unset WAITINGROOM_OTLP_ENDPOINT."""


class Traces:
    """Makes spans where there is a provider for them, else nothing."""

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        """Take what makes spans."""
        self._provider = provider
        self._tracer = provider.get_tracer("waitingroom", VERSION) if provider else None

    def span(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, **ids: str | int
    ) -> AbstractContextManager[Span]:
        """Trace what is done in the block, under ids. Of an error it tells the kind alone."""
        return self._span(name, kind, ids) if self._tracer else nullcontext(INVALID_SPAN)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, ids: Mapping[str, str | int]) -> Iterator[Span]:
        assert self._tracer is not None  # noqa: S101
        told = {f"waitingroom.{key}": value for key, value in ids.items()}
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=told, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    def of_fastapi(self) -> TelemetryConfig:
        """Return what FastAPI is told: its traces of requests go the same way, and nothing else goes anywhere."""
        return {
            "tracer_provider": self._provider,
            "tracing": self._provider is not None,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: str(scope.get("path", "")).startswith(UNTOLD),
        }

    async def close(self) -> None:
        """Tell what is still to be told, for two seconds at most."""
        if self._provider is not None:
            await asyncio.to_thread(self._provider.force_flush, int(LAST_WORDS * 1000))


OFF = Traces()


@cache
def traces(endpoint: str) -> Traces:
    """Return what makes traces for a collector's address, one for a process; an empty address makes none.

    Raises TelemetryMissingError where the extra is not installed.
    """
    if not endpoint:
        return OFF
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise TelemetryMissingError from missing
    told = Resource({"service.name": "waitingroom", "service.version": VERSION})
    provider = TracerProvider(resource=told, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(ids_only(exporter)))
    return Traces(provider)


def ids_only(exporter: "SpanExporter") -> "SpanExporter":
    """Return an exporter that lets through what stands in KEPT, and hands that to `exporter`."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class IdsOnly(SpanExporter):
        def export(self, spans: Sequence["ReadableSpan"]) -> SpanExportResult:
            return exporter.export([_ids_of(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return IdsOnly()


def _ids_of(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=span.name,
        context=_bare(span.context),
        parent=_bare(span.parent),
        resource=span.resource,
        attributes={key: value for key, value in (span.attributes or {}).items() if key in KEPT},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _bare(context: SpanContext | None) -> SpanContext | None:
    """Give the numbers of a span without what a request's own header may have added to them."""
    return context and SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
