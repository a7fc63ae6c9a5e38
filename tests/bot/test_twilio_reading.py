"""What Twilio posts is read as what a person meant, and what cannot be read is never lost."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import keywords
from bot.channels.twilio import reading
from bot.channels.twilio.concatenated import SHORTEST, unwrapped
from bot.channels.twilio.signature import Form
from bot.messages import Aside, Attachment, Inbound, Receipt, Unreadable
from waitingroom.attachments import Kind
from waitingroom.messages import Status

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SID = "SM" + "0123456789abcdef" * 2
OURS = {"sms": "+447700900000", "whatsapp": "+447700900001"}
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


def read(**fields: str) -> Inbound | Unreadable:
    told = {"From": "+447700900123", "To": OURS["sms"], "MessageSid": SID, "Body": "hello", "NumMedia": "0"}
    return reading.inbound(Form(tuple((told | fields).items())), ours=OURS, at=MONDAY)


def heard(**fields: str) -> Inbound:
    arrival = read(**fields)
    assert isinstance(arrival, Inbound), arrival
    return arrival


def test_a_text_is_heard_as_it_was_written() -> None:
    assert heard() == Inbound("sms", "+447700900123", SID, "hello", MONDAY)


def test_someone_on_whatsapp_is_known_by_their_number_there() -> None:
    inbound = heard(From="whatsapp:+447700900123", Body=" aye ", ProfileName="Ann")
    assert (inbound.channel, inbound.address, inbound.text) == ("whatsapp", "+447700900123", " aye ")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"From": ""}, "NotAPhone"),
        ({"From": "Royal Mail"}, "NotAPhone"),
        ({"From": "85258"}, "NotAPhone"),
        ({"From": "07700900123"}, "NotAPhone"),
        ({"From": "whatsapp:"}, "NotAPhone"),
        ({"From": "rcs:+447700900123"}, "NoSuchChannel"),
        ({"From": OURS["sms"]}, "OurOwnNumber"),
        ({"MessageSid": ""}, "NoMessageId"),
        ({"MessageSid": "SM1"}, "NoMessageId"),
    ],
)
def test_what_cannot_be_answered_is_kept_for_a_person_and_never_answered(
    fields: dict[str, str], problem: str
) -> None:
    arrival = read(**fields)
    assert isinstance(arrival, Unreadable)
    assert arrival.problem == problem
    assert ["Body", "hello"] in json.loads(arrival.raw)


def test_a_channel_that_is_not_set_up_answers_nobody() -> None:
    form = Form((("From", "whatsapp:+447700900123"), ("MessageSid", SID), ("Body", "hello")))
    arrival = reading.inbound(form, ours={"sms": OURS["sms"]}, at=MONDAY)
    assert isinstance(arrival, Unreadable)
    assert arrival.problem == "NoSuchChannel"


@pytest.mark.parametrize(
    ("mime", "kind", "aside"),
    [
        ("image/jpeg", Kind.PICTURE, Aside.PICTURE),
        ("video/3gpp", Kind.PICTURE, Aside.PICTURE),
        ("audio/ogg; codecs=opus", Kind.VOICE, Aside.VOICE),
        ("audio/amr", Kind.VOICE, Aside.VOICE),
        ("application/pdf", Kind.FILE, Aside.FILE),
        ("", Kind.FILE, Aside.FILE),
    ],
)
def test_a_picture_or_voice_note_is_kept_with_the_words_beside_it(mime: str, kind: Kind, aside: Aside) -> None:
    inbound = heard(NumMedia="1", MediaUrl0=MEDIA, MediaContentType0=mime, Body="my letter")
    assert inbound.attachments == (Attachment(kind, MEDIA, mime.partition(";")[0]),)
    assert (inbound.aside, inbound.text) == (aside, "my letter")


def test_someone_who_spoke_and_sent_a_picture_is_known_to_have_spoken() -> None:
    inbound = heard(
        NumMedia="2",
        MediaUrl0=MEDIA,
        MediaContentType0="image/png",
        MediaUrl1=MEDIA + "2",
        MediaContentType1="audio/ogg",
    )
    assert inbound.aside is Aside.VOICE
    assert [one.kind for one in inbound.attachments] == [Kind.PICTURE, Kind.VOICE]


def test_someone_elses_contact_details_are_not_kept() -> None:
    inbound = heard(NumMedia="1", MediaUrl0=MEDIA, MediaContentType0="text/vcard", Body="")
    assert (inbound.aside, inbound.attachments) == (Aside.CARD, ())


@pytest.mark.parametrize(
    ("fields", "aside"),
    [
        ({"Latitude": "53.8", "Longitude": "-2.2", "MessageType": "location"}, Aside.PLACE),
        ({"MessageType": "contacts"}, Aside.CARD),
        ({"MessageType": "sticker", "NumMedia": "0"}, Aside.STRANGE),
        ({"MessageType": "text"}, None),
    ],
)
def test_what_whatsapp_sends_beside_words_is_known_for_what_it_is(
    fields: dict[str, str], aside: Aside | None
) -> None:
    assert heard(From="whatsapp:+447700900123", **fields).aside is aside


@pytest.mark.parametrize("count", ["-1", "x", "9999", "1e3", "²", ""])
def test_a_count_of_pictures_that_makes_no_sense_harms_nobody(count: str) -> None:
    assert heard(NumMedia=count).attachments == ()


@pytest.mark.parametrize(
    ("field", "payload", "said"),
    [
        ("ButtonPayload", "consent_referral|Yes", ("consent_referral", "Yes")),
        ("ListId", "needs|Money and bills", ("needs", "Money and bills")),
        ("ListId", "changing|2", ("changing", "2")),
    ],
)
def test_a_press_says_its_answer_and_which_question_it_is_to(
    field: str, payload: str, said: tuple[str, str]
) -> None:
    inbound = heard(From="whatsapp:+447700900123", Body="cut off here", **{field: payload})
    assert (inbound.answering, inbound.text) == said


@pytest.mark.parametrize("payload", ["", "|", "x|", "|Yes", "someone elses button"])
def test_a_press_we_did_not_make_is_heard_as_its_words(payload: str) -> None:
    inbound = heard(From="whatsapp:+447700900123", Body="Yes", ButtonPayload=payload)
    assert (inbound.answering, inbound.text) == (None, "Yes")


@pytest.mark.parametrize(
    ("body", "taken_for", "text"),
    [
        ("stop", "STOP", "stop"),
        ("ARRET", "STOP", "STOP"),
        ("unstop", "START", "unstop"),
        ("yes", "START", "START"),
        ("helpme", "HELP", "HELP"),
        ("hello", "", "hello"),
        ("hello", "SOMETHING NEW", "hello"),
    ],
)
def test_a_word_that_twilio_took_for_stop_stops_whatever_language_it_is_in(
    body: str, taken_for: str, text: str
) -> None:
    assert heard(Body=body, OptOutType=taken_for).text == text


EATEN = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
EATEN_TO_RETURN = {"start", "unstop", "yes"}
EATEN_FOR_HELP = {"help", "info"}


def test_none_of_our_own_words_is_one_that_twilio_eats() -> None:
    for keyword in keywords.TABLE:
        allowed = {"stop": EATEN, "start": EATEN_TO_RETURN, "explain": EATEN_FOR_HELP}.get(keyword.then, set())
        eaten = keyword.words & (EATEN | EATEN_TO_RETURN | EATEN_FOR_HELP)
        assert eaten <= allowed, keyword
    assert keywords.STOP >= EATEN


def test_everything_someone_can_ask_for_by_help_they_can_ask_for_by_a_word_that_reaches_us() -> None:
    reached = [words.words - EATEN_FOR_HELP for words in keywords.TABLE if words.then in {"explain", "helplines"}]
    assert len(reached) > 1
    assert any(reached)


@given(st.text(max_size=300))
def test_what_people_type_is_never_taken_for_a_wrapped_text(body: str) -> None:
    assert unwrapped(body) == body


LONG = "I have not been sleeping and I do not know who to ask about my rent. Diolch yn fawr, ŵyl."


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1).map(lambda words: f"{LONG} {words}"))
def test_a_long_text_that_came_wrapped_is_read(words: str) -> None:
    assert unwrapped(base64.b64encode(words.encode()).decode()) == words


@pytest.mark.parametrize(
    "body",
    [
        "x" * SHORTEST,
        base64.b64encode(b"too short to be sure").decode(),
        base64.b64encode(b"\x00" * 60).decode(),
        base64.b64encode(b"nospacesinsidethisoneatallsoitisnotcertainenoughtounwrap").decode(),
        base64.b64encode(LONG.encode()).decode()[:-1],
        "see https://example.org/" + "a" * 60,
    ],
)
def test_what_is_not_certainly_wrapped_is_left_alone(body: str) -> None:
    assert unwrapped(body) == body


def became(message: str = "41", **fields: str) -> Receipt | None:
    told = {"To": "+447700900123", "MessageSid": SID, "MessageStatus": "delivered"} | fields
    return reading.receipt(Form(tuple(told.items())), message=message, at=MONDAY)


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("accepted", Status.SENT),
        ("scheduled", Status.SENT),
        ("queued", Status.SENT),
        ("sending", Status.SENT),
        ("sent", Status.SENT),
        ("delivered", Status.DELIVERED),
        ("read", Status.READ),
    ],
)
def test_where_a_message_stands_is_read(named: str, status: Status) -> None:
    assert became(MessageStatus=named) == Receipt("sms", 41, SID, status, MONDAY)


@pytest.mark.parametrize("named", ["undelivered", "failed", "canceled"])
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("21610", "StoppedByPerson"),
        ("63014", "StoppedByPerson"),
        ("30005", "BadAddress"),
        ("30003", "RefusedByProvider"),
        ("63016", "WaitsForPerson"),
        ("30001", "TryLater"),
        ("30034", "Misconfigured"),
        ("99999", "RefusedByProvider"),
        ("", "RefusedByProvider"),
        ("²", "RefusedByProvider"),
    ],
)
def test_why_a_message_did_not_arrive_is_read(named: str, code: str, problem: str) -> None:
    receipt = became(MessageStatus=named, ErrorCode=code)
    assert receipt is not None
    assert (receipt.status, receipt.problem) == (Status.FAILED, problem)


def test_a_receipt_of_whatsapp_is_not_taken_for_a_texts() -> None:
    receipt = became(To="whatsapp:+447700900123")
    assert receipt is not None
    assert receipt.channel == "whatsapp"


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("", {}),
        ("0", {}),
        ("-1", {}),
        ("1" * 40, {}),
        ("41; DROP", {}),
        ("41", {"MessageStatus": "something new"}),
        ("41", {"MessageStatus": "receiving"}),
        ("41", {"MessageStatus": ""}),
        ("41", {"MessageSid": "x"}),
        ("41", {"To": "rcs:+447700900123"}),
    ],
)
def test_a_receipt_that_is_not_for_us_or_says_nothing_known_is_no_receipt(
    message: str, fields: dict[str, str]
) -> None:
    assert became(message, **fields) is None
