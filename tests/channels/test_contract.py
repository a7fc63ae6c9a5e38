"""The contract of every channel: the same talk has the same outcome, whichever way it comes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot import fetching
from bot.channels.twilio.sms import Sms
from bot.layout import LAYOUTS
from tests.channels.drivers import DRIVERS, Driver, OnPhone, OnSms, OnTelegram, OnWhatsApp, Town
from tests.fakes.provider import Answer
from waitingroom.handoffs import Reason, Urgency
from waitingroom.messages import Status

LONELY, STRESSED = "Feeling lonely or cut off", "Stress, low mood or worry"
REFERRAL = ("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4, 5", "Company in the evenings", "here", "any", "yes")
CRY = "I want to end my life"
LIFELINE = "116 123"
MARK = re.compile(r"(\d+)/(\d+)\n")
WITH_A_PROVIDER = ("telegram", "sms", "whatsapp")

only = pytest.mark.parametrize
ALIKE = "maybe_known"
"""Everybody in this town is called Ann, is 72 and lives at BB9 7AA: each but the first may be one we know."""


@pytest.fixture(params=DRIVERS)
def ann(town: Town, request: pytest.FixtureRequest) -> Driver:
    """Someone who has not said a word yet, on each channel in turn."""
    return DRIVERS[request.param](town)


def by_button(ann: Driver) -> str:
    ann.says("hello")
    ann.chooses("For me")
    ann.says("72")
    ann.chooses("Yes")
    ann.says("Ann", "BB9 7AA")
    ann.chooses(LONELY, STRESSED)
    ann.says("Company in the evenings")
    ann.chooses("Write to me here")
    ann.chooses("Any time in the day")
    return ann.chooses(1)


def by_number(ann: Driver) -> str:
    said = ("hello", "1", "72", "1", "Ann", "BB9 7AA", "4 and 5", "Company in the evenings")
    return ann.says(*said, "3", "1", "1")


def by_words(ann: Driver) -> str:
    said = ("hello", "for me", "seventy two", "aye", "Ann", "bb97aa", "lonely, and stressed")
    return ann.says(*said, "Company in the evenings", "in this chat", "anytime", "yes that is right")


@only("says", [by_button, by_number, by_words])
def test_whoever_comes_whichever_way_makes_the_same_referral(
    town: Town, ann: Driver, says: Callable[[Driver], str]
) -> None:
    heard = says(ann)
    assert "Thank you, Ann. Your reference is" in heard
    told = town.joins().reads(ann)
    assert facts(told) == {
        "name": "Ann",
        "age": 72,
        "area": "BB9",
        "postcode": "BB9 7AA",
        "needs": ["lonely", "mind"],
        "what_matters": "Company in the evenings",
        "safe_contact": {"how": "here", "when": "any", "phone": "", "voicemail": False},
        "consents": [("referral", "link_worker", ann.channel, True)],
        "ways": [(ann.channel, "open")],
        "handoff": ("waiting", "routine", ["new_referral"]),
        "referral": ("waiting", "self"),
    }
    assert told["referral"]["reference"] in heard
    assert screen_is_the_record(ann)


def facts(told: dict[str, Any]) -> dict[str, Any]:
    """What a story says, without what is different each time."""
    reach = {key: value for key, value in told["safe_contact"].items() if key != "warnings"}
    kept = {key: told[key] for key in ("name", "age", "area", "postcode", "what_matters")}
    reasons = told["handoff"]["reasons"]
    return kept | {
        "needs": [need["key"] for need in told["needs"]],
        "safe_contact": reach,
        "consents": [
            (one["purpose"], one["recipient"], one["channel"], one["stands"]) for one in told["consents"]
        ],
        "ways": [(way["channel"], way["state"]) for way in told["ways"]],
        "handoff": (told["handoff"]["status"], told["handoff"]["urgency"], [r for r in reasons if r != ALIKE]),
        "referral": (told["referral"]["status"], told["referral"]["source"]),
    }


def screen_is_the_record(ann: Driver) -> bool:
    """Whether everything on record as sent is on their screen, in that order, once, and nothing else is."""
    shown, queued = ann.shown, ann.queued()
    return len(shown) == len(queued) and all(
        told.startswith(reply.text) for told, reply in zip(shown, queued, strict=True)
    )


def test_back_and_change_mean_the_same_everywhere(town: Town, ann: Driver) -> None:
    ann.says("hello", "me", "27")
    assert "How old are you?" in ann.says("BACK")
    ann.says("72", "yes", "Ann", "BB9 7AA", "4", "Company", "here", "any")
    assert "Which answer would you like to change?" in ann.says("CHANGE")
    assert "How old are you?" in ann.chooses(1)
    assert "Age: 73" in ann.says("73")
    assert "Thank you, Ann" in ann.chooses(1)
    assert town.joins().reads(ann)["age"] == 73
    assert screen_is_the_record(ann)


def test_a_word_of_danger_is_answered_first_and_apart_and_a_person_is_called(town: Town, ann: Driver) -> None:
    ann.says("hello", "me")
    before = len(ann.shown)
    ann.says(CRY)
    first, *_, last = ann.shown[before:]
    assert LIFELINE in first
    assert "How old are you?" not in first
    assert "How old are you?" in last
    assert LIFELINE not in last
    raised = ann.story().handoff
    assert raised is not None
    assert (raised.urgency, raised.reasons) == (Urgency.URGENT, [Reason.DANGER])
    assert screen_is_the_record(ann)


def test_stop_stops_and_start_comes_back(town: Town, ann: Driver) -> None:
    if isinstance(ann, OnSms):
        town.twilio.tells_of_stop = True
    ann.says(*REFERRAL)
    sam = town.joins()
    sam.claims(ann)
    heard = ann.says("STOP")
    town.twilio.tells_of_stop = False
    assert ann.state == "stopped"
    assert ("We have stopped" in heard) is not isinstance(ann, OnSms)
    assert sam.refused(ann, "Hello?") == 409
    assert "Welcome back" in ann.says("START")
    assert ann.state == "open"
    sam.writes(ann, "Hello again, Ann.")
    assert "Hello again, Ann." in ann.hears()


@only("ann", ["sms"], indirect=True)
def test_twilios_own_stop_is_learnt_from_the_first_message_it_refuses(town: Town, ann: OnSms) -> None:
    ann.says(*REFERRAL)
    sam = town.joins()
    sam.claims(ann)
    assert ann.says("STOP") == ""
    assert ann.phone.opted_out
    sam.writes(ann, "Is Tuesday good for you?")
    assert ann.hears() == ""
    assert ann.state == "stopped"
    raised = ann.story().handoff
    assert raised is not None
    assert Reason.STOPPED_MESSAGES in raised.reasons
    assert sam.refused(ann, "Hello?") == 409
    assert "Welcome back" in ann.says("START")
    sam.writes(ann, "Is Wednesday better?")
    assert "Is Wednesday better?" in ann.hears()
    assert "Is Tuesday good for you?" not in "".join(ann.phone.bodies)


@pytest.fixture
def messaging_service(town: Town) -> Iterator[None]:
    """Texts go out by a messaging service: what is refused is told afterwards."""
    sms = town.house.desk.channels["sms"]
    assert isinstance(sms, Sms)
    sms.account.service = town.twilio.service
    yield
    sms.account.service = ""


@pytest.mark.usefixtures("messaging_service")
@only("ann", ["sms"], indirect=True)
def test_twilios_own_stop_is_learnt_from_a_receipt_too(town: Town, ann: OnSms) -> None:
    ann.says(*REFERRAL)
    sam = town.joins()
    sam.claims(ann)
    ann.sends("STOP")
    sam.writes(ann, "Is Tuesday good for you?")
    town.until(lambda: ann.state == "stopped")
    assert sam.refused(ann, "Hello?") == 409
    assert "Welcome back" in ann.says("START")
    assert ann.state == "open"


@only("ann", ["telegram"], indirect=True)
def test_who_blocks_the_bot_is_written_to_no_more_until_they_let_it_in(town: Town, ann: OnTelegram) -> None:
    ann.says(*REFERRAL)
    sam = town.joins()
    sam.claims(ann)
    ann.person.blocks_bot()
    ann.hears()
    assert ann.state == "stopped"
    assert sam.refused(ann, "Hello?") == 409
    ann.person.unblocks_bot()
    ann.hears()
    sam.writes(ann, "Hello again, Ann.")
    assert "Hello again, Ann." in ann.hears()


def sends_a_voice_note(ann: Driver) -> bytes:
    """Send something that is not words, as the channel allows; returns what the link worker should get."""
    if isinstance(ann, OnTelegram):
        ann.person.sends_voice(seconds=1)
        return b"OggS" + bytes(400)
    assert isinstance(ann, OnPhone)
    if isinstance(ann, OnWhatsApp):
        ann.phone.sends_voice()
        return b"OggS a voice note"
    ann.phone.sends_picture()
    return b"\xff\xd8\xff\xe0 a picture"


@only("ann", WITH_A_PROVIDER, indirect=True)
def test_a_voice_note_or_picture_is_kept_for_the_link_worker_and_they_are_told_so(town: Town, ann: Driver) -> None:
    ann.says("hello", "me, 72", "yes", "Ann")
    sent = sends_a_voice_note(ann)
    heard = ann.hears()
    assert "We will keep what you sent for your link worker." in heard
    assert "What is your postcode?" in heard
    ann.says(*REFERRAL[4:])
    town.run(fetching.fetch_wanted(town.desk, now=town.clock.now()))
    sam = town.joins()
    town.until(lambda: what_came_with(sam.reads(ann)))
    (kept,) = what_came_with(sam.reads(ann))
    assert sam.fetches(kept["href"]) == sent


def what_came_with(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What came with the person's messages, as far as it is kept by now."""
    came = [one for entry in told["timeline"] for one in entry.get("attachments", ())]
    return [one for one in came if one["status"] == "kept"]


def test_the_link_workers_words_arrive_and_the_bot_is_silent(town: Town, ann: Driver) -> None:
    ann.says(*REFERRAL)
    sam = town.joins()
    sam.claims(ann)
    sam.writes(ann, "Hello Ann, this is Sam. Is Tuesday good for you?")
    assert ann.hears() == "Hello Ann, this is Sam. Is Tuesday good for you?"
    assert ann.says("yes") == ""
    assert ann.says("4") == ""
    sam.writes(ann, "See you then.")
    assert ann.hears() == "See you then."
    assert screen_is_the_record(ann)


def test_a_long_text_is_split_between_sentences_and_its_pieces_numbered(ann: Driver) -> None:
    ann.says(*REFERRAL)
    before = len(ann.shown)
    sentences = [f"This is sentence {number} of a letter that is far too long." for number in range(170)]
    ann.is_told(" ".join(sentences))
    pieces, layout = ann.shown[before:], LAYOUTS[ann.channel]
    if layout.most is None:
        assert pieces == [" ".join(sentences)]
        return
    marks = [MARK.match(piece) for piece in pieces]
    assert [mark and mark.groups() for mark in marks] == [
        (str(number), str(len(pieces))) for number in range(1, len(pieces) + 1)
    ]
    assert len(pieces) > 1
    assert all(len(piece) <= layout.most for piece in pieces)
    bare = [MARK.sub("", piece, count=1) for piece in pieces]
    assert all(piece.endswith(".") for piece in bare)
    assert " ".join(bare) == " ".join(sentences)


@only("ann", WITH_A_PROVIDER, indirect=True)
def test_what_the_provider_never_took_is_never_on_the_screen(town: Town, ann: Driver) -> None:
    ann.says("hello")
    before = ann.shown
    if isinstance(ann, OnTelegram):
        town.telegram.answers(next=[Answer.REFUSES], chat=ann.person)
    else:
        assert isinstance(ann, OnPhone)
        town.twilio.answers(next=[Answer.REFUSES], phone=ann.phone)
    ann.says("me")
    assert ann.shown == before
    assert ann.rows()[-1].status is Status.FAILED
    assert "May we keep" in ann.says("72")
    assert len(ann.shown) == len(before) + 1
