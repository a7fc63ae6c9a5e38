"""Logs: one JSON line an event, ids only. Nothing a person wrote, and no name or number, is ever logged."""

import logging
import sys

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("waitingroom")


def begin() -> None:
    """Write logs as JSON to standard error, other libraries' warnings included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _ids_only],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a line that cannot be written would be told with all that it quotes
    logging.getLogger("waitingroom").setLevel(logging.INFO)


def _ids_only(
    _logger: structlog.typing.WrappedLogger, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep of another library's record only what kind of trouble it was: its words may quote a person."""
    record = event.get("_record")
    kind = record.exc_info[0].__name__ if record and record.exc_info and record.exc_info[0] else None
    event["event"] = f"{record.name}: {kind or record.levelname}" if record else "library"
    event.pop("exc_info", None)
    if record:
        record.exc_info = None
        record.exc_text = None
    return event
