"""Own columns: which sealed columns open with the own key of a talk or person, whose that is, and which do not."""

import uuid
from collections.abc import Collection, Mapping

from waitingroom import own_keys
from waitingroom.columns import UnreadableError
from waitingroom.database import Session
from waitingroom.hanging import keys_of
from waitingroom.sealed_columns import SEALED, place

TALK = "t.conversation_id"
PERSON = "t.person_id"
OF_REFERRAL = "(SELECT r.person_id FROM referral r WHERE r.id = t.referral_id)"

OWNER: Mapping[tuple[str, str], str] = {
    ("activity", "note"): OF_REFERRAL,
    ("alarm", "heard"): TALK,
    ("appointment", "place"): TALK,
    ("attachment", "body"): TALK,
    ("attachment", "ref"): TALK,
    ("broken_glass", "reason"): PERSON,
    ("complaint", "words"): TALK,
    ("conversation", "talk"): "t.id",
    ("data_request", "words"): TALK,
    ("equality_answers", "answers"): "encode(substring(t.owner_hash, 1, 16), 'hex')::uuid",
    ("help", "outcome"): TALK,
    ("help", "why"): TALK,
    ("join_paper", "what"): PERSON,
    ("later_message", "words"): TALK,
    ("legal_hold", "reason"): PERSON,
    ("message", "body"): TALK,
    ("person", "about"): "t.id",
    ("person", "more"): "t.id",
    ("person", "safe_contact"): "t.id",
    ("private_note", "words"): TALK,
    ("referral", "own_needs"): PERSON,
    ("referral", "what_matters"): PERSON,
    ("sitting", "answers"): PERSON,
    ("staff_task", "words"): OF_REFERRAL,
    ("to_do", "words"): TALK,
    ("transfer", "why"): "(SELECT h.conversation_id FROM handoff h WHERE h.id = t.handoff_id)",
}
"""Columns sealed with an own key, and how a row `t` tells whose: a talk, a person, or what stands for one."""
MOVES = "It goes from talk to talk with whoever writes by it, and STOP is heard from it when all else is gone."
TWO_PEOPLE = "It is about one person and was said by another: it goes with either."
STAFF = "It is of staff, a group or a program, and of nobody who came for help."
NOBODY = "It came in and could not be read, so we do not know whose it is; it goes after 30 days."
A_DAY = "It is deleted after a day."
WITH_THE_RING: Mapping[tuple[str, str], str] = {
    ("authority", "about"): TWO_PEOPLE,
    ("befriending_group", "way_in"): STAFF,
    ("contact", "address"): MOVES,
    ("hook", "address"): STAFF,
    ("hook", "secret"): STAFF,
    ("hook", "secret_before"): STAFF,
    ("idempotent_reply", "body"): A_DAY,
    ("introduction", "told"): TWO_PEOPLE,
    ("own_key", "sealed"): "It is the own keys themselves.",
    ("raw_letter", "body"): NOBODY,
    ("staff_account", "authenticator"): STAFF,
    ("staff_account", "email"): STAFF,
    ("staff_sign_in", "new_secret"): STAFF,
}
"""Columns sealed with the ring, and why: destroying an own key does not reach them in a backup."""


async def seal_apart(session: Session, *, owners: Collection[uuid.UUID]) -> int:
    """Seal anew what stands with one talk or person and opens with the key of another: they are two from now on.

    So that destroying the key of one takes nothing from the other, and leaves nothing there. Returns how many.
    """
    sealed = 0
    for (table, column), owner in OWNER.items():
        sealed += await _seal_column(session, table, column, owner, owners)
    return sealed


async def _seal_column(
    session: Session, table: str, column: str, owner: str, owners: Collection[uuid.UUID]
) -> int:
    named = own_keys.named_in(f"t.{column}")
    wrong = f"""
        SELECT t.*, t.{column} AS sealed_words, {owner} AS owner_id, {own_keys.carried_by(f"t.{column}")} AS keys
        FROM "{table}" t
        WHERE {owner} = ANY($1) AND {named} IS NOT NULL
          AND NOT EXISTS (SELECT FROM own_key k WHERE k.id = {named} AND k.owner_id = {owner})
    """  # noqa: S608 -- names of our own
    found = await session.driver.fetch(wrong, list(owners))
    known_by = keys_of(table)
    same = " AND ".join(f"{name} = ${number}" for number, name in enumerate(known_by, 2))
    change = f'UPDATE "{table}" SET {column} = $1 WHERE {same}'  # noqa: S608 -- names of our own
    done = 0
    for row in found:
        where = place(SEALED[table, column], row)
        try:
            body = own_keys.unseal_bytes(session, row["sealed_words"], where, row["keys"])
        except UnreadableError:
            continue
        own = await own_keys.of(session, row["owner_id"])
        await session.driver.execute(change, own.seal_bytes(body, where), *(row[name] for name in known_by))
        done += 1
    return done
