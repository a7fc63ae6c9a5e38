"""The simulated Twilio is true to form: its own library talks to it, and signs and refuses as Twilio does."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.fakes.ear import Ear
from tests.fakes.provider import Answer, BusyFor
from tests.fakes.twilio_api import ACCOUNT, NUMBER, SERVICE, TOKEN, TwilioApi
from tests.fakes.twilio_content import Template
from tests.fakes.twilio_mail import Receipts
from tests.fakes.twilio_phones import START, STOP, Phone
from tests.fakes.twilio_posts import sign
from tests.fakes.twilio_rules import PARAMETERS
from tests.fakes.twilio_segments import segments
from tests.fakes.wire import Response

ANN = "+447700900123"
PUBLIC = "https://waiting.example.org"
STATUS = f"{PUBLIC}/webhooks/twilio/status?message=7"
SENDING = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
pytestmark = pytest.mark.anyio


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


@pytest.fixture
def api(ear: Ear) -> Iterator[TwilioApi]:
    with TwilioApi() as api:
        api.webhook(f"{PUBLIC}/webhooks/twilio", served_at=ear.url)
        yield api


@pytest.fixture
def ann(api: TwilioApi) -> Phone:
    return api.phone(ANN)


@pytest.fixture
def client(api: TwilioApi) -> Iterator[Any]:
    from twilio.rest import Client  # type: ignore[import-untyped]

    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = client.content.base_url = client.messaging.base_url = api.url
    yield client
    client.http_client.session.close()


def post(api: TwilioApi, path: str = SENDING, *, method: str = "POST", **facts: Any) -> httpx2.Response:
    """Ask without a library between us and the wire."""
    with httpx2.Client(trust_env=False, verify=False, auth=(ACCOUNT, TOKEN)) as line:
        return line.request(method, api.url + path, data=facts or None)


def send(api: TwilioApi, **facts: Any) -> dict[str, Any]:
    """Send, with a good To and From unless told otherwise."""
    said: dict[str, Any] = post(api, **{"To": ANN, "From": NUMBER, **facts}).json()
    return said


# Signatures


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6))
def test_our_signature_is_the_one_the_library_checks(form: dict[str, str]) -> None:
    url = f"{PUBLIC}/webhooks/twilio?a=b"
    checked = RequestValidator(TOKEN)
    assert checked.validate(url, form, sign(TOKEN, url, form))
    assert not checked.validate(url, form, sign("another token", url, form))
    assert not checked.validate(f"{PUBLIC}/elsewhere", form, sign(TOKEN, url, form))


def test_a_text_comes_in_signed_over_the_public_address(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    ann.texts("Hello, I'm Si\u00e2n \u2013 100% + ready")
    api.settle()
    (form,) = ear.forms
    signature = ear.heard[0].headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate(f"{PUBLIC}/webhooks/twilio", form, signature)
    assert (form["Body"], form["From"], form["To"]) == ("Hello, I'm Si\u00e2n \u2013 100% + ready", ANN, NUMBER)
    assert (form["NumMedia"], form["NumSegments"], form["FromCountry"]) == ("0", "1", "GB")
    assert re.fullmatch(r"SM[0-9a-f]{32}", form["MessageSid"])


# Sending


def test_the_table_of_parameters_is_the_librarys() -> None:
    from twilio.rest.api.v2010.account.message import MessageList  # type: ignore[import-untyped]

    named = MessageList.create.__annotations__.keys() - {"return"}
    assert {"".join(part.title() for part in name.strip("_").split("_")) for name in named} == PARAMETERS


def test_the_library_sends_and_reads_back_what_became_of_it(
    api: TwilioApi, ann: Phone, ear: Ear, client: Any
) -> None:
    sent = client.messages.create(to=ANN, from_=NUMBER, body="Hello", status_callback=STATUS)
    assert (sent.status, sent.num_segments, sent.error_code) == ("queued", "1", None)
    assert (sent.direction, sent.date_sent, sent.price) == ("outbound-api", None, None)
    assert sent.date_created.tzinfo is not None
    api.until(lambda: len(ear.heard) == 2)
    assert [form["MessageStatus"] for form in ear.forms] == ["sent", "delivered"]
    assert {form["MessageSid"] for form in ear.forms} == {sent.sid}
    assert all(RequestValidator(TOKEN).validate(STATUS, p.form, p.signature) for p in api.posts)
    assert ear.heard[0].target == "/webhooks/twilio/status?message=7"
    api.until(lambda: api.sent[0].status == "delivered")
    assert client.messages(sent.sid).fetch().status == "delivered"
    assert ann.bodies == ["Hello"]


def test_the_library_looks_at_the_account_its_numbers_and_its_service(api: TwilioApi, client: Any) -> None:
    assert client.api.accounts(ACCOUNT).fetch().status == "active"
    (number,) = client.incoming_phone_numbers.list(phone_number=NUMBER)
    assert (number.capabilities["sms"], number.sms_url) == (True, f"{PUBLIC}/webhooks/twilio")
    assert client.incoming_phone_numbers.list(phone_number="+447700900999") == []
    number.update(sms_url=f"{PUBLIC}/elsewhere")
    assert api.sms_url == f"{PUBLIC}/elsewhere"
    assert client.messaging.v1.services(SERVICE).fetch().sid == SERVICE


@pytest.mark.parametrize("login", [None, (ACCOUNT, "wrong"), ("AC" + "6" * 32, TOKEN)])
def test_a_stranger_is_refused(api: TwilioApi, login: tuple[str, str] | None) -> None:
    with httpx2.Client(trust_env=False, verify=False, auth=login) as line:
        answer = line.post(api.url + SENDING, data={"To": ANN, "From": NUMBER, "Body": "Hello"})
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "07700900123"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "Pendle"}, 21212),
        ({"From": "+447700900555"}, 21606),
        ({"To": f"whatsapp:{ANN}"}, 21910),
        ({"To": f"whatsapp:{ANN}", "From": "whatsapp:+447700900555"}, 63007),
        ({"To": "+14155550100"}, 21408),
        ({"Body": ""}, 21619),
        ({"Body": "x" * 1601}, 21617),
        ({"MediaUrl": "voice.ogg"}, 21620),
        ({"StatusCallback": "/status"}, 21609),
        ({"ContentSid": "HX7"}, 21655),
        ({"ContentSid": "HX" + "7" * 32}, 21655),
        ({"ContentVariables": "{}"}, 21656),
        ({"Boddy": "Hello"}, 20001),
        ({"From": "", "MessagingServiceSid": "MG" + "6" * 32}, 21701),
    ],
)
def test_what_twilio_would_refuse_is_refused(api: TwilioApi, ann: Phone, facts: dict[str, str], code: int) -> None:
    said = send(api, **{"Body": "Hello", **facts})
    assert (said["code"], said["status"]) == (code, 400)
    assert said["more_info"].endswith(f"/{code}")
    assert (ann.sees, api.sent) == ([], [])


def test_json_or_a_parameter_twice_is_refused(api: TwilioApi) -> None:
    with httpx2.Client(trust_env=False, verify=False, auth=(ACCOUNT, TOKEN)) as line:
        as_json = line.post(api.url + SENDING, json={"To": ANN, "From": NUMBER, "Body": "Hello"})
        twice = line.post(api.url + SENDING, data={"To": [ANN, ANN], "From": NUMBER, "Body": "Hello"})
    assert (as_json.json()["code"], twice.json()["code"]) == (20001, 20001)


def test_a_landline_and_a_dead_phone_are_told_apart(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    ann.landline = True
    assert send(api, Body="Hello")["code"] == 21614
    jim = api.phone("+447700900124")
    jim.fails_with = 30003
    assert send(api, To=jim.address, Body="Hello", StatusCallback=STATUS)["status"] == "queued"
    api.until(lambda: len(ear.heard) == 2)
    assert [(f["MessageStatus"], f.get("ErrorCode")) for f in ear.forms] == [
        ("sent", None),
        ("undelivered", "30003"),
    ]
    assert jim.sees == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("\u20ac" * 80, 1),
        ("\u20ac" * 81, 2),
        ("x" * 152 + "\u20ac" + "x" * 153, 3),
        ("\u0175" * 70, 1),
        ("\u0175" * 71, 2),
        ("\N{SLIGHTLY SMILING FACE}" * 35, 1),
        ("\N{SLIGHTLY SMILING FACE}" * 67, 3),
    ],
)
def test_parts_are_counted_as_the_standard_says(text: str, parts: int) -> None:
    assert segments(text) == parts


# Stopping and starting again


@pytest.mark.parametrize("word", sorted(STOP))
def test_a_person_who_stops_is_written_to_no_more(api: TwilioApi, ann: Phone, ear: Ear, word: str) -> None:
    assert ann.texts(f" {word.lower()} ") is None
    assert [got.by_twilio for got in ann.sees] == [True]
    assert send(api, Body="Hello")["code"] == 21610
    assert (len(ann.sees), ear.heard) == (1, [])


@pytest.mark.parametrize("word", sorted(START))
def test_a_person_who_starts_again_is_written_to_again(api: TwilioApi, ann: Phone, word: str) -> None:
    ann.texts("STOP")
    assert ann.texts(word) is not None
    assert send(api, Body="Hello")["status"] == "queued"
    assert ann.last.body == "Hello"


def test_yes_is_only_an_answer_for_someone_who_never_stopped(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    ann.texts("YES")
    ann.texts("please stop")
    api.settle()
    assert ([form["Body"] for form in ear.forms], ann.sees) == (["YES", "please stop"], [])


def test_with_advanced_opt_out_we_are_told_of_the_word(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    api.advanced_opt_out = True
    for word in ("stop", "start", "help", "hello"):
        ann.texts(word)
    api.settle()
    assert [form.get("OptOutType") for form in ear.forms] == ["STOP", "START", "HELP", None]


def test_by_a_messaging_service_the_refusal_comes_afterwards(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    ann.texts("STOP")
    said = send(api, From="", MessagingServiceSid=SERVICE, Body="Hello", StatusCallback=STATUS)
    assert (said["status"], said["from"], said["messaging_service_sid"]) == ("accepted", None, SERVICE)
    api.until(lambda: ear.heard)
    assert (ear.forms[0]["MessageStatus"], ear.forms[0]["ErrorCode"]) == ("failed", "21610")


# WhatsApp


def test_whatsapp_takes_free_words_for_24_hours(ear: Ear) -> None:
    now = 1_000_000.0
    with TwilioApi(clock=lambda: now) as api:
        api.webhook(PUBLIC, served_at=ear.url)
        ann = api.whatsapp(ANN)
        to = {"To": ann.address, "From": f"whatsapp:{NUMBER}", "StatusCallback": STATUS}
        ann.texts("hello")
        api.settle()
        assert (ear.forms[0]["WaId"], ear.forms[0]["ProfileName"]) == (ANN[1:], "Ann")
        assert send(api, **to, Body="Hello")["status"] == "queued"
        api.settle()
        now += 24 * 60 * 60
        assert send(api, **to, Body="Are you there")["status"] == "queued"
        api.until(lambda: any(form.get("ErrorCode") == "63016" for form in ear.forms))
        news = api.template(Template("Hello {{1}}, there is a message for you.", approved=True))
        assert send(api, **to, ContentSid=news, ContentVariables='{"1": "Ann"}')["status"] == "queued"
        assert ann.bodies == ["Hello", "Hello Ann, there is a message for you."]
        assert send(api, **to, ContentSid=news, ContentVariables="{}")["code"] == 21656


def test_buttons_and_lists_are_tapped_and_typed(api: TwilioApi, ear: Ear, client: Any) -> None:
    ann = api.whatsapp(ANN)
    ann.texts("hello")
    actions = [{"title": "{{2}}", "id": "yes"}, {"title": "{{3}}", "id": "no"}]
    quick = {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
    items = [{"item": "Housing", "id": "n1", "description": ""}]
    listed = {"twilio/list-picker": {"body": "What with?", "button": "Choose", "items": items}}
    sids = []
    for kinds in (quick, listed):
        made = {"friendly_name": "a", "language": "en", "variables": {"1": "x"}, "types": kinds}
        answer = client.request(
            "POST", f"{api.url}/v1/Content", data=made, headers={"Content-Type": "application/json"}
        )
        sids.append(json.loads(answer.text)["sid"])
    words = json.dumps({"1": "May we?", "2": "Yes", "3": "No"})
    to = {"To": ann.address, "From": f"whatsapp:{NUMBER}"}
    send(api, **to, ContentSid=sids[0], ContentVariables=words)
    assert (ann.last.body, ann.last.labels) == ("May we?", ["Yes", "No"])
    ann.taps(ann.last, "No")
    send(api, **to, ContentSid=sids[1])
    ann.taps(ann.last, "Housing")
    with pytest.raises(LookupError):
        ann.taps(ann.last, "Money")
    api.settle()
    _, tap, choice = ear.forms
    assert (tap["ButtonText"], tap["ButtonPayload"], tap["Body"]) == ("No", "no", "No")
    assert (choice["ListId"], choice["ListTitle"], choice["MessageType"]) == ("n1", "Housing", "interactive")
    assert [one.friendly_name for one in client.content.v1.contents.list()] == ["a", "a"]


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"twilio/quick-reply": {"body": "x", "actions": [{"title": "Yes"}] * 4}},
        {"twilio/quick-reply": {"body": "x", "actions": [{"title": "y" * 21}]}},
        {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": "i", "id": "1"}] * 11}},
        {"twilio/list-picker": {"body": "x", "items": [{"item": "i", "id": "1"}]}},
        {"twilio/pigeon": {"body": "x"}},
    ],
)
def test_a_template_whatsapp_would_not_show_is_refused(api: TwilioApi, kinds: dict[str, Any]) -> None:
    with httpx2.Client(trust_env=False, verify=False, auth=(ACCOUNT, TOKEN)) as line:
        answer = line.post(f"{api.url}/v1/Content", json={"language": "en", "types": kinds})
    assert (answer.status_code, api.templates) == (400, {})


def test_pictures_and_voice_notes_are_fetched_with_the_login_and_deleted(api: TwilioApi, ear: Ear) -> None:
    ann = api.whatsapp(ANN)
    ann.sends_voice()
    ann.sends_picture("my letter")
    ann.shares_location()
    api.settle()
    voice, picture, place = ear.forms
    assert (voice["MediaContentType0"], voice["NumMedia"], voice["MessageSid"][:2]) == ("audio/ogg", "1", "MM")
    assert (picture["Body"], picture["MediaContentType0"]) == ("my letter", "image/jpeg")
    assert (place["Latitude"], place["NumMedia"]) == ("53.8362", "0")
    path = voice["MediaUrl0"].removeprefix(api.url)
    assert httpx2.get(voice["MediaUrl0"], trust_env=False, verify=False).status_code == 401
    assert post(api, path, method="GET").content.startswith(b"OggS")
    assert post(api, f"{path}.json", method="DELETE").status_code == 204
    assert post(api, path, method="GET").status_code == 404


# Orders


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        (Answer.BUSY, 429, 20429),
        (BusyFor(3), 429, 20429),
        (Answer.BROKEN, 500, 20500),
        (21611, 400, 21611),
        (Answer.BLOCKED, 400, 21610),
        (Answer.UNKNOWN_ADDRESS, 400, 21211),
    ],
)
def test_twilio_refuses_as_it_is_told(
    api: TwilioApi, ann: Phone, client: Any, told: Any, status: int, code: int
) -> None:
    from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

    api.answers(next=[told], phone=ann)
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=ANN, from_=NUMBER, body="Hello")
    assert (caught.value.status, caught.value.code) == (status, code)
    client.messages.create(to=ANN, from_=NUMBER, body="Hello again")
    assert ann.bodies == ["Hello again"]


def test_an_answer_can_be_lost_or_make_no_sense_though_the_message_went(
    api: TwilioApi, ann: Phone, client: Any
) -> None:
    from requests.exceptions import ConnectionError as Broken

    api.answers(next=[Answer.NEVER, Answer.MALFORMED, 502])
    with pytest.raises(Broken):
        client.messages.create(to=ANN, from_=NUMBER, body="One")
    assert post(api, To=ANN, From=NUMBER, Body="Two").text.startswith("<html>")
    assert post(api, To=ANN, From=NUMBER, Body="Three").status_code == 502
    assert ann.bodies == ["One", "Two"]


async def test_a_late_answer_comes_when_it_is_let_go(api: TwilioApi, ann: Phone) -> None:
    api.answers(next=[Answer.LATE])
    sending = asyncio.create_task(asyncio.to_thread(send, api, Body="Hello"))
    await asyncio.to_thread(api.orders.began.wait, 5)
    assert ann.bodies == ["Hello"]
    assert not sending.done()
    api.let_go()
    assert (await sending)["status"] == "queued"


def test_too_much_at_once_is_refused(api: TwilioApi) -> None:
    api.flood(per_second=2)
    assert [send(api, Body="Hello").get("code") for _ in range(3)] == [None, None, 20429]


@pytest.mark.parametrize(
    ("how", "come"),
    [
        (Receipts.ORDERLY, ["sent", "delivered"]),
        (Receipts.DOUBLED, ["sent", "sent", "delivered", "delivered"]),
        (Receipts.REVERSED, ["delivered", "sent"]),
    ],
)
def test_receipts_come_as_they_are_told_to(api: TwilioApi, ear: Ear, how: Receipts, come: list[str]) -> None:
    api.receipts = how
    send(api, Body="Hello", StatusCallback=STATUS)
    api.until(lambda: len(ear.heard) == len(come))
    assert [form["MessageStatus"] for form in ear.forms] == come
    api.until(lambda: api.sent[0].status == "delivered")


def test_receipts_may_come_before_the_answer_or_never(api: TwilioApi, ear: Ear) -> None:
    api.receipts = Receipts.EARLY
    assert send(api, Body="Hello", StatusCallback=STATUS)["status"] == "queued"
    assert len(ear.heard) == 2
    api.receipts = Receipts.NONE
    send(api, Body="Hello", StatusCallback=STATUS)
    api.until(lambda: api.sent[1].status == "delivered")
    assert len(ear.heard) == 2


# What comes in, when things go wrong


def test_a_text_is_posted_once_and_then_to_the_fallback(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    ear.will(Response(500, b""))
    ann.texts("one")
    api.settle()
    api.fallback_url = f"{PUBLIC}/fallback"
    ear.will(Response(500, b""))
    ann.texts("two")
    api.settle()
    assert [(request.path, form["Body"]) for request, form in zip(ear.heard, ear.forms, strict=True)] == [
        ("/webhooks/twilio", "one"),
        ("/webhooks/twilio", "two"),
        ("/fallback", "two"),
    ]
    assert (ear.forms[2]["ErrorCode"], ear.forms[2]["ErrorUrl"]) == ("11200", f"{PUBLIC}/webhooks/twilio")
    assert [code for code, _ in api.mail.troubles] == [11200, 11200]


def test_a_text_can_come_twice_or_out_of_order(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    with api.held() as held:
        ann.texts("one")
        ann.texts("two")
        held.reverse()
    api.settle()
    api.answers(next=[Answer.TELLS_TWICE])
    ann.texts("three")
    api.settle()
    assert [form["Body"] for form in ear.forms] == ["two", "one", "three", "three"]
    assert ear.forms[2]["MessageSid"] == ear.forms[3]["MessageSid"]


def test_three_texts_at_once_come_at_once(api: TwilioApi, ann: Phone, ear: Ear) -> None:
    api.at_once = True
    for text in ("one", "two", "three"):
        ann.texts(text)
    api.settle()
    assert {form["Body"] for form in ear.forms} == {"one", "two", "three"}


@pytest.mark.parametrize(
    ("answer", "trouble", "seen"),
    [
        (Response(200, b"<Response><Message>Hello</Message></Response>", "text/xml"), [], ["Hello"]),
        (Response(200, b"<Response/>", "application/xml"), [], []),
        (Response(204, b""), [], []),
        (Response(200, b"<Response><Message>", "text/xml"), [12100], []),
        (Response.of(200, {"ok": True}), [12300], []),
        (None, [11200], []),
    ],
)
def test_the_answer_to_a_text_is_read_as_twilio_reads_it(
    api: TwilioApi, ann: Phone, ear: Ear, answer: Any, trouble: list[int], seen: list[str]
) -> None:
    ear.will(answer)
    ann.texts("hello")
    api.settle()
    assert ([code for code, _ in api.mail.troubles], ann.bodies) == (trouble, seen)


def test_without_a_webhook_what_was_made_can_still_be_read() -> None:
    with TwilioApi() as api:
        made = api.phone(ANN).texts("hello")
    assert made is not None
    assert (made.form["Body"], made.statuses) == ("hello", [])
