"""A directory's records are read with patience, and what cannot be taken is told with its reason."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from content import load
from content.directory import needs_of
from waitingroom.feeds import LeftOut
from waitingroom.places import Point, miles_between, outward_codes, place_of
from waitingroom.service_costs import cost_of
from waitingroom.service_records import is_stub, offered_in
from waitingroom.services import Offered, Price, Status, days_in, stem, words_of

TODAY = date(2026, 11, 23)
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "directory"
FITTINGS = load().directory


def fits(terms: Any, name: str, about: str) -> tuple[str, ...]:
    return needs_of(FITTINGS, terms=terms, name=name, about=about)


def read(**told: Any) -> Offered:
    found = offered_in({"id": "1", "name": "Knit and Natter", **told}, fits=fits, today=TODAY)
    assert isinstance(found, Offered), found
    return found


def refused(told: Any) -> str:
    found = offered_in(told, fits=fits, today=TODAY)
    assert isinstance(found, LeftOut), found
    return found.reason


# where a postcode is


def test_the_first_half_of_a_postcode_has_a_place() -> None:
    nelson = place_of("BB9")
    assert nelson == place_of("bb9 7AA") == Point(53.84, -2.22)
    assert place_of("ZZ9") is None
    assert place_of("") is None


def test_every_area_of_great_britain_is_in_the_table() -> None:
    assert len(outward_codes()) > 2800
    assert {"AB10", "ZE1", "TR21", "SW1A", "EC1A", "LD1", "HS1", "W1A"} <= outward_codes()


def test_far_is_as_far_as_it_is() -> None:
    london, edinburgh = Point(51.5074, -0.1278), Point(55.9533, -3.1883)
    assert miles_between(london, edinburgh) == pytest.approx(332, abs=2)
    assert miles_between(london, london) == 0


# what is read


def test_a_service_in_the_third_version_is_read_whole() -> None:
    found = read(
        description="<p>Come and <b>knit</b>&nbsp;with us.</p>",
        status="active",
        organization={"id": "9", "name": "Pendle Crafts", "website": "https://crafts.example"},
        phones=[{"id": "p", "number": '"01282 555123"'}],
        email="hello@crafts.example",
        assured_date="2026-05-02",
        last_modified="2026-06-01T10:00:00Z",
        minimum_age=18,
        schedules=[{"byday": "MO,WE", "opens_at": "10:00:00", "closes_at": "12:00:00"}],
        cost_options=[{"amount": 2.5, "amount_description": "per session"}],
        languages=[{"name": "urdu"}, {"id": "x"}],
        service_at_locations=[
            {
                "location": {
                    "latitude": 53.83,
                    "longitude": -2.21,
                    "addresses": [{"postal_code": "bb9 7aa"}],
                    "accessibility": [{"description": "Step-free from the street."}],
                }
            }
        ],
        attributes=[{"taxonomy_term": {"name": "Crafts and social groups"}}],
    )
    assert found.about == "Come and knit with us."
    assert (found.organisation, found.web) == ("Pendle Crafts", "https://crafts.example")
    assert (found.phone, found.email) == ("01282 555123", "hello@crafts.example")
    assert (found.postcode, found.latitude, found.virtual) == ("BB9 7AA", 53.83, False)
    assert (found.days, found.times) == (0b101, "10am to midday")
    assert (found.price, found.pence, found.price_words) == (Price.PAID, 250, "per session")
    assert found.step_free is True
    assert found.languages == ("Urdu",)
    assert (found.age_from, found.assured_on, found.modified_on) == (18, date(2026, 5, 2), date(2026, 6, 1))
    assert "lonely" in found.needs


def test_a_service_in_the_first_version_is_read_too() -> None:
    found = read(
        status="temporarily closed",
        contacts=[{"phones": [{"number": "0800 123 456"}]}],
        regular_schedules=[{"byday": "TU", "opens_at": "13:30", "closes_at": "15:00"}],
        service_at_locations=[
            {
                "location": {
                    "latitude": "53.8",
                    "longitude": "-2.2",
                    "physical_addresses": [{"postal_code": "BB8 0AA"}],
                    "accessibility_for_disabilities": [{"accessibility": "Sorry, no wheelchair access"}],
                }
            }
        ],
        service_taxonomys=[{"taxonomy": {"name": "Debt advice"}}],
        eligibilitys=[{"minimum_age": 50}],
        languages=[{"language": "Polish"}],
    )
    assert found.status is Status.TEMPORARILY_CLOSED
    assert (found.phone, found.times, found.days) == ("0800 123 456", "1:30pm to 3pm", 0b10)
    assert (found.postcode, found.step_free, found.age_from) == ("BB8 0AA", False, 50)
    assert (found.needs, found.languages) == (("money", "lonely"), ("Polish",))


def test_a_place_that_cannot_be_is_no_place() -> None:
    for latitude, longitude in ((100, 101), (0, 0), ("north", "west"), (None, None)):
        place = {"location": {"latitude": latitude, "longitude": longitude}}
        assert read(service_at_locations=[place]).latitude is None


def test_what_is_come_to_online_is_told_as_that() -> None:
    assert read(service_at_locations=[{"location": {"location_type": "virtual"}}]).virtual
    assert read(attending_type="phone").virtual
    assert not read(service_at_locations=[{"location": {"location_type": "physical"}}]).virtual


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"name": "No id"}, "It has no id."),
        ({"id": True, "name": "No id"}, "It has no id."),
        ({"id": "7"}, "It has no name."),
        ({"id": "7", "name": " \n"}, "It has no name."),
        ({"id": "7", "name": "x", "status": "gone fishing"}, "Its status is none that is known: 'gone fishing'."),
        (["not", "a", "record"], "This is not a record with fields."),
        (None, "This is not a record with fields."),
    ],
)
def test_what_cannot_be_taken_says_why(record: Any, reason: str) -> None:
    assert refused(record) == reason


JUNK = [
    None,
    0,
    -1,
    1e308,
    True,
    "",
    "x" * 5000,
    "\x00\x1b[31m",
    [],
    {},
    [[]],
    [None],
    [{"x": [{}]}],
    {"a": {"b": 1}},
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_whatever_a_field_holds_the_rest_is_read(junk: Any) -> None:
    names = (
        *("description", "organization", "phones", "email", "url", "assured_date", "minimum_age", "maximum_age"),
        *("schedules", "cost_options", "languages", "service_at_locations", "attributes", "fees", "last_modified"),
        *("contacts", "eligibilitys", "attending_type"),
    )
    found = read(**dict.fromkeys(names, junk))
    assert found.name == "Knit and Natter"
    assert not {"\x1b", "\x00"} & set("".join(str(value) for value in found.model_dump().values()))
    assert len(found.about) <= 600


def test_no_address_leads_to_a_script() -> None:
    assert read(url="javascript:alert(1)").web == ""
    assert read(email="a@b.example\nBcc: all@x.example").email == ""


# what it costs


@pytest.mark.parametrize(
    ("told", "price", "pence"),
    [
        ({"cost_options": [{"amount": 0}]}, Price.FREE, None),
        ({"cost_options": [{"amount": 3}, {"option": "Concessions", "amount": 1.5}]}, Price.PAID, 300),
        ({"cost_options": [{"amount": 3, "valid_to": "2020-01-01"}]}, Price.UNKNOWN, None),
        ({"cost_options": [{"option": "ask us"}], "fees": "Free"}, Price.FREE, None),
        ({"fees": "There is no charge"}, Price.FREE, None),
        ({"fees": "£4.50 a class, first one free"}, Price.PAID, 450),
        ({"fees": "Free parking"}, Price.UNKNOWN, None),
        ({"fees": "Free for under 12s"}, Price.UNKNOWN, None),
        ({"fees": "fees_description"}, Price.UNKNOWN, None),
        ({"cost_options": [{"amount": "NaN"}]}, Price.UNKNOWN, None),
        ({}, Price.UNKNOWN, None),
    ],
)
def test_free_is_said_only_where_the_feed_says_so(told: dict[str, Any], price: Price, pence: int | None) -> None:
    cost = cost_of(told, today=TODAY)
    assert (cost.price, cost.pence) == (price, pence)


def test_who_pays_less_is_told() -> None:
    options = [{"amount": 4}, {"option": "Low income", "amount": 1}]
    assert cost_of({"cost_options": options}, today=TODAY).help_words == "Low income: £1"
    assert "benefits" in cost_of({"fees": "£4, or £1 if you get benefits"}, today=TODAY).help_words


# words and days


def test_walk_walks_and_walking_are_one_word() -> None:
    assert {stem(word) for word in ("walk", "walks", "walking")} == {"walk"}
    assert stem("swimming") == stem("swim")
    assert words_of("The Café's Tea-Dances") == ["cafe", "tea", "dance"]


def test_days_are_read_as_calendars_write_them() -> None:
    assert days_in(["MO", " we", "2FR"]) == 0b10101
    assert days_in(["XX", ""]) == 0


# the official samples


@pytest.mark.skipif(not SAMPLES.exists(), reason="the official samples are not on this machine")
def test_the_official_samples_are_read_as_they_claim_to_be() -> None:
    mocks = SAMPLES / "oruk" / "Mocks"
    for kind, taken in (("Default", 1), ("Warn", 1), ("Fail", 0)):
        contents = json.loads((mocks / f"V3.0-UK-{kind}" / "service_list.json").read_text())["contents"]
        found = [offered_in(one, fits=fits, today=TODAY) for one in contents]
        assert sum(isinstance(one, Offered) for one in found) >= taken, kind
        if kind == "Fail":
            assert {one.reason for one in found if isinstance(one, LeftOut)} == {"It has no name."}
        assert all(map(is_stub, contents))
    whole = json.loads((mocks / "V3.0-UK-Default" / "service_full.json").read_text())
    counselling = offered_in(whole, fits=fits, today=TODAY)
    assert isinstance(counselling, Offered)
    assert counselling.needs == ("mind",)
    assert counselling.latitude is None
    assert (counselling.days, counselling.times) == (0b11000, "10am to 6pm")
    assert not is_stub(whole)
    plain = SAMPLES / "hsds_3.0" / "examples" / "service_full.json"
    assert isinstance(offered_in(json.loads(plain.read_text()), fits=fits, today=TODAY), Offered)
