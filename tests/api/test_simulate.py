"""A made-up service runs through its weeks as a real one would, and says truthfully what came of them."""

import json
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from api.cli import cli
from api.made_up.people import Temper, somebody
from api.made_up.talks import LostForWordsError, Talking
from bot.desk import Desk
from bot.messages import Reply
from tests.conftest import MONDAY

NEEDS = ("money", "lonely", "mind")


@pytest.mark.timeout(300)
def test_people_come_wait_are_spoken_with_and_are_counted(tmp_path: Path) -> None:
    picture = tmp_path / "weeks.svg"
    asked = ("simulate", "--people", "14", "--weeks", "2", "--starts", "3", "--link-workers", "1")
    done = CliRunner().invoke(cli, [*asked, "--seed", "7", "--picture", str(picture), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["came"] == 14 == sum(week["came"] for week in told["weeks"])
    assert told["contacted"] + told["waiting"] + told["left"] == 14
    assert 1 <= told["contacted"] <= 9, "one link worker begins with about three people a week"
    assert told["contacted"] == sum(week["contacted"] for week in told["weeks"])
    assert told["weeks"][-1]["waiting"] == told["waiting"]
    assert told["messages"] == sum(
        week[said] for week in told["weeks"] for said in ("asked_for", "unasked", "by_staff", "from_people")
    )
    assert told["pounds"] == pytest.approx(told["parts"] * 0.04, abs=0.01)
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_the_same_number_gives_the_same_town() -> None:
    towns = [
        [somebody(n, chance, areas=["BB9"], needs=NEEDS) for n in range(50)] for chance in (Random(3), Random(3))
    ]
    assert towns[0] == towns[1]
    assert len({(one.name, one.age, one.postcode) for one in towns[0]}) == 50
    assert {one.temper for one in towns[0]} == set(Temper)


@pytest.mark.anyio
async def test_someone_asked_what_nobody_here_knows_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    person = somebody(1, Random(1), areas=["BB9"], needs=tuple(desk.service.content.needs))

    def lost(_self: object, _reply: Reply) -> str:
        raise KeyError("shoe_size")

    monkeypatch.setattr(type(person), "refers", lost)
    with pytest.raises(LostForWordsError, match="shoe_size"):
        await Talking(person, "terminal", MONDAY).refers(desk)
