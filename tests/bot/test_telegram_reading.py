"""What people do on Telegram, as the talk hears it: every kind of update has a decided, kind behaviour."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import ALLOWED, TELEGRAM
from bot.channels.telegram.buttons import Act, Press
from bot.messages import Aside, Inbound, Returned, Stopped, Unreadable
from waitingroom.attachments import Kind

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ANN = {"id": 5001, "is_bot": False, "first_name": "Ann"}
BOT = {"id": 99, "is_bot": True, "first_name": "Waiting Room"}
WITH_ANN = {"id": 5001, "type": "private", "first_name": "Ann"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Tuesday walkers"}
FILE = {"file_id": "F1", "file_unique_id": "U1", "file_size": 4000}


@pytest.fixture(scope="module")
def reading() -> Any:
    from bot.channels.telegram import reading

    return reading


def message(number: int = 7, *, chat: Any = WITH_ANN, sender: Any = ANN, **content: Any) -> dict[str, Any]:
    return {"message_id": number, "date": 1795428000, "chat": chat, "from": sender, **content}


def update(number: int = 70, **kinds: Any) -> dict[str, Any]:
    return {"update_id": number, **kinds}


def heard(reading: Any, told: Any) -> Inbound:
    arrival = reading.read(json.dumps(told).encode(), now=NOW).arrival
    assert isinstance(arrival, Inbound), arrival
    return arrival


def said(reading: Any, **content: Any) -> Inbound:
    return heard(reading, update(message=message(**content)))


def test_what_someone_writes_is_heard_word_for_word(reading: Any) -> None:
    assert said(reading, text="Aye \N{THUMBS UP SIGN}\n3 Feb") == Inbound(
        TELEGRAM, "5001", "message:7", "Aye \N{THUMBS UP SIGN}\n3 Feb", NOW
    )


def test_the_same_message_delivered_again_has_the_same_id_and_another_has_not(reading: Any) -> None:
    ids = [
        heard(reading, update(number, message=message(own, text="hello"))).message_id
        for number, own in ((70, 7), (70, 7), (900, 7), (71, 8))
    ]
    assert ids[0] == ids[1] == ids[2]
    assert ids[3] != ids[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/start", "hello"),
        ("/start@WaitingRoomBot", "hello"),
        ("/start ABCD2345", "CONTINUE ABCD2345"),
        ("/help", "help"),
        ("/Help@WaitingRoomBot", "Help"),
        ("/how_long", "how long"),
        ("/stop", "stop"),
        ("/stop texting me", "stop texting me"),
        ("/", "/"),
        ("/ hello", "/ hello"),
        ("I am 50/50 about it", "I am 50/50 about it"),
        ("/path/to", "/path/to"),
    ],
)
def test_a_command_is_heard_as_the_word_it_stands_for(reading: Any, written: str, meant: str) -> None:
    assert said(reading, text=written).text == meant


def test_a_forwarded_message_is_heard_as_any_other(reading: Any) -> None:
    origin = {"type": "hidden_user", "date": 1795428000, "sender_user_name": "Jean"}
    assert said(reading, text="I am low", forward_origin=origin).text == "I am low"


def test_a_thumbs_up_sticker_is_heard_as_a_thumbs_up(reading: Any) -> None:
    looks = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    assert said(reading, sticker=FILE | looks | {"emoji": "\N{THUMBS UP SIGN}"}).text == "\N{THUMBS UP SIGN}"
    assert said(reading, sticker=FILE | looks).aside is Aside.STRANGE


SIZE = {"width": 90, "height": 90}
SENT = {
    "voice": ({"voice": FILE | {"duration": 4, "mime_type": "audio/ogg"}}, Kind.VOICE, Aside.VOICE),
    "audio": ({"audio": FILE | {"duration": 4, "mime_type": "audio/mp4"}}, Kind.VOICE, Aside.VOICE),
    "photo": ({"photo": [FILE | SIZE]}, Kind.PICTURE, Aside.PICTURE),
    "video": ({"video": FILE | SIZE | {"duration": 9, "mime_type": "video/mp4"}}, Kind.FILE, Aside.FILE),
    "round video": ({"video_note": FILE | {"duration": 9, "length": 240}}, Kind.FILE, Aside.FILE),
    "letter": ({"document": FILE | {"mime_type": "application/pdf"}}, Kind.FILE, Aside.FILE),
    "picture as a file": ({"document": FILE | {"mime_type": "image/png"}}, Kind.PICTURE, Aside.PICTURE),
}


@pytest.mark.parametrize("name", SENT)
def test_what_someone_sends_is_to_be_kept_for_the_link_worker_with_the_words_under_it(
    reading: Any, name: str
) -> None:
    content, kind, aside = SENT[name]
    inbound = said(reading, **content, caption="my letter")
    assert (inbound.text, inbound.aside) == ("my letter", aside)
    (attachment,) = inbound.attachments
    assert (attachment.kind, attachment.ref, attachment.size) == (kind, "F1", 4000)


def test_a_voice_note_says_how_long_it_is_and_a_picture_is_the_largest_there_is(reading: Any) -> None:
    (voice,) = said(reading, voice=FILE | {"duration": 42}).attachments
    assert (voice.seconds, voice.mime) == (42, "audio/ogg")
    sizes = [FILE | {"file_id": f"F{side}", "width": side, "height": side} for side in (90, 800, 320)]
    (picture,) = said(reading, photo=sizes).attachments
    assert (picture.ref, picture.mime) == ("F800", "image/jpeg")


PLACE = {"latitude": 53.8, "longitude": -2.2}
POLL = {
    "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True,
    "type": "regular", "allows_multiple_answers": False, "allows_revoting": False, "members_only": False,
}  # fmt: skip
NOT_KEPT = {
    "place": ({"location": PLACE}, Aside.PLACE),
    "venue": ({"venue": {"location": PLACE, "title": "Cafe", "address": "1"}, "location": PLACE}, Aside.PLACE),
    "someone else's card": ({"contact": {"phone_number": "+447700900456", "first_name": "Jean"}}, Aside.CARD),
    "dice": ({"dice": {"emoji": "\N{GAME DIE}", "value": 3}}, Aside.STRANGE),
    "poll": ({"poll": POLL}, Aside.STRANGE),
    "story": ({"story": {"id": 3, "chat": WITH_ANN}}, Aside.STRANGE),
    "moving picture": (
        {"animation": FILE | SIZE | {"duration": 2}, "document": FILE | {"mime_type": "video/mp4"}}, Aside.STRANGE
    ),
    "something invented tomorrow": ({"hologram": {"file_id": "F1"}}, Aside.STRANGE),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_KEPT)
def test_what_is_not_for_us_is_answered_and_nothing_of_it_kept(reading: Any, name: str) -> None:
    content, aside = NOT_KEPT[name]
    inbound = said(reading, **content)
    assert (inbound.aside, inbound.text, inbound.attachments) == (aside, "", ())


@pytest.mark.parametrize("shared", ["447700900123", "+447700900123"])
def test_someone_who_shares_their_own_number_has_answered_with_it(reading: Any, shared: str) -> None:
    inbound = said(reading, contact={"phone_number": shared, "first_name": "Ann", "user_id": ANN["id"]})
    assert (inbound.text, inbound.aside) == ("+447700900123", None)


def test_the_words_of_a_richly_laid_out_message_are_heard(reading: Any) -> None:
    bold = {"type": "bold", "text": "to end"}
    blocks = [{"type": "paragraph", "text": ["I want ", bold, " it"]}, {"type": "paragraph", "text": "today"}]
    assert said(reading, rich_message={"blocks": blocks}).text == "I want to end it\ntoday"


def test_a_changed_message_is_heard_as_changed_and_each_change_once(reading: Any) -> None:
    edited = message(text="I am 43", edit_date=1795428060)
    first = heard(reading, update(80, edited_message=edited))
    assert (first.text, first.aside) == ("I am 43", Aside.EDITED)
    assert heard(reading, update(80, edited_message=edited)).message_id == first.message_id
    assert heard(reading, update(81, edited_message=edited)).message_id != first.message_id
    assert first.message_id != said(reading, text="I am 42").message_id


NOBODY_SAID = {
    "a map that follows someone": update(edited_message=message(location=PLACE, edit_date=1795428060)),
    "a pinned message": update(message=message(pinned_message=message(3, text="hello"))),
    "messages that delete themselves": update(
        message=message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400})
    ),
    "a bot": update(message=message(sender=BOT, text="buy now")),
    "a bot that changes its words": update(edited_message=message(sender=BOT, text="buy", edit_date=1795428060)),
    "a channel": update(channel_post=message(chat={"id": -1002, "type": "channel", "title": "News"}, text="x")),
    "a business account": update(business_message=message(text="hello", business_connection_id="b")),
    "a search in another chat": update(inline_query={"id": "1", "from": ANN, "query": "x", "offset": ""}),
    "a kind invented tomorrow": update(telepathy={"thought": "hello"}),
}


@pytest.mark.parametrize("name", NOBODY_SAID)
def test_what_nobody_said_to_us_is_not_answered(reading: Any, name: str) -> None:
    read = reading.read(json.dumps(NOBODY_SAID[name]).encode(), now=NOW)
    assert (read.arrival, read.answers) == (None, ())


def member(chat: Any, was: str, now: str) -> dict[str, Any]:
    def state(status: str) -> dict[str, Any]:
        return {"user": BOT, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    change = {"chat": chat, "from": ANN, "date": 1795428000}
    return update(my_chat_member=change | {"old_chat_member": state(was), "new_chat_member": state(now)})


def test_someone_who_blocks_the_bot_has_stopped_and_who_unblocks_it_is_back(reading: Any) -> None:
    blocked = reading.read_update(member(WITH_ANN, "member", "kicked"), now=NOW)
    assert blocked.arrival == Stopped(TELEGRAM, "5001", NOW)
    back = reading.read_update(member(WITH_ANN, "kicked", "member"), now=NOW)
    assert back.arrival == Returned(TELEGRAM, "5001", NOW)


def test_brought_into_a_group_the_bot_says_why_it_leaves_and_leaves(reading: Any) -> None:
    read = reading.read_update(member(GROUP, "left", "member"), now=NOW)
    why, leave = (reading.written(answer) for answer in read.answers)
    assert read.arrival is None
    assert (why["method"], why["chat_id"]) == ("sendMessage", GROUP["id"])
    assert "one person at a time" in why["text"]
    assert leave == {"method": "leaveChat", "chat_id": GROUP["id"]}


def test_out_of_a_group_again_the_bot_says_nothing_more(reading: Any) -> None:
    assert reading.read_update(member(GROUP, "member", "left"), now=NOW) == reading.Read()


def test_brought_into_a_channel_the_bot_leaves_without_a_word(reading: Any) -> None:
    channel = {"id": -1002, "type": "channel", "title": "Town news"}
    read = reading.read_update(member(channel, "left", "member"), now=NOW)
    assert [reading.written(answer) for answer in read.answers] == [{"method": "leaveChat", "chat_id": -1002}]


def test_a_button_pressed_in_a_group_answers_nothing(reading: Any) -> None:
    shown = message(3, chat=GROUP, sender=BOT, text="Which?")
    read = reading.read_update(pressed(Press(Act.PICK, "how", 1).data, message=shown), now=NOW)
    assert (read.arrival, [answer.__api_method__ for answer in read.answers]) == (None, ["leaveChat"])


@pytest.mark.parametrize("kind", ["message", "edited_message"])
def test_what_is_said_in_a_group_is_not_kept(reading: Any, kind: str) -> None:
    read = reading.read_update(update(**{kind: message(chat=GROUP, text="hello")}), now=NOW)
    assert read.arrival is None
    assert [answer.__api_method__ for answer in read.answers] == ["leaveChat"]


def pressed(data: str, keyboard: Any = (), **also: Any) -> dict[str, Any]:
    shown = message(3, sender=BOT, text="Which?", reply_markup={"inline_keyboard": list(keyboard)})
    query = {"id": "900", "from": ANN, "chat_instance": "1", "data": data, "message": shown}
    return update(callback_query=query | also)


def button(text: str, press: Press) -> dict[str, str]:
    return {"text": text, "callback_data": press.data}


def test_a_press_answers_its_own_question_with_the_words_on_the_button(reading: Any) -> None:
    money = Press(Act.PICK, "how", 2)
    told = pressed(money.data, [[button("1 Post", Press(Act.PICK, "how", 1)), button("2 A phone call", money)]])
    read = reading.read_update(told, now=NOW)
    assert read.arrival == Inbound(TELEGRAM, "5001", "callback:900", "A phone call", NOW, answering="how")
    (stop,) = read.answers
    assert reading.written(stop) == {
        "method": "answerCallbackQuery", "callback_query_id": "900", "text": "A phone call",
    }  # fmt: skip


def test_a_press_under_a_message_too_old_to_see_says_its_number(reading: Any) -> None:
    gone = {"chat": WITH_ANN, "message_id": 3, "date": 0}
    assert heard(reading, pressed(Press(Act.PICK, "how", 2).data, message=gone)).text == "2"


def test_a_press_under_a_cut_label_says_its_number(reading: Any) -> None:
    press = Press(Act.PICK, "how", 2)
    assert heard(reading, pressed(press.data, [[button("2 Someone to walk with me\u2026", press)]])).text == "2"


def test_ticking_changes_the_buttons_in_place_and_says_nothing_yet(reading: Any) -> None:
    presses = [Press(Act.TICK, "needs", number, 0b1) for number in (1, 2)] + [Press(Act.DONE, "needs", 0, 0b1)]
    keyboard = [[button(text, press)] for text, press in zip(("\u2713 1 A", "2 B", "Done"), presses, strict=True)]
    read = reading.read_update(pressed(presses[1].data, keyboard), now=NOW)
    assert read.arrival is None
    edit, stop = (reading.written(answer) for answer in read.answers)
    assert edit == {
        "method": "editMessageReplyMarkup",
        "chat_id": 5001,
        "message_id": 3,
        "reply_markup": {
            "inline_keyboard": [
                [button("\u2713 1 A", Press(Act.TICK, "needs", 1, 0b11))],
                [button("\u2713 2 B", Press(Act.TICK, "needs", 2, 0b11))],
                [button("Done", Press(Act.DONE, "needs", 0, 0b11))],
            ]
        },
    }
    assert stop == {"method": "answerCallbackQuery", "callback_query_id": "900"}


def test_done_says_all_that_are_ticked(reading: Any) -> None:
    inbound = heard(reading, pressed(Press(Act.DONE, "needs", 0, 0b101).data))
    assert (inbound.text, inbound.answering) == ("1, 3", "needs")


UNUSABLE = {
    "done with nothing ticked": (Press(Act.DONE, "needs").data, "tap one or more"),
    "a button that is none of ours": ("old-version:7", "write your answer"),
    "no data at all": ("", "write your answer"),
    "option number nought": (Press(Act.TICK, "needs", 0).data, "write your answer"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_press_that_cannot_be_used_says_what_to_do(reading: Any, name: str) -> None:
    data, words = UNUSABLE[name]
    read = reading.read_update(pressed(data), now=NOW)
    assert read.arrival is None
    assert words in reading.written(read.answers[0])["text"]


def test_ticking_under_a_message_too_old_to_change_says_to_write(reading: Any) -> None:
    gone = {"chat": WITH_ANN, "message_id": 3, "date": 0}
    read = reading.read_update(pressed(Press(Act.TICK, "needs", 1).data, message=gone), now=NOW)
    assert "write your answer" in reading.written(read.answers[0])["text"]


SAMPLE_ANN = {"id": 1111, "first_name": "Ann", "last_name": "Sample", "username": "ann"}
SAMPLE = {"date": 1441645532, "chat": SAMPLE_ANN, "message_id": 1365, "from": SAMPLE_ANN}
"""Users without `is_bot`, chats without a type, files without `file_unique_id`: as Telegram documents them."""


@pytest.mark.parametrize(
    ("told", "text", "aside"),
    [
        ({"message": SAMPLE | {"text": "/start"}}, "hello", None),
        ({"message": SAMPLE | {"text": "Hi", "forward_from": SAMPLE_ANN, "forward_date": 1}}, "Hi", None),
        ({"message": SAMPLE | {"text": "Hi", "reply_to_message": SAMPLE | {"text": "x"}}}, "Hi", None),
        ({"edited_message": SAMPLE | {"text": "Edited", "edit_date": 1441646600}}, "Edited", Aside.EDITED),
        ({"message": SAMPLE | {"text": "Bold", "entities": [{"type": "bold", "offset": 0}]}}, "Bold", None),
        ({"message": SAMPLE | {"voice": {"file_id": "F1", "duration": 5}}}, "", Aside.VOICE),
        ({"message": SAMPLE | {"audio": {"file_id": "F1", "duration": 243, "title": "x"}}}, "", Aside.VOICE),
        ({"message": SAMPLE | {"document": {"file_id": "F1", "mime_type": "application/pdf"}}}, "", Aside.FILE),
        ({"message": SAMPLE | {"photo": [{"file_id": "F1"}]}}, "", Aside.PICTURE),
        ({"message": SAMPLE | {"sticker": {"file_id": "F1", "emoji": "\N{BEER MUG}"}}}, "\N{BEER MUG}", None),
    ],
)  # fmt: skip
def test_updates_as_telegram_itself_documents_them_are_read(
    reading: Any, told: Any, text: str, aside: Aside | None
) -> None:
    inbound = heard(reading, {"update_id": 10000} | told)
    assert (inbound.address, inbound.text, inbound.aside) == ("1111", text, aside)


def test_a_documented_press_without_a_message_gets_an_answer(reading: Any) -> None:
    query = {"id": "4382", "from": SAMPLE_ANN, "data": "Data from button", "inline_message_id": "12"}
    read = reading.read_update({"update_id": 10000, "callback_query": query}, now=NOW)
    assert read.arrival is None
    assert reading.written(read.answers[0])["callback_query_id"] == "4382"


def test_a_documented_press_under_a_message_is_heard_as_that_press(reading: Any) -> None:
    query = {"id": "4382", "from": SAMPLE_ANN, "data": Press(Act.PICK, "how", 2).data, "message": SAMPLE}
    inbound = heard(reading, {"update_id": 10000, "callback_query": query})
    assert (inbound.address, inbound.text, inbound.answering) == ("1111", "2", "how")


def test_words_are_heard_though_a_part_beside_them_is_new_to_us(reading: Any) -> None:
    strange = {"type": "telepath", "date": "yesterday"}
    assert said(reading, text="I am low", forward_origin=strange).text == "I am low"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"null", b"[]", b'"hello"', b"7", b"\xff\xfe\x00", b"[" * 60_000, b"{}", b'{"update_id": "x"}',
        b'{"update_id": 1, "message": "hello"}', b'{"update_id": 1, "message": {"text": "hello"}}',
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": "ann"}, "text": "hello"}}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_as_it_came(reading: Any, raw: bytes) -> None:
    arrival = reading.read(raw, now=NOW).arrival
    assert isinstance(arrival, Unreadable)
    assert arrival.raw == raw.decode(errors="replace")
    assert arrival.problem


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON: st.SearchStrategy[object] = st.deferred(
    lambda: SCALARS | st.lists(JSON, max_size=3) | st.dictionaries(st.text(max_size=8), JSON, max_size=3)
)


@given(
    kind=st.sampled_from(ALLOWED), content=JSON, spoilt=st.sampled_from(("chat", "from", "text", "photo", "date"))
)
def test_nothing_that_comes_in_brings_the_door_down(kind: str, content: Any, spoilt: str) -> None:
    from bot.channels.telegram import reading

    for told in ({kind: content}, {kind: message(text="hi") | {spoilt: content}}, {kind: {"message": content}}):
        reading.read(json.dumps({"update_id": 1, **told}).encode(), now=NOW)


def test_an_impossible_letter_is_heard_with_the_rest(reading: Any) -> None:
    assert "after" in said(reading, text="before \ud83d after \x00").text


def test_the_link_to_continue_a_talk_opens_this_bot_with_the_code() -> None:
    from bot.channels.telegram.keyboards import link_to

    assert link_to("WaitingRoomBot", "ABCD2345") == "https://t.me/WaitingRoomBot?start=ABCD2345"
    with pytest.raises(ValueError, match="payload"):
        link_to("WaitingRoomBot", "AB CD")
