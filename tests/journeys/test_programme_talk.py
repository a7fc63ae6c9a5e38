"""The programme as someone waiting meets it: what comes when, what helped, and how they change it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import outreach
from bot.channels.terminal import Terminal
from bot.desk import Desk
from bot.layout import SMS
from content import Programme
from content.segments import segments
from tests.at_the_desk import claims, hands_back
from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import activities, messages, pieces, referrals, waiting
from waitingroom.activities import Kind
from waitingroom.conversations import Conversation
from waitingroom.messages import Author
from waitingroom.pieces import PieceTally, Said
from waitingroom.waiting import Pace, Waiting

pytestmark = pytest.mark.anyio
JOINED_FOR_MORNINGS = (*SHORTEST_REFERRAL[:-3], "here", "mornings", "yes")


async def heard_unasked(who: Speaker) -> list[tuple[str, datetime]]:
    """All that went to them that they had not asked for just now, and when."""
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[-1].conversation_id, limit=1000)
        return [
            (str(messages.said(session, one)["text"]), one.created_at)
            for one in said
            if one.author is Author.BOT and one.kind is messages.Kind.STARTED
        ]


async def days_pass(who: Speaker, days: float, *, every: timedelta = timedelta(hours=1)) -> list[str]:
    """Let days pass, the clock looked at every hour; returns what went out."""
    before = len(await heard_unasked(who))
    until = who.now + timedelta(days=days)
    while who.now < until:
        who.now += every
        await outreach.send_due(who.desk, now=who.now)
    return [words for words, _ in (await heard_unasked(who))[before:]]


async def place_of(who: Speaker) -> Waiting:
    async with who.desk.database.transaction() as session:
        place = await waiting.find(session, conversation_id=who.turns[-1].conversation_id)
        assert place is not None
        return place


async def items_of(who: Speaker) -> list[str]:
    async with who.desk.database.transaction() as session:
        steps = await waiting.sent(session, referral_id=(await place_of(who)).referral_id)
    return [step.item for step in steps if step.item]


async def tallies(who: Speaker) -> dict[str, tuple[int, int]]:
    async with who.desk.database.transaction() as session:
        return {key: (one.helped, one.did_not_help) for key, one in (await pieces.counted(session)).items()}


def with_programme(desk: Desk, change: Callable[[Programme], Programme]) -> Desk:
    """The same desk, its programme changed."""
    content = desk.service.content
    changed = change(content.programmes["waiting_well"])
    return replace(
        desk,
        service=replace(desk.service, content=replace(content, programmes={"waiting_well": changed})),
    )


class ByText(Terminal):
    """The terminal, with messages laid out as texts are."""

    layout = SMS


def by_text(desk: Desk) -> Speaker:
    """Someone who writes text messages."""
    desk = replace(desk, channels={**desk.channels, "sms": ByText()})
    return Speaker(desk, now=MONDAY, channel="sms", address="+447700900123")


async def test_a_piece_comes_with_one_tap_on_whether_it_helped_in_one_or_two_texts(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    (heard, *rest) = await days_pass(ann, 3)
    assert segments(f"{heard}\nDid this help?\n1 Yes\n2 No") <= 2
    assert "Did this help?" in " ".join(rest)
    assert "Thank you" in await ann.says("1")
    item = (await items_of(ann))[-1]
    assert await tallies(ann) == {item: (1, 0)}


async def test_a_piece_a_step_names_is_not_sent_past_its_day(desk: Desk) -> None:
    def naming(programme: Programme) -> Programme:
        first = programme.steps[0].model_copy(update={"kind": "piece", "item": "warm_places", "text": None})
        return programme.model_copy(update={"steps": (first,)})

    words = desk.service.content
    for review_by, comes in ((MONDAY.date() + timedelta(days=300), True), (MONDAY.date(), False)):
        aged = words.items["warm_places"].model_copy(update={"review_by": review_by})
        now_aged = replace(words, items={**words.items, "warm_places": aged})
        other = with_programme(replace(desk, service=replace(desk.service, content=now_aged)), naming)
        bea = Speaker(other, now=MONDAY)
        await bea.says(*SHORTEST_REFERRAL)
        await days_pass(bea, 4)
        assert ("warm_places" in await items_of(bea)) is comes


async def test_someone_who_says_no_is_counted_once_and_may_think_again(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "more")
    assert ann.asked == "helped"
    assert "NOT FOR ME" in await ann.says("no")
    item = (await items_of(ann))[-1]
    assert await tallies(ann) == {item: (0, 1)}
    await ann.says("Yes", answering="helped")
    assert await tallies(ann) == {item: (1, 0)}


async def test_whether_it_helped_is_dropped_without_a_word_when_they_say_something_else(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "more")
    heard = await ann.says("My sister is coming on Friday")
    assert "your link worker will see it" in heard
    assert "Did this help?" not in heard
    assert await tallies(ann) == {}
    heard = await ann.says("more", "helplines")
    assert "999" in heard
    assert "Did this help?" not in heard
    assert ann.asked is None


async def test_whether_it_helped_is_never_a_second_question(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "withdraw")
    stood = ann.asked
    assert stood is not None
    assert "Did this help?" not in await ann.says("more")
    assert ann.asked == stood


async def test_what_was_said_of_a_piece_goes_with_the_person_and_the_count_stays(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "more", "yes", "my data")
    await ann.says("72, BB9 7AA", "withdraw", "yes", "delete", "yes")
    async with ann.desk.database.transaction() as session:
        assert (await session.run(text("SELECT sum(helped) FROM piece_tally"))).scalar_one() == 1
        columns = set(PieceTally.__table__.columns.keys())  # type: ignore[attr-defined]
    assert columns == {"item", "helped", "did_not_help"}


async def test_what_helped_others_comes_first_and_few_answers_move_it_little(ann: Speaker) -> None:
    content = ann.desk.service.content
    today = ann.now.date()
    plain = [
        piece.key
        for piece in content.pieces_for({"lonely"}, seen=(), today=today)
        if piece.needs[:1] == ("lonely",)
    ]
    favourite = plain[-1]
    ranked = content.pieces_for({"lonely"}, seen=(), today=today, ranking={favourite: 0.9, plain[1]: 0.1})
    keys = [piece.key for piece in ranked]
    assert keys.index(favourite) < keys.index(plain[1])
    assert ranked[0].starter
    assert pieces.helpfulness(0, 0) == 0.5
    assert pieces.helpfulness(1, 0) < pieces.helpfulness(40, 10) < pieces.helpfulness(400, 0) < 1
    assert 0 < pieces.helpfulness(0, 300) < pieces.helpfulness(3, 5) < 0.5


async def test_not_for_me_ranks_that_sort_down_and_offers_another(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "more")
    items = ann.desk.service.content.items
    disliked = items[(await items_of(ann))[-1]]
    heard = await ann.says("not for me")
    assert "less of that sort" in heard
    other = items[(await items_of(ann))[-1]]
    assert other.text in heard
    assert other.sort != disliked.sort
    async with ann.desk.database.transaction() as session:
        referral_id = (await place_of(ann)).referral_id
        assert await pieces.not_for_them(session, referral_id=referral_id) == (disliked.key,)
    assert await tallies(ann) == {}


async def test_a_piece_nobody_was_sent_cannot_be_judged(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    referral_id = (await place_of(ann)).referral_id
    async with ann.desk.database.transaction() as session:
        kept = await pieces.say(
            session, referral_id=referral_id, item="food_this_week", said=Said.HELPED, now=ann.now
        )
    assert not kept
    assert await tallies(ann) == {}


async def test_less_more_often_pause_and_resume_change_what_comes(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    assert "half as often" in await ann.says("less")
    fewer = [words for words in await days_pass(ann, 42) if "Did this help" not in words]
    other = Speaker(ann.desk, now=ann.now - timedelta(days=42))
    await other.says(*SHORTEST_REFERRAL)
    usual = [words for words in await days_pass(other, 42) if "Did this help" not in words]
    often = Speaker(ann.desk, now=ann.now - timedelta(days=42))
    await often.says(*SHORTEST_REFERRAL)
    assert "twice as often" in await often.says("more often")
    most = [words for words in await days_pass(often, 42) if "Did this help" not in words]
    assert len(fewer) < len(usual) < len(most)
    assert "paused" in await often.says("pause")
    assert await days_pass(often, 30) == []
    assert "Welcome back" in await often.says("resume")
    assert await days_pass(often, 8)


async def test_nothing_comes_outside_the_hours_someone_said_are_safe(ann: Speaker) -> None:
    await ann.says(*JOINED_FOR_MORNINGS)
    await days_pass(ann, 30)
    heard = await heard_unasked(ann)
    assert len(heard) > 4
    assert {at.astimezone(ann.desk.service.zone).hour for _, at in heard} <= {8, 9, 10, 11}


async def test_an_open_question_is_not_talked_over(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    ann.now += timedelta(days=2) - timedelta(hours=3)
    await ann.says("withdraw")
    assert ann.asked is not None
    assert await days_pass(ann, 1.5) == []
    await ann.says("no")
    assert await days_pass(ann, 2) != []


async def test_a_piece_comes_although_whether_the_last_one_helped_was_never_said(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    ann.now += timedelta(days=1, hours=12)
    await ann.says("more")
    assert ann.asked == "helped"
    assert await days_pass(ann, 1) != []


async def test_the_programme_stops_once_a_link_worker_has_spoken_with_someone_and_says_so_in_one_line(
    ann: Speaker,
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    assert await days_pass(ann, 3) == []  # the talk is a link worker's
    await hands_back(ann, claimed)
    assert claimed.claimed_by is not None
    assert claimed.referral_id is not None
    async with ann.desk.database.transaction() as session:
        await activities.log(
            session,
            referral_id=claimed.referral_id,
            staff_id=claimed.claimed_by,
            kind=Kind.CALL,
            minutes=20,
            note="",
            now=ann.now,
        )
    (heard,) = await days_pass(ann, 40)
    assert "our regular messages stop here" in heard
    assert segments(heard) <= 2
    assert (await place_of(ann)).pace is Pace.MET
    assert "nothing on our own" in await ann.says("resume")
    await ann.says("more")
    assert ann.asked == "helped"


async def test_a_call_nobody_answered_or_a_claim_alone_stops_nothing(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    await hands_back(ann, claimed)
    assert claimed.claimed_by is not None
    assert claimed.referral_id is not None
    async with ann.desk.database.transaction() as session:
        for kind, minutes in ((Kind.CALL, 0), (Kind.LIAISON, 30), (Kind.TEXT, 5)):
            await activities.log(
                session,
                referral_id=claimed.referral_id,
                staff_id=claimed.claimed_by,
                kind=kind,
                minutes=minutes,
                note="",
                now=ann.now,
            )
    heard = await days_pass(ann, 5)
    assert heard
    assert not any("regular messages stop" in words for words in heard)


async def test_someone_back_on_the_list_hears_from_us_again(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    referral_id = (await place_of(ann)).referral_id
    async with ann.desk.database.transaction() as session:
        await session.run(text("UPDATE waiting SET pace = 'met', next_at = NULL"))
        await waiting.take_up(session, referral_id=referral_id, now=ann.now)
    assert await days_pass(ann, 3) != []


async def test_steps_are_for_those_they_say_and_for_nobody_else(ann: Speaker) -> None:
    def only(programme: Programme) -> Programme:
        words = next(step for step in programme.steps if step.kind == "words")
        told: list[tuple[str, dict[str, object]]] = [
            ("for money", {"for_needs": ("money",)}),
            ("for lonely", {"for_needs": ("lonely", "mind")}),
            ("not lonely", {"not_for_needs": ("lonely",)}),
            ("not claimed", {"only_if": "not_claimed"}),
            ("claimed", {"only_if": "claimed"}),
        ]
        steps = [
            words.model_copy(update={"key": f"s{day}", "day": day, "text": f"Words {said}.", **who})
            for day, (said, who) in enumerate(told, 1)
        ]
        return programme.model_copy(update={"steps": tuple(steps)})

    ann.desk = with_programme(ann.desk, only)
    await ann.says(*SHORTEST_REFERRAL)
    assert await days_pass(ann, 9) == ["Words for lonely.", "Words not claimed."]
    claimed = await claims(ann)
    await hands_back(ann, claimed)
    assert await days_pass(ann, 2) == ["Words claimed."]


async def test_a_restart_in_the_middle_sends_nothing_twice(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    now = ann.now + timedelta(days=2, hours=4)
    await outreach.send_due(ann.desk, now=now)
    once = await heard_unasked(ann)
    async with ann.desk.database.transaction() as session:
        await session.run(text("UPDATE waiting SET next_at = joined_at"))
    await outreach.send_due(ann.desk, now=now)
    await outreach.send_due(ann.desk, now=now + timedelta(minutes=1))
    assert await heard_unasked(ann) == once
    assert len(once) in {1, 2}


async def test_one_step_goes_to_each_at_a_minute_of_their_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pacing.SPREAD", 150)
    town = [Speaker(desk, now=MONDAY) for _ in range(6)]
    for number, who in enumerate(town):
        await who.says(*SHORTEST_REFERRAL[:4], f"Nobody {'ABCDEF'[number]}", *SHORTEST_REFERRAL[5:])
    at_ten = (MONDAY + timedelta(days=2)).replace(hour=10, minute=0, second=0)
    await outreach.send_due(desk, now=at_ten)
    async with desk.database.transaction() as session:
        due = {row.next_at for row in (await session.run(text("SELECT next_at FROM waiting"))).all()}
    assert len(due) > 1
    await outreach.send_due(desk, now=at_ten + timedelta(minutes=150))
    assert all([await heard_unasked(who) for who in town])


async def test_my_plan_is_read_back_on_a_page_only_and_only_to_them(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "my plan")
    assert ann.asked == "proof_1"
    assert "Company" not in ann.heard
    assert 'You told us what matters most to you: "Company in the evenings"' in await ann.says("72, BB9 7AA")


async def test_by_text_my_plan_says_where_to_read_it_and_nothing_of_what_it_says(desk: Desk) -> None:
    bea = by_text(desk)
    await bea.says(*SHORTEST_REFERRAL)
    heard = await bea.says("my plan")
    assert "CONTINUE" in heard
    assert "Company" not in heard
    assert segments(heard) <= 2


async def test_the_menu_fits_two_texts_and_each_line_leads_somewhere(desk: Desk) -> None:
    bea = by_text(desk)
    heard = await bea.says(*SHORTEST_REFERRAL, "menu")
    assert segments(heard) <= 2
    assert "1 My next step" in heard
    await bea.says("1")
    assert bea.asked == "helped"
    assert "How often" in await bea.says("menu", "fewer messages")
    assert "half as often" in await bea.says("1")
    assert "We have stopped" in await bea.says("menu", "9", "5")


async def test_advice_and_housing_are_one_word_away_from_the_first_message_on(ann: Speaker) -> None:
    heard = await ann.says("hello", "advice")
    assert "Citizens Advice" in heard
    assert "0800 144 8848" in heard
    assert ann.asked == "for_whom"
    heard = await ann.says("HOUSING")
    assert "council" in heard
    assert "Shelter" in heard


@pytest.mark.parametrize(
    ("nation", "advice", "housing"),
    [
        ("wales", "0800 702 2020", "Shelter Cymru"),
        ("scotland", "0800 028 1456", "Shelter Scotland"),
        ("northern_ireland", "0800 915 4604", "Housing Executive"),
    ],
)
async def test_advice_and_housing_are_those_of_the_nation(
    ann: Speaker, nation: str, advice: str, housing: str
) -> None:
    ann.desk = replace(ann.desk, service=replace(ann.desk.service, nation=nation))
    assert advice in await ann.says("hello", "advice")
    assert housing in await ann.says("housing")


async def test_a_closed_line_says_when_it_opens(ann: Speaker) -> None:
    ann.now = ann.now.replace(day=27, hour=22)  # a Friday night
    assert "Opens Monday 30 November, 9am." in await ann.says("hello", "advice")


async def test_lines_not_checked_for_90_days_are_not_told(ann: Speaker) -> None:
    ann.now += timedelta(days=120)
    heard = await ann.says("hello", "advice")
    assert "0800 144 8848" not in heard
    assert "999" in await ann.says("helplines")
    assert "116 123" in heard


async def test_the_talk_is_left_as_it_was_after_an_open_question_beneath(ann: Speaker) -> None:
    await ann.says("hello", "advice")
    async with ann.desk.database.transaction() as session:
        talk = await session.get(Conversation, ann.turns[-1].conversation_id)
    assert talk is not None
    assert ann.asked == "for_whom"
    assert await referral_of(ann) is None


async def referral_of(who: Speaker) -> referrals.Referral | None:
    async with who.desk.database.transaction() as session:
        return await referrals.open_referral(session, conversation_id=who.turns[-1].conversation_id)
