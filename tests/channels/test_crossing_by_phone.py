"""Crossing from one real channel to another: a talk begun on one phone goes on where it stood on the next."""

import re
from datetime import timedelta

import pytest

from tests.channels.drivers import DRIVERS, Driver, OnSms, OnTelegram, OnWhatsApp, Town
from waitingroom.handoffs import Urgency

CODE = re.compile(r"CONTINUE ([A-Z2-9]{4} [A-Z2-9]{4})")
REFERENCE = re.compile(r"\b\d{4} \d{4}\b")
CRY = "I want to end my life"
BEGUN = ("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4")
REST = ("Company in the evenings", "here", "any", "yes")
SILENCE = timedelta(days=91)


@pytest.fixture(params=["telegram", "sms", "whatsapp", "web"])
def ann(town: Town, request: pytest.FixtureRequest) -> Driver:
    """Someone who has not said a word yet, on each channel in turn."""
    return DRIVERS[request.param](town)


def code_for(ann: Driver) -> str:
    found = CODE.search(ann.says("CONTINUE"))
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("first", "then"),
    [("terminal", "telegram"), ("telegram", "sms"), ("sms", "whatsapp"), ("whatsapp", "web"), ("web", "sms")],
)
def test_a_talk_goes_on_elsewhere_where_it_stood_and_staff_see_one_story(
    town: Town, first: str, then: str
) -> None:
    here = DRIVERS[first](town)
    here.says(*BEGUN)
    there = DRIVERS[then](town)
    there.says("hello")
    heard = there.says(f"continue {code_for(here).lower()}")
    assert "You are back where you were. Nothing is lost." in heard
    assert "what matters most to you now?" in heard
    assert "Thank you, Ann. Your reference is" in there.says(*REST)
    told = town.joins().reads(there)
    assert {way["channel"] for way in told["ways"]} == {first, then}
    assert (told["name"], told["what_matters"]) == ("Ann", "Company in the evenings")
    assert [consent["channel"] for consent in told["consents"]] == [first]
    assert here.story().conversation.id == there.story().conversation.id


def test_a_link_with_the_code_opens_telegram_where_the_talk_stood(town: Town) -> None:
    texting, ann = OnSms(town), OnTelegram(town)
    texting.says("hello", "me")
    ann.person.presses_start(code_for(texting).replace(" ", ""))
    heard = ann.hears()
    assert "You are back where you were" in heard
    assert "How old are you?" in heard
    assert texting.story().conversation.id == ann.story().conversation.id


def test_a_link_that_has_run_out_begins_nothing_and_shows_nothing(town: Town) -> None:
    ann = OnTelegram(town)
    ann.person.presses_start("AAAA2222")
    heard = ann.hears()
    assert "That code is not right" in heard
    assert "Who is this for?" in heard


def test_texts_and_whatsapp_of_one_number_are_two_talks_until_a_code_joins_them(town: Town) -> None:
    number = town.new_number()
    texting, ann = OnSms(town, number), OnWhatsApp(town, number)
    texting.says(*BEGUN, *REST)
    heard = ann.says("hello")
    assert "Who is this for?" in heard
    assert ann.story().about is None
    assert "You are back" in ann.says(f"CONTINUE {code_for(texting)}")
    assert ann.story().about == texting.story().about


def test_the_link_worker_answers_where_she_wrote_last(town: Town) -> None:
    texting, ann = OnSms(town), OnTelegram(town)
    texting.says(*BEGUN, *REST)
    code = code_for(texting)
    sam = town.joins()
    sam.claims(texting)
    assert ann.says(f"CONTINUE {code}") == "You are back where you were. Nothing is lost."
    sam.writes(ann, "Hello Ann, this is Sam.")
    assert ann.hears() == "Hello Ann, this is Sam."
    assert texting.hears() == ""
    assert texting.says("I am here now") == ""
    sam.writes(ann, "Good to hear from you.")
    assert texting.hears() == "Good to hear from you."
    assert ann.hears() == ""


def test_danger_heard_on_the_way_is_with_her_where_she_goes_on(town: Town) -> None:
    texting, ann = OnSms(town), OnWhatsApp(town)
    texting.says("hello", "me, 72", "yes")
    assert "116 123" in ann.says(CRY)
    ann.says(f"CONTINUE {code_for(texting)}")
    raised = texting.story().handoff
    assert raised is not None
    assert (raised.status.value, raised.urgency) == ("waiting", Urgency.URGENT)
    assert [alarm.message_id for alarm, _ in texting.story().alarms]


def test_after_90_silent_days_a_reference_is_asked_for_and_brings_her_back(town: Town, ann: Driver) -> None:
    heard = ann.says(*BEGUN, *REST)
    found = REFERENCE.search(heard)
    assert found is not None
    before = ann.story()
    town.clock.move_on(SILENCE)
    heard = ann.says("CHANGE")
    assert "Please send your reference" in heard
    assert not any(word in heard for word in ("Ann", "BB9", "Company", found[0]))
    assert "You are back where you were" in ann.says(found[0])
    assert ann.story().conversation.id == before.conversation.id
