"""Whoever runs the service can measure the net and the readers, and sees no words unless they ask to."""

import json

import pytest
from typer.testing import CliRunner

from api.cli import cli

HEARD = {"text": "I want to kill myself", "label": "risk", "id": "r1", "kind": "suicide"}
MISSED = {"text": "the moon is made of cheese today", "label": "risk", "id": "r2"}
CALM = {"text": "I would like to join a choir", "label": "no_risk"}


@pytest.fixture
def file(tmp_path):
    def written(*rows):
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return str(path)

    return written


def run(*told):
    return CliRunner().invoke(cli, list(told))


def test_the_net_is_scored_as_json(file):
    told = run("safety", "evaluate", file(HEARD, MISSED, CALM), "--json")
    assert told.exit_code == 0
    found = json.loads(told.output)
    assert (found["recall"], found["precision"], found["misses"]) == (0.5, 1.0, ["r2"])


def test_the_net_is_scored_in_words_that_quote_nobody(file):
    told = run("safety", "evaluate", file(HEARD, MISSED, CALM))
    assert told.exit_code == 0
    assert "recall     0.500  1 of 2" in told.output
    assert "missed r2" in told.output
    assert "cheese" not in told.output
    assert "kind suicide: risk 1/1" in told.output


def test_texts_are_shown_only_to_who_asks(file):
    assert "missed r2: the moon is made of cheese" in run("safety", "evaluate", file(MISSED), "--show").output
    answered = {"text": "what is that", "label": "yes", "id": "a1"}
    assert "asked again a1: what is that" in run("readers", "evaluate", file(answered), "--show").output


def test_a_bad_line_ends_it_with_2_and_is_named(file):
    for command in ("safety", "readers"):
        told = run(
            command, "evaluate", file(CALM if command == "safety" else {"text": "y", "label": "yes"}, "{oops")
        )
        assert told.exit_code == 2
        assert "line 2: this is not JSON" in told.output


def test_a_label_that_is_not_known_ends_it_with_2(file):
    told = run("safety", "evaluate", file({"text": "hello", "label": "sad"}))
    assert told.exit_code == 2
    assert "line 1" in told.output


def test_a_file_that_is_not_there_ends_it_with_2():
    assert run("safety", "evaluate", "/nowhere/rows.jsonl").exit_code == 2


def test_a_file_that_is_no_text_ends_it_with_2(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe\x00")
    assert run("safety", "evaluate", str(tmp_path / "rows.jsonl")).exit_code == 2


def test_the_readers_are_scored(file):
    rows = [
        {"text": "aye", "label": "yes"},
        {"text": "no ta", "label": "yes", "id": "a2"},
        {"text": "3/2/52", "label": "1952-02-03", "kind": "date"},
    ]
    found = json.loads(run("readers", "evaluate", file(*rows), "--json", "--today", "2026-11-22").output)
    assert found["kinds"]["yes_no"]["wrong_way_round"] == 1
    assert found["kinds"]["date"]["right"] == 1
    assert found["misses"] == [{"id": "a2", "outcome": "wrong_way_round"}]
    said = run("readers", "evaluate", file(*rows)).output
    assert "yes_no: right 0.500 of 2" in said
    assert "wrong way round a2" in said


def test_a_day_that_is_none_is_refused(file):
    assert run("readers", "evaluate", file({"text": "aye", "label": "yes"}), "--today", "tomorrow").exit_code == 2
