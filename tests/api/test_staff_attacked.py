"""The staff API attacked from its own description: it never breaks, and answers nothing undocumented."""

import asyncio
import random
import uuid
from collections import Counter
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.talking import SHORTEST_REFERRAL
from waitingroom import staff
from waitingroom.database import Database
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio

EXAMPLES = 25
"""Attacks on each operation, every day: the long form is in test_described.py."""
DEEP = 0.6
"""How many of them are aimed at a hand-off that is there, and at a version that may be right."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
ENDS = ("/release", "/hand-back", "/close")
"""What ends a hand-off comes last, or there would be nobody left to write to."""
ETAGS = ('"1"', '"2"', '"3"', "*", 'W/"1"', "", "nonsense")


def refers_herself(address: str) -> None:
    """Someone refers herself on the chat page."""
    with httpx2.Client(base_url=address) as page:
        for words in SHORTEST_REFERRAL:
            form = {"text": words, "message_id": uuid.uuid4().hex}
            answer = page.post("/chat/messages", data=form, headers={"Accept": "application/json"})
            assert answer.status_code == 200, answer.text


async def key_for(database: Database) -> str:
    from tests.conftest import MONDAY

    async with database.transaction() as session:
        worker = await staff.welcome(session, name="Sam", now=MONDAY)
        return await staff.issue_key(session, staff_id=worker.id, scopes=frozenset(Scope), now=MONDAY)


def attack(address: str, key: str) -> Counter[int]:
    """Attack every operation; returns how often each status was answered."""
    head = {"Authorization": f"Bearer {key}"}
    queue = httpx2.get(f"{address}/api/v1/handoffs", headers=head).json()["handoffs"]
    there = [line["id"] for line in queue]
    statuses: Counter[int] = Counter()
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json").include(path_regex="^/api/")
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in sorted(operations, key=lambda one: one.path.endswith(ENDS)):
        attack_one(operation, there, head, statuses)
    return statuses


def attack_one(operation: Any, there: list[str], head: dict[str, str], statuses: Counter[int]) -> None:
    chance = random.Random(operation.label)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attacked(case: Any) -> None:
        if chance.random() < DEEP and "handoff_id" in (case.path_parameters or {}):
            case.path_parameters["handoff_id"] = chance.choice(there)
        if chance.random() < DEEP and case.method == "POST":
            case.headers = {**(case.headers or {}), "If-Match": chance.choice(ETAGS)}
        answer = case.call_and_validate(headers=head, checks=CHECKS)
        statuses[answer.status_code] += 1

    attacked()


@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_that_is_sent_breaks_the_staff_api(served: str, database: Database) -> None:
    for _ in range(6):
        await asyncio.to_thread(refers_herself, served)
    statuses = await asyncio.to_thread(attack, served, await key_for(database))
    assert not any(status >= 500 for status in statuses)
    assert set(statuses) >= {200, 201, 403, 404, 409, 412, 422, 428}, statuses
    assert statuses.total() >= 11 * EXAMPLES / 2
