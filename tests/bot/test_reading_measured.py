"""Other people's labelled answers are read well enough, and hardly ever the wrong way round."""

import json
from pathlib import Path

import pytest

from bot import reading

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the labelled answers beside the checkout are absent")


def share(rows, read):
    right = [read(text) == label for text, label in rows]
    return sum(right) / len(right)


def english():
    rows = [json.loads(line) for line in (DATA / "answers.jsonl").read_text("utf-8").splitlines()]
    return [(r["text"], r["label"]) for r in rows if r["lang"] == "en" and not r["context_needed"]]


def test_people_who_answer_in_english_are_read_right_and_not_the_wrong_way_round():
    rows = english()
    answers = [row for row in rows if row[1] != "other"]
    opposite = [text for text, label in answers if {label, reading.yes_no(text)} == {"yes", "no"}]
    assert share(answers, reading.yes_no) >= 0.94
    assert not opposite
    assert share(rows, lambda text: reading.yes_no(text) or "other") >= 0.97


def test_people_who_talk_of_other_things_are_rarely_taken_to_opt_out():
    asked = [text for text, label in english() if reading.opt_out(text) and label in {"yes", "no", "unsure"}]
    assert len(asked) <= 1


def test_people_s_phone_numbers_are_read_as_the_numbering_plan_reads_them():
    oracle = json.loads((DATA / "identity" / "phones_libphonenumber_oracle.json").read_text("utf-8"))
    rows = [(case["input"], case["e164"] if case["valid"] else None) for case in oracle["cases"]]
    assert share(rows, lambda text: reading.phone(text, allow_drama_numbers=False)) >= 0.99
    assert all(reading.phone(text, allow_drama_numbers=True) for text in oracle["drama_numbers"])


def test_people_s_postcodes_are_put_in_order():
    vectors = json.loads((DATA / "identity" / "postcodes_vectors.json").read_text("utf-8"))
    rows = [(case["input"], case["normalised"]) for case in vectors["normalisation"]]
    assert share(rows, reading.postcode) >= 0.95
