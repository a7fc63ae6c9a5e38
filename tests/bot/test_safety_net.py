"""Danger is heard in every kind of text, and nothing can hide it."""

import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety import Danger, Net
from content.phrases import NEARBY, PhraseError, parse_phrase
from content.plain_words import LISTENS_TO, PlainWords, fold
from content.safety_loading import load_safety
from content.safety_rules import KINDS
from waitingroom import crossings

CONTENT = Path(__file__).parents[2] / "content" / "safety"
RULES, PROBLEMS = load_safety(CONTENT)
NET = Net(RULES)
RULES_ALONE = Net(RULES.model_copy(update={"ear": None}))
DANGER_PHRASES = sorted(text for rule in RULES.rules for text in rule.must_match)


@pytest.mark.parametrize(("key", "text"), [(rule.key, text) for rule in RULES.rules for text in rule.must_match])
def test_every_example_of_danger_is_heard_by_its_own_rule(key, text):
    danger = NET.listen(text)
    assert danger is not None
    assert key in danger.rules


@pytest.mark.parametrize(
    ("key", "text"), [(rule.key, text) for rule in RULES.rules for text in rule.must_not_match]
)
def test_no_rule_hears_what_it_must_not(key, text):
    danger = NET.listen(text)
    assert danger is None or key not in danger.rules


@pytest.mark.parametrize("text", RULES.idioms)
def test_an_idiom_of_everyday_life_alarms_nobody(text):
    assert NET.listen(text) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_danger_has_a_rule_of_its_own(kind):
    assert any(rule.kind == kind for rule in RULES.rules)


@pytest.mark.parametrize(
    "text",
    [
        "i want to kil my self",
        "I want to KILL MYSELF",
        "i want to kill mys\u200belf",
        "i want to k\u00efll mys\u00e9lf",
        "i want to \u043aill mys\u0435lf",
        "\uff49 want to \uff4b\uff49\uff4c\uff4c myself",
        "i want to k1ll mys3lf",
        "i want to k!ll my$elf",
        "i want to k*ll myself",
        "i want to kiiiillll myself",
        "i want to k i l l m y s e l f",
        "i want to k.i.l.l m-y-s-e-l-f",
        "i wantto killmyself",
        "kill\nmyself",
        "kill...myself",
        "suicde",
        "siucide",
        "sucidal",
        "Suic\u0456de",
        "\U0001d4c0\U0001d4be\U0001d4c1\U0001d4c1 myself",
        "kms",
        "KYS",
        "unalive",
        "un-alive",
        "cant do this anymore",
        "can\u2019t do this any more",
        "can not do this anymor",
        "cannae go on",
        "gonna end it all",
    ],
)
def test_a_danger_word_is_heard_however_it_is_typed(text):
    danger = NET.listen(text)
    assert danger is not None
    assert danger.kinds[0] == "suicide"


@pytest.mark.parametrize(
    "text",
    [
        "I would never kill myself",
        "I am not suicidal",
        "he doesn't hit me any more",
        "it's not an overdose",
        "lol I want to die haha only joking",
    ],
)
def test_not_and_never_and_laughing_do_not_silence_the_net(text):
    assert NET.listen(text) is not None


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "\ud800", "\u202e\u202d", "🙂🙂🙂", "привет", "مرحبا", "1", "." * 5000, "a b c d e f g h"],
)
def test_a_text_with_no_danger_in_it_is_let_be(text):
    assert NET.listen(text) is None


def test_the_most_pressing_kind_comes_first():
    danger = NET.listen("he hits me, I have nowhere to sleep tonight and I took too many tablets")
    assert danger is not None
    assert danger.kinds == ("medical", "abuse", "homeless_tonight")
    assert list(danger.kinds) == sorted(danger.kinds, key=KINDS.index)


def test_what_is_heard_holds_nothing_the_person_wrote():
    danger = NET.listen("my name is Zebedee and I want to die")
    assert danger == Danger(kinds=("suicide",), rules=("suicide_want_death",))


_CALM = st.text(alphabet=string.printable + "\u00e9\u2019\u200b\U0001f600", max_size=200)


@settings(max_examples=150, deadline=None)
@given(phrase=st.sampled_from(DANGER_PHRASES), before=_CALM, after=_CALM)
def test_nothing_written_before_or_after_a_danger_phrase_silences_it(phrase, before, after):
    assert NET.listen(f"{before} {phrase} {after}") is not None


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_any_text_at_all_can_be_listened_to(text):
    danger = NET.listen(text)
    assert danger is None or danger.kinds


@pytest.mark.parametrize("piece", ["kill ", "i want ", "a", "k ", "he my ", "\u0301", "\ufdfa", "1!", "'"])
def test_no_more_than_the_cap_is_read_of_a_hostile_text(piece):
    hostile = piece * (10 * LISTENS_TO // len(piece))
    widest = 18  # letters that one character can unfold into in Unicode's compatibility forms
    assert len(fold(hostile)) <= widest * (LISTENS_TO + 1)
    NET.listen(hostile)
    assert RULES_ALONE.listen(hostile) is None or piece == "kill "


@pytest.mark.parametrize("place", ["beginning", "end"])
def test_danger_at_either_end_of_an_endless_text_is_heard(place):
    filler = "tea and cake " * LISTENS_TO
    text = f"i want to die {filler}" if place == "beginning" else f"{filler} i want to die"
    assert NET.listen(text) is not None


def test_a_message_of_64_kilobytes_is_read_to_its_middle():
    filler = "tea and cake " * 2400
    assert NET.listen(f"{filler} i want to die {filler}") is not None


def test_a_phrase_allows_its_gap_and_no_wider_one():
    net_of = PlainWords({"go", "home"}, {})
    phrase = parse_phrase("go ..2 home", {})
    for between, heard in ((0, True), (2, True), (3, False)):
        words = net_of.read("go " + "x1 " * 0 + "now " * between + "home")
        places = {word: [at for at, other in enumerate(words) if other == word] for word in words}
        assert phrase.is_in(places, frozenset(places)) is heard


@pytest.mark.parametrize(("away", "heard"), [(1, True), (NEARBY, True), (NEARBY + 1, False)])
def test_words_in_any_order_are_heard_only_when_they_are_near(away, heard):
    phrase = parse_phrase("rope & ready", {})
    places = {"ready": [0], "rope": [away]}
    assert phrase.is_in(places, frozenset(places)) is heard


def test_a_word_written_with_a_mark_stands_for_itself_alone():
    (step,) = parse_phrase("kill!", {}).steps
    assert step.words == {"kill"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("chc\u0119 umrze\u0107", "suicide"),
        ("\u042f \u0425\u041e\u0427\u0423 \u0443\u043c\u0435\u0440\u0435\u0442\u044c", "suicide"),
        ("mi marido me pega", "abuse"),
        ("\u6211\u60f3\u6b7b", "suicide"),
        ("\u0645\u062c\u06be\u06d2 \u0645\u0627\u0631\u062a\u0627 \u06c1\u06d2", "abuse"),
        ("nie mam gdzie spa\u0107", "homeless_tonight"),
    ],
)
def test_danger_is_heard_in_the_commonest_words_of_other_languages(text, kind):
    danger = NET.listen(text)
    assert danger is not None
    assert danger.kinds == (kind,)


@pytest.mark.parametrize("other", RULES.in_other_scripts, ids=lambda other: other.key)
def test_every_line_of_another_script_is_heard_in_the_middle_of_a_message(other):
    for says in other.says:
        danger = NET.listen(f"hello {says} thank you")
        assert danger is not None
        assert other.key in danger.rules


def test_a_word_stands_for_its_regular_forms():
    (step,) = parse_phrase("grab", {}).steps
    assert {"grab", "grabs", "grabbed", "grabbing"} <= step.words
    (step,) = parse_phrase("choke", {}).steps
    assert {"chokes", "choked", "choking"} <= step.words


@pytest.mark.parametrize(
    "written", ["", "..2 die", "die ..2", "go ..13 on", "go ..x on", "<nobody> die", "Don't", "a & b c"]
)
def test_a_phrase_that_is_not_written_right_is_refused(written):
    with pytest.raises(PhraseError):
        parse_phrase(written, {"self": ("me",)})


def test_the_shipped_rules_have_no_problems():
    assert PROBLEMS == []


def test_sentences_labelled_by_others_reach_the_published_goal():
    path = Path(__file__).parents[3] / "shared" / "data" / "crisis.jsonl"
    if not path.exists():
        pytest.skip("the labelled sentences are not kept with the project: ../shared/data is absent")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    heard = {
        label: sum(NET.listen(row["text"]) is not None for row in rows if row["label"] == label)
        for label in ("risk", "no_risk")
    }
    risk = sum(row["label"] == "risk" for row in rows)
    assert heard["risk"] / risk >= 0.98
    assert heard["risk"] / (heard["risk"] + heard["no_risk"]) >= 0.66


def test_no_code_to_carry_on_elsewhere_sounds_like_danger():
    chance = random.Random(7)
    codes = ["".join(chance.choices(crossings.LETTERS, k=crossings.LENGTH)) for _ in range(2_000)]
    assert [
        code for code in codes if RULES_ALONE.listen(f"CONTINUE {code[:4]} {code[4:]}") or RULES_ALONE.listen(code)
    ] == []
