"""The packaged words are plain, short, safe to send, and chosen to fit."""

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from content import Content, check, load
from content.helplines import FRESH_FOR
from content.holidays import BankHolidays
from content.loader import read
from content.reading_age import longest_sentence, reading_age, rule_of_thumb
from content.segments import outside_gsm7, segments
from content.sources import read_yaml
from content.texts import revealing, said
from tests.dictionary import has, oldest_reading, syllables_of

TODAY = date(2026, 11, 22)
MONDAY_MORNING = datetime(2026, 11, 23, 11, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)
VECTORS = Path(__file__).parents[3] / "shared/data/sms/notify_fragment_vectors.json"


@pytest.fixture(scope="module")
def words() -> Content:
    return load()


def test_the_packaged_words_have_no_problem():
    assert check(today=TODAY) == []


def test_every_need_but_two_has_a_piece_and_some_have_several(words):
    count = {need: sum(need in item.needs for item in words.items.values()) for need in words.needs}
    assert len(count) == 17
    assert {need for need, pieces in count.items() if not pieces} == {"abuse"}, "nothing is sent because of it"
    assert all(pieces >= 3 for need, pieces in count.items() if need != "abuse")
    assert len(words.items) >= 64


def test_everyone_has_three_pieces_to_try_whatever_they_need(words):
    for need in words.needs:
        assert len(words.pieces_for([need], seen=(), today=TODAY)) >= 3


def test_what_people_ask_for_most_is_there(words):
    told = " ".join(f"{item.title} {item.text} {item.page}" for item in words.items.values()).lower()
    for topic in ("sleep", "breathe", "two lists", "say when a company", "come first", "warm", "walk", "nervous"):
        assert topic in told


def test_who_says_not_for_me_is_sent_less_of_that_sort(words):
    first = words.pieces_for({"mind"}, seen=(), today=TODAY)
    then = words.pieces_for({"mind"}, seen=(), today=TODAY, not_for_me=[first[0].key])
    assert {piece.key for piece in then} == {piece.key for piece in first}
    fitting = [piece.sort == first[0].sort for piece in then if "mind" in piece.needs]
    assert fitting == sorted(fitting)


def test_what_helped_more_people_goes_first_among_what_fits_as_well(words):
    plain = words.pieces_for({"money"}, seen=(), today=TODAY)
    equal = [piece for piece in plain if piece.needs[:1] == ("money",) and not piece.starter]
    best = equal[-1].key
    ranked = words.pieces_for({"money"}, seen=(), today=TODAY, ranking={best: 0.8})
    assert next(piece.key for piece in ranked if piece in equal) == best
    assert ranked[0] == plain[0], "a gentle start stays the start"


def test_a_word_leads_to_the_lines_of_the_nation_while_they_are_fresh(words):
    for nation in ("england", "wales", "scotland", "northern_ireland"):
        for word in ("advice", "housing"):
            lines = words.lines_for(word, at=MONDAY_MORNING, nation=nation)
            assert lines, (nation, word)
            assert all(line.serves(nation) for line in lines)
            late = MONDAY_MORNING + FRESH_FOR + timedelta(days=1)
            assert words.lines_for(word, at=late, nation=nation) == ()


NUMBERS = (
    *("999", "18000", "111", "18001 111", "116 123", "85258", "0800 1111", "0800 068 4141", "88247"),
    *("0800 58 58 58", "0300 304 7000", "0800 470 8090", "0808 2000 247", "0808 801 0327", "0800 027 1234"),
    *("0808 80 10 800", "0808 802 1414", "0800 999 5428", "0808 500 2222", "0808 196 8845", "0800 144 8848"),
    *("0800 702 2020", "0808 800 4444", "0800 138 1111", "0808 808 4000", "0808 8010 503", "0808 808 7777"),
    *("0808 808 1677", "0800 678 1602", "0300 123 6600", "0300 102 1234", "0808 800 5000", "0808 808 8141"),
)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_people_need_is_there_with_who_it_is_for_and_when(words, number):
    (line, *_) = [line for line in words.helplines.values() if number in {way.value for way in line.ways}]
    assert line.hours_in_words()
    assert line.cost
    assert line.nations
    assert line.checked_by
    assert line.source.startswith("https://")


def test_every_piece_can_be_sent_out_of_the_blue(words):
    private = [word for need in words.needs.values() for word in need.private]
    for item in words.items.values():
        assert segments(item.text) <= 2
        assert not outside_gsm7(item.text)
        assert not revealing(f"{item.title} {item.text}", private)
        assert oldest_reading(item.text) <= 11
        assert longest_sentence(item.text) <= 20
        assert "!" not in item.text + item.page


def test_every_helpline_can_be_told_in_one_text(words):
    for line in words.helplines.values():
        ways = said((way.words for way in line.ways[:2]), "or")
        told = f"{line.name}. {line.about} {ways}. {line.hours_in_words()}. {line.cost}."
        assert segments(told) <= 2, line.key
        assert not outside_gsm7(told)
        assert oldest_reading(line.about) <= 11


def test_the_numbers_people_are_told_are_the_numbers_dialled(words):
    ways = [way for line in words.helplines.values() for way in line.ways]
    for way in (way for way in ways if way.kind in ("call", "text", "textphone")):
        assert way.value.replace(" ", "") in way.words.replace(" ", "")


def test_the_crisis_lines_are_marked_and_never_close(words):
    for key in ("emergency", "nhs_111", "samaritans", "shout", "childline", "domestic_abuse_england"):
        assert words.helplines[key].crisis
        assert words.helplines[key].hours.always()


def test_old_numbers_are_not_given(words):
    assert "0808 802 9999" not in str(words.helplines)


def test_a_person_gets_pieces_that_fit_each_need_in_turn_and_then_the_general(words):
    pieces = words.pieces_for(["lonely", "money"], seen=(), today=TODAY)
    assert [piece.needs[0] for piece in pieces[:4]] == ["money", "lonely", "money", "lonely"]
    assert all(piece.starter for piece in pieces[:2])
    fits = [bool(piece.needs) for piece in pieces]
    assert fits == sorted(fits, reverse=True)
    assert not fits[-1]
    assert len({piece.key for piece in pieces}) == len(pieces)


def test_a_piece_once_seen_is_not_chosen_again(words):
    first = words.pieces_for({"mind"}, seen=(), today=TODAY)
    again = words.pieces_for({"mind"}, seen={first[0].key}, today=TODAY)
    assert again == first[1:]


def test_a_piece_past_its_review_is_not_chosen(words):
    assert words.pieces_for({"mind"}, seen=(), today=date(2027, 11, 22))
    assert words.pieces_for({"mind"}, seen=(), today=date(2027, 11, 23)) == ()


def test_a_person_in_scotland_gets_nothing_meant_for_england(words):
    keys = {piece.key for piece in words.pieces_for(words.needs, seen=(), today=TODAY, nation="scotland")}
    assert "ask_the_nhs_yourself" not in keys
    assert "slow_breathing" in keys


def test_the_order_of_pieces_does_not_hang_on_the_order_of_needs(words):
    orders = itertools.permutations(["housing", "mind", "caring"])
    assert len({tuple(p.key for p in words.pieces_for(o, seen=(), today=TODAY)) for o in orders}) == 1


@pytest.mark.parametrize("nation", ["england", "wales", "scotland", "northern_ireland"])
@pytest.mark.parametrize("moment", [MONDAY_MORNING, NIGHT])
def test_everyone_is_offered_three_lines_one_open_and_one_by_text(words, nation, moment):
    for need in words.needs:
        lines = words.helplines_for([need], at=moment, nation=nation)
        assert len(lines) == 3
        assert any(line.is_open(moment) for line in lines)
        assert any(line.by("text") for line in lines)
        assert all(line.serves(nation) for line in lines)


def test_an_open_line_that_fits_comes_before_a_closed_one(words):
    assert words.helplines_for(["housing"], at=MONDAY_MORNING, nation="england")[0].key == "shelter_england"
    night = words.helplines_for(["lonely"], at=NIGHT, nation="england")
    assert [line.key for line in night][:1] == ["silver_line"]


def test_a_person_is_told_when_a_closed_line_opens(words):
    shelter = words.helplines["shelter_england"]
    assert not shelter.is_open(NIGHT)
    assert shelter.opens_next(NIGHT) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert shelter.opens_next(datetime(2026, 12, 24, 18, tzinfo=UTC)) == datetime(2026, 12, 29, 9, tzinfo=UTC)


def test_lines_for_danger_come_last_where_others_fit(words):
    lines = words.helplines_for(["money"], at=MONDAY_MORNING, nation="england", most=9)
    danger = [line.crisis for line in lines]
    assert danger == sorted(danger)


def test_a_woman_who_feels_unsafe_is_given_her_nations_line_first(words):
    for nation, key in (("england", "domestic_abuse_england"), ("scotland", "domestic_abuse_scotland")):
        assert words.helplines_for(["abuse"], at=NIGHT, nation=nation)[0].key == key


def test_a_line_unchecked_for_ninety_days_is_shown_to_nobody(words):
    last = datetime(2026, 11, 22, 12, tzinfo=UTC) + FRESH_FOR
    assert words.helplines_for(["money"], at=last, nation="england")
    assert words.helplines_for(["money"], at=last + timedelta(days=1), nation="england") == ()


def test_a_young_man_is_not_sent_to_lines_for_others(words):
    keys = {line.key for line in words.helplines_for(["lonely"], at=NIGHT, nation="england", most=9, age=30)}
    assert not keys & {"silver_line", "childline", "age_uk"}
    assert "silver_line" in {
        line.key for line in words.helplines_for(["lonely"], at=NIGHT, nation="wales", age=70)
    }


def test_who_asks_for_one_line_gets_the_one_that_fits_best(words):
    assert [
        line.key for line in words.helplines_for(["bereavement"], at=MONDAY_MORNING, nation="england", most=1)
    ] == ["cruse"]


def test_the_programme_sends_what_it_says_when_it_says(words):
    steps = words.programmes["waiting_well"].steps
    assert [(step.day, step.every_days, step.kind) for step in steps] == [
        (2, None, "piece"),
        (4, None, "check_in"),
        (7, None, "words"),
        (10, None, "piece"),
        (12, None, "words"),
        (14, 7, "piece"),
        (84, 84, "check_in"),
    ]
    assert all(word in steps[2].text for word in ("MORE", "HELPLINES", "PAUSE", "STOP"))
    assert "?" not in steps[2].text


def test_the_words_cannot_be_changed_once_read(words):
    with pytest.raises(TypeError):
        words.items["new"] = None
    with pytest.raises(ValueError, match="frozen"):
        words.needs["money"].label = "Cash"


@pytest.mark.parametrize(
    ("nation", "day", "kept"),
    [
        ("england", date(2026, 12, 28), True),
        ("scotland", date(2027, 1, 4), True),
        ("england", date(2027, 1, 4), False),
        ("scotland", date(2027, 3, 29), False),
        ("northern_ireland", date(2026, 7, 13), True),
        ("wales", date(2027, 12, 28), True),
        ("scotland", date(2026, 6, 15), True),
        ("uk", date(2028, 1, 3), True),
    ],
)
def test_each_nation_keeps_its_own_bank_holidays(nation, day, kept):
    reading = read()
    source = read_yaml(reading.directory / "bank_holidays.yaml", "bank_holidays.yaml")
    calendar, problems = source.read(BankHolidays)
    assert not problems
    assert (day in calendar.of(nation)) is kept


def test_no_bank_holiday_falls_on_a_weekend():
    assert all(day.on.weekday() < 5 for day in read().holidays.holidays)


PARTS = {
    "": 0,
    "a" * 160: 1,
    "a" * 161: 2,
    "a" * 306: 2,
    "a" * 307: 3,
    "€" * 80: 1,
    "€" * 81: 2,
    "€" * 152: 2,
    "€" * 153: 3,
    "ŵ" * 70: 1,
    "ŵ" * 71: 2,
    "ŵ" * 134: 2,
    "ŵ" * 135: 3,
    "🙂" * 35: 1,
    "🙂" * 66: 2,
    "🙂" * 67: 3,
}


@pytest.mark.parametrize(("text", "parts"), PARTS.items())
def test_a_text_is_counted_in_the_parts_it_is_charged_as(text, parts):
    assert segments(text) == parts


def test_parts_agree_with_those_counted_by_gov_uk_notify():
    if not VECTORS.exists():
        pytest.skip("the measured texts are not beside this checkout (../shared/data)")
    plain = (row for row in json.loads(VECTORS.read_text()) if not outside_gsm7(row["text"]))
    rows = [row for row in plain if "((" not in row["text"]]  # a placeholder, filled in before it is counted
    assert rows
    assert [row["fragments"] for row in rows] == [segments(row["text"]) for row in rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Worried about debts?", True),
        ("In-debt", True),
        ("A food  bank near you", True),
        ("Debtors", True),
        ("Indebted", False),
    ],
)
def test_a_private_word_is_found_however_it_is_written(text, found):
    assert bool(revealing(text, ["debt*", "food bank*"])) is found


@pytest.mark.parametrize("syllables", [rule_of_thumb, syllables_of])
def test_hard_words_read_older_than_plain_ones(syllables):
    assert reading_age("Put the pile on the table. Open one. You have made a start.", syllables) < 8
    assert reading_age("Psychological interventions necessitate comprehensive consideration.", syllables) > 15


def test_syllables_are_counted_much_as_a_dictionary_counts_them(words):
    said = re.findall(r"[a-z']+", " ".join(item.text.lower() for item in words.items.values()))
    known = [word for word in said if has(word)]
    assert len(known) > 1000
    assert sum(rule_of_thumb(word) == syllables_of(word) for word in known) / len(known) > 0.97
    mean = sum(map(rule_of_thumb, known)) / sum(map(syllables_of, known))
    assert 0.98 < mean < 1.02


def test_what_has_no_words_can_be_read_by_anyone():
    assert reading_age("https://example.org 0800 138 1111") == 5
