"""Delivery words: how far a message came, and why it did not arrive, in plain words for staff."""

from collections.abc import Mapping

from waitingroom.messages import Status

STATES: Mapping[Status, str] = {
    Status.HEARD: "Received",
    Status.UNREADABLE: "Received, but it could not be read",
    Status.QUEUED: "Waiting to go",
    Status.SENDING: "Going now",
    Status.SENT: "Sent",
    Status.DELIVERED: "Delivered",
    Status.READ: "Read",
    Status.FAILED: "Not delivered",
    Status.DEAD: "Not sent: given up after four hours of trying",
}
REASONS: Mapping[str, str] = {
    "TryLater": "The network or the provider was busy. It is tried again by itself.",
    "ProviderAway": "The provider that carries it is away. It goes by itself within four hours, or you are asked.",
    "OtherWay": "Their usual way failed. It goes by another way they agreed to, at an hour that is safe.",
    "MaybeSent": "Contact was lost while it was sent. They may have it twice.",
    "Misconfigured": "Our own settings are wrong. Tell whoever runs this service.",
    "RefusedByProvider": "Their phone was off or out of range, or the network would not take it. Try another way.",
    "StoppedByPerson": "They replied STOP, or blocked us. Do not write there again unless they ask.",
    "BadAddress": "Nobody can be reached at this number or chat. Ask them for another.",
    "WaitsForPerson": "WhatsApp takes our words for 24 hours after they wrote. It goes when they write again.",
    "OverSpending": "Today's limit on texts is reached. It goes tomorrow, or when the limit is raised.",
    "NotTheirs": "They say that this number is not theirs, so it was not sent.",
    "Cancelled": "It was taken back before it went.",
    "CannotBeSent": "It was older than can be sent, or nothing can send it. Write it again.",
    "stopped": "They asked for no more messages there before it went.",
    "unreachable": "Messages no longer arrive there.",
    "FromBackup": "The records came back from an earlier backup. They may have it. Ask, or send it again.",
    "TooBig": "It is longer than this channel takes.",
}
"""By the class of what went wrong last, as it is kept beside the message."""
UNNAMED = "It did not arrive, and we were not told why. Try another way."


def in_words(status: Status) -> str:
    """Say how far a message has come."""
    return STATES[status]


def reason(problem: str | None, status: Status) -> str:
    """Say why a message has not arrived, or not yet; empty where nothing is wrong with it."""
    if problem is None:
        return UNNAMED if status in {Status.FAILED, Status.DEAD} else ""
    if status in {Status.SENT, Status.DELIVERED, Status.READ}:
        return REASONS["MaybeSent"] if problem == "MaybeSent" else ""
    return REASONS.get(problem, UNNAMED)
