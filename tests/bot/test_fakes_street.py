"""The street: what a newcomer writes on a phone reaches the service, and the answer stands on the phone."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.fakes.bot_api import BotApi
from tests.fakes.ear import Ear
from tests.fakes.street import ANN, SECRET, Street, opened, surroundings
from tests.fakes.twilio_api import NUMBER, TwilioApi
from tests.fakes.twilio_content import Template
from tests.fakes.wire import Response

Opened = tuple[Street, BotApi, TwilioApi]


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


@pytest.fixture
def street(ear: Ear) -> Iterator[Opened]:
    with opened(demo_port=ear.port) as street:
        yield street


def look(street: Opened, key: str = "", **headers: str) -> httpx2.Response:
    return httpx2.get(f"{street[0].url}/{key}", headers=headers, trust_env=False, verify=False)


def write(street: Opened, key: str, **told: str) -> httpx2.Response:
    return httpx2.post(f"{street[0].url}/{key}", data=told, trust_env=False, verify=False, follow_redirects=True)


def test_a_newcomer_sees_three_phones_and_no_other_host(street: Opened) -> None:
    page = look(street)
    assert [f'id="{key}"' in page.text for key in ("sms", "whatsapp", "telegram")] == [True] * 3
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "https://" not in page.text


def test_a_text_goes_to_the_service_and_its_answer_is_seen(street: Opened, ear: Ear) -> None:
    ear.will(Response(200, b"<Response><Message>Tea &lt;at&gt; 3</Message></Response>", "text/xml"))
    write(street, "sms", text="hello")
    street[2].until(lambda: street[0].phones["sms"].sees)
    shown = look(street, "sms").text
    assert (ear.forms[0]["Body"], ear.forms[0]["From"]) == ("hello", ANN)
    assert "Tea &lt;at&gt; 3" in shown
    assert "1 part<" in shown
    assert 'content="1;url=/sms"' in shown


def test_telegram_begins_with_start_and_has_buttons_to_press(street: Opened, ear: Ear) -> None:
    _, telegram, _ = street
    assert ">Start</button>" in look(street, "telegram").text
    write(street, "telegram", does="start")
    telegram.settle()
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    person = street[0].person
    call = {"chat_id": person.id, "text": "Well?", "reply_markup": keyboard}
    httpx2.post(f"{telegram.url}/bot{telegram.token}/sendMessage", json=call, trust_env=False, verify=False)
    assert ">Yes</button>" in look(street, "telegram").text
    write(street, "telegram", does=f"tap:{person.last.id}", label="Yes")
    write(street, "telegram", does="voice")
    telegram.settle()
    assert ear.updates[1]["callback_query"]["data"] == "y"
    assert "voice" in ear.updates[2]["message"]
    assert ear.heard[0].headers["x-telegram-bot-api-secret-token"] == SECRET


def test_a_whatsapp_button_can_be_pressed(street: Opened, ear: Ear) -> None:
    _, _, twilio = street
    write(street, "whatsapp", text="hello")
    choice = twilio.template(Template("May we?", buttons=(("yes", "Yes"), ("no", "No"))))
    facts = {"To": f"whatsapp:{ANN}", "From": f"whatsapp:{NUMBER}", "ContentSid": choice}
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account}/Messages.json"
    assert (
        httpx2.post(
            url, data=facts, auth=(twilio.account, twilio.token), trust_env=False, verify=False
        ).status_code
        == 201
    )
    write(street, "whatsapp", does="tap:1", label="No")
    twilio.settle()
    assert ear.forms[1]["ButtonPayload"] == "no"


def test_another_site_cannot_write_on_the_phones(street: Opened) -> None:
    assert look(street, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert look(street, host="evil.example.org").status_code == 403
    assert look(street, "elsewhere").status_code == 404


def test_a_service_is_told_where_both_providers_are(street: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.settings import Settings

    told = surroundings(*street)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert all(str(getattr(settings, name.removeprefix("WAITINGROOM_").lower())) for name in told)
    assert settings.telegram_api == street[1].url
    assert settings.public_url == street[0].demo
    assert settings.whatsapp_template in street[2].templates


def test_buttons_can_be_shown_on_the_streets_whatsapp(street: Opened) -> None:
    from bot.channels.twilio.buttons import SHAPES

    surroundings(*street)
    names = {template.about.get("friendly_name") for template in street[2].templates.values()}
    assert {shape.name for shape in SHAPES} <= names
