"""However fast somebody writes, it is kept and danger is heard; and a machine gets no answers without end."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk import Desk
from bot.messages import Aside, Attachment, Inbound
from bot.turn import take_turn
from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import alarms, busy, conversations, handoffs, messages
from waitingroom.attachments import Kind
from waitingroom.busy import AT_ONCE, EQUAL, Pace, Way
from waitingroom.columns import KeyRing
from waitingroom.handoffs import Reason
from waitingroom.messages import Author

pytestmark = pytest.mark.anyio
CRY = "i want to kill myself"
OUT_OF_OFFICE = "I am out of the office until Monday. For urgent matters call Sam."
WAIT = "We have all you wrote. Please give us a minute, then write again."


class Quick(Speaker):
    """Somebody who writes as fast as `every` says."""

    def __init__(self, desk: Desk, *, now: datetime, every: float) -> None:
        super().__init__(desk, now=now)
        self.every = timedelta(seconds=every)

    async def writes(self, *texts: str) -> list[str]:
        """Say some things in a row; returns what was answered to each."""
        heard = []
        for words in texts:
            self.now += self.every
            self.turns.append(await take_turn(self.desk, self.message(words)))
            heard.append(self.heard)
        return heard

    async def reasons(self) -> list[Reason]:
        async with self.desk.database.transaction() as session:
            talk = self.turns[-1].conversation_id
            found = await handoffs.of_conversation(session, conversation_id=talk)
        return list(found.reasons) if found else []

    async def kept(self) -> list[str]:
        """What of theirs stands in the transcript."""
        async with self.desk.database.transaction() as session:
            talk = self.turns[-1].conversation_id
            found = await messages.transcript(session, conversation_id=talk, after=0)
            return [messages.said(session, one)["text"] for one in found if one.author is Author.PERSON]

    async def alarms(self) -> int:
        async with self.desk.database.transaction() as session:
            return len(await alarms.of_talk(session, conversation_id=self.turns[-1].conversation_id))


@pytest.fixture
def quick(desk: Desk) -> Quick:
    """Somebody who writes ten times a second."""
    return Quick(desk, now=MONDAY, every=0.1)


def many(count: int, start: int = 0) -> list[str]:
    """Words of which no two are equal."""
    return [f"this is thing number {number}" for number in range(start, start + count)]


async def test_sixty_messages_at_once_are_answered_and_the_next_is_asked_kindly_to_wait(quick: Quick) -> None:
    heard = await quick.writes(*many(80))
    answered = [number for number, words in enumerate(heard) if words]
    assert answered == list(range(len(answered)))
    assert AT_ONCE < len(answered) < AT_ONCE + 10
    assert WAIT in heard[len(answered) - 1]
    assert sum(WAIT in words for words in heard) == 1
    assert await quick.kept() == many(80)


async def test_after_the_minute_the_talk_goes_on_where_it_stood(quick: Quick) -> None:
    await quick.writes(*SHORTEST_REFERRAL[:3])
    asked = quick.asked
    await quick.writes(*many(90))
    assert quick.heard == ""
    quick.now += timedelta(seconds=61)
    (heard,) = await quick.writes("yes")
    assert heard
    assert WAIT not in heard
    assert asked == "consent"
    assert quick.asked not in {None, "consent"}


async def test_danger_is_heard_and_answered_however_fast_somebody_writes(quick: Quick) -> None:
    await quick.writes(*many(80))
    (heard,) = await quick.writes(CRY)
    assert "116 123" in heard
    assert "999" in heard
    assert Reason.DANGER in await quick.reasons()


async def test_whoever_writes_too_fast_can_still_say_stop(quick: Quick) -> None:
    await quick.writes(*many(80))
    (heard,) = await quick.writes("stop")
    assert heard
    async with quick.desk.database.transaction() as session:
        with pytest.raises(conversations.StoppedError):
            await conversations.way_to_reach(session, conversation_id=quick.turns[-1].conversation_id)


async def test_pictures_count_as_words_do(desk: Desk) -> None:
    answered = []
    for number in range(80):
        picture = Attachment(Kind.PICTURE, f"ref{number}")
        at = MONDAY + timedelta(seconds=number / 10)
        told = Inbound("terminal", "ann", f"m{number}", "", at, None, Aside.PICTURE, (picture,))
        answered.append(bool((await take_turn(desk, told)).replies))
    assert AT_ONCE < sum(answered) < AT_ONCE + 10
    assert not answered[-1]


async def test_a_message_a_second_is_always_answered(desk: Desk) -> None:
    steady = Quick(desk, now=MONDAY, every=1.0)
    assert all(await steady.writes(*many(150)))


async def test_neighbours_are_not_kept_waiting(quick: Quick, desk: Desk) -> None:
    await quick.writes(*many(80))
    priya = Quick(desk, now=quick.now, every=0.1)
    assert all(await priya.writes(*many(10)))


async def test_a_machine_that_answers_us_with_the_same_words_is_answered_twenty_times(desk: Desk) -> None:
    machine = Quick(desk, now=MONDAY, every=4)
    heard = await machine.writes(*[OUT_OF_OFFICE] * 60)
    assert EQUAL <= sum(map(bool, heard)) < 2 * EQUAL
    assert not any(heard[-20:])
    assert (await machine.reasons()).count(Reason.SAME_AGAIN) == 1
    assert len(await machine.kept()) == 60


async def test_a_machine_is_answered_once_an_hour_and_others_at_once(desk: Desk) -> None:
    machine = Quick(desk, now=MONDAY, every=4)
    await machine.writes(*[OUT_OF_OFFICE] * 60)
    machine.now += timedelta(hours=1)
    assert [bool(one) for one in await machine.writes(*[OUT_OF_OFFICE] * 3)] == [True, False, False]
    assert all(await machine.writes("hello, it is me, Ann", OUT_OF_OFFICE))


async def test_our_own_words_coming_back_are_answered_a_few_times_only(desk: Desk) -> None:
    mirror = Quick(desk, now=MONDAY, every=4)
    words, answered = "hello", 0
    for _ in range(20):
        (heard,) = await mirror.writes(words)
        answered += bool(heard)
        words = mirror.replies[-1].text if mirror.replies else words
    assert answered <= 10
    assert not mirror.replies
    assert Reason.SAME_AGAIN in await mirror.reasons()


async def test_danger_in_a_loop_calls_a_person_each_time_and_is_answered_again_in_minutes(desk: Desk) -> None:
    someone = Quick(desk, now=MONDAY, every=2)
    heard = await someone.writes(*[CRY] * 30)
    assert "116 123" in heard[0]
    assert all(heard[:EQUAL])
    assert not heard[-1]
    assert await someone.alarms() == 30
    assert "116 123" in (await someone.writes("please, I want to kill myself, I cannot go on"))[0]
    await someone.writes(*[CRY] * 30)
    someone.now += timedelta(minutes=10)
    assert "116 123" in (await someone.writes(CRY))[0]


async def test_the_same_answer_to_twenty_questions_is_no_loop(desk: Desk) -> None:
    quick = Quick(desk, now=MONDAY, every=2)
    pace = Pace()
    said = busy.known_by(desk.database.keys, "talk", "skip")
    for number in range(60):
        now = MONDAY + timedelta(seconds=number)
        pace, way = pace.weigh(said, now=now, danger=False)
        assert way is Way.ANSWER
        pace = pace.told(said, None, led_on=True, now=now)
    assert not pace.loops
    await quick.writes(*SHORTEST_REFERRAL)
    assert Reason.SAME_AGAIN not in await quick.reasons()


@given(
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=300),
    back=st.sampled_from([0.0, -7200.0, 7200.0]),
)
def test_nobody_is_answered_faster_than_sixty_and_one_a_second(gaps: list[float], back: float) -> None:
    pace, now, came = Pace(), MONDAY, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        pace, way = pace.weigh(None, now=now, danger=False)
        if way is Way.ANSWER:
            came.append(now)
        for start, first in enumerate(came):
            assert len(came) - start <= AT_ONCE + (now - first).total_seconds() + 1
    later = now + timedelta(seconds=back) + timedelta(minutes=2, seconds=1)
    assert pace.weigh(None, now=later, danger=False)[1] is Way.ANSWER


def test_words_are_known_again_in_their_own_talk_only() -> None:
    keys = KeyRing.fresh()
    assert busy.known_by(keys, "a", "Hello!") == busy.known_by(keys, "a", " hello")
    assert busy.known_by(keys, "a", "hello") != busy.known_by(keys, "b", "hello")
    assert busy.known_by(keys, "a", "hello", least=busy.LONG) is None
    assert busy.known_by(keys, "a", "  ") is None
