"""Whatever comes twice, late, or three at once ends as the orderly talk does, and every reply comes once.

Two things differ in kind. The same message again, or a receipt, means nothing new: in any order, however often,
nothing may change. Two different messages at once do have a meaning that hangs on their order, and nobody can know
which was meant first: so such a talk must end as one that was said in the order in which it was taken.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.drivers import DRIVERS, Driver, OnPhone, OnTelegram, Town
from tests.channels.letters import Postman, in_batches
from tests.fakes.twilio_mail import Receipts
from tests.fakes.twilio_messages import receipt
from tests.opening_words import opened
from waitingroom.messages import Author, Status

pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
"""The service is served in this very process: its own use of chance is taken for the strategies'."""

REFERRAL = ("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4", "Company in the evenings", "here", "any", "yes")
CHANGES = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{4} \d{4}\b")
"""What is different in every talk: ids and references."""
SOME = settings(
    max_examples=int(os.environ.get("WAITINGROOM_EXAMPLES", "8")),
    derandomize="WAITINGROOM_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Examples of each; WAITINGROOM_EXAMPLES asks for so many others."""
EVERYWHERE = pytest.mark.parametrize("channel", DRIVERS)
WITH_RECEIPTS = pytest.mark.parametrize("channel", ["sms", "whatsapp"])

copies = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=len(REFERRAL), max_size=len(REFERRAL))
"""For each message: how many more times it comes, and how much later."""
bursts = st.lists(st.integers(2, 3), min_size=2, max_size=5)
ALIKE = "maybe_known"
"""Everybody in this town is called Ann, is 72 and lives at BB9 7AA: each but the first may be one we know."""


@pytest.fixture(scope="module")
def postman(town: Town) -> Iterator[Postman]:
    postman = Postman(town)
    yield postman
    postman.close()


@pytest.fixture(scope="module")
def orderly(town: Town) -> dict[str, dict[str, Any]]:
    """How the orderly talk ends on each channel."""
    ends = {}
    for channel, driver in DRIVERS.items():
        ann = driver(town)
        ann.says(*REFERRAL)
        ends[channel] = how_it_ended(ann)
    return ends


@pytest.fixture(scope="module")
def said_in_order() -> dict[Any, Any]:
    """How talks end that are said one after the other, by channel and what was said."""
    return {}


def how_it_ended(ann: Driver) -> dict[str, Any]:
    """Everything that could have gone otherwise: what is on the screen, what is kept, what is counted."""
    ann.settles()
    story, rows = ann.story(), ann.rows()
    assert story.referral is None or story.about is not None
    return {
        "screen": [CHANGES.sub("#", shown) for shown in ann.shown],
        "heard": sum(row.author is Author.PERSON for row in rows),
        "said": sum(row.author is Author.BOT for row in rows),
        "about": story.about,
        "reach": story.reach,
        "needs": story.referral.needs if story.referral else [],
        "matters": story.what_matters,
        "consents": [(one.purpose, one.channel) for one in story.consents],
        "reasons": [one for one in story.handoff.reasons if one != ALIKE] if story.handoff else [],
        "sent": [(step.step, step.item) for step in story.sent],
        "talk": answers(ann),
    }


def answers(ann: Driver) -> Any:
    """The answers under way, without ids and references."""
    conversation = ann.story().conversation
    if conversation.talk is None:
        return None
    talk = opened(ann.town.keys, conversation, "talk", f"conversation:talk:{conversation.id}")
    assert talk is not None
    return json.loads(CHANGES.sub("#", talk))


def in_the_order_taken(ann: Driver) -> list[str]:
    """What was heard, in the order in which it was."""
    return [said["text"] for row, said in ann.story().messages if row.author is Author.PERSON]


@EVERYWHERE
@SOME
@given(again=copies, at_once=bursts)
def test_whatever_comes_again_or_late_is_heard_once_and_answered_once(
    town: Town,
    postman: Postman,
    orderly: dict[str, dict[str, Any]],
    channel: str,
    again: Sequence[tuple[int, int]],
    at_once: Sequence[int],
) -> None:
    ann = DRIVERS[channel](town)
    letters = [postman.writes(ann, said) for said in REFERRAL]
    for batch in with_copies(letters, again, at_once):
        postman.brings(*batch)
    assert how_it_ended(ann) == orderly[channel]


def with_copies(
    letters: Sequence[Any], again: Sequence[tuple[int, int]], at_once: Sequence[int]
) -> list[list[Any]]:
    """Put copies among letters: some beside the first of their kind, others so much later, or at the end.

    The first of each kind stays in its order. Copies that come at the same time as a new letter are of that letter
    or of one before.
    """
    batches = [[letter] for letter in letters]
    for number, (more, later) in enumerate(again):
        for _ in range(more):
            place = min(number + later, len(letters) - 1)
            if len(batches[place]) < 3:
                batches[place].append(letters[number])
    replayed = in_batches([letters[number] for number, (more, _) in enumerate(again) if more], at_once)
    return [*batches, *replayed]


@EVERYWHERE
@SOME
@given(sizes=bursts)
def test_three_messages_at_once_end_as_if_said_in_the_order_they_were_taken(
    town: Town, postman: Postman, said_in_order: dict[Any, Any], channel: str, sizes: Sequence[int]
) -> None:
    ann = DRIVERS[channel](town)
    letters = [postman.writes(ann, said) for said in REFERRAL]
    for batch in in_batches(letters, sizes):
        postman.brings(*batch)
    taken = in_the_order_taken(ann)
    assert sorted(taken) == sorted(REFERRAL)
    if (channel, *taken) not in said_in_order:
        bob = DRIVERS[channel](town)
        bob.says(*taken)
        said_in_order[(channel, *taken)] = how_it_ended(bob)
    assert how_it_ended(ann) == said_in_order[(channel, *taken)]


@EVERYWHERE
def test_a_whole_talk_replayed_changes_nothing(
    town: Town, postman: Postman, orderly: dict[str, dict[str, Any]], channel: str
) -> None:
    ann = DRIVERS[channel](town)
    letters = [postman.writes(ann, said) for said in REFERRAL]
    for letter in [*letters, *reversed(letters), *letters]:
        postman.brings(letter)
    assert how_it_ended(ann) == orderly[channel]


def test_a_button_pressed_three_times_at_once_is_one_answer(town: Town) -> None:
    ann = OnTelegram(town)
    ann.says("hello")
    tapped = ann.person.last
    with town.telegram.updates.held() as held:
        ann.person.taps(tapped, "For me")
        held.extend(held * 2)
    ann.settles()
    assert ann.shown[-1].startswith("How old are you?")
    assert len(ann.shown) == 2


@WITH_RECEIPTS
@pytest.mark.parametrize("come", list(Receipts))
def test_however_receipts_come_the_talk_is_the_same(
    town: Town, orderly: dict[str, dict[str, Any]], channel: str, come: Receipts
) -> None:
    ann = DRIVERS[channel](town)
    town.twilio.receipts = come
    try:
        ann.says(*REFERRAL)
        assert how_it_ended(ann) == orderly[channel]
    finally:
        town.twilio.receipts = Receipts.ORDERLY
    last = Status.SENT if come is Receipts.NONE else Status.DELIVERED
    town.until(lambda: {row.status for row in ann.rows() if row.author is Author.BOT} == {last})


@WITH_RECEIPTS
@SOME
@given(chance=st.randoms(use_true_random=False), times=st.integers(1, 3))
def test_receipts_in_any_order_and_number_only_move_a_message_up(
    town: Town, postman: Postman, channel: str, chance: Any, times: int
) -> None:
    ann = DRIVERS[channel](town)
    assert isinstance(ann, OnPhone)
    town.twilio.receipts = Receipts.NONE
    try:
        ann.says("hello", "me, 72", "yes")
    finally:
        town.twilio.receipts = Receipts.ORDERLY
    steps = ("queued", "sent", "delivered", "read")
    sent = [one for one in town.twilio.sent if one.to == ann.phone.address]
    told = [(one, step) for one in sent for step in steps] * times
    chance.shuffle(told)
    for one, step in told:
        postman.tells(one.form["StatusCallback"], receipt(town.twilio, one, step))
    assert {row.status for row in ann.rows() if row.author is Author.BOT} == {Status.READ}
    postman.tells(sent[0].form["StatusCallback"], receipt(town.twilio, sent[0], "undelivered"))
    assert ann.state == "open"
