"""A mistake in the safety rules is told by file and line before anyone relies on them."""

import shutil
from pathlib import Path

import pytest

from content.phrases import parse_phrase
from content.problems import ContentError
from content.safety_loading import EAR_LEARNS_FROM, REPLIES_FILE, RULES_FILE, load_safety
from content.second_ear import EAR_FILE

CONTENT = Path(__file__).parents[2] / "content" / "safety"


@pytest.fixture
def folder(tmp_path):
    for name in (RULES_FILE, REPLIES_FILE, EAR_FILE, *EAR_LEARNS_FROM):
        shutil.copy(CONTENT / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_an_example_that_is_not_heard_is_named_with_its_line(folder):
    line = change(folder / RULES_FILE, "    must_match: [", "    must_match: [a quiet cup of tea, ")
    _, problems = load_safety(folder)
    assert [(problem.file, problem.line) for problem in problems] == [(str(folder / RULES_FILE), line)]
    assert "a quiet cup of tea" in problems[0].message


def test_an_idiom_that_alarms_is_named_with_its_line(folder):
    line = change(folder / RULES_FILE, "  - I'm dying for a cuppa", "  - I want to die of shame")
    _, problems = load_safety(folder)
    assert (str(folder / RULES_FILE), line) in [(problem.file, problem.line) for problem in problems]


def test_a_sentence_a_rule_must_not_hear_is_named_when_it_does(folder):
    change(folder / RULES_FILE, "    must_not_match: [", "    must_not_match: [suicide, ")
    _, problems = load_safety(folder)
    assert len(problems) == 1
    assert "narrower" in problems[0].remedy


def test_a_kind_of_danger_without_a_reply_is_named(folder):
    text = (folder / REPLIES_FILE).read_text(encoding="utf-8")
    (folder / REPLIES_FILE).write_text(text[: text.index("  - kind: no_food_or_heat")], encoding="utf-8")
    _, problems = load_safety(folder)
    assert ["no_food_or_heat" in problem.message for problem in problems] == [True]


def test_two_rules_with_one_key_are_named(folder):
    change(folder / RULES_FILE, "key: suicide_end_life", "key: suicide_named")
    _, problems = load_safety(folder)
    assert any("Two rules are called suicide_named" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      - catch|catching the bus", "      - ..2 catch the bus"),
        ("      - catch|catching the bus", "      - <nobody> the bus"),
        ("      - catch|catching the bus", "      - gonna catch the bus"),
        ("kind: suicide\n", "kind: sadness\n"),
        ("version: ", "version: v"),
        ("    must_match: [", "    must_match_all: ["),
    ],
)
def test_rules_that_cannot_be_used_stop_the_house_with_file_and_line(folder, old, new):
    change(folder / RULES_FILE, old, new)
    with pytest.raises(ContentError) as refusal:
        load_safety(folder)
    assert all(problem.line >= 1 and problem.file.endswith(RULES_FILE) for problem in refusal.value.problems)


def test_each_phrase_is_read_once_and_again_only_where_one_is_broken(folder, monkeypatch):
    read = []

    def reading(written, groups):
        read.append(written)
        return parse_phrase(written, groups)

    for module in ("safety_rules", "safety_loading"):
        monkeypatch.setattr(f"content.{module}.parse_phrase", reading)
    rules, _ = load_safety(folder)
    assert rules.plain_words
    assert len(read) == sum(len(rule.hears) for rule in rules.rules)


def test_every_broken_phrase_is_told_with_its_line(folder):
    rules = folder / RULES_FILE
    lines = [
        change(rules, "- catch|catching the bus", "- ..2 the bus"),
        change(rules, "- self delete|", "- <nobody> delete|"),
    ]
    with pytest.raises(ContentError) as refusal:
        load_safety(folder)
    assert sorted(lines) == [problem.line for problem in refusal.value.problems]


@pytest.mark.parametrize("broken", ["a: [", "- just a list", ""])
def test_a_file_that_is_not_rules_at_all_is_refused(folder, broken):
    (folder / RULES_FILE).write_text(broken, encoding="utf-8")
    with pytest.raises(ContentError):
        load_safety(folder)


def test_a_missing_file_is_refused(folder):
    (folder / REPLIES_FILE).unlink()
    with pytest.raises(ContentError):
        load_safety(folder)


def test_a_reply_with_no_words_is_refused_with_its_own_file_and_line(folder):
    line = change(folder / REPLIES_FILE, 'also: "If you feel', 'also: ""  #')
    with pytest.raises(ContentError) as refusal:
        load_safety(folder)
    (problem,) = refusal.value.problems
    assert (problem.file, problem.line) == (str(folder / REPLIES_FILE), line)


def test_words_of_another_script_in_plain_letters_are_named(folder):
    change(folder / RULES_FILE, "says: [想死,", "says: [xiang si, 想死,")
    _, problems = load_safety(folder)
    assert ["plain letters" in problem.message for problem in problems] == [True]


def test_a_phrase_may_hold_one_form_of_a_word_alone(folder):
    change(folder / RULES_FILE, "      - catch|catching the bus", "      - catch! the bus")
    rules, problems = load_safety(folder)
    heard = [
        rules.book.heard_in(rules.plain_words.read(f"{word} the bus tonight")) for word in ("catch", "catching")
    ]
    assert problems == []
    assert heard == [{"suicide_named"}, set()]
