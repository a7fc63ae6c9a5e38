"""Whatever people type, in whatever order, somebody answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk import Desk
from tests.talking import SHORTEST_REFERRAL, Speaker

pytestmark = pytest.mark.anyio

LIKELY = st.sampled_from(
    [*SHORTEST_REFERRAL, "no", "back", "change", "1", "2", "3", "9", "stop", "start", "menu", "more", "helplines",
     "pause", "resume", "how long", "person", "help", "again", "not sure", "15", "text", "call", "07700 900123",
     "i want to die", "SW1A 1AA", "something else", "unsafe"]
)  # fmt: skip
ANYTHING = st.text(max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(talk=st.lists(st.one_of(LIKELY, LIKELY, LIKELY, ANYTHING), min_size=1, max_size=25))
async def test_nobody_is_left_without_an_answer(desk: Desk, talk: list[str]) -> None:
    from tests.conftest import MONDAY

    someone = Speaker(desk, now=MONDAY)
    for text in talk:
        await someone.says(text)
        assert someone.replies, text
        assert all(reply.text.strip() for reply in someone.replies)
