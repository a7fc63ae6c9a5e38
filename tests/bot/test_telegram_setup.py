"""Setting Telegram up: what stands in its way is said in one line each."""

from collections.abc import Iterator

import pytest

from bot.channels.channel import MisconfiguredError
from bot.channels.telegram import ALLOWED
from bot.channels.telegram.setup import (
    BAD_SECRET,
    GROUPS,
    NO_ADDRESS,
    NO_SECRET,
    NOT_HTTPS,
    NOT_SET,
    UNKNOWN_BOT,
    check,
    drop_webhook,
    set_webhook,
)
from tests.fakes.bot_api import TOKEN, BotApi

pytestmark = pytest.mark.anyio
PUBLIC = "https://waiting.example.org"
SECRET = "a-long-random-word"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


async def to_mend(api: BotApi, public_url: str = PUBLIC, secret: str = SECRET, token: str = TOKEN) -> list[str]:
    """What is to be mended, but for what only BotFather can change."""
    return [line for line in await check(token, api.url, public_url, secret) if line != GROUPS]


async def test_a_bot_that_is_set_up_has_nothing_to_mend(api: BotApi) -> None:
    assert await to_mend(api) == [NOT_SET]
    await set_webhook(TOKEN, api.url, PUBLIC, SECRET)
    assert await to_mend(api) == []
    hook = api.updates.hook
    assert hook is not None
    assert (hook.url, hook.secret) == (f"{PUBLIC}/webhooks/telegram", SECRET)
    assert api.updates.allowed == set(ALLOWED)
    assert {"help", "person", "stop"} <= {command["command"] for command in api.commands}


async def test_a_bot_that_polls_has_nothing_to_mend_once_its_webhook_is_dropped(api: BotApi) -> None:
    await set_webhook(TOKEN, api.url, PUBLIC, SECRET)
    (told,) = await to_mend(api, "", "")
    assert f"{PUBLIC}/webhooks/telegram" in told
    await drop_webhook(TOKEN, api.url)
    assert await to_mend(api, "", "") == []


async def test_a_webhook_that_leads_elsewhere_is_named(api: BotApi) -> None:
    await set_webhook(TOKEN, api.url, "https://old.example.org", SECRET)
    (told,) = await to_mend(api)
    assert "https://old.example.org/webhooks/telegram" in told


async def test_a_kind_of_update_we_are_not_sent_is_named(api: BotApi) -> None:
    await set_webhook(TOKEN, api.url, PUBLIC, SECRET)
    api.updates.allowed = frozenset(ALLOWED) - {"my_chat_member"}
    (told,) = await to_mend(api)
    assert "my_chat_member" in told


async def test_messages_that_pile_up_and_why_are_told(api: BotApi) -> None:
    for _ in range(101):
        api.person().presses_start()
    api.updates.trouble = {"last_error_date": 1795428000, "last_error_message": "Connection refused"}
    api.webhook(f"{PUBLIC}/webhooks/telegram", SECRET, served_at="http://127.0.0.1:9")
    api.updates.allowed = frozenset(ALLOWED)
    pending, failed = await to_mend(api)
    assert pending.startswith("101 messages")
    assert "Connection refused" in failed or "refused or broken" in failed


async def test_a_bot_that_may_join_groups_is_told_how_not_to(api: BotApi) -> None:
    assert await check(TOKEN, api.url, "", "") == [GROUPS]


@pytest.mark.parametrize(
    ("public_url", "secret", "told"),
    [
        ("", SECRET, NO_ADDRESS),
        ("http://waiting.example.org", SECRET, NOT_HTTPS),
        (PUBLIC, "", NO_SECRET),
        (PUBLIC, "what is this?", BAD_SECRET),
    ],
)
async def test_each_wrong_setting_is_named(api: BotApi, public_url: str, secret: str, told: str) -> None:
    assert told in await to_mend(api, public_url, secret)


@pytest.mark.parametrize("token", ["", "123456789:AAF-another-bots-token"])
async def test_a_wrong_token_is_told_and_nothing_is_set(api: BotApi, token: str) -> None:
    assert await check(token, api.url, PUBLIC, SECRET) == [UNKNOWN_BOT]
    with pytest.raises(MisconfiguredError):
        await set_webhook(token, api.url, PUBLIC, SECRET)
    assert api.updates.hook is None


async def test_telegram_out_of_reach_is_told() -> None:
    (told,) = await check(TOKEN, "http://127.0.0.1:9", PUBLIC, SECRET)
    assert "http://127.0.0.1:9" in told
