"""Reading more: someone asks for the longer page of what they were sent, and gets it as suits where they are."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from bot import layout
from bot.channels.terminal import Terminal
from bot.desk import Desk
from bot.layout import Layout
from bot.longer import in_words
from bot.messages import Reply
from content import Item
from content.markdown import as_words
from content.segments import segments
from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import pieces

pytestmark = pytest.mark.anyio
LONG = "\n\n".join(f"## Part {n}\n\n" + "Go out and look at the trees for a while. " * 14 for n in range(1, 8))


class Elsewhere(Terminal):
    """A channel of another name that lays messages out as that one does."""

    def __init__(self, name: str, laid_out: Layout) -> None:
        super().__init__()
        self.name, self.layout = name, laid_out


def someone_on(desk: Desk, name: str, *, public_url: str = "") -> Speaker:
    channels = {**desk.channels, name: Elsewhere(name, layout.LAYOUTS[name])}
    service = replace(desk.service, public_url=public_url)
    return Speaker(
        replace(desk, channels=channels, service=service), now=MONDAY, channel=name, address="+447700900123"
    )


async def last_piece(who: Speaker) -> Item:
    async with who.desk.database.transaction() as session:
        tried = await pieces.tried(session, conversation_id=who.turns[-1].conversation_id)
    assert tried is not None
    assert tried.last is not None
    return who.desk.service.content.items[tried.last]


def with_piece(who: Speaker, piece: Item) -> None:
    """Have a piece read otherwise from now on."""
    content = who.desk.service.content
    content = replace(content, items=MappingProxyType({**content.items, piece.key: piece}))
    who.desk = replace(who.desk, service=replace(who.desk.service, content=content))


@pytest.mark.parametrize("said", ["READ", "read more", "Tell me more."])
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_in_a_chat_app_the_longer_page_comes_as_plain_words_in_one_message(
    desk: Desk, channel: str, said: str
) -> None:
    bea = someone_on(desk, channel)
    await bea.says(*SHORTEST_REFERRAL, said)
    piece = await last_piece(bea)
    (reply,) = bea.replies
    assert reply.text == f"{piece.title}\n{as_words(piece.page)}\nDid this help?"
    assert [option.key for option in reply.options] == ["yes", "no"]


async def test_a_page_that_is_too_long_for_one_message_is_parted_between_paragraphs(desk: Desk) -> None:
    bea = someone_on(desk, "whatsapp")
    await bea.says(*SHORTEST_REFERRAL)
    with_piece(bea, (await last_piece(bea)).model_copy(update={"page": LONG}))
    await bea.says("read")
    assert len(bea.replies) == 7
    for number, reply in enumerate(bea.replies[1:], 2):
        assert reply.text.startswith(f"{number}/7\nPart {number}\nGo out")
        assert len(reply.text) <= 1000
    assert bea.asked == "helped"


async def test_telegram_says_in_one_message_what_fits_in_one(desk: Desk) -> None:
    bea = someone_on(desk, "telegram")
    await bea.says(*SHORTEST_REFERRAL)
    with_piece(bea, (await last_piece(bea)).model_copy(update={"page": LONG[:3800]}))
    await bea.says("read")
    assert len(bea.replies) == 1


async def test_by_text_the_number_of_texts_is_told_first_and_only_a_yes_sends_them(desk: Desk) -> None:
    bea = someone_on(desk, "sms")
    await bea.says(*SHORTEST_REFERRAL)
    piece = await last_piece(bea)
    asked = await bea.says("read")
    assert as_words(piece.page)[:40] not in asked
    assert segments(asked) == 1
    told = int(asked.removeprefix("It is ").partition(" ")[0])
    assert asked == f"It is {told} texts long. Send them?\n1 Yes\n2 No"
    heard = await bea.says("1")
    assert heard.startswith(in_words(piece))
    assert sum(segments(reply.text) for reply in bea.replies) == told


async def test_by_text_a_no_sends_nothing_more(desk: Desk) -> None:
    bea = someone_on(desk, "sms")
    await bea.says(*SHORTEST_REFERRAL, "read")
    heard = await bea.says("2")
    assert heard == "That is fine. We will not send it. Reply MORE for something else to try."
    assert bea.asked is None


async def test_the_number_of_texts_is_right_for_every_piece(desk: Desk) -> None:
    bea = someone_on(desk, "sms")
    await bea.says(*SHORTEST_REFERRAL)
    last = await last_piece(bea)
    for piece in bea.desk.service.content.items.values():
        with_piece(bea, piece.model_copy(update={"key": last.key}))
        told = int((await bea.says("read")).split()[2])
        await bea.says("yes")
        assert sum(segments(reply.text) for reply in bea.replies) == told, piece.key


async def test_by_text_a_page_that_can_be_opened_is_told_as_a_link(desk: Desk) -> None:
    bea = someone_on(desk, "sms", public_url="https://waiting.example.org")
    await bea.says(*SHORTEST_REFERRAL)
    heard = await bea.says("read")
    piece = await last_piece(bea)
    assert heard.startswith(f"You can read more here: https://waiting.example.org/try/{piece.key}\n")
    assert segments(heard) <= 2


async def test_by_text_every_link_and_the_question_after_it_fit_two_texts(desk: Desk) -> None:
    bea = someone_on(desk, "sms", public_url="https://waiting-room.some-long-county-name.example.org.uk")
    await bea.says(*SHORTEST_REFERRAL)
    last = await last_piece(bea)
    longest = max(bea.desk.service.content.items, key=len)
    assert segments((await bea.says("read")).replace(last.key, longest)) <= 2


async def test_on_the_web_a_link_without_a_host_is_told(desk: Desk) -> None:
    bea = someone_on(desk, "web", public_url="https://waiting.example.org")
    await bea.says(*SHORTEST_REFERRAL, "read")
    assert bea.replies[0].text == f"You can read more here: /try/{(await last_piece(bea)).key}"


async def test_it_is_the_page_of_what_they_were_sent_last(desk: Desk) -> None:
    bea = someone_on(desk, "telegram")
    await bea.says(*SHORTEST_REFERRAL)
    first = await last_piece(bea)
    await bea.says("more")
    second = await last_piece(bea)
    assert second.key != first.key
    assert (await bea.says("read")).startswith(second.title)


async def test_whether_it_helped_is_asked_after_reading_and_not_again_once_said(desk: Desk) -> None:
    bea = someone_on(desk, "telegram")
    await bea.says(*SHORTEST_REFERRAL, "read")
    assert bea.asked == "helped"
    assert await bea.says("yes") == "Thank you. That tells us what to send."
    piece = await last_piece(bea)
    async with desk.database.transaction() as session:
        tried = await pieces.tried(session, conversation_id=bea.turns[-1].conversation_id)
    assert tried is not None
    assert tried.said is pieces.Said.HELPED
    assert (await bea.says("read")).startswith(piece.title)
    assert bea.asked is None


async def test_the_words_after_the_first_piece_say_how_to_read_more_in_two_texts(desk: Desk) -> None:
    bea = someone_on(desk, "sms")
    await bea.says(*SHORTEST_REFERRAL)
    assert bea.heard.count("READ for more of it") == 1
    assert segments(next(line for line in bea.heard.split("\n") if "READ" in line)) <= 2
    assert "READ" not in await bea.says("more")
    assert "READ" not in await bea.says("yes")


async def test_past_its_day_it_is_not_read_out_any_more(desk: Desk) -> None:
    for name in ("telegram", "sms", "web"):
        bea = someone_on(desk, name)
        await bea.says(*SHORTEST_REFERRAL)
        piece = await last_piece(bea)
        with_piece(bea, piece.model_copy(update={"review_by": bea.now.date() - timedelta(days=1)}))
        heard = await bea.says("read")
        assert heard == "There is nothing longer to read just now. Reply MORE for something to try."
        bea.desk = desk


async def test_outside_the_waiting_room_it_is_an_ordinary_answer(ann: Speaker) -> None:
    await ann.says("hello", "me", "72", "yes")
    assert ann.asked == "name"
    assert "nothing longer" not in await ann.says("Read")
    assert ann.asked == "postcode"


async def test_a_question_that_stood_is_asked_again_after_reading(desk: Desk) -> None:
    bea = someone_on(desk, "telegram")
    await bea.says(*SHORTEST_REFERRAL, "withdraw")
    stood = bea.asked
    assert stood is not None
    await bea.says("read")
    assert bea.replies[0].text.startswith((await last_piece(bea)).title)
    assert bea.asked == stood


def test_the_layout_keeps_a_short_text_whole_whatever_paragraphs_it_has() -> None:
    assert layout.laid_out([Reply("One.\n\nTwo.")], layout.WHATSAPP) == [Reply("One.\n\nTwo.")]
