"""The net can be measured on any file of labelled texts, and what is printed names nobody's words."""

import json
from pathlib import Path

import pytest

from bot.measuring import RowError, read_rows, score_net
from bot.safety import Net
from content.safety_loading import load_safety

NET = Net(load_safety(Path(__file__).parents[2] / "content" / "safety")[0])
HEARD, CALM, UNHEARD = "I want to kill myself", "I would like to join a choir", "the moon is made of cheese today"


def rows(*told):
    return read_rows([json.dumps(row) for row in told])


def row(text, label, **more):
    return {"text": text, "label": label, **more}


def test_recall_and_precision_are_counted_with_distress_left_out():
    score = score_net(
        rows(
            row(HEARD, "risk"),
            row(UNHEARD, "risk"),
            row(CALM, "no_risk"),
            row(HEARD, "no_risk"),
            row(HEARD, "distress"),
            row(CALM, "distress"),
        ),
        NET,
    ).shown(worst=5)
    assert score["recall"] == 0.5
    assert score["precision"] == 0.5
    assert score["distress"] == {"heard": 1, "of": 2, "share": 0.5}
    assert score["no_risk"] == {"heard": 1, "of": 2, "share": 0.5}
    assert score["rows"] == 6


def test_each_kind_and_language_has_figures_of_its_own():
    score = score_net(
        rows(
            row(HEARD, "risk", kind="suicide"),
            row("chcę umrzeć", "risk", kind="suicide", lang="pl"),
            row(CALM, "no_risk"),
        ),
        NET,
    ).shown(worst=5)
    assert score["kinds"]["suicide"]["risk"]["of"] == 2
    assert score["kinds"]["unnamed"]["no_risk"]["of"] == 1
    assert score["languages"]["pl"]["risk"] == {"heard": 1, "of": 1, "share": 1.0}
    assert score["languages"]["en"]["risk"]["of"] == 1


def test_misses_are_named_by_id_or_line_and_hold_no_words():
    told = [row(UNHEARD, "risk", id="m7"), row("cheese moon", "risk"), row(HEARD, "no_risk", id="f1")]
    score = score_net(rows(*told), NET)
    shown = score.shown(worst=5)
    assert set(shown["misses"]) == {"m7", "line 2"}
    assert shown["false_alarms"] == ["f1"]
    assert "moon" not in json.dumps(shown)
    assert "kill" not in json.dumps(shown)
    assert score.shown(worst=1)["missed"] == 2
    assert len(score.shown(worst=1)["misses"]) == 1


def test_the_miss_that_is_furthest_from_being_heard_comes_first():
    near = "told my wife to remarry"
    far = "the museum opens at nine and the bus stops outside the door of it"
    assert NET.listen(near) is None, "choose another sentence"
    assert NET.nearness(far) < NET.nearness(near) < 0
    score = score_net(rows(row(near, "risk", id="near"), row(far, "risk", id="far")), NET)
    assert score.shown(worst=2)["misses"] == ["far", "near"]


def test_what_only_the_second_ear_heard_is_counted():
    told = "I don't think I can survive another Christmas without him"
    assert score_net(rows(row(told, "risk"), row(HEARD, "risk")), NET).shown(worst=0)["by_second_ear"] == 1


def test_a_file_with_nothing_in_it_has_no_shares():
    score = score_net([], NET).shown(worst=3)
    assert (score["recall"], score["precision"], score["rows"]) == (None, None, 0)


@pytest.mark.parametrize(
    "line",
    ["not json", "[]", '{"text": 3, "label": "risk"}', '{"label": "risk"}', '{"text": "hello"}', '"text"'],
)
def test_a_line_that_cannot_be_used_is_named_by_its_number(line):
    good = json.dumps(row(CALM, "no_risk"))
    with pytest.raises(RowError) as refusal:
        read_rows([good, "", line])
    assert refusal.value.line == 3
    assert str(refusal.value).startswith("line 3: ")


def test_a_label_that_is_not_known_is_named_by_its_line():
    with pytest.raises(RowError) as refusal:
        score_net(rows(row(CALM, "no_risk"), row(CALM, "sad")), NET)
    assert refusal.value.line == 2
