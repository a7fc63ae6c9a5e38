"""Where people stop is counted: without who they are, without what they answered, and only once they are gone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import outreach
from bot.desk import Desk
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import retention
from waitingroom.report_drop_off import Ended, QuestionTally, _figures, note

pytestmark = pytest.mark.anyio


async def tally(desk: Desk) -> dict[tuple[str, str], tuple[int, int]]:
    async with desk.database.transaction() as session:
        found = await session.run(text("SELECT flow, question, answered, stopped_here FROM question_tally"))
        return {(row.flow, row.question): (row.answered, row.stopped_here) for row in found}


async def talks(desk: Desk) -> int:
    async with desk.database.transaction() as session:
        return int((await session.run(text("SELECT count(*) FROM conversation"))).scalar_one())


async def test_someone_who_stops_half_way_is_counted_at_their_question_when_their_talk_goes(
    desk: Desk, ann: Speaker
) -> None:
    await ann.says(*SHORTEST_REFERRAL[:1])
    asked = ann.turns[-1]
    assert await tally(desk) == {}
    later = ann.now + timedelta(hours=25)
    assert await outreach.clear_unconsented(desk, now=later) == 1
    found = await tally(desk)
    assert await talks(desk) == 0
    stopped = [place for place, (_, here) in found.items() if here]
    assert len(stopped) == 1
    assert stopped[0][0] == "self_referral"
    assert found[stopped[0]] == (0, 1)
    assert asked is not None


async def test_whoever_comes_to_the_end_is_counted_at_every_question_and_stopped_at_none(
    desk: Desk, ann: Speaker
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    found = await tally(desk)
    assert found
    assert {flow for flow, _ in found} == {"self_referral"}
    assert set(found.values()) == {(1, 0)}
    assert len(found) > 5


async def test_nothing_is_counted_or_written_while_a_talk_goes_on(desk: Desk, ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:4])
    assert await tally(desk) == {}
    note(None, ended=[], on=ann.now.date())  # type: ignore[arg-type]


async def test_a_talk_that_cannot_be_read_goes_all_the_same(desk: Desk, ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:1])
    async with desk.database.transaction() as session:
        await session.run(text("UPDATE conversation SET talk = 'broken'"))
    assert await outreach.clear_unconsented(desk, now=ann.now + timedelta(hours=25)) == 1
    assert await talks(desk) == 0
    assert await tally(desk) == {}


async def test_a_reader_that_fails_keeps_nothing_alive(desk: Desk, ann: Speaker) -> None:
    def fails(_kept: str) -> list[Ended]:
        raise RuntimeError

    await ann.says(*SHORTEST_REFERRAL[:1])
    async with desk.database.transaction() as session:
        assert await retention.clear_unconsented(session, now=ann.now + timedelta(hours=25), read=fails) == 1
    assert await talks(desk) == 0


async def test_the_count_adds_up_over_people_and_says_nothing_of_them(desk: Desk, ann: Speaker) -> None:
    day = ann.now.date()
    async with desk.database.transaction() as session:
        note(session, ended=[Ended("check_in", ("a", "b")), Ended("check_in", ("a",), "b")], on=day)
        note(session, ended=[Ended("check_in", ("a", "a"), "a")], on=day)
    assert await tally(desk) == {("check_in", "a"): (2, 1), ("check_in", "b"): (1, 1)}
    assert set(QuestionTally.__table__.columns.keys()) == {  # type: ignore[attr-defined]
        "flow",
        "question",
        "on_day",
        "answered",
        "stopped_here",
    }


def test_few_who_stopped_are_not_told_nor_found_from_the_next_question() -> None:
    assert _figures(2, 2) == (None, None, None)
    assert _figures(98, 3) == (None, 100, None)
    assert _figures(77, 23) == (25, 100, 25)
