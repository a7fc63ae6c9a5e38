"""The simulated Telegram is true to form: both client libraries talk to it, and what is wrong is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.bot_api_methods import METHODS, OBJECTS, VERSION, Takes
from tests.fakes.bot_api_people import NoSuchButtonError, Person
from tests.fakes.ear import Ear
from tests.fakes.orders import Flood
from tests.fakes.provider import Answer, BusyFor
from tests.fakes.wire import Response

if TYPE_CHECKING:
    from aiogram import Bot
    from telegram.ext import ExtBot

SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "telegram" / "bot_api_10.2.json"
YES_NO = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "No", "callback_data": "n"}]]}
SECRET_HEADER = "x-telegram-bot-api-secret-token"
pytestmark = pytest.mark.anyio


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture
def ann(api: BotApi) -> Person:
    person = api.person("Ann")
    person.presses_start()
    return person


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


@asynccontextmanager
async def sender(api: BotApi) -> "AsyncIterator[ExtBot[None]]":
    from telegram.ext import ExtBot

    bot: ExtBot[None] = ExtBot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")
    async with bot:
        yield bot


@asynccontextmanager
async def reader(api: BotApi) -> "AsyncIterator[Bot]":
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    async with Bot(api.token, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url))) as bot:
        yield bot


def call(api: BotApi, method: str, /, *, form: bool = False, **facts: Any) -> dict[str, Any]:
    """Call with JSON, or with a form; no library between us and the wire."""
    url = f"{api.url}/bot{api.token}/{method}"
    with httpx2.Client(trust_env=False, verify=False) as client:
        answer = client.post(url, data=facts) if form else client.post(url, json=facts)
    said: dict[str, Any] = answer.json()
    return said


# The table of methods


def test_the_table_of_methods_says_what_telegram_says() -> None:
    if not SCHEMA.exists():
        pytest.skip("the machine-readable Bot API is not beside this checkout")
    told = json.loads(SCHEMA.read_text())
    assert told["api"]["version"] == VERSION
    by_name = {item["name"]: item for group in told["items"] for item in group["children"]}
    for name, fields in (METHODS | OBJECTS).items():
        assert fields == {field["name"]: _takes(field) for field in by_name[name]["annotations"]}, name


def _takes(field: dict[str, Any]) -> Takes:
    kind = field["type"]
    deep = kind.count("Array of ")
    kinds = kind.replace("Array of ", "").replace(", ", " or ").split(" or ")
    return Takes(tuple(kinds), field["required"], deep)


# Both libraries


async def test_python_telegram_bot_sends_edits_and_takes_buttons_away(api: BotApi, ann: Person) -> None:
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    async with sender(api) as bot:
        assert bot.username == "WaitingRoomBot"
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="consent:yes")]])
        sent = await bot.send_message(ann.id, "Is that right?", reply_markup=keyboard)
        assert (ann.last.text, ann.last.buttons) == ("Is that right?", ["Yes"])
        await bot.edit_message_text("Thank you.", ann.id, sent.message_id)
        assert (ann.last.text, ann.last.buttons, len(ann.sees)) == ("Thank you.", [], 1)
        await bot.set_my_commands([("back", "Go back")])
        await bot.send_chat_action(ann.id, "typing")
    assert api.commands[0]["command"] == "back"
    assert ann.typing == ["typing"]


async def test_aiogram_polls_for_what_people_do_and_answers_taps(api: BotApi, ann: Person) -> None:
    from aiogram.types import InlineKeyboardMarkup

    async with reader(api) as bot:
        assert (await bot.get_me()).is_bot
        sent = await bot.send_message(
            ann.id, "Yes or no?", reply_markup=InlineKeyboardMarkup.model_validate(YES_NO)
        )
        ann.taps(ann.last, "No")
        start, tap = await bot.get_updates()
        assert start.message is not None
        assert start.message.text == "/start"
        assert tap.callback_query is not None
        assert tap.callback_query.data == "n"
        await bot.answer_callback_query(tap.callback_query.id, text="Heard")
        await bot.edit_message_reply_markup(chat_id=ann.id, message_id=sent.message_id)
        assert await bot.get_updates(offset=tap.update_id + 1) == []
    assert (ann.alerts, ann.spinning, ann.last.buttons) == (["Heard"], {}, [])


async def test_everything_people_do_is_read_by_both_libraries(api: BotApi, ann: Person) -> None:
    from aiogram.types import Update as Read
    from telegram import Update

    call(api, "sendMessage", chat_id=ann.id, text="Well?", reply_markup=YES_NO)
    ann.taps(ann.last, "Yes")
    ann.edits(ann.says("Anne"), "Ann")
    for does in (ann.sends_voice, ann.sends_photo, ann.sends_sticker, ann.shares_location, ann.shares_contact):
        does()
    ann.blocks_bot()
    ann.presses_start("ref_1")
    group, town = api.group(), api.channel()
    group.brings_bot_in(ann)
    group.says("hello all", by=ann)
    town.brings_bot_in(ann)
    town.says("The fair is on Saturday")
    kinds = []
    for update in api.updates.made:
        read, other = Read.model_validate(update), Update.de_json(update, None)
        assert read.update_id == other.update_id
        kinds.append(read.event_type)
    assert set(kinds) == {"message", "edited_message", "callback_query", "my_chat_member", "channel_post"}
    assert len(kinds) == len(api.updates.made) == 16


async def test_a_voice_note_can_be_fetched(api: BotApi, ann: Person) -> None:
    voice = ann.sends_voice(seconds=2)["message"]["voice"]
    async with sender(api) as bot:
        body = await (await bot.get_file(voice["file_id"])).download_as_bytearray()
    assert (len(body), body[:4]) == (voice["file_size"], bytearray(b"OggS"))


@pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")
@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (Answer.BLOCKED, "Forbidden"),
        (Answer.UNKNOWN_ADDRESS, "BadRequest"),
        (Answer.BROKEN, "NetworkError"),
        (502, "NetworkError"),
        (Answer.NEVER, "NetworkError"),
        (Answer.MALFORMED, "TelegramError"),
        (BusyFor(3), "RetryAfter"),
    ],
)
async def test_each_trouble_reaches_the_sender_as_its_own_error(
    api: BotApi, ann: Person, told: Any, kind: str
) -> None:
    from telegram import error

    api.answers(next=[told])
    async with sender(api) as bot:
        with pytest.raises(error.TelegramError) as caught:
            await bot.send_message(ann.id, "Hello")
        assert type(caught.value).__name__ == kind
        await bot.send_message(ann.id, "Hello again")
    taken = ["Hello"] if told in {Answer.NEVER, Answer.MALFORMED} else []
    assert ann.texts == [*taken, "Hello again"]


async def test_a_late_answer_comes_when_it_is_let_go(api: BotApi, ann: Person) -> None:
    api.answers(next=[Answer.LATE])
    async with sender(api) as bot:
        sending = asyncio.create_task(bot.send_message(ann.id, "Hello"))
        await asyncio.to_thread(api.orders.began.wait, 5)
        assert ann.texts == ["Hello"]
        assert not sending.done()
        api.let_go()
        assert (await sending).text == "Hello"


# What is refused


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({}, "'text' is required"),
        ({"text": 7}, "must be a string"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "x", "txt": "y"}, "takes no ['txt']"),
        ({"text": "x", "disable_notification": "perhaps"}, "must be a boolean"),
        ({"text": "x", "parse_mode": "Words"}, "unsupported parse_mode"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<h1>x</h1>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "1 < 2", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "Yes.", "parse_mode": "MarkdownV2"}, "is reserved"),
        ({"text": "*x", "parse_mode": "MarkdownV2"}, "can't parse entities"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "Go"}]]}}, "text buttons are unallowed"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "", "callback_data": "a"}]]}}, "non-empty"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [{"text": "Go", "callback_data": "a"}]}}, "array"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "a"}]]}}, "'text' is required"),
        ({"text": "x", "reply_markup": {"buttons": []}}, "takes no ['buttons']"),
        ({"text": "x", "reply_markup": "Yes, No"}, "can't parse"),
    ],
)
def test_a_message_that_telegram_would_refuse_is_refused(
    api: BotApi, ann: Person, facts: dict[str, Any], words: str
) -> None:
    said = call(api, "sendMessage", chat_id=ann.id, **facts)
    assert (said["ok"], said["error_code"]) == (False, 400)
    assert said["description"].startswith("Bad Request: ")
    assert words in said["description"]
    assert ann.sees == []


@pytest.mark.parametrize(
    ("button", "fits"),
    [
        ({"callback_data": "a" * 64}, True),
        ({"callback_data": "a" * 65}, False),
        ({"callback_data": "\N{LATIN SMALL LETTER W WITH CIRCUMFLEX}" * 33}, False),
        ({"callback_data": ""}, False),
        ({"callback_data": "a", "url": "https://example.org"}, False),
        ({"url": "https://example.org", "style": "primary"}, True),
    ],
)
def test_a_button_carries_64_bytes_and_does_one_thing(
    api: BotApi, ann: Person, button: dict[str, str], fits: bool
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Go", **button}]]}
    assert call(api, "sendMessage", chat_id=ann.id, text="x", reply_markup=keyboard)["ok"] is fits


def test_a_form_may_carry_what_json_carries(api: BotApi, ann: Person) -> None:
    facts = {
        "chat_id": str(ann.id),
        "text": "7",
        "disable_notification": "true",
        "reply_markup": json.dumps(YES_NO),
    }
    assert call(api, "sendMessage", form=True, **facts)["ok"]
    assert call(api, "sendMessage", form=True, **facts | {"chat_id": "ann"})["error_code"] == 400
    assert (ann.texts, ann.last.buttons) == (["7"], ["Yes", "No"])


def test_marked_up_text_counts_and_shows_without_its_marks(api: BotApi, ann: Person) -> None:
    call(api, "sendMessage", chat_id=ann.id, text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    call(api, "sendMessage", chat_id=ann.id, text="Tea &amp; <i>talk</i>", parse_mode="HTML")
    call(api, "sendMessage", chat_id=ann.id, text=r"*Tea* \& talk\.", parse_mode="MarkdownV2")
    assert ann.texts == ["x" * 4096, "Tea & talk", "Tea & talk."]


def test_nobody_is_written_to_before_they_press_start(api: BotApi) -> None:
    jim = api.person("Jim")
    assert call(api, "sendMessage", chat_id=jim.id, text="Hi")["description"] == "Bad Request: chat not found"
    jim.presses_start()
    assert call(api, "sendMessage", chat_id=jim.id, text="Hi")["ok"]
    jim.blocks_bot()
    said = call(api, "sendMessage", chat_id=jim.id, text="Hi")
    assert (said["error_code"], said["description"]) == (403, "Forbidden: bot was blocked by the user")
    jim.presses_start()
    assert call(api, "sendMessage", chat_id=jim.id, text="Hi")["ok"]
    assert [update["my_chat_member"]["new_chat_member"]["status"] for update in api.updates.made[1:3]] == [
        "kicked",
        "member",
    ]


def test_an_edit_that_changes_nothing_or_finds_nothing_is_refused(api: BotApi, ann: Person) -> None:
    number = call(api, "sendMessage", chat_id=ann.id, text="One", reply_markup=YES_NO)["result"]["message_id"]
    same = call(api, "editMessageText", chat_id=ann.id, message_id=number, text="One", reply_markup=YES_NO)
    lost = call(api, "editMessageText", chat_id=ann.id, message_id=999, text="Two")
    theirs = call(api, "editMessageText", chat_id=ann.id, message_id=1, text="Two")
    assert "message is not modified" in same["description"]
    assert "message to edit not found" in lost["description"]
    assert "message can't be edited" in theirs["description"]
    assert call(api, "editMessageReplyMarkup", chat_id=ann.id, message_id=number)["ok"]
    assert "not modified" in call(api, "editMessageReplyMarkup", chat_id=ann.id, message_id=number)["description"]


def test_a_wrong_token_method_or_query_is_refused(api: BotApi) -> None:
    with httpx2.Client(trust_env=False, verify=False) as client:
        assert client.get(f"{api.url}/bot1:wrong/getMe").status_code == 401
        assert client.get(f"{api.url}/bot{TOKEN}/sendPigeon").status_code == 404
        assert client.get(f"{api.url}/bot{TOKEN}/getme").json()["result"]["is_bot"] is True
        assert client.get(f"{api.url}/file/bot{TOKEN}/voice/none").status_code == 404
    assert "query ID is invalid" in call(api, "answerCallbackQuery", callback_query_id="77")["description"]
    assert "wrong file_id" in call(api, "getFile", file_id="77")["description"]
    assert call(api, "setMyCommands", commands=[{"command": "Back", "description": "x"}])["ok"] is False


def test_the_bot_leaves_groups_but_not_people(api: BotApi, ann: Person) -> None:
    group = api.group()
    group.brings_bot_in(ann)
    assert call(api, "sendMessage", chat_id=group.id, text="Hello all")["ok"]
    assert call(api, "leaveChat", chat_id=group.id)["ok"]
    assert "chat not found" in call(api, "sendMessage", chat_id=group.id, text="Bye")["description"]
    assert call(api, "leaveChat", chat_id=ann.id)["ok"] is False


def test_a_button_that_is_not_there_cannot_be_tapped(api: BotApi, ann: Person) -> None:
    call(api, "sendMessage", chat_id=ann.id, text="Well?", reply_markup=YES_NO)
    with pytest.raises(NoSuchButtonError, match="Yes"):
        ann.taps(ann.last, "Perhaps")
    assert len(api.updates.made) == 1


async def test_a_link_tells_the_bot_nothing_and_an_old_message_only_its_number(api: BotApi, ann: Person) -> None:
    from aiogram.types import InaccessibleMessage, Update

    keyboard = {
        "inline_keyboard": [[{"text": "Map", "url": "https://example.org"}, *YES_NO["inline_keyboard"][0]]]
    }
    call(api, "sendMessage", chat_id=ann.id, text="Well?", reply_markup=keyboard)
    with pytest.raises(NoSuchButtonError, match="opens"):
        ann.taps(ann.last, "Map")
    query = Update.model_validate(ann.taps(ann.last, "Yes", forgotten=True)).callback_query
    assert query is not None
    assert isinstance(query.message, InaccessibleMessage)
    assert query.message.message_id == ann.last.id


# Webhook and polling


def test_updates_reach_the_webhook_with_the_secret_and_in_order(api: BotApi, ear: Ear) -> None:
    assert call(api, "setWebhook", url=f"{ear.url}/webhooks/telegram", secret_token="s3cret")["ok"]
    ann = api.person("Ann")
    ann.presses_start("hello")
    for text in ("one", "two", "three"):
        ann.says(text)
    api.settle()
    assert [update["message"]["text"] for update in ear.updates] == ["/start hello", "one", "two", "three"]
    assert {request.headers[SECRET_HEADER] for request in ear.heard} == {"s3cret"}
    assert {request.path for request in ear.heard} == {"/webhooks/telegram"}


def test_an_update_is_posted_again_until_it_is_taken(api: BotApi, ear: Ear, ann: Person) -> None:
    api.updates.forget()
    ear.will(Response(500, b""), None, Response(403, b""))
    api.webhook(ear.url)
    ann.says("hello")
    ann.says("are you there")
    api.settle()
    ids = [update["update_id"] for update in ear.updates]
    assert ids == [ids[0]] * 4 + [ids[0] + 1]
    assert [post.status for post in api.updates.posts] == [500, 0, 403, 200, 200]
    told = call(api, "getWebhookInfo")["result"]
    assert (told["pending_update_count"], "403" in told["last_error_message"]) == (0, True)


def test_an_update_can_be_told_twice_and_out_of_order(api: BotApi, ear: Ear, ann: Person) -> None:
    api.updates.forget()
    api.webhook(ear.url)
    with api.updates.held() as held:
        ann.says("one")
        ann.says("two")
        held.reverse()
    api.settle()
    api.answers(next=[Answer.TELLS_TWICE])
    ann.says("three")
    api.settle()
    assert [update["message"]["text"] for update in ear.updates] == ["two", "one", "three", "three"]


def test_a_call_in_the_answer_of_a_webhook_is_done_and_checked(api: BotApi, ear: Ear, ann: Person) -> None:
    api.updates.forget()
    api.webhook(ear.url)
    ear.will(
        Response.of(200, {"method": "sendMessage", "chat_id": ann.id, "text": "Hello"}),
        Response.of(200, {"method": "sendMessage", "chat_id": ann.id}),
        Response.of(200, {"method": "sendPigeon"}),
    )
    for text in ("one", "two", "three"):
        ann.says(text)
    api.settle()
    assert ann.texts == ["Hello"]
    assert len(api.refused_replies) == 2


def test_a_webhook_is_public_and_its_secret_plain(api: BotApi) -> None:
    for url in ("http://example.org/hook", "https://example.org:8000/hook"):
        assert "bad webhook" in call(api, "setWebhook", url=url)["description"]
    assert (
        "secret token"
        in call(api, "setWebhook", url="https://example.org/hook", secret_token="s p")["description"]
    )
    assert call(api, "setWebhook", url="https://example.org:8443/hook")["ok"]
    assert call(api, "getUpdates")["error_code"] == 409
    assert call(api, "deleteWebhook")["ok"]
    assert call(api, "getUpdates")["result"] == []


def test_a_public_address_is_reached_where_it_is_served(api: BotApi, ear: Ear) -> None:
    api.served_at = ear.url
    call(api, "setWebhook", url="https://waiting.example.org/webhooks/telegram")
    api.person().presses_start()
    api.settle()
    assert ear.heard[0].path == "/webhooks/telegram"


async def test_a_long_poll_hears_what_is_said_while_it_waits(api: BotApi, ann: Person) -> None:
    api.updates.forget()
    async with sender(api) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await api.reached(lambda: api.updates.polled)
        ann.says("hello")
        (update,) = await asyncio.wait_for(poll, 5)
    assert update.message is not None
    assert update.message.text == "hello"


async def test_a_second_poll_ends_the_first(api: BotApi) -> None:
    from telegram.error import Conflict

    async with sender(api) as bot, sender(api) as other:
        first = asyncio.create_task(bot.get_updates(timeout=20))
        await api.reached(lambda: api.updates.polled)
        second = asyncio.create_task(other.get_updates(timeout=20))
        with pytest.raises(Conflict):
            await asyncio.wait_for(first, 5)
        api.person().presses_start()
        assert len(await asyncio.wait_for(second, 5)) == 1


# Limits


def test_a_flood_to_one_person_is_refused_and_others_go_on(api: BotApi, ann: Person) -> None:
    jim = api.person("Jim")
    jim.presses_start()
    api.flood(per_second=25, per_chat=1)
    assert call(api, "sendMessage", chat_id=ann.id, text="one")["ok"]
    said = call(api, "sendMessage", chat_id=ann.id, text="two")
    assert (said["error_code"], said["parameters"]) == (429, {"retry_after": 1})
    assert said["description"] == "Too Many Requests: retry after 1"
    assert call(api, "sendMessage", chat_id=jim.id, text="one")["ok"]
    api.parks(jim, 30)
    assert call(api, "sendMessage", chat_id=jim.id, text="two")["parameters"] == {"retry_after": 30}


def test_a_flood_ends_when_its_second_is_over() -> None:
    now = 100.0
    limits = Flood(per_second=2, per_chat=None, clock=lambda: now)
    assert [limits.too_soon("a"), limits.too_soon("b")] == [0, 0]
    assert limits.too_soon("c") == pytest.approx(1)
    now = 100.96
    assert limits.too_soon("c") == 0


def test_an_order_for_one_person_waits_for_that_person(api: BotApi, ann: Person) -> None:
    jim = api.person("Jim")
    jim.presses_start()
    api.answers(next=[Answer.BROKEN], chat=jim)
    api.answers(next=[BusyFor(9)], method="answerCallbackQuery")
    assert call(api, "sendMessage", chat_id=ann.id, text="one")["ok"]
    assert call(api, "sendMessage", chat_id=jim.id, text="one")["error_code"] == 500
    assert call(api, "answerCallbackQuery", callback_query_id="1")["error_code"] == 429
