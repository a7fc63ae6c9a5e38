"""Sealed copies: the sealed values that stand in join papers, kept in step with the rows they were copied from."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel, col, select

from waitingroom import join_papers, own_keys
from waitingroom.columns import OWN, KeyRing, UnreadableError
from waitingroom.database import Session
from waitingroom.hanging import Row, key_of, keys_of, of_table
from waitingroom.join_papers import Change, JoinPaper, What
from waitingroom.sealed_columns import SEALED, place


@dataclass(frozen=True)
class Copy:
    """One sealed value in a paper, of which row and column. `stands`: as the join left it."""

    row: Row
    column: str
    where: str
    stands: bool

    @property
    def sealed(self) -> bytes:
        """The value."""
        return bytes.fromhex(self.row[self.column][2:])

    def become(self, sealed: bytes) -> None:
        """Put another value in its place."""
        self.row[self.column] = "\\x" + sealed.hex()


def copies(change: Change) -> Iterator[Copy]:
    """Give every sealed value that is written down of one table."""
    sealed = {name: where for (table, name), where in SEALED.items() if table == change.table}
    for rows, stands in ((change.gone, False), (change.was, False), (change.made, True), (change.now, True)):
        for row in rows:
            for name, where in sealed.items():
                if isinstance(row.get(name), str) and row[name][2:]:
                    yield Copy(row, name, where, stands)


async def in_step(session: Session, what: What) -> What:
    """Bring what a join left in step with its rows, where those were only sealed anew since with other keys.

    A paper tells by its bytes whether a value was changed since the join. The same words under another key are
    no change.
    """
    for change in what.changes:
        left = [one for one in copies(change) if one.stands]
        if not left:
            continue
        known = await _now(session, change)
        for one in left:
            stands = known.get(key_of(change.table, one.row), {}).get(one.column)
            if stands and stands != one.row[one.column] and _same_words(session.keys, one, stands):
                one.become(bytes.fromhex(stands[2:]))
    return what


async def renew(session: Session, paper: JoinPaper) -> int:
    """Seal all that a paper holds with the key that seals now. Returns how many values in it do not open.

    The paper is locked by the caller; what its rows hold must have been sealed anew before.
    """
    what = await in_step(session, join_papers.read(session, paper))
    own = await own_keys.of(session, paper.person_id) if paper.what[0] == OWN else None
    lost, renewed = 0, paper.what[0] not in {OWN, session.keys.seals}
    for change in what.changes:
        for one in copies(change):
            sealed = one.sealed
            if sealed[0] in {OWN, session.keys.seals}:
                continue
            try:
                where = place(one.where, one.row)
                one.become(session.keys.seal_bytes(session.keys.unseal_bytes(sealed, where), where))
                renewed = True
            except (UnreadableError, KeyError):
                lost += 1
    if renewed:
        paper.what = (own or session.keys).seal(what.model_dump_json(), join_papers.where(paper.id))
        session.add(paper)
    return lost


async def count(session: Session) -> Counter[int]:
    """Count the values in papers by the key each is sealed with."""
    found: Counter[int] = Counter()
    for paper in await session.exec(select(JoinPaper).order_by(col(JoinPaper.id))):
        try:
            what = join_papers.read(session, paper)
        except (UnreadableError, ValueError):  # it does not open, or is no paper: as a value it is counted anyway
            continue
        found.update(one.sealed[0] for change in what.changes for one in copies(change))
    return found


async def _now(session: Session, change: Change) -> Mapping[tuple[object, ...], Row]:
    first = keys_of(change.table)[0]
    kind = SQLModel.metadata.tables[change.table].columns[first].type.python_type
    asked = [_parsed(kind, row[first]) for row in (*change.made, *change.now)]
    rows = await of_table(session, change.table, {first: asked})
    return {key_of(change.table, row): row for row in rows}


def _parsed(kind: type, told: Any) -> Any:
    if kind is bytes:
        return bytes.fromhex(told[2:])
    return uuid.UUID(told) if kind is uuid.UUID else told


def _same_words(keys: KeyRing, one: Copy, stands: str) -> bool:
    try:
        where = place(one.where, one.row)
        return keys.unseal_bytes(one.sealed, where) == keys.unseal_bytes(bytes.fromhex(stands[2:]), where)
    except (UnreadableError, KeyError):
        return False
