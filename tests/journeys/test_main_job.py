"""The main job: someone refers themselves, waits, is picked up and answered."""

import pytest

from talking import SHORTEST_REFERRAL, Speaker

pytestmark = pytest.mark.anyio


async def test_a_lonely_person_refers_herself_and_is_looked_after_at_once(ann: Speaker) -> None:
    heard = await ann.says("hello")
    assert "computer program" in heard
    assert "999" in heard
    assert ann.asked == "consent"
    heard = await ann.says(*SHORTEST_REFERRAL[1:])
    assert "Thank you, Ann. Your reference is" in heard
    assert "While you wait" in heard
