"""Questions that may be passed with one word: nobody has to say what they would rather not."""

from enum import Enum
from typing import Any, Literal, TypeVar

from bot.questions import Question
from bot.reading import Option
from bot.reading.text import listed, simple
from bot.words import Words, _

V = TypeVar("V")

WAYS = listed(
    "skip|skip this|skip it|skip that|skip please|pass|next|next question|rather not|rather not say|id rather not|"
    "i'd rather not|id rather not say|i'd rather not say|i would rather not say|prefer not|prefer not to say|"
    "i prefer not to say|i'd prefer not to say|id prefer not to say|not saying|no comment|leave it blank",
    between="|",
)
"""How people pass a question by."""
KEPT = {"skipped": True}
"""How a passed question stands among the answers: no answer looks like it."""


class Skipped(Enum):
    """The answer of someone who passed a question."""

    SKIPPED = "skipped"


SKIPPED = Skipped.SKIPPED


def skippable(question: Question[V], words: Words) -> Question[V | Literal[Skipped.SKIPPED]]:
    """Let a question be passed: by the last thing on its list where it has one, and always by the word SKIP."""
    last = Option("skip", words.say(_("Skip this")), (), words.say(_("Skip")))
    number = str(len(question.options) + 1) if question.options else "skip"
    ways = WAYS | {number, simple(last.label), simple(last.short)}

    def read(text: str) -> "V | Literal[Skipped.SKIPPED] | None":
        return SKIPPED if simple(text).strip(" .!") in ways else question.read(text)

    def fits(kept: Any) -> "V | Literal[Skipped.SKIPPED] | None":
        return SKIPPED if kept == KEPT else question.fits(kept)

    def keep(value: "V | Literal[Skipped.SKIPPED]") -> Any:
        return dict(KEPT) if isinstance(value, Skipped) else question.keep(value)

    def said(value: "V | Literal[Skipped.SKIPPED]") -> str:
        return words.say(_("not said")) if isinstance(value, Skipped) else question.say(value)

    put = question.words if question.options else words.say(_("{asked} Or reply SKIP."), asked=question.words)
    return Question(
        key=question.key,
        kind=question.kind,
        words=put,
        read=read,
        fits=fits,
        keep=keep,
        say=said,
        samples=(*question.samples, "skip"),
        options=(*question.options, last) if question.options else (),
        simpler=question.simpler,
        label=question.label,
    )
