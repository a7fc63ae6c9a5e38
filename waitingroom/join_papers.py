"""Join papers: what joining two records changed, row by row, kept sealed so that it can be undone for a while."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from waitingroom import equality, hanging, own_keys
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.hanging import Row, Rows, key_of

KEPT_FOR = timedelta(days=30)
"""How long a join can be undone: a rule of this service, long enough for either of them to be heard from again."""
FOLLOWERS = "SELECT id FROM conversation WHERE before_id = $1 AND id <> $2"


class JoinPaper(SQLModel, table=True):
    """One join that can be undone. It hangs on the person the two became, and goes with them."""

    __tablename__ = "join_paper"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    match_id: uuid.UUID = Field(unique=True)
    person_id: uuid.UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    what: bytes = Field(repr=False)
    """what was changed, sealed"""
    joined_at: datetime
    ends_at: datetime = Field(index=True)


own_keys.carry(JoinPaper, JoinPaper.what)


class Change(BaseModel):
    """What became of the rows of one table: as they were and as they are."""

    table: str
    gone: list[Row] = []
    """deleted: as they were"""
    made: list[Row] = []
    """that were not there before: as they are"""
    was: list[Row] = []
    now: list[Row] = []
    """changed, in the same order: what they are known by, and the columns that changed"""


class Given(BaseModel):
    """Own keys that were given to another, of the two people, of their talks, or of what they answered apart."""

    away: uuid.UUID
    to: uuid.UUID
    ids: list[uuid.UUID]


class What(BaseModel):
    """What one join did. `away` is the talk that went into `to`; None where both had one talk."""

    stays: uuid.UUID
    goes: uuid.UUID
    to: uuid.UUID
    away: uuid.UUID | None
    followers: list[uuid.UUID]
    """talks that prove themselves into `to`, and did so into `away` before"""
    changes: list[Change]
    keys: list[Given] = []


@dataclass(frozen=True)
class Before:
    """The two as they were before they were joined."""

    match_id: uuid.UUID
    people: Sequence[uuid.UUID]
    talks: Sequence[uuid.UUID]
    followers: Sequence[uuid.UUID]
    keys: Sequence[Given]
    rows: Rows


async def before(
    session: Session, *, match_id: uuid.UUID, stays: uuid.UUID, goes: uuid.UUID, to: uuid.UUID, away: uuid.UUID
) -> Before:
    """Look at all that hangs on two people and their talks, before anything of it is changed."""
    people, talks = [stays, goes], [to, away]
    followers = [row["id"] for row in await session.driver.fetch(FOLLOWERS, away, to)]
    apart = [equality.key_owner(equality.owner_of(session, one)) for one in (goes, stays)]
    given = [(goes, stays), (away, to), (apart[0], apart[1])]
    keys = [
        Given(away=one, to=other, ids=await own_keys.owned(session, one)) for one, other in given if one != other
    ]
    return Before(match_id, people, talks, followers, keys, await _rows(session, people, talks))


async def write(session: Session, before: Before, *, now: datetime) -> None:
    """Write down what was changed since `before`, all of it in this transaction."""
    await session.flush()
    after = await _rows(session, before.people, before.talks)
    (stays, goes), (to, away) = before.people, before.talks
    apart = None if to == away else away
    changes = [_change(name, before.rows.get(name, []), after.get(name, [])) for name in {**before.rows, **after}]
    changes = [_whole(one, before.rows, apart) for one in changes if one.gone or one.made or one.was]
    for one in changes:
        if one.table == "person_match":
            _leave_out(one, str(before.match_id))
    what = What(
        stays=stays,
        goes=goes,
        to=to,
        away=apart,
        followers=list(before.followers),
        changes=changes,
        keys=list(before.keys),
    )
    paper_id = new_id()
    own = await own_keys.of(session, stays)
    await session.put(
        JoinPaper,
        id=paper_id,
        match_id=before.match_id,
        person_id=stays,
        what=own.seal(what.model_dump_json(), where(paper_id)),
        joined_at=now,
        ends_at=now + KEPT_FOR,
    )


def read(session: Session, paper: JoinPaper) -> What:
    """Open what a join changed."""
    return What.model_validate_json(own_keys.unseal(session, paper.what, where(paper.id), paper))


def where(paper_id: uuid.UUID) -> str:
    """Name the place where a paper is sealed for."""
    return f"join_paper:what:{paper_id}"


async def _rows(session: Session, people: Sequence[uuid.UUID], talks: Sequence[uuid.UUID]) -> Rows:
    """Give all that hangs on them, and what is kept of them apart from it."""
    found = await hanging.rows(session, {"person": people, "conversation": talks}, bodies=False)
    matches = {"earlier_id": list(people), "later_id": list(people)}
    found["person_match"] = await hanging.of_table(session, "person_match", matches)
    owners = [equality.owner_of(session, person_id) for person_id in people]
    found["equality_answers"] = await hanging.of_table(session, "equality_answers", {"owner_hash": owners})
    return found


def _change(table: str, before: Sequence[Row], after: Sequence[Row]) -> Change:
    old = {key_of(table, row): row for row in before}
    new = {key_of(table, row): row for row in after}
    change = Change(
        table=table,
        gone=[row for key, row in old.items() if key not in new],
        made=[row for key, row in new.items() if key not in old],
    )
    names = hanging.keys_of(table)
    for key, row in old.items():
        differs = [name for name in row if key in new and row[name] != new[key][name]]
        if differs:
            change.was.append({name: row[name] for name in [*names, *differs]})
            change.now.append({name: new[key][name] for name in [*names, *differs]})
    return change


def _whole(change: Change, before: Rows, away: uuid.UUID | None) -> Change:
    """Keep a talk that is emptied as it was: it is deleted within the hour."""
    if change.table == "conversation" and away is not None:
        _leave_out(change, str(away))
        change.gone = [row for row in before["conversation"] if row["id"] == str(away)]
    return change


def _leave_out(change: Change, row_id: str) -> None:
    places = [place for place, row in enumerate(change.was) if row["id"] != row_id]
    change.was, change.now = _of(change.was, places), _of(change.now, places)


def _of(rows: Sequence[Row], places: Iterable[int]) -> list[Row]:
    return [rows[place] for place in places]
