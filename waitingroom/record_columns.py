"""Record columns: which columns of a record are opened for a person's copy, and which are left out, and why."""

from collections.abc import Mapping
from enum import StrEnum

from waitingroom.hanging import Row
from waitingroom.sealed_columns import SEALED


class Reason(StrEnum):
    """Why something is not in the copy."""

    THIRD_PARTY = "It is about, or was said by, someone else. A lead decides whether it can go with the copy."
    HASH = "It is a keyed hash, to find a row by: what it was made of stands in the copy."
    SECRET = "It is a code that opens the talk by another channel for ten minutes."  # noqa: S105 -- a reason
    FILE = "It is a file: it is listed here, and downloaded by itself."
    PROVIDER = "It is what a provider knows the file by: it opens it there."
    DOUBLE = "It repeats rows of this copy as they were before two records were joined; it goes after 30 days."
    LEGAL = "It is about a legal claim or duty: see the Data Protection Act 2018, schedule 2, paragraphs 5 and 19."
    CHAIN = "It proves that nothing in the list of who saw what was changed."
    LEASE = "It says which worker of the program sends a message this very moment."
    NOT_OPENED = "It does not open with the keys of this service: tell whoever looks after it."


ABOUT_OTHERS = frozenset({Reason.THIRD_PARTY, Reason.LEGAL, Reason.FILE, Reason.DOUBLE})
"""Reasons that are named in the copy itself. The others leave out nothing that tells of the person."""
LEFT_OUT: Mapping[tuple[str, str], Reason] = {
    ("attachment", "body"): Reason.FILE,
    ("attachment", "ref"): Reason.PROVIDER,
    ("audit_entry", "link"): Reason.CHAIN,
    ("contact", "address_hash"): Reason.HASH,
    ("conversation", "answered_hash"): Reason.HASH,
    ("conversation", "lane_holder"): Reason.LEASE,
    ("conversation", "lane_until"): Reason.LEASE,
    ("conversation", "said_hash"): Reason.HASH,
    ("crossing", "code_hash"): Reason.SECRET,
    ("equality_answers", "owner_hash"): Reason.HASH,
    ("introduction", "number_hash"): Reason.HASH,
    ("join_paper", "what"): Reason.DOUBLE,
    ("legal_hold", "reason"): Reason.LEGAL,
    ("person_mark", "mark"): Reason.HASH,
    ("person_word", "born"): Reason.HASH,
    ("person_word", "words"): Reason.HASH,
}
"""Columns that are never in the copy, each with its reason."""
OF_OTHERS: Mapping[tuple[str, str], str] = {
    ("introduction", "told"): "What was told where someone told us of another",
    ("authority", "about"): "Who says they may decide for another, and by which papers",
}
"""Columns that tell of someone else too: in the copy only where a lead decided so."""
MARKED = "third_party"
"""The column of a row that its writer marked as telling of someone else."""

OPENED: Mapping[tuple[str, str], str] = {at: where for at, where in SEALED.items() if at not in LEFT_OUT}
"""Sealed columns that are opened, and the name of the place each is sealed for."""
TITLES: Mapping[str, str] = {
    "activity": "What staff did",
    "alarm": "Words that worried us, so that a person was asked to look",
    "appointment": "Appointments",
    "attachment": "Pictures, voice notes and files",
    "audit_entry": "Who of staff saw and did what",
    "authority": "Who may decide for another",
    "broken_glass": "Opened by staff of another hub, and why",
    "check_in": "The day to ask how things are",
    "complaint": "Complaints",
    "consent": "What they agreed to",
    "contact": "How they can be written to",
    "conversation": "Talks, and where each stands",
    "crossing": "Codes to go on by another channel",
    "data_request": "Requests about their own data",
    "duty_call": "Calls to duty workers",
    "equality_answers": "Equality answers, kept apart from all else",
    "handoff": "When a person was asked to look, and who did",
    "help": "Help that colleagues were asked for",
    "hook_delivery": "Programs that were told that something happened",
    "how_are_you": "How things were, when we asked",
    "introduction": "Who told us of whom",
    "join_paper": "Joined with another record of theirs",
    "later_message": "Messages written to be sent later",
    "legal_hold": "Legal holds",
    "meeting_note": "Group meetings",
    "membership": "Groups",
    "message": "All that was said",
    "notice_shown": "Privacy notices they were shown",
    "person": "Who they are, as they told us",
    "person_mark": "What the same person is found by again",
    "person_word": "What staff find them by",
    "piece_answer": "What they said of things to try",
    "private_note": "Private notes of staff",
    "referral": "Referrals",
    "reminder": "Reminded half-way",
    "saved_service": "Services they saved",
    "sent_step": "What the waiting room sent",
    "signpost": "Where they chose to go",
    "sitting": "How things are, as they answered",
    "staff_task": "Calls and letters by hand",
    "to_do": "Tasks of staff about them",
    "transfer": "When they went from one link worker to another",
    "unanswered": "Messages of theirs that nobody answered yet",
    "wait_told": "What they were told of the wait",
    "waiting": "Their place in the waiting room",
}
"""What each table holds, in plain words."""


def marked_third_party(table: str, row: Row) -> bool:
    """Say whether a row was marked by its writer as telling of someone else."""
    return table == "private_note" and bool(row.get(MARKED))
