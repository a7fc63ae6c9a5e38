"""Sealed columns: every column that holds sealed words, and the place each is sealed for; nothing else says it."""

from collections.abc import Mapping

SEALED: Mapping[tuple[str, str], str] = {
    ("activity", "note"): "activity:note:{id}",
    ("alarm", "heard"): "alarm:heard:{id}",
    ("appointment", "place"): "appointment:place:{id}",
    ("attachment", "body"): "attachment:body:{id}",
    ("attachment", "ref"): "attachment:ref:{id}",
    ("authority", "about"): "authority:about:{introduction_id}",
    ("befriending_group", "way_in"): "befriending_group:way_in:{key}",
    ("broken_glass", "reason"): "broken_glass:reason:{id}",
    ("complaint", "words"): "complaint:words:{id}",
    ("contact", "address"): "contact:address:{id}",
    ("conversation", "talk"): "conversation:talk:{id}",
    ("data_request", "words"): "data_request:words:{id}",
    ("equality_answers", "answers"): "equality_answers:answers:{owner_hash}",
    ("help", "outcome"): "help:outcome:{id}",
    ("help", "why"): "help:why:{id}",
    ("hook", "address"): "hook:address:{id}",
    ("hook", "secret"): "hook:secret:{id}",
    ("hook", "secret_before"): "hook:secret:{id}",
    ("idempotent_reply", "body"): "idempotent_reply:body:{key_hash}",
    ("introduction", "told"): "introduction:told:{id}",
    ("join_paper", "what"): "join_paper:what:{id}",
    ("own_key", "sealed"): "own_key:sealed:{id}",
    ("later_message", "words"): "later_message:words:{id}",
    ("legal_hold", "reason"): "legal_hold:reason:{id}",
    ("message", "body"): "{dedupe}",
    ("person", "about"): "person:about:{id}",
    ("person", "more"): "person:more:{id}",
    ("person", "safe_contact"): "person:safe_contact:{id}",
    ("private_note", "words"): "private_note:words:{id}",
    ("raw_letter", "body"): "raw_letter:body:{digest}",
    ("referral", "own_needs"): "referral:own_needs:{id}",
    ("referral", "what_matters"): "referral:what_matters:{id}",
    ("sitting", "answers"): "sitting:answers:{id}",
    ("staff_account", "authenticator"): "staff_account:authenticator:{staff_id}",
    ("staff_account", "email"): "staff_account:email:{staff_id}",
    ("staff_sign_in", "new_secret"): "staff_sign_in:new_secret:{id}",
    ("staff_task", "words"): "staff_task:words:{id}",
    ("to_do", "words"): "to_do:words:{id}",
    ("transfer", "why"): "transfer:why:{id}",
}
"""Columns, and the place each is sealed for: in braces other columns of the row, bytes by their digits.

What a join paper holds are sealed values of other columns, as they stand there: `sealed_copies` opens those.
"""
NOT_SEALED: Mapping[tuple[str, str], str] = {
    ("audit_entry", "link"): "a keyed hash that chains one row to the next",
    ("audit_head", "link"): "as of a row",
    ("audit_head", "mark"): "a keyed hash over the head",
    ("audit_head", "start"): "as of a row",
    ("contact", "address_hash"): "a keyed hash, for look-up",
    ("conversation", "answered_hash"): "a hash, to compare",
    ("conversation", "said_hash"): "a hash, to compare",
    ("crossing", "code_hash"): "a keyed hash, for look-up",
    ("do_not_ask", "number_hash"): "a keyed hash; the number itself is kept nowhere",
    ("equality_answers", "owner_hash"): "a keyed hash, for look-up",
    ("idempotent_reply", "asked"): "a keyed hash, to compare",
    ("idempotent_reply", "key_hash"): "a keyed hash, for look-up",
    ("introduction", "number_hash"): "a keyed hash, for look-up",
    ("person_mark", "mark"): "a keyed hash, for look-up",
    ("person_word", "born"): "keyed hashes, for look-up",
    ("person_word", "words"): "keyed hashes, for look-up",
    ("raw_letter", "digest"): "a keyed hash, for look-up",
    ("recovery_code", "code_hash"): "a keyed hash; the code itself is kept nowhere",
    ("sign_in_tries", "who"): "a hash, for look-up",
    ("staff_account", "email_hash"): "a keyed hash, for look-up",
    ("staff_invitation", "digest"): "a hash of a random code",
    ("staff_key", "digest"): "a hash of a random key",
    ("staff_session", "digest"): "a hash of a random code",
    ("staff_sign_in", "digest"): "a hash of a random code",
}
"""Columns of bytes that hold nothing sealed, and what they hold."""


def place(where: str, row: Mapping[str, object]) -> str:
    """Name the place a value of a row is sealed for, by the row as the driver or as JSON gives it."""
    return where.format(**{name: _plain(value) for name, value in row.items()})


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return value[2:] if isinstance(value, str) and value.startswith("\\x") else value
