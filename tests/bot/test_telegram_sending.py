"""Sending on Telegram, over real HTTP to a simulated Bot API: what people see, and what each trouble means."""

from collections.abc import AsyncIterator, Iterator
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
    TooBigError,
    TroubleError,
    TryLaterError,
)
from bot.channels.telegram.channel import Telegram
from bot.messages import Reply
from bot.reading import Option
from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.bot_api_files import BIGGEST
from tests.fakes.bot_api_people import Person
from tests.fakes.orders import Order
from tests.fakes.provider import Answer, BusyFor

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NEEDS = (Option("lonely", "Loneliness"), Option("money", "Money and debt"), Option("home", "Housing"))


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture
async def telegram(api: BotApi) -> AsyncIterator[Telegram]:
    telegram = Telegram(TOKEN, api.url)
    yield telegram
    await telegram.close()


@pytest.fixture
def ann(api: BotApi) -> Person:
    ann: Person = api.person()
    ann.presses_start()
    return ann


def to(person: Person | str, reply: Reply) -> Sending:
    address = person if isinstance(person, str) else str(person.id)
    return Sending(address=address, reply=reply, message_id=1, attempt=1, heard_at=NOW, at=NOW)


async def trouble_with(telegram: Telegram, person: Person | str) -> TroubleError:
    with pytest.raises(TroubleError) as raised:
        await telegram.send(to(person, Reply("Hello.")))
    return raised.value


def test_telegram_is_a_channel_that_is_pushed_and_costs_nothing() -> None:
    channel: Channel = Telegram(TOKEN, "http://127.0.0.1:1/")
    assert isinstance(channel, Fetching)
    assert not channel.kept
    assert channel.segments(Reply("Hello " * 900)) == 0
    assert [limit.per_second for limit in channel.limits] == [1, 25]


async def test_words_arrive_as_they_were_written_with_no_mark_up_and_no_previews(
    api: BotApi, telegram: Telegram, ann: Person
) -> None:
    words = "Call 116 123 <b>any</b> time. *Free*\nhttps://example.org/a_b_c"
    accepted = await telegram.send(to(ann, Reply(words)))
    assert ann.texts == [words]
    assert accepted.provider_id == str(ann.last.id)
    facts = api.calls[-1].facts
    assert facts["link_preview_options"] == {"is_disabled": True}
    assert not {"parse_mode", "protect_content", "reply_markup"} & set(facts)


async def test_a_question_comes_with_its_buttons(telegram: Telegram, ann: Person) -> None:
    await telegram.send(to(ann, Reply("What would help?", NEEDS, several=True, asks="needs")))
    assert ann.last.buttons == ["1 Loneliness", "2 Money and debt", "3 Housing", "Done"]


async def test_nothing_is_asked_of_telegram_before_the_first_message(
    api: BotApi, telegram: Telegram, ann: Person
) -> None:
    await telegram.send(to(ann, Reply("Hello.")))
    assert [call.method for call in api.calls] == ["sendMessage"]


async def test_someone_who_blocked_the_bot_has_stopped(telegram: Telegram, ann: Person) -> None:
    ann.blocks_bot()
    assert type(await trouble_with(telegram, ann)) is StoppedByPersonError


async def test_someone_who_left_telegram_cannot_be_reached(telegram: Telegram, ann: Person) -> None:
    ann.deletes_account()
    assert type(await trouble_with(telegram, ann)) is BadAddressError


async def test_someone_who_never_pressed_start_cannot_be_reached(api: BotApi, telegram: Telegram) -> None:
    assert type(await trouble_with(telegram, api.person())) is BadAddressError


@pytest.mark.parametrize("address", ["", "ann", "5 5", "\N{SUPERSCRIPT TWO}"])
async def test_what_is_no_chat_number_is_no_address(telegram: Telegram, address: str) -> None:
    assert type(await trouble_with(telegram, address)) is BadAddressError


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (Answer.REFUSES, RefusedByProviderError),
        (Answer.BUSY, TryLaterError),
        (Answer.BROKEN, TryLaterError),
        (503, TryLaterError),
        (502, MaybeSentError),
        (504, MaybeSentError),
        (Answer.NEVER, MaybeSentError),
        (Answer.MALFORMED, MaybeSentError),
    ],
)
async def test_each_trouble_is_told_from_the_others(
    api: BotApi, telegram: Telegram, ann: Person, order: Order, kind: type[TroubleError]
) -> None:
    api.answers(next=[order])
    jean = api.person(first_name="Jean")
    jean.presses_start()
    assert type(await trouble_with(telegram, ann)) is kind
    await telegram.send(to(jean, Reply("Still here.")))
    assert jean.texts == ["Still here."]


async def test_telegrams_own_wait_is_honoured_for_that_person_and_nobody_else(
    api: BotApi, telegram: Telegram, ann: Person
) -> None:
    jean = api.person(first_name="Jean")
    jean.presses_start()
    api.answers(next=[BusyFor(30)], chat=ann)
    told = await trouble_with(telegram, ann)
    assert isinstance(told, TryLaterError)
    assert told.after == timedelta(seconds=30)
    asked = len(api.calls)
    again = await trouble_with(telegram, ann)
    assert isinstance(again, TryLaterError)
    assert again.after is not None
    assert timedelta(seconds=25) < again.after <= timedelta(seconds=30)
    assert len(api.calls) == asked
    await telegram.send(to(jean, Reply("Hello.")))
    assert jean.texts == ["Hello."]


async def test_an_answer_that_does_not_come_in_time_may_mean_that_it_was_sent(
    api: BotApi, telegram: Telegram, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.line.DEADLINE", 0.2)
    api.answers(next=[Answer.LATE])
    assert type(await trouble_with(telegram, ann)) is MaybeSentError
    api.let_go()


async def test_a_line_that_was_never_open_means_it_was_not_sent() -> None:
    telegram = Telegram(TOKEN, "http://127.0.0.1:9")
    try:
        assert type(await trouble_with(telegram, "5001")) is TryLaterError
    finally:
        await telegram.close()


@pytest.mark.parametrize("token", ["", "has space", "123456789:AAF-another-bots-token"])
async def test_a_wrong_token_is_ours_to_mend_and_loses_nothing(api: BotApi, ann: Person, token: str) -> None:
    telegram = Telegram(token, api.url)
    try:
        assert type(await trouble_with(telegram, ann)) is MisconfiguredError
    finally:
        await telegram.close()


async def test_a_voice_note_is_fetched_whole(api: BotApi, telegram: Telegram, ann: Person) -> None:
    voice = ann.sends_voice(4)["message"]["voice"]
    mime, body = await telegram.fetch(voice["file_id"], most=10_000)
    assert (mime, body[:4], len(body)) == ("audio/ogg", b"OggS", 1604)


async def test_what_is_too_big_or_gone_is_not_fetched(api: BotApi, telegram: Telegram, ann: Person) -> None:
    voice = ann.sends_voice(4)["message"]["voice"]
    with pytest.raises(TooBigError):
        await telegram.fetch(voice["file_id"], most=1603)
    with pytest.raises(RefusedByProviderError):
        await telegram.fetch("no-such-file", most=10_000)
    api.files.by_path.clear()
    with pytest.raises(RefusedByProviderError):
        await telegram.fetch(voice["file_id"], most=10_000)


async def test_a_file_beyond_what_telegram_gives_bots_is_too_big(api: BotApi, telegram: Telegram) -> None:
    kept = api.files.keep(bytes(BIGGEST + 1), "documents", "pdf")
    with pytest.raises(TooBigError):
        await telegram.fetch(kept["file_id"], most=2 * BIGGEST)


async def test_a_closed_channel_opens_again_when_it_is_needed(telegram: Telegram, ann: Person) -> None:
    for words in ("One.", "Two."):
        await telegram.send(to(ann, Reply(words)))
        await telegram.close()
    assert ann.texts == ["One.", "Two."]
