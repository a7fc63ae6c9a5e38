"""Texts and WhatsApp messages leave by a Twilio that checks every request, and every trouble has its answer."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.channel import (
    BadAddressError,
    Channel,
    Fetching,
    MaybeSentError,
    MisconfiguredError,
    RefusedByProviderError,
    Sending,
    StoppedByPersonError,
    TroubleError,
    TryLaterError,
)
from bot.channels.twilio import account as accounts
from bot.channels.twilio import templates, troubles
from bot.channels.twilio.account import Account
from bot.channels.twilio.buttons import SHAPES
from bot.channels.twilio.checking import check
from bot.channels.twilio.sms import LEAST_CAP, Sms
from bot.channels.twilio.troubles import WaitsForPersonError
from bot.channels.twilio.whatsapp import WINDOW, WhatsApp
from bot.messages import Reply
from bot.reading import Option
from content.segments import segments
from tests.fakes.provider import Answer, BusyFor
from tests.fakes.twilio_api import NUMBER, TwilioApi
from tests.fakes.twilio_content import Template
from tests.fakes.twilio_phones import Phone
from waitingroom import outbox

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PUBLIC = "https://waiting.example.org"
ANN = "+447700900123"
YES_NO = (Option("yes", "Yes"), Option("no", "No"))
NEEDS = tuple(Option(f"need{n}", f"Need {n}") for n in range(1, 6))


@pytest.fixture
def api() -> Iterator[TwilioApi]:
    with TwilioApi() as api:
        yield api


@pytest.fixture
def account(api: TwilioApi) -> Iterator[Account]:
    account = Account(api.account, api.token, api=api.url, public_url=PUBLIC)
    yield account
    asyncio.run(account.close())


@pytest.fixture
def sms(account: Account) -> Sms:
    return Sms(account, NUMBER, drama_numbers=True)


@pytest.fixture
def whatsapp(account: Account) -> WhatsApp:
    return WhatsApp(account, NUMBER)


def sending(
    words: str = "hello",
    *,
    to: str = ANN,
    options: tuple[Option, ...] = (),
    attempt: int = 1,
    silent: timedelta = timedelta(0),
    number: int = 41,
) -> Sending:
    reply = Reply(words, options, asks="question" if options else None)
    return Sending(to, reply, number, attempt, heard_at=MONDAY - silent, at=MONDAY)


def test_both_are_channels_that_fetch_what_people_send(sms: Sms, whatsapp: WhatsApp) -> None:
    channels: list[Channel] = [sms, whatsapp]
    assert [channel.name for channel in channels] == ["sms", "whatsapp"]
    assert all(isinstance(channel, Fetching) for channel in channels)
    assert not any(channel.kept for channel in channels)


async def test_a_text_arrives_and_twilio_knows_where_to_tell_of_it(api: TwilioApi, sms: Sms) -> None:
    accepted = await sms.send(sending("Who would you like to talk to?", options=YES_NO))
    (sent,) = api.sent
    assert accepted.provider_id == sent.sid
    assert sent.form["StatusCallback"] == f"{PUBLIC}/webhooks/twilio/status?message=41"
    assert api.phone(ANN).bodies == ["Who would you like to talk to?\n1 Yes\n2 No"]


async def test_a_text_is_charged_as_it_is_counted(api: TwilioApi, sms: Sms) -> None:
    for words in ("hello", "x" * 161, "ŵ" * 71, "It’s “all” right – really…"):
        await sms.send(sending(words))
        assert api.phone(ANN).last.segments == sms.segments(Reply(words)) == segments(api.phone(ANN).last.body)
    assert sms.segments(Reply("It’s")) == 1


async def test_texts_go_by_the_messaging_service_where_there_is_one(api: TwilioApi, sms: Sms) -> None:
    sms.account.service = api.service
    await sms.send(sending())
    assert api.sent[0].form["MessagingServiceSid"] == api.service


@pytest.mark.parametrize(
    "number",
    ["85258", "999", "+449012345678", "+12025550123", "+353871234567", "+447797712345", "", "Ann", NUMBER],
)
async def test_no_text_goes_where_it_may_not(api: TwilioApi, sms: Sms, number: str) -> None:
    with pytest.raises(BadAddressError):
        await sms.send(sending(to=number))
    assert api.sent == []


def test_texts_go_to_real_numbers_of_countries_that_are_allowed(account: Account) -> None:
    real = Sms(account, NUMBER)
    assert real.may_reach("+447400123456")
    assert not real.may_reach(ANN)
    both = Sms(account, NUMBER, countries=frozenset({"GB", "IE"}))
    assert both.may_reach("+353871234567")


def test_a_cap_never_keeps_the_longest_text_from_going(account: Account) -> None:
    assert Sms(account, NUMBER, cap=1).cap == LEAST_CAP
    assert Sms(account, NUMBER, cap=500).cap == 500
    assert Sms(account, NUMBER).cap is None
    assert segments("ŵ" * 1600) <= LEAST_CAP * 0.8


@pytest.mark.parametrize(
    ("order", "trouble"),
    [
        (BusyFor(3), TryLaterError),
        (Answer.BUSY, TryLaterError),
        (Answer.BROKEN, TryLaterError),
        (502, TryLaterError),
        (503, TryLaterError),
        (504, MaybeSentError),
        (Answer.NEVER, MaybeSentError),
        (Answer.MALFORMED, MaybeSentError),
        (Answer.REFUSES, RefusedByProviderError),
        (Answer.BLOCKED, StoppedByPersonError),
        (Answer.UNKNOWN_ADDRESS, BadAddressError),
        (21611, TryLaterError),
        (21606, MisconfiguredError),
        (21614, BadAddressError),
        (21408, MisconfiguredError),
        (29999, RefusedByProviderError),
        (403, MisconfiguredError),
    ],
)
async def test_each_trouble_is_told_apart(
    api: TwilioApi, sms: Sms, order: Answer | BusyFor | int, trouble: type[TroubleError]
) -> None:
    api.answers(next=[order])
    with pytest.raises(TroubleError) as told:
        await sms.send(sending())
    assert type(told.value) is trouble


async def test_a_wrong_token_is_our_own_mistake_and_loses_nothing(api: TwilioApi) -> None:
    wrong = Account(api.account, "wrong", api=api.url, public_url=PUBLIC)
    with pytest.raises(MisconfiguredError):
        await Sms(wrong, NUMBER, drama_numbers=True).send(sending())
    await wrong.close()


async def test_an_account_without_a_token_is_our_own_mistake() -> None:
    with pytest.raises(MisconfiguredError):
        await Sms(Account("", ""), NUMBER, drama_numbers=True).send(sending())


async def test_a_twilio_that_cannot_be_reached_got_nothing() -> None:
    nobody = Account("AC" + "1" * 32, "token", api="http://127.0.0.1:9", public_url=PUBLIC)
    with pytest.raises(TryLaterError) as told:
        await Sms(nobody, NUMBER, drama_numbers=True).send(sending())
    assert not told.value.maybe_sent
    await nobody.close()


async def test_a_twilio_that_never_answers_may_have_taken_the_message(
    api: TwilioApi, sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "PATIENCE", (5.0, 0.05))
    api.answers(next=[Answer.LATE])
    with pytest.raises(MaybeSentError):
        await sms.send(sending())
    api.let_go()


def test_no_call_takes_as_long_as_a_worker_holds_a_lane() -> None:
    assert max(accounts.PATIENCE) < accounts.LONGEST < outbox.LEASE.total_seconds()


async def test_a_sender_of_many_texts_at_once_needs_no_second_client(api: TwilioApi, sms: Sms) -> None:
    await asyncio.gather(*(sms.send(sending(str(number), number=number)) for number in range(1, 21)))
    assert sorted(map(int, api.phone(ANN).bodies)) == list(range(1, 21))


def test_every_number_of_twilios_has_one_meaning_and_words_for_it() -> None:
    told = [code for codes in troubles.TABLE.values() for code in codes]
    assert len(told) == len(set(told)) == len(troubles.KINDS)
    assert all(troubles.meaning(code) for code in told)
    assert troubles.meaning(99999) == ""


@pytest.mark.parametrize(
    ("status", "code", "trouble"),
    [
        (400, None, RefusedByProviderError),
        (400, 99999, RefusedByProviderError),
        (401, None, MisconfiguredError),
        (429, None, TryLaterError),
        (429, 99999, TryLaterError),
        (500, 99999, TryLaterError),
        (504, None, MaybeSentError),
        (400, 63016, WaitsForPersonError),
    ],
)
def test_a_number_that_twilio_adds_is_judged_by_its_status(
    status: int, code: int | None, trouble: type[TroubleError]
) -> None:
    assert type(troubles.of_answer(status, code)) is trouble


async def test_a_picture_is_fetched_with_our_own_token_and_only_from_twilio(api: TwilioApi, sms: Sms) -> None:
    _, url = api.keep_media(b"a picture", "image/png")
    assert await sms.fetch(url, most=100) == ("image/png", b"a picture")
    for elsewhere in ("http://127.0.0.1:9/x", url.replace("http://", "ftp://"), f"{api.url}.example.org/x", ""):
        with pytest.raises(RefusedByProviderError):
            await sms.fetch(elsewhere, most=100)


async def test_a_picture_too_large_or_gone_is_left(api: TwilioApi, whatsapp: WhatsApp) -> None:
    _, url = api.keep_media(b"x" * 101, "image/png")
    with pytest.raises(RefusedByProviderError):
        await whatsapp.fetch(url, most=100)
    with pytest.raises(RefusedByProviderError):
        await whatsapp.fetch(url + "0", most=100)


@pytest.fixture
def ann(api: TwilioApi) -> Phone:
    """Ann on WhatsApp, who has just written."""
    phone = api.whatsapp(ANN)
    phone.texts("hello")
    return phone


async def test_a_question_on_whatsapp_has_buttons_once_they_are_set_up(
    api: TwilioApi, whatsapp: WhatsApp, account: Account, ann: Phone
) -> None:
    assert await templates.set_up(account) == [shape.name for shape in SHAPES]
    assert await templates.set_up(account) == []
    await whatsapp.send(sending("May we keep it?", options=YES_NO))
    got = api.whatsapp(ANN).last
    assert (got.body, got.labels) == ("May we keep it?", ["Yes", "No"])
    await whatsapp.send(sending("What do you need?", options=NEEDS))
    got = api.whatsapp(ANN).last
    assert (got.body, got.labels) == ("What do you need?", [option.label for option in NEEDS])


async def test_a_question_on_whatsapp_is_numbered_where_no_buttons_are_set_up(
    api: TwilioApi, whatsapp: WhatsApp, ann: Phone
) -> None:
    await whatsapp.send(sending("May we keep it?", options=YES_NO))
    assert api.whatsapp(ANN).bodies == ["May we keep it?\n1 Yes\n2 No"]


async def test_a_question_whose_buttons_were_deleted_is_asked_in_words(
    api: TwilioApi, whatsapp: WhatsApp, account: Account, ann: Phone
) -> None:
    await templates.set_up(account)
    await whatsapp.send(sending("One?", options=YES_NO))
    api.templates.clear()
    await whatsapp.send(sending("Two?", options=YES_NO))
    assert api.whatsapp(ANN).bodies == ["One?", "Two?\n1 Yes\n2 No"]
    assert len(api.refused) == 1
    await whatsapp.send(sending("Three?", options=YES_NO))
    assert len(api.refused) == 1


async def test_templates_that_cannot_be_looked_up_now_keep_no_question_back(
    api: TwilioApi, whatsapp: WhatsApp, monkeypatch: pytest.MonkeyPatch, ann: Phone
) -> None:
    async def away(*_: object, **__: object) -> dict[str, object]:
        raise TryLaterError

    monkeypatch.setattr(Account, "ask", away)
    await whatsapp.send(sending("One?", options=YES_NO))
    assert api.whatsapp(ANN).bodies == ["One?\n1 Yes\n2 No"]


async def test_someone_silent_for_a_day_is_told_once_that_something_waits(
    api: TwilioApi, account: Account
) -> None:
    words = "There is a message for you from Pendle Waiting Room. Reply here to read it."
    knocking = WhatsApp(account, NUMBER, template=api.template(Template(words, approved=True)))
    for attempt in (1, 2, 3):
        with pytest.raises(WaitsForPersonError):
            await knocking.send(sending("Your step for today", silent=WINDOW, attempt=attempt))
    assert api.whatsapp(ANN).bodies == [words]
    assert "StatusCallback" not in api.sent[0].form


async def test_a_knock_that_did_not_come_through_is_tried_again(api: TwilioApi, account: Account) -> None:
    knocking = WhatsApp(account, NUMBER, template=api.template(Template("A message waits.", approved=True)))
    api.answers(next=[Answer.BROKEN])
    with pytest.raises(TryLaterError) as told:
        await knocking.send(sending(silent=WINDOW))
    assert type(told.value) is TryLaterError
    with pytest.raises(WaitsForPersonError):
        await knocking.send(sending(silent=WINDOW, attempt=2))
    assert api.whatsapp(ANN).bodies == ["A message waits."]


async def test_without_a_template_a_message_waits_and_nothing_is_said(api: TwilioApi, whatsapp: WhatsApp) -> None:
    with pytest.raises(WaitsForPersonError):
        await whatsapp.send(sending(silent=timedelta(hours=24)))
    assert api.sent == []


async def test_someone_who_wrote_a_little_less_than_a_day_ago_gets_it_in_free_words(
    api: TwilioApi, whatsapp: WhatsApp, ann: Phone
) -> None:
    await whatsapp.send(sending(silent=WINDOW - timedelta(seconds=1)))
    assert api.whatsapp(ANN).bodies == ["hello"]


async def test_a_service_set_up_well_has_nothing_to_mend(api: TwilioApi, account: Account) -> None:
    api.webhook(f"{PUBLIC}/webhooks/twilio")
    await templates.set_up(account)
    template = api.template(Template("A message waits.", approved=True))
    assert await check(account, sms_from=NUMBER, whatsapp_from=NUMBER, template=template) == []
    account.service = api.service
    assert await check(account, sms_from=NUMBER) == []


async def test_everything_that_keeps_messages_from_coming_is_said_in_a_sentence_each(
    api: TwilioApi, account: Account
) -> None:
    account.service = "MG" + "0" * 32
    said = await check(account, sms_from=NUMBER, whatsapp_from=NUMBER, template="HX" + "0" * 32)
    wanted = ("TWILIO_SERVICE", f"{PUBLIC}/webhooks/twilio", "WHATSAPP_TEMPLATE", "10 of 10 button templates")
    assert [any(word in line for line in said) for word in wanted] == [True] * 4
    assert len(said) == 4
    assert all(line.endswith(".") and line.count(". ") == 0 for line in said)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"token": "wrong"}, "does not know this account"),
        ({"public_url": ""}, "PUBLIC_URL"),
        ({"public_url": "http://waiting.example.org"}, "https://"),
        ({"api": "http://127.0.0.1:9"}, "could not be asked"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(api: TwilioApi, changed: dict[str, str], words: str) -> None:
    api.webhook(f"{changed.get('public_url', PUBLIC)}/webhooks/twilio")
    settings = {"token": api.token, "api": api.url, "public_url": PUBLIC} | changed
    account = Account(api.account, **settings)
    (line,) = await check(account, sms_from=NUMBER)
    assert words in line
    await account.close()


async def test_a_number_that_is_not_ours_or_not_written_as_one_is_named(api: TwilioApi, account: Account) -> None:
    assert "not a number of this" in (await check(account, sms_from="+447700900999"))[0]
    assert "+44" in (await check(account, sms_from="07700 900000"))[0]


async def test_what_a_template_is_made_of_is_what_twilio_takes(api: TwilioApi, account: Account) -> None:
    await templates.set_up(account)
    for shape in SHAPES:
        assert json.dumps(shape.made())
    assert set(await templates.there(account)) == {shape.name for shape in SHAPES}
