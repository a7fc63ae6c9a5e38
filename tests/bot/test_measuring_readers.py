"""The readers of people's answers can be measured, and the wrong way round is told from asking again."""

import json
from datetime import date
from pathlib import Path

import pytest

from bot.measuring import RowError, read_rows
from bot.measuring_readers import score_readers

TODAY = date(2026, 11, 22)
OWN = Path(__file__).parent / "answers_of_our_own.jsonl"


def outcome(text, label, kind=None):
    row = {"text": text, "label": label} | ({"kind": kind} if kind else {})
    (counts,) = score_readers(read_rows([json.dumps(row)]), today=TODAY).counts.values()
    return next(name for name, count in counts.items() if count)


@pytest.mark.parametrize(
    ("text", "label", "found"),
    [
        ("yes please", "yes", "right"),
        ("no thanks", "yes", "wrong_way_round"),
        ("yes please", "no", "wrong_way_round"),
        ("what do you mean", "yes", "asked_again"),
        ("not sure", "no", "asked_again"),
        ("not sure", "unsure", "right"),
        ("what do you mean", "unsure", "right"),
        ("not sure", "other", "right"),
        ("yes please", "unsure", "wrong"),
        ("yes please", "other", "wrong"),
    ],
)
def test_a_person_s_yes_and_no_are_judged(text, label, found):
    assert outcome(text, label) == found
    assert outcome(text, label, "yes_no") == found


@pytest.mark.parametrize(
    ("text", "label", "found"),
    [
        ("stop texting me", True, "right"),
        ("stop texting me", "opt_out", "right"),
        ("stop texting me", "stop", "right"),
        ("stop texting me", False, "wrong"),
        ("bus stop", "other", "right"),
        ("bus stop", False, "right"),
        ("bus stop", "true", "wrong"),
    ],
)
def test_a_person_s_wish_to_be_let_be_is_judged(text, label, found):
    assert outcome(text, label, "opt_out") == found


@pytest.mark.parametrize(
    ("kind", "text", "label", "found"),
    [
        ("number", "about seven", "7", "right"),
        ("number", "about seven", 7, "right"),
        ("number", "about seven", ["7"], "right"),
        ("number", "about seven", "8", "wrong"),
        ("number", "lots", None, "right"),
        ("number", "lots", "7", "asked_again"),
        ("NumberModel", "about seven", ["7"], "right"),
        ("NumberRangeModel", "over 30", ["(30,)"], "right"),
        ("PercentModel", "20%", ["20%"], "right"),
        ("number", "1,674", "1,674", "right"),
        ("number", "none of those numbers", [], "right"),
        ("date", "3/2/52", "1952-02-03", "right"),
        ("date", "3/2/52", "1952-02-03T00:00:00", "right"),
        ("date", "3/2/52", "2052-02-03", "wrong"),
        ("date", "the other day", "", "right"),
        ("date", "the other day", "1952-02-03", "asked_again"),
        ("phone", "07400 123456", "+447400123456", "right"),
        ("phone", "07400 123456", "07400 123456", "right"),
        ("phone", "07700 900123", "+447700900123", "right"),
        ("phone", "07400 123456", None, "wrong"),
        ("phone", "nope", "null", "right"),
        ("phone", "07400 123456", True, "right"),
        ("phone", "07400 12", False, "right"),
        ("phone", "07400 12", True, "asked_again"),
        ("postcode", "bb97aa", "BB9 7AA", "right"),
        ("postcode", "bb97aa", "bb97aa", "right"),
        ("postcode", "bb97aa", "BB9 7AB", "wrong"),
        ("postcode", "nowhere", None, "right"),
        ("postcode", "bb97aa", True, "right"),
        ("postcode", "nowhere", "BB9 7AA", "asked_again"),
    ],
)
def test_a_person_s_facts_are_judged(kind, text, label, found):
    assert outcome(text, label, kind) == found


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("shoe_size", "7"),
        ("", "seven"),
        ("yes_no", "yes please"),
        ("opt_out", "perhaps"),
        ("date", "last week"),
        ("phone", "my phone"),
    ],
)
def test_a_kind_or_label_that_is_not_known_is_named_by_its_line(kind, label):
    lines = [json.dumps({"text": "yes", "label": "yes"}), json.dumps({"text": "x", "label": label, "kind": kind})]
    with pytest.raises(RowError) as refusal:
        score_readers(read_rows(lines), today=TODAY)
    assert refusal.value.line == 2


def test_the_wrong_way_round_is_named_first_and_no_words_are_shown():
    told = [("hm what", "yes", "a"), ("yes please", "other", "b"), ("yes please", "no", "c")]
    lines = [json.dumps({"text": text, "label": label, "id": name}) for text, label, name in told]
    shown = score_readers(read_rows(lines), today=TODAY).shown(worst=2)
    assert [miss["id"] for miss in shown["misses"]] == ["c", "b"]
    assert shown["missed"] == 3
    assert shown["kinds"]["yes_no"]["wrong_way_round_share"] == 0.3333
    assert "please" not in json.dumps(shown)


@pytest.mark.parametrize(
    ("kind", "least"),
    [("yes_no", 0.97), ("opt_out", 0.98), ("number", 1), ("date", 1), ("phone", 1), ("postcode", 1)],
)
def test_our_own_labelled_answers_are_read_right(kind, least):
    counts = score_readers(read_rows(OWN.read_text("utf-8").splitlines()), today=TODAY).shown(worst=0)["kinds"][
        kind
    ]
    assert counts["right_share"] >= least
    assert counts["wrong_way_round_share"] < 0.01
    assert counts["of"] >= 6


def test_our_own_labelled_answers_are_enough_to_tell():
    rows = read_rows(OWN.read_text("utf-8").splitlines())
    opted = [row for row in rows if row.kind == "opt_out"]
    assert len([row for row in opted if row.label is True]) >= 100
    assert len([row for row in opted if row.label is False]) >= 100
    assert len({row.text for row in rows}) == len(rows) >= 500
