"""Joining: two on record who are one person become one, at a person's word, and nothing is lost."""

import uuid
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from waitingroom import (
    crossings,
    equality,
    handoffs,
    hubs,
    join_papers,
    memberships,
    own_keys,
    pairs,
    people,
    referrals,
    waiting,
)
from waitingroom.conversations import Conversation, Owner, Place
from waitingroom.database import Session
from waitingroom.errors import RefusedError, StaleError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.matching import MOVES, PersonMatch, Status
from waitingroom.moves import moved
from waitingroom.pairs import Pair, Side
from waitingroom.referrals import UNDER_WAY
from waitingroom.rehanging import rehang

JOINED = "joined with another of the same person"
"""Why a referral ended that went into an earlier one."""

LOCK_TALKS = "SELECT id FROM conversation WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
LEAVE = """
UPDATE conversation SET person_id = NULL, place = 'front_door', owner = 'bot', owned_by = NULL, talk = NULL,
                        contact_id = NULL, before_id = NULL, hub_id = NULL, clear_at = $2
WHERE id = $1
"""
"""Leaves nothing in the talk that went into the other: it is deleted with all that nobody needs."""
FOLLOW = "UPDATE conversation SET before_id = $2 WHERE before_id = $1 AND id <> $2"
"""A chat that fell silent in the talk that is left proves itself into the other from now on."""
SETTLE = "UPDATE conversation SET person_id = $2, place = $3, contact_id = $4 WHERE id = $1"
DECIDED = """
UPDATE handoff SET reasons = array_remove(reasons, $2::varchar), version = version + 1
WHERE conversation_id = $1 AND status IN ('waiting', 'claimed') AND $2 = ANY(reasons) AND cardinality(reasons) > 1
"""
OTHERS = """
UPDATE person_match p SET earlier_id = CASE p.earlier_id WHEN $1 THEN $2 ELSE p.earlier_id END,
                          later_id = CASE p.later_id WHEN $1 THEN $2 ELSE p.later_id END
WHERE $1 IN (p.earlier_id, p.later_id) AND NOT $2 IN (p.earlier_id, p.later_id) AND NOT EXISTS (
    SELECT 1 FROM person_match o
    WHERE $2 IN (o.earlier_id, o.later_id)
      AND CASE p.earlier_id WHEN $1 THEN p.later_id ELSE p.earlier_id END IN (o.earlier_id, o.later_id))
"""
"""Whom else the one that goes may be, the one that stays may be; what was decided of that stands."""


class Which(StrEnum):
    """One of the two."""

    EARLIER = "earlier"
    LATER = "later"


class BothTalkingError(RefusedError):
    """Each of the two is talking with a link worker. One of you hands them back first."""


async def keep_apart(
    session: Session, *, match_id: uuid.UUID, tags: Collection[str], staff_id: uuid.UUID, now: datetime
) -> PersonMatch:
    """Decide that two are two people: it is remembered, and not asked again.

    Raises NotFoundError, GoneError, StaleError where they are no longer as `tags` name them, IllegalMoveError.
    """
    pair = await _hold(session, match_id, tags)
    await _decide(session, pair.match, Status.KEPT_APART, staff_id, now)
    for side in (pair.earlier, pair.later):
        await session.driver.execute(DECIDED, side.talk.id, Reason.MAYBE_KNOWN.value)
    return pair.match


async def join(
    session: Session,
    *,
    match_id: uuid.UUID,
    tags: Collection[str],
    reach: Which,
    staff_id: uuid.UUID,
    now: datetime,
) -> uuid.UUID:
    """Make two one: the earlier person stays, and both chats come to one talk. Returns the person's id.

    Of two open referrals the one that has waited longer stands, with the needs and the words of both.
    `reach`: whose way of being reached stands, and whose chat we write to; that of the earlier is the safer one,
    for anyone can say they are somebody. `tags`: the states of the pair that were read, `*` for any.
    What was changed is written down, so that `parting.part` can undo it for 30 days.
    Raises NotFoundError, GoneError, StaleError, BothTalkingError, IllegalMoveError.
    """
    pair = await _hold(session, match_id, tags)
    to, away = _talks(pair)
    moved(MOVES, pair.match.status, Status.JOINED)
    stays, goes = pair.earlier.person.id, pair.later.person.id
    before = await join_papers.before(
        session, match_id=match_id, stays=stays, goes=goes, to=to.id, away=away.id if to is not away else to.id
    )
    if {pair.earlier.referral.status, pair.later.referral.status} <= set(UNDER_WAY):
        await _unite(session, pair, now)
    if to is not away:
        await _carry(session, away, to, referral_id=pair.kept.referral.id, now=now)
    chosen = pair.earlier if reach is Which.EARLIER else pair.later
    await _be_one(session, pair, to=to, reach=chosen)
    answered = await equality.of_person(session, person_id=goes)
    if answered and not await equality.of_person(session, person_id=stays):
        await equality.keep(session, conversation_id=to.id, asked=list(answered), answers=answered)
    await equality.take_away(session, person_id=goes)
    for given in before.keys:
        await own_keys.give(session, away=given.away, to=given.to)
    await session.driver.execute("DELETE FROM person WHERE id = $1", goes)
    await session.driver.execute(OTHERS, goes, stays)
    await _decide(session, pair.match, Status.JOINED, staff_id, now)
    await session.driver.execute(DECIDED, to.id, Reason.MAYBE_KNOWN.value)
    await join_papers.write(session, before, now=now)
    return stays


async def _hold(session: Session, match_id: uuid.UUID, tags: Collection[str]) -> Pair:
    """Lock the two talks, in an order that is always the same, and look at the pair again as it is then."""
    first = await pairs.look(session, match_id=match_id)
    await session.driver.execute(LOCK_TALKS, [first.earlier.talk.id, first.later.talk.id])
    await session.get(PersonMatch, match_id, with_for_update=True, populate_existing=True)
    pair = await pairs.look(session, match_id=match_id)
    if not {"*", pair.tag}.intersection(tags):
        raise StaleError
    return pair


def _talks(pair: Pair) -> tuple[Conversation, Conversation]:
    """Say which talk stays and which goes into it: the one a link worker has stays, else the earlier."""
    earlier, later = pair.earlier.talk, pair.later.talk
    if earlier.owner is later.owner is Owner.LINK_WORKER and earlier.id != later.id:
        raise BothTalkingError
    return (later, earlier) if later.owner is Owner.LINK_WORKER else (earlier, later)


async def _unite(session: Session, pair: Pair, now: datetime) -> None:
    """Put what two open referrals ask for into the one that has waited longer; the other ends."""
    kept = pair.kept.referral
    spare = pair.later.referral if kept.id == pair.earlier.referral.id else pair.earlier.referral
    own = await own_keys.of(session, kept.person_id, kept)
    kept.needs = list(pair.kept.needs)
    kept.what_matters = own.seal(pair.kept.what_matters, f"referral:what_matters:{kept.id}")
    if pair.kept.own_needs:
        kept.own_needs = own.seal(pair.kept.own_needs, f"referral:own_needs:{kept.id}")
    if spare.status is referrals.Status.PICKED_UP and kept.status is referrals.Status.WAITING:
        kept.status = moved(referrals.MOVES, kept.status, referrals.Status.PICKED_UP)
        kept.picked_up_at = kept.picked_up_at or spare.picked_up_at
    kept.help_with_costs_at = kept.help_with_costs_at or spare.help_with_costs_at
    kept.version += 1
    spare.status = moved(referrals.MOVES, spare.status, referrals.Status.CLOSED)
    spare.ended_at, spare.close_reason, spare.version = now, JOINED, spare.version + 1
    session.add_all([kept, spare])
    await session.flush()
    await waiting.leave(session, referral_id=spare.id)
    await rehang(session, table="referral", away=spare.id, to=kept.id)


async def _carry(
    session: Session, away: Conversation, to: Conversation, *, referral_id: uuid.UUID, now: datetime
) -> None:
    """Bring all of one talk into the other; whoever was wanted there is wanted here."""
    hand = await session.driver.fetchrow(crossings.MOVE_HAND, away.id, now)
    await session.driver.execute(crossings.FORGET, away.id, now)
    await session.driver.execute(LEAVE, away.id, now)
    await memberships.carry(session, away=away.id, to=to.id)
    await rehang(session, table="conversation", away=away.id, to=to.id)
    await session.driver.execute(FOLLOW, away.id, to.id)
    for reason in hand["reasons"] if hand else ():
        await handoffs.raise_hand(
            session,
            conversation_id=to.id,
            reason=Reason(reason),
            urgency=Urgency(hand["urgency"]),
            referral_id=referral_id,
            now=now,
        )


async def _be_one(session: Session, pair: Pair, *, to: Conversation, reach: Side) -> None:
    """Have the earlier person be both: what was said last of them, and whatever either added."""
    stays, about = pair.earlier.person, pair.kept.about
    added = people.gaps(pair.earlier.more, pair.later.more)
    await rehang(session, table="person", away=pair.later.person.id, to=stays.id)
    await people.renew(
        session,
        person_id=stays.id,
        who=about,
        reach=reach.reach,
        area=about.postcode.split()[0] if about.postcode else stays.area,
        language=pair.later.person.language,
    )
    place = Place.WAITING_ROOM if pair.kept.referral.status in UNDER_WAY else Place.FRONT_DOOR
    way = next((way.id for way in reach.ways), to.contact_id)
    await session.driver.execute(SETTLE, to.id, stays.id, place, way)
    await hubs.place(session, person_id=stays.id)
    if added is not None:
        await people.add(session, conversation_id=to.id, told=added)


async def _decide(
    session: Session, match: PersonMatch, status: Status, staff_id: uuid.UUID, now: datetime
) -> None:
    match.status = moved(MOVES, match.status, status)
    match.decided_at, match.decided_by, match.version = now, staff_id, match.version + 1
    session.add(match)
    await session.flush()
