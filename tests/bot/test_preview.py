"""What staff see before they send: parts, price, the sign that doubles it, and what speaks against this hour."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.whatsapp import WhatsApp
from bot.desk import Desk
from bot.preview import BY_HAND, CLOSED, QUIET, UNSAFE, Preview, preview, replacement
from content.segments import outside_gsm7
from tests.at_the_desk import open_referral
from tests.meeting import at, picked_up
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import staff_tasks

pytestmark = pytest.mark.anyio

PENCE = Decimal(4)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def by_text(desk: Desk) -> Desk:
    account = Account("AC" + "0" * 32, "secret", public_url="https://waiting.example.org")
    channels = {
        **desk.channels,
        "sms": Sms(account, "+447700900001", drama_numbers=True),
        "whatsapp": WhatsApp(account, "+447700900001"),
    }
    return replace(desk, channels=channels)


async def seen(who: Speaker, text: str, *, now: datetime = NOON) -> Preview:
    async with who.desk.database.transaction() as session:
        return await preview(
            session, who.desk, conversation_id=who.turns[-1].conversation_id, text=text, pence=PENCE, now=now
        )


@pytest.fixture
async def ann_by_text(by_text: Desk) -> Speaker:
    ann = Speaker(by_text, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), channel="sms", address="+447700900123")
    await picked_up(ann)
    return ann


async def test_a_plain_text_costs_one_part(ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "Hello Ann, is Tuesday good?")
    assert (told.segments, told.encoding, told.pence, told.dear) == (1, "GSM-7", PENCE, [])
    assert (told.where, told.warnings, told.pence_without) == ("to their phone, by text", [], None)


async def test_the_very_sign_that_doubles_the_price_is_named_and_another_offered(ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "Hello Micha\u0142, " + "is Tuesday good for you? " * 5)
    assert (told.segments, told.encoding, told.pence) == (3, "UCS-2", 3 * PENCE)
    (dear,) = told.dear
    assert (dear.character, dear.instead, dear.name) == ("\u0142", "l", "latin small letter l with stroke")
    assert told.pence_without == PENCE


async def test_curly_quotes_are_written_plainly_by_themselves_and_cost_nothing_more(ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "I\u2019ll ring \u201csoon\u201d \u2013 Sam")
    assert (told.parts, told.dear, told.segments) == (['I\'ll ring "soon" - Sam'], [], 1)


async def test_a_sign_with_no_plain_one_in_its_place_is_named_all_the_same(ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "Well done \U0001f600")
    assert [(one.character, one.instead) for one in told.dear] == [("\U0001f600", None)]
    assert told.pence_without is None


async def test_a_long_text_shows_its_parts_as_they_arrive(ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "We could walk by the canal. " * 70)
    assert len(told.parts) > 1
    assert told.parts[0].startswith("1/")
    assert told.pence == PENCE * told.segments


async def test_night_and_hours_that_are_not_safe_are_warned_of(by_text: Desk, ann_by_text: Speaker) -> None:
    told = await seen(ann_by_text, "Hello", now=at("2026-11-23", "21:00"))
    assert (told.warnings, told.safe_at) == ([QUIET], at("2026-11-24", "08:00"))
    words = list(SHORTEST_REFERRAL)
    words[words.index("any") : words.index("any") + 1] = ["4", "after 4pm"]
    bea = Speaker(by_text, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), channel="sms", address="+447700900124")
    await bea.says(*words)
    told = await seen(bea, "Hello")
    assert (told.warnings, told.safe_at) == ([UNSAFE], at("2026-11-23", "16:00"))


async def test_whatsapps_window_is_named_once_it_has_closed(by_text: Desk) -> None:
    begun = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    ann = Speaker(by_text, now=begun, channel="whatsapp", address="+447700900125")
    await picked_up(ann)
    assert (await seen(ann, "Hello")).warnings == []
    assert (await seen(ann, "Hello", now=at("2026-11-24", "11:00"))).warnings == [CLOSED]


async def test_who_asked_for_letters_is_not_to_be_messaged(ann_by_text: Speaker) -> None:
    referral = await open_referral(ann_by_text)
    assert referral is not None
    async with ann_by_text.desk.database.transaction() as session:
        await staff_tasks.reach_by(
            session, person_id=referral.person_id, kind=staff_tasks.Kind.LETTER, address=["1 Mill Lane"]
        )
    assert BY_HAND in (await seen(ann_by_text, "Hello")).warnings


@pytest.mark.parametrize("read", [replacement])
def test_whatever_is_offered_in_its_place_is_cheap(read: Callable[[str], str | None]) -> None:
    for number in [*range(0x80, 0x2200), 0x1F600, 0xFB01]:
        offered = read(chr(number))
        assert offered is None or not outside_gsm7(offered), hex(number)
    assert [read(one) for one in ("\u0175", "\u2026", "\u017c", "\u4f60")] == ["w", "...", "z", None]
