"""The API is what its description says: every operation, attacked with what fits it and what does not.

WR_CASES=20000 runs so many cases in place of the few of every day.
"""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import jsonschema_rs
import psycopg
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.faults import PROBLEM_JSON
from api.house import default_channels
from api.keys import read_keys
from api.settings import Settings
from bot.desk import Desk
from bot.safety import Net
from bot.service import Service
from tests.conftest import serve
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import hook_deliveries, hooks, staff, tables
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.roles import Role, Scope

CASES = int(os.environ.get("WR_CASES", "0"))
A_FEW = 2
"""Cases of each kind an operation gets where no number is asked for."""
A_ROUND = 25
"""Cases of each kind an operation gets in one round of a long run, before the next one has its turn."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TABLES = {
    "match_id": "person_match",
    "request_id": "data_request",
    "task_id": "staff_task",
    "delivery_id": "hook_delivery",
    "key_id": "",
    "session_id": "",
}
"""Where the ids of a parameter stand, if not in the table of its name. Nobody ends the key they came with."""
JSON_BODY = "application/json"
METHODS = {"get", "put", "post", "patch", "delete"}


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method in METHODS & set(methods):
            yield method, path, methods[method]


# what is written about every operation


@pytest.mark.anyio
async def test_every_operation_says_what_it_does_what_it_takes_and_what_it_gives(app: FastAPI) -> None:
    described = app.openapi()
    assert described["openapi"].startswith("3.1")
    for method, path, operation in operations(described):
        where = f"{method} {path}"
        assert operation["operationId"], where
        assert operation["summary"], where
        assert operation["description"], where
        if path.startswith("/api/"):
            statuses = set(operation["responses"])
            good = [status for status in statuses if status.startswith("2")]
            assert good, where
            for status in set(good) - {"204"}:
                content = operation["responses"][status].get("content", {})
                assert content, where
                assert all(one.get("schema") for one in content.values()), where
            assert statuses >= {"401", "403", "429", "503"}, where
            assert "422" in statuses or not operation.get("parameters"), where
            assert method == "get" or statuses >= {"413", "415"}, where
            assert JSON_BODY not in operation.get("requestBody", {}).get("content", {}) or "400" in statuses, where


@pytest.mark.anyio
async def test_every_body_has_an_example_that_fits_it(app: FastAPI) -> None:
    described = app.openapi()
    seen = 0
    for method, path, operation in operations(described):
        if not path.startswith("/api/"):
            continue
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind in {JSON_BODY, PROBLEM_JSON} & set(body.get("content", {})):
                content = body["content"][kind]
                shape = {**content["schema"], "components": described["components"]}
                validator = jsonschema_rs.Draft202012Validator(shape, validate_formats=True)
                examples = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
                for example in examples:
                    wrong = [fault.message for fault in validator.iter_errors(example)]
                    assert wrong == [], f"{method} {path} {kind}"
                    seen += 1
    assert seen > 100


# attacked


async def emptied(url: str) -> None:
    """Empty the records, as the fixture does that sync tests cannot ask for."""
    database = Database(url, KeyRing.fresh(demo=True))
    async with database.transaction() as session:
        names = ", ".join(f'"{table.__tablename__}"' for table in tables.ALL)
        await session.driver.execute(f"TRUNCATE {names}, pgqueuer, pgqueuer_log CASCADE")
    await database.close()


async def someone_of_each(url: str, settings: Settings, content: Any) -> str:
    """Have people come, refer, complain: so that ids lead to something. Returns a key to everything."""
    database = Database(url, read_keys(settings.keys_path))
    service = Service(name="Pendle Waiting Room", content=content, areas=frozenset({"BB9"}), drama_numbers=True)
    desk = Desk(database, service, Net(content.safety), default_channels())
    now = datetime.now(UTC) - timedelta(hours=1)
    for channel, rest in (
        ("terminal", ("PRIVACY", "COMPLAINT", "Nobody wrote to me", "PERSON")),
        ("web", ("PRIVACY", "COMPLAINT", "Nobody rang", "MORE", "CONTINUE")),
        ("web", ("I want to kill myself",)),
        ("terminal", ("DELETE", "PERSON")),
    ):
        await Speaker(desk, now=now, channel=channel).says(*SHORTEST_REFERRAL, *rest)
    async with database.transaction() as session:
        worker = await staff.welcome(session, name="Sam", now=now, role=Role.LEAD)
        await staff.welcome(session, name="Priya", now=now)
        everything = frozenset(Scope)
        key = await staff.issue_key(session, staff_id=worker.id, scopes=everything, now=now)
        hook, _secret = await hooks.add(
            session,
            name="Cases",
            address="https://cases.invalid/",
            kinds=hooks.ASKED_FOR,
            hub_id=None,
            staff_id=worker.id,
            now=now,
        )
        await hook_deliveries.try_out(session, hook=hook, now=now)
    await database.close()
    return key


class Known:
    """The ids there are, by the name of the parameter that asks for one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._found: dict[str, list[str]] = {}

    def ids(self, name: str) -> list[str]:
        if name not in self._found:
            table = TABLES.get(name, name.removesuffix("_id"))
            mine = " WHERE name <> 'Sam'" if table == "staff" else ""
            with psycopg.connect(self._url, autocommit=True) as connection:
                there = connection.execute("SELECT to_regclass(%s)", (table or "-",)).fetchone()
                rows = connection.execute(f'SELECT id FROM "{table}"{mine}') if table and there != (None,) else []
                self._found[name] = [str(row[0]) for row in rows]
        return self._found[name]

    def forget(self) -> None:
        self._found.clear()


class Attack:
    """One round of cases against one operation."""

    def __init__(self, url: str, key: str, known: Known) -> None:
        self.url, self.key, self.known = url, key, known
        self.session = requests.Session()
        self.count = 0
        self.statuses: dict[int, int] = {}

    def of(self, operation: APIOperation, mode: GenerationMode, most: int) -> None:
        @how(
            max_examples=most,
            deadline=None,
            database=None,
            derandomize=not CASES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), hit=st.integers(0, 9), tag=st.integers(0, 3))
        def strike(case: Case, hit: int, tag: int) -> None:
            for name in case.path_parameters or {}:
                found = self.known.ids(name) if name.endswith("_id") else []
                if found and hit:
                    case.path_parameters[name] = found[hit % len(found)]
            if tag and "If-Match" in (case.headers or {}):
                case.headers["If-Match"] = "*"
            head = {"Authorization": f"Bearer {self.key}"}
            answer = case.call(base_url=self.url, session=self.session, headers=head)
            case.validate_response(answer, checks=CHECKS)
            self.count += 1
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1

        strike()


@pytest.mark.slow
@pytest.mark.timeout(3600 if CASES else 600)
@pytest.mark.filterwarnings("ignore")  # of the attacker's own making
def test_whatever_is_sent_is_answered_as_the_description_says(
    database_url: str, settings: Settings, content: Any
) -> None:
    from api.app import create_app

    asyncio.run(emptied(database_url))
    for served in serve(create_app(settings, demo=True)):
        attacked(served, database_url, settings, content)


def attacked(served: str, database_url: str, settings: Settings, content: Any) -> None:
    key = asyncio.run(someone_of_each(database_url, settings, content))
    schema = schemathesis.openapi.from_url(f"{served}/openapi.json")
    every = [found.ok() for found in schema.get_all_operations()]
    attack = Attack(served, key, Known(database_url))
    wrong: list[str] = []
    rounds = range(-(-CASES // (len(every) * 2 * A_ROUND)) or 1)
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    for _round, operation, mode in product(rounds, every, modes):
        try:
            attack.of(operation, mode, A_ROUND if CASES else A_FEW)
        except (Exception, BaseExceptionGroup) as trouble:
            if "Unsatisfiable" not in type(trouble).__name__ and "negative" not in str(trouble).lower()[:60]:
                print(f"{operation.label} {mode.value}: {str(trouble)[:1200]}", flush=True)
                wrong.append(f"{operation.label} {mode.value}: {type(trouble).__name__} {str(trouble)[:1200]}")
        attack.known.forget()
        if CASES and mode is GenerationMode.NEGATIVE:
            print(f"{attack.count} cases, so far {len(wrong)} wrong; last {operation.label}", flush=True)
    told = requests.get(f"{served}/api/v1/handoffs", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    print(f"{attack.count} cases, {dict(sorted(attack.statuses.items()))}")
    assert wrong == [], "\n\n".join(wrong)
    assert told.status_code == 200
    assert attack.count >= max(CASES * 0.9, len(every))
    assert {200, 201, 404, 422} <= set(attack.statuses)
