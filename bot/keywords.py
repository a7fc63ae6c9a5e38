"""Keywords: the words that mean the same in every talk, in one table."""

from dataclasses import dataclass
from enum import StrEnum

from bot import reading
from bot.reading.text import simple


class Act(StrEnum):
    """What a keyword does to the talk itself."""

    BACK = "back"
    CHANGE = "change"
    AGAIN = "again"


@dataclass(frozen=True)
class Keyword:
    """Words that are heard as one, and what follows: an act on the talk, or a flow that is talked first.

    `waiting_only`: only for someone in the waiting room; elsewhere it is an ordinary answer, or does `elsewhere`.
    """

    words: frozenset[str]
    then: Act | str
    waiting_only: bool = False
    elsewhere: Act | None = None


def _keyword(*words: str, then: Act | str, waiting_only: bool = False) -> Keyword:
    return Keyword(frozenset(words), then, waiting_only)


STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
)
"""STOP and its seven sisters: what the text message provider itself treats as opting out."""

TABLE = (
    Keyword(STOP, "stop"),
    _keyword("start", "unstop", then="start"),
    _keyword("back", "go back", then=Act.BACK),
    _keyword("change", "change answer", "change an answer", then=Act.CHANGE),
    _keyword("again", "repeat", "say again", then=Act.AGAIN),
    _keyword("help", "info", then="explain"),
    _keyword("continue", "go on elsewhere", "continue elsewhere", then="go_on_elsewhere"),
    _keyword("helplines", "helpline", "help lines", "hotline", then="helplines"),
    _keyword("person", "human", "a person", "talk to a person", "speak to a person", "link worker", then="person"),
    _keyword("menu", then="waiting_menu", waiting_only=True),
    Keyword(frozenset({"hello", "hi", "hiya", "hey"}), "waiting_menu", waiting_only=True, elsewhere=Act.AGAIN),
    _keyword("more", "another", then="more", waiting_only=True),
    _keyword("how long", "howlong", "how long is the wait", "wait", then="how_long", waiting_only=True),
    _keyword("pause", then="pause", waiting_only=True),
    _keyword("resume", "unpause", then="resume", waiting_only=True),
)


def heard(text: str, *, in_waiting_room: bool, in_own_words: bool) -> Act | str | None:
    """Say what a message asks for as a keyword, None where it is an ordinary answer.

    `in_own_words`: the question wants the person's own words, so only exact keywords count there, and a
    sentence such as "please stop texting me" is an answer.
    """
    told = simple(text).strip(" .!?")
    for keyword in TABLE:
        if told in keyword.words:
            here = in_waiting_room or not keyword.waiting_only
            return keyword.then if here else keyword.elsewhere
    if not in_own_words and reading.opt_out(text):
        return "stop"
    return None
