"""Loads the safety rules, the replies and the second ear, and tells every mistake by file and line."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from content.phrases import PhraseError, parse_phrase
from content.problems import ContentError, Problem
from content.safety_rules import KINDS, Rule, SafetyRules
from content.second_ear import EAR_FILE, EarFile, SecondEar, load_ear
from content.sources import QUICK

RULES_FILE = "rules.en.yaml"
REPLIES_FILE = "replies.en.yaml"
TRAINING_FILE = "training.jsonl"
EAR_SOURCE = "ear.en.yaml"
EAR_LEARNS_FROM = (TRAINING_FILE, EAR_SOURCE)


def load_safety(directory: Path) -> tuple[SafetyRules, list[Problem]]:
    """Read the rules and replies in `directory` and try every example on them.

    The problems are mistakes in words that can still be used: an example that is not heard, an idiom that is, a
    kind of danger without a rule or a reply. Raises `ContentError` where a file has no usable shape, as nothing
    may run without a net.
    """
    ear = load_ear(directory / EAR_FILE)
    alone, place = _read(directory)
    file, rules = str(directory / RULES_FILE), alone.model_copy(update={"ear": ear})
    problems = [*_gaps(file, rules), *_unheard(file, place, rules), *_outgrown(directory, ear)]
    return rules, sorted([*problems, *_misheard(str(directory / EAR_FILE), rules, ear)])


def read_rules(directory: Path) -> SafetyRules:
    """Read the rules and replies alone, without the second ear and without trying examples; raises as above."""
    return _read(directory)[0]


def _read(directory: Path) -> tuple[SafetyRules, "_Places"]:
    rules_tree = _tree(directory / RULES_FILE)
    replies_tree = _tree(directory / REPLIES_FILE)
    written: dict[str, Any] = {**_plain(rules_tree), "replies": _plain(replies_tree).get("replies", [])}
    try:
        rules = SafetyRules.model_validate(written)
    except ValidationError as error:
        trees = {"replies": (directory / REPLIES_FILE, replies_tree)}
        otherwise = (directory / RULES_FILE, rules_tree)
        raise ContentError(
            _shape_problem(*trees.get(str(wrong["loc"][0]), otherwise), wrong["loc"], wrong["msg"])
            for wrong in error.errors()
        ) from None
    places = _Places(rules_tree)
    broken = list(_broken_phrases(str(directory / RULES_FILE), places, rules))
    if broken:
        raise ContentError(broken)
    return rules, places


def _all_whole(rules: SafetyRules) -> bool:
    """Read every phrase, which the rules keep, and say whether each is written right."""
    try:
        return bool(rules.phrases)
    except PhraseError:
        return False


class _Places:
    """Finds the line of a value in a YAML file from its path."""

    def __init__(self, tree: yaml.Node) -> None:
        self._tree = tree

    def line(self, *path: str | int) -> int:
        node = self._tree
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            node = found
        return int(node.start_mark.line) + 1


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _tree(path: Path) -> yaml.Node:
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=QUICK)
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError([Problem(str(path), 1, f"It cannot be read: {error}", "Put the file back")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError([Problem(str(path), line, f"It is not YAML: {error.problem}", "Mend it")]) from None
    if not isinstance(tree, yaml.MappingNode):
        raise ContentError([Problem(str(path), 1, "It has no named parts", "See the files beside it")])
    return tree


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return node.value


def _shape_problem(path: Path, tree: yaml.Node, where: tuple[str | int, ...], message: str) -> Problem:
    spot = ".".join(str(step) for step in where)
    return Problem(str(path), _Places(tree).line(*where), f"{spot}: {message}", "Write it as its neighbours are")


def _broken_phrases(file: str, places: _Places, rules: SafetyRules) -> Iterator[Problem]:
    whole = _all_whole(rules)
    for name, words in rules.groups.items():
        yield from _never_heard(file, places.line("groups", name), words, rules)
    for number, rule in enumerate(rules.rules):
        for at, written in enumerate(rule.hears):
            line = places.line("rules", number, "hears", at)
            if not whole:
                yield from _broken(file, line, rule, written, rules)
            yield from _never_heard(file, line, written.replace("|", " ").replace("!", "").split(), rules)


def _broken(file: str, line: int, rule: Rule, written: str, rules: SafetyRules) -> Iterator[Problem]:
    try:
        parse_phrase(written, rules.groups)
    except PhraseError as error:
        yield Problem(file, line, f"In {rule.key}: {error}", "Mend the phrase")


def _never_heard(file: str, line: int, words: Iterable[str], rules: SafetyRules) -> Iterator[Problem]:
    for word in words:
        meant = rules.listening.respellings.get(word, word)
        if meant != word:
            yield Problem(file, line, f"'{word}' is always read as '{meant}'", f"Write '{meant}' instead")


def _gaps(file: str, rules: SafetyRules) -> Iterator[Problem]:
    keys = [rule.key for rule in rules.rules] + [other.key for other in rules.in_other_scripts]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem(file, 1, f"Two rules are called {key}", "Give each rule its own key")
    for other in rules.in_other_scripts:
        for says in other.says:
            if says.isascii():
                yield Problem(
                    file, 1, f"'{says}' in {other.key} is written in plain letters", "Write a rule for it"
                )
    for kind in KINDS:
        if all(rule.kind != kind for rule in rules.rules):
            yield Problem(file, 1, f"No rule hears {kind}", "Write one")
        if [reply.kind for reply in rules.replies].count(kind) != 1:
            yield Problem(file, 1, f"There is not exactly one reply to {kind}", f"Write one in {REPLIES_FILE}")


def _unheard(file: str, places: _Places, rules: SafetyRules) -> Iterator[Problem]:
    ear, book = rules.plain_words, rules.book
    for number, rule in enumerate(rules.rules):
        for at, text in enumerate(rule.must_match):
            if rule.key not in book.heard_in(ear.read(text)):
                line = places.line("rules", number, "must_match", at)
                yield Problem(file, line, f"{rule.key} does not hear '{text}'", "Add a phrase or mend the example")
        for at, text in enumerate(rule.must_not_match):
            if rule.key in book.heard_in(ear.read(text)):
                line = places.line("rules", number, "must_not_match", at)
                yield Problem(file, line, f"{rule.key} hears '{text}'", "Make its phrases narrower")
    for at, text in enumerate(rules.idioms):
        heard = ", ".join(sorted(book.heard_in(ear.read(text))))
        if heard:
            line = places.line("idioms", at)
            yield Problem(file, line, f"'{text}' alarms {heard}", "Make the phrases narrower")


def _outgrown(directory: Path, ear: EarFile) -> Iterator[Problem]:
    for name in EAR_LEARNS_FROM:
        path = directory / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != ear.trained_on.get(name):
            yield Problem(str(path), 1, f"{EAR_FILE} was not trained on this file", "Train it again")


def _misheard(file: str, rules: SafetyRules, shipped: EarFile) -> Iterator[Problem]:
    ear, words, remedy = SecondEar(shipped), rules.plain_words, "Train it again"
    if shipped.kinds != KINDS:
        yield Problem(file, 1, "Its kinds of danger are not those of the rules", remedy)
        return
    for example in shipped.must_match:
        heard = ear.hear(words.read(example.text))
        if heard != example.kind:
            yield Problem(file, 1, f"It hears '{example.text}' as {heard or 'calm'}, not {example.kind}", remedy)
    for text in (*shipped.must_not_match, *rules.idioms):
        if ear.hear(words.read(text)):
            yield Problem(file, 1, f"It hears '{text}'", remedy)
