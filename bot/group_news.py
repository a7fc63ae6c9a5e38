"""Group news: what people in groups are told unasked, each thing once, in words that give nothing away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot import opening
from bot.desk import Desk
from bot.gatherings import day, time_of
from bot.starting import open_with, say, way_to
from bot.unasked import APART
from bot.words import Words, _, words_in
from content import Group
from content.hours import ZONE
from content.meeting_days import starts_between
from waitingroom import (
    alarms,
    conversations,
    groups,
    kept_places,
    looks,
    meetings,
    people,
    safe_hours,
    waiting,
)
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.groups import BefriendingGroup
from waitingroom.meetings import Member, What
from waitingroom.programme import next_waking

REMINDED_AT = time(10, 0)
DAYS_OVER = time(20, 0)
BEFORE, LATE = timedelta(minutes=30), timedelta(minutes=15)
"""The way in is told half an hour before, and for a quarter of an hour after it began; then it is too late."""
ASKED_FOR = timedelta(days=2)
"""How was it is asked on the day after, or the day after that; then it is left out."""
HOW_WAS_IT = "how_was_it"
KEEPS_APART = frozenset({What.REMINDER, What.HOW_WAS_IT})
"""What keeps the next step of the programme away for a day; a way in cannot be planned around."""

REMINDER = _(
    "Hello from {service}. A reminder: you have something planned for {day}, at {time}. "
    "To see more, reply MY GROUPS."
)
CALLED_OFF = _(
    "Hello from {service}. What you had planned for {day}, at {time}, will not take place this time. "
    "To see more, reply MY GROUPS."
)
WAY_IN = _(
    "Hello from {service}. What you have planned today begins at {time}. It is fine to come a little late. "
    "This is the way in: {way_in}"
)
PLACE_FREE = _("Hello from {service}. Something you asked for is free now. To take it or not, reply MY GROUPS.")


@dataclass(frozen=True)
class News:
    """Something members are due to be told of one meeting. `until`: after that it is left out."""

    what: What
    meets_at: datetime
    since: datetime
    until: datetime


async def tell_groups(desk: Desk, *, now: datetime) -> int:
    """Offer places that came free, and tell members what is due about their meetings. Returns how many were told.

    Worked out afresh each time from when each group meets; each thing is noted, so nobody is told it twice.
    """
    told = 0
    async with desk.database.transaction() as session:
        wanted = await kept_places.wanted(session)
    for group in desk.service.content.groups.values():
        if group.key in wanted:
            async with desk.database.transaction() as session:
                await kept_places.offer_free(session, key=group.key, places=group.places, now=now)
                for member in await meetings.untold(session, key=group.key, now=now):
                    told += await _tell_of_place(session, desk, member, now)
        for news in due_now(group, now):
            async with desk.database.transaction() as session:
                told += await _tell_all(session, desk, group, news, now)
    return told


def due_now(group: Group, now: datetime) -> Iterator[News]:
    """Say what is due about the meetings of a group just now, whether it is paused or not."""
    for meets_at in starts_between(group.meetings, now - ASKED_FOR - timedelta(days=1), now + timedelta(days=2)):
        day_before, day_after = meets_at - timedelta(days=1), meets_at + timedelta(days=1)
        every = (
            News(What.REMINDER, meets_at, _at(day_before, REMINDED_AT), _at(day_before, DAYS_OVER)),
            News(What.CALLED_OFF, meets_at, _at(day_before, REMINDED_AT), meets_at),
            News(What.WAY_IN, meets_at, meets_at - BEFORE, meets_at + LATE),
            News(What.HOW_WAS_IT, meets_at, _at(day_after, REMINDED_AT), _at(meets_at + ASKED_FOR, DAYS_OVER)),
        )
        yield from (news for news in every if news.since <= now < news.until)


async def _tell_all(session: Session, desk: Desk, group: Group, news: News, now: datetime) -> int:
    """Tell everyone who is due, where it is a safe hour for them and nothing else is under way."""
    state = await groups.state(session, key=group.key)
    if not _goes(group, state, news):
        return 0
    no = state.way_in_no if news.what is What.WAY_IN else 0
    members = await meetings.due(
        session,
        key=group.key,
        meets_at=news.meets_at,
        what=news.what,
        no=no,
        here_before={What.REMINDER: news.since, What.HOW_WAS_IT: news.meets_at}.get(news.what, news.until),
        now=now,
    )
    return sum([await _tell(session, desk, state, member, news, no, now) for member in members])


async def _tell(
    session: Session, desk: Desk, state: BefriendingGroup, member: Member, news: News, no: int, now: datetime
) -> bool:
    """Tell one member, and note it first: only what is new goes out. Returns whether it went."""
    talk = await conversations.find(session, member.conversation_id)
    if not await _is_good_time(session, desk, talk, now):
        return False
    asks = news.what is What.HOW_WAS_IT
    if asks and not await _may_ask(session, talk, now):
        return False
    new = await meetings.note(
        session, membership_id=member.membership_id, meets_at=news.meets_at, what=news.what, no=no, now=now
    )
    contact = await way_to(session, desk, talk.id, now) if new else None
    if contact is None:
        return False
    if news.what in KEEPS_APART:
        await _note(session, talk, member, news, now)
    dedupe = f"g{member.membership_id}:{news.what}:{no}:{news.meets_at:%Y%m%d%H%M}"
    if asks:
        await open_with(session, desk, contact, HOW_WAS_IT, dedupe=dedupe, now=now)
    else:
        words = _words(desk, words_in(talk.language), news, way_in=groups.way_in(session, state))
        await say(session, desk, contact, words, dedupe=dedupe, now=now)
    return True


async def _tell_of_place(session: Session, desk: Desk, member: Member, now: datetime) -> bool:
    """Tell someone that a place is kept for them; from then on they have two days, the nights left out."""
    talk = await conversations.find(session, member.conversation_id)
    contact = await way_to(session, desk, talk.id, now)
    if contact is None or not await _is_good_time(session, desk, talk, now):
        return False
    await kept_places.note_told(session, membership_id=member.membership_id, now=now, zone=desk.service.zone)
    words = words_in(talk.language).say(PLACE_FREE, service=desk.service.name)
    await say(session, desk, contact, words, dedupe=f"g{member.membership_id}:free:{now.isoformat()}", now=now)
    return True


def _goes(group: Group, state: BefriendingGroup, news: News) -> bool:
    """Say whether this is told at all: what is off in a break and nothing else, no way in where there is none."""
    if news.what is What.CALLED_OFF:
        return state.paused_at is not None
    if news.what is What.HOW_WAS_IT:
        return True
    return state.paused_at is None and (
        news.what is What.REMINDER or (group.way != "place" and bool(state.way_in))
    )


async def _is_good_time(session: Session, desk: Desk, talk: Conversation, now: datetime) -> bool:
    """Say whether it is by day, and in the hours that the person said are safe for them."""
    hours = safe_hours.DAYTIME
    if talk.person_id is not None:
        person = await people.person(session, talk.person_id)
        hours = safe_hours.as_said(people.safe_contact(session, person).when)
    return next_waking(now, desk.service.zone, hours) <= now


async def _may_ask(session: Session, talk: Conversation, now: datetime) -> bool:
    """Say whether nothing else is under way: no open question, nothing sent today, no danger heard lately."""
    worried = await alarms.latest_real(session, conversation_id=talk.id, now=now)
    if worried is not None or not await opening.is_free(session, talk, now=now):
        return False
    place = await waiting.find(session, conversation_id=talk.id)
    known = await looks.look(session, referral_id=place.referral_id) if place else None
    last = known.last_unasked() if known else None
    return last is None or now - last >= APART


async def _note(session: Session, talk: Conversation, member: Member, news: News, now: datetime) -> None:
    """Note what went among all that someone who waits was sent, so that nothing else comes close upon it."""
    if place := await waiting.find(session, conversation_id=talk.id):
        step = f"group:{news.what}:{news.meets_at:%Y_%m_%d}:{member.membership_id}"
        await waiting.note_sent(session, referral_id=place.referral_id, step=step, item=None, now=now)


def _words(desk: Desk, words: Words, news: News, *, way_in: str) -> str:
    said = {What.REMINDER: REMINDER, What.CALLED_OFF: CALLED_OFF, What.WAY_IN: WAY_IN}[news.what]
    return words.say(
        said, service=desk.service.name, day=day(news.meets_at), time=time_of(news.meets_at), way_in=way_in
    )


def _at(on: datetime, at: time) -> datetime:
    return datetime.combine(on.astimezone(ZONE).date(), at, tzinfo=ZONE)
