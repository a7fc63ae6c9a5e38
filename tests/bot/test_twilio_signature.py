"""Signatures: only Twilio itself can bring us a message."""

import hashlib
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.channels.twilio.signature import MOST_FIELDS, Form, genuine, genuine_json

TOKEN = "a-token-of-this-test"
URL = "https://waiting.example.org/webhooks/twilio"
FIELDS = (("From", "+447700900123"), ("Body", "hello ŵ"), ("MessageSid", "SM" + "1" * 32))


def signed(form: Form, url: str = URL, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=8))
def test_whatever_twilio_signs_is_taken_and_its_own_library_agrees(fields: list[tuple[str, str]]) -> None:
    form = Form(tuple(fields))
    told = signed(form)
    assert genuine(token=TOKEN, url=URL, form=form, signature=told)
    assert RequestValidator(TOKEN).validate(URL, form, told)


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", "\xff" * 28, "=" * 28, signed(Form(FIELDS))[:-1], signed(Form(FIELDS), token="another")],
)
def test_a_message_that_twilio_did_not_sign_is_not_taken(signature: str) -> None:
    assert not genuine(token=TOKEN, url=URL, form=Form(FIELDS), signature=signature)


@pytest.mark.parametrize(
    "url",
    [
        "https://waiting.example.org/webhooks/twilio/status",
        "https://waiting.example.org/webhooks/twilio?message=1",
        "https://another.example.org/webhooks/twilio",
        "http://waiting.example.org/webhooks/twilio",
        "https://waiting.example.org:8443/webhooks/twilio",
        "https://waiting.example.org:80/webhooks/twilio",
    ],
)
def test_a_message_signed_for_another_address_is_not_taken(url: str) -> None:
    form = Form(FIELDS)
    assert not genuine(token=TOKEN, url=URL, form=form, signature=signed(form, url))


def test_an_address_is_the_same_with_its_usual_port_and_without() -> None:
    form = Form(FIELDS)
    with_port = "https://waiting.example.org:443/webhooks/twilio"
    assert genuine(token=TOKEN, url=URL, form=form, signature=signed(form, with_port))
    assert genuine(token=TOKEN, url=with_port, form=form, signature=signed(form))


def test_a_message_that_was_changed_on_the_way_is_not_taken() -> None:
    told = signed(Form(FIELDS))
    for changed in (
        (*FIELDS[:1], ("Body", "hello"), *FIELDS[2:]),
        (*FIELDS, ("NumMedia", "1")),
        FIELDS[:2],
        (*FIELDS, ("Body", "another")),
    ):
        assert not genuine(token=TOKEN, url=URL, form=Form(changed), signature=told)


def test_a_field_sent_twice_is_signed_as_twilio_signs_it_in_any_order() -> None:
    twice = (*FIELDS, ("MediaUrl", "b"), ("MediaUrl", "a"))
    told = signed(Form(twice))
    assert genuine(token=TOKEN, url=URL, form=Form(twice[::-1]), signature=told)


def test_without_a_token_of_ours_nothing_is_taken() -> None:
    form = Form(FIELDS)
    assert not genuine(token="", url=URL, form=form, signature=signed(form, token=""))


def test_a_body_in_json_is_taken_where_its_own_hash_stands_in_the_signed_address() -> None:
    body = json.dumps({"Body": "hello"}).encode()
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    told = signed(Form(), url)
    assert genuine_json(token=TOKEN, url=url, body=body, signature=told)
    assert not genuine_json(token=TOKEN, url=url, body=body + b" ", signature=told)
    assert not genuine_json(token=TOKEN, url=URL, body=body, signature=signed(Form()))
    assert not genuine_json(token=TOKEN, url=url, body=body, signature="")


def test_a_form_is_read_as_it_was_written_and_one_too_long_or_no_text_is_refused() -> None:
    told = (("Body", "a+b & c=ŵ "), ("Body", ""), ("To", "+44"))
    assert Form.read(urlencode(told).encode()).fields == told
    with pytest.raises(ValueError, match="fields"):
        Form.read(b"&".join([b"a=1"] * (MOST_FIELDS + 1)))
    with pytest.raises(UnicodeDecodeError):
        Form.read(b"Body=\xff")
