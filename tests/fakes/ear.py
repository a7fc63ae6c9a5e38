"""An ear: a webhook of nobody's, which writes down what is posted to it and answers as it was told."""

import json
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.wire import Answering, Request, Response, Server

WELL = Response(200, b"", "text/xml")


class Ear(Server):
    """Everything posted stands in `heard`. Without orders it answers 200 and nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Request] = []
        self._next: deque[Answering] = deque()

    def will(self, *answers: Answering) -> None:
        """Answer the next posts so; None hangs up."""
        self._next.extend(answers)

    @property
    def updates(self) -> list[dict[str, Any]]:
        """What was posted as JSON."""
        return [json.loads(request.body) for request in self.heard]

    @property
    def forms(self) -> list[dict[str, str]]:
        """What was posted as forms."""
        return [dict(parse_qsl(request.body.decode(), keep_blank_values=True)) for request in self.heard]

    def answer(self, request: Request) -> Answering:
        """Write a post down."""
        with self.lock:
            self.heard.append(request)
        self.changed()
        return self._next.popleft() if self._next else WELL
