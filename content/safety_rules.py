"""The reviewed safety rules and replies: their shape, and a loader that tells every mistake by file and line."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from content.phrases import Phrase, PhraseBook, PhraseError, parse_phrase
from content.plain_words import PlainWords
from content.problems import ContentError, Problem

RULES_FILE = "rules.en.yaml"
REPLIES_FILE = "replies.en.yaml"

Kind = Literal[
    "medical",
    "suicide",
    "child_at_risk",
    "abuse",
    "harm_to_others",
    "self_harm",
    "homeless_tonight",
    "no_food_or_heat",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind of danger, the most pressing first: the order in which a person is answered and staff are told."""

Sentence = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Rule(_Frozen):
    """One family of ways to say one kind of danger, with sentences it must hear and must not hear."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Kind
    hears: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    must_match: Annotated[tuple[Sentence, ...], Field(min_length=2)]
    must_not_match: Annotated[tuple[Sentence, ...], Field(min_length=1)]


class Reply(_Frozen):
    """What a person is told on one kind of danger.

    `messages` are sent in order; `also` is the one sentence added where another kind is more pressing.
    Both may name `{service}` and `{seen_by}`.
    """

    kind: Kind
    messages: Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=2)]
    also: Sentence


class Listening(_Frozen):
    """How people type: see `content.plain_words.PlainWords`."""

    respellings: dict[str, str]
    forgiving: tuple[str, ...]
    ordinary: tuple[str, ...]


class SafetyRules(_Frozen):
    """One version of the net: its groups of words, its rules, idioms no rule may hear, and its replies."""

    version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}\.\d+$")]
    language: str
    listening: Listening
    groups: dict[str, tuple[str, ...]]
    idioms: tuple[Sentence, ...]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    replies: tuple[Reply, ...] = ()

    def phrases(self) -> list[tuple[str, Phrase]]:
        """Return every phrase with the key of its rule; raises `PhraseError` on one that is not written right."""
        return [(rule.key, parse_phrase(text, self.groups)) for rule in self.rules for text in rule.hears]

    def plain_words(self) -> PlainWords:
        """Return the reader of text that knows the words of these rules."""
        known = frozenset().union(*(phrase.words for _, phrase in self.phrases()))
        listening = self.listening
        return PlainWords(known, listening.respellings, listening.forgiving, listening.ordinary)


def load_safety(directory: Path) -> tuple[SafetyRules, list[Problem]]:
    """Read the rules and replies in `directory` and try every example on them.

    The problems are mistakes in words that can still be used: an example that is not heard, an idiom that is, a
    kind of danger without a rule or a reply. Raises `ContentError` where a file has no usable shape, as nothing
    may run without a net.
    """
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
    file, place = str(directory / RULES_FILE), _Places(rules_tree)
    broken = list(_broken_phrases(file, place, rules))
    if broken:
        raise ContentError(broken)
    return rules, sorted([*_gaps(file, rules), *_unheard(file, place, rules)])


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
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
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
    for name, words in rules.groups.items():
        yield from _never_heard(file, places.line("groups", name), words, rules)
    for number, rule in enumerate(rules.rules):
        for at, written in enumerate(rule.hears):
            line = places.line("rules", number, "hears", at)
            try:
                parse_phrase(written, rules.groups)
            except PhraseError as error:
                yield Problem(file, line, f"In {rule.key}: {error}", "Mend the phrase")
            yield from _never_heard(file, line, written.replace("|", " ").split(), rules)


def _never_heard(file: str, line: int, words: Iterable[str], rules: SafetyRules) -> Iterator[Problem]:
    for word in words:
        meant = rules.listening.respellings.get(word, word)
        if meant != word:
            yield Problem(file, line, f"'{word}' is always read as '{meant}'", f"Write '{meant}' instead")


def _gaps(file: str, rules: SafetyRules) -> Iterator[Problem]:
    keys = [rule.key for rule in rules.rules]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem(file, 1, f"Two rules are called {key}", "Give each rule its own key")
    for kind in KINDS:
        if all(rule.kind != kind for rule in rules.rules):
            yield Problem(file, 1, f"No rule hears {kind}", "Write one")
        if [reply.kind for reply in rules.replies].count(kind) != 1:
            yield Problem(file, 1, f"There is not exactly one reply to {kind}", f"Write one in {REPLIES_FILE}")


def _unheard(file: str, places: _Places, rules: SafetyRules) -> Iterator[Problem]:
    ear, book = rules.plain_words(), PhraseBook(rules.phrases())
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
