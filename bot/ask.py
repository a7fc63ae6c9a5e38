"""Ask: what a flow is given. It asks, tells, does and knows; it touches nothing outside."""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Concatenate, Literal, NoReturn, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

from bot import reading
from bot.questions import Answered, Kind, Question
from bot.reading import Option
from bot.service import Service
from bot.words import Words, _
from waitingroom.conversations import Place
from waitingroom.errors import RefusedError

V = TypeVar("V")
R = TypeVar("R")
P = ParamSpec("P")
Verb = Callable[Concatenate[Any, P], Awaitable[R]]
"""A domain verb: async verb(session, *, keyword_only)."""

YES_NO = (Option("yes", _("Yes"), ()), Option("no", _("No"), ()))
CHECK = (
    Option("yes", _("Yes, send it"), ("send", "correct", "right"), _("Send it")),
    Option("change", _("Change something"), ("change", "edit"), _("Change it")),
)
SKIPPED = ""
HALF_HEARTED = re.compile(r"guess|suppose|mind|whatever|if you (like|want)|no problem|might as well")
"""Ways to go along without saying yes. UK GDPR article 4(11): consent is an unambiguous indication."""
OWN_WORDS = "My neighbour is moving away"
"""A sample of words that are no option, for exploring."""


class Waiting(BaseException):
    """The flow stands at a question that has no answer yet."""

    def __init__(self, question: Question[Any], *, missed: bool) -> None:
        """`missed`: something was said to this question, but could not be read."""
        self.question = question
        self.missed = missed


class Wanted(BaseException):
    """The flow wants something of the records: a verb done, or a question to them answered."""

    def __init__(self, key: str, verb: Verb[..., Any], facts: Mapping[str, Any]) -> None:
        """`facts` are the verb's own keyword arguments."""
        self.key = key
        self.verb = verb
        self.facts = facts


@dataclass(frozen=True)
class Here:
    """What a flow may know of where it runs: never a session, never a clock."""

    conversation_id: uuid.UUID
    contact_id: uuid.UUID
    message_id: int
    channel: str
    place: Place
    now: datetime
    service: Service
    words: Words


@dataclass
class Ask:
    """One run of a flow over the answers so far.

    `answers` maps keys to kept answers and results; `heard` maps a question's key to words said to it and not
    yet read. Raises Waiting or Wanted where the flow cannot go on; what was told stands in `lines`.
    """

    here: Here
    answers: dict[str, Any]
    heard: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    """keys of questions and results on the path of this run, in order"""
    done: set[str] = field(default_factory=set)
    """those of them that were done: BACK never goes past one"""

    @property
    def service(self) -> Service:
        """The service people come to."""
        return self.here.service

    def tell(self, words: str, **values: object) -> None:
        """Say something, in the person's language."""
        self.lines.append(self.here.words.say(words, **values))

    def say(self, words: str, **values: object) -> str:
        """Translate words that become part of something else."""
        return self.here.words.say(words, **values)

    def yes_no(
        self, key: str, words: str, *, simpler: str = "", label: str = "", plainly: bool = False, **values: object
    ) -> bool:
        """Ask for yes or no; 'not sure' is neither, and is asked again.

        `plainly`: for consent, where "I suppose" and "I don't mind" are not a yes either.
        """
        say = self.here.words.say
        question = Question(
            key=key,
            kind=Kind.YES_NO,
            words=say(words, **values),
            read=lambda text: (
                None
                if plainly and HALF_HEARTED.search(text.casefold())
                else {"yes": True, "no": False}.get(reading.yes_no(text) or "")
            ),
            fits=lambda kept: kept if isinstance(kept, bool) else None,
            keep=bool,
            samples=("yes", "no"),
            options=_labelled(YES_NO, self.here.words),
            simpler=say(simpler) if simpler else say(_("Please reply YES or NO.")),
            label=say(label) if label else "",
            say=lambda value: say(_("Yes")) if value else say(_("No")),
        )
        return self._answer(question)

    def text(
        self,
        key: str,
        words: str,
        *,
        label: str = "",
        most: int = 2000,
        optional: bool = False,
        simpler: str = "",
    ) -> str:
        """Ask for the person's own words, kept as they are; `optional`: SKIP gives an empty string."""
        say = self.here.words.say

        def read(text: str) -> str | None:
            told = reading.clean(text, most=most)
            if optional and told.casefold() in {"skip", "no", "none"}:
                return SKIPPED
            return told if any(letter.isalnum() for letter in told) else None

        question = Question(
            key=key,
            kind=Kind.TEXT,
            words=say(words),
            read=read,
            fits=_fits(str),
            keep=str,
            samples=("More company in the evenings", "skip") if optional else ("More company in the evenings",),
            simpler=say(simpler) if simpler else say(_("Any words will do. Short is fine.")),
            label=say(label) if label else "",
        )
        return self._answer(question)

    def name(self, key: str, words: str, *, label: str = "") -> str:
        """Ask for a name, any name, in any script."""
        simpler = _("Just the name you like to be called.")
        return self._typed(key, words, Kind.NAME, reading.name, label, ("Ann",), simpler)

    def postcode(self, key: str, words: str, *, label: str = "", samples: tuple[str, ...] = ("BB9 7AA",)) -> str:
        """Ask for a postcode or its first half; 'BB9 7AA' or 'BB9' comes back."""
        simpler = _("A postcode looks like BB9 7AA. The first half is enough.")
        return self._typed(
            key,
            words,
            Kind.POSTCODE,
            lambda text: reading.postcode(text) or reading.outward(text),
            label,
            samples,
            simpler,
        )

    def phone(self, key: str, words: str, *, label: str = "") -> str:
        """Ask for a phone number; E.164 comes back."""
        drama = self.service.drama_numbers
        simpler = _("A number like 07700 900123, please.")
        return self._typed(
            key,
            words,
            Kind.PHONE,
            lambda text: reading.phone(text, allow_drama_numbers=drama),
            label,
            ("07700 900123",),
            simpler,
            say_back=reading.as_written,
        )

    def age(self, key: str, words: str, *, label: str = "", samples: tuple[str, ...] = ("42",)) -> int:
        """Ask for an age in years, 0 to 120."""
        simpler = _("Please reply with a number, like 42.")
        question = self._count(key, words, Kind.AGE, reading.age, label, samples, simpler)
        return self._answer(question)

    def number(self, key: str, words: str, *, least: int, most: int, label: str = "") -> int:
        """Ask for a whole number between `least` and `most`."""
        return self._answer(self._between(key, words, Kind.NUMBER, least, most, label))

    def scale(self, key: str, words: str, *, least: int = 0, most: int = 10, label: str = "") -> int:
        """Ask for a score, 0 to 10 unless said otherwise."""
        return self._answer(self._between(key, words, Kind.SCALE, least, most, label))

    def date_of_birth(self, key: str, words: str, *, label: str = "") -> date:
        """Ask for a date of birth; two-digit years are the past."""
        say = self.here.words.say
        today = self.here.now.astimezone(self.service.zone).date()
        question = Question(
            key=key,
            kind=Kind.DATE_OF_BIRTH,
            words=say(words),
            read=lambda text: reading.date_of_birth(text, today=today),
            fits=_date,
            keep=lambda day: day.isoformat(),
            samples=("3 2 1952",),
            simpler=say(_("Day, month and year, please, like 3 2 1952.")),
            label=say(label) if label else "",
            say=lambda day: f"{day.day}/{day.month}/{day.year}",
        )
        return self._answer(question)

    def choice(
        self,
        key: str,
        words: str,
        options: Sequence[Option],
        *,
        label: str = "",
        simpler: str = "",
        otherwise: str | None = None,
        **values: object,
    ) -> str:
        """Ask to choose one; the option's key comes back, or `otherwise` for words that are none of them."""
        say = self.here.words.say
        shown = _labelled(tuple(options), self.here.words)
        known = {option.key for option in shown} | {otherwise}
        question = Question(
            key=key,
            kind=Kind.CHOICE,
            words=say(words, **values),
            read=lambda text: reading.choice(text, shown) or otherwise,
            fits=lambda kept: str(kept) if kept in known else None,
            keep=str,
            samples=(*(option.label for option in shown), *([OWN_WORDS] if otherwise else [])),
            options=shown,
            simpler=say(simpler) if simpler else say(_("Please reply with one number from the list.")),
            label=say(label) if label else "",
            say=lambda value: next((_brief(option) for option in shown if option.key == value), value),
        )
        return self._answer(question)

    def several(
        self,
        key: str,
        words: str,
        options: Sequence[Option],
        *,
        label: str = "",
        samples: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """Ask to choose one or more; the options' keys come back in the order of the list."""
        say = self.here.words.say
        shown = _labelled(tuple(options), self.here.words)

        def read(text: str) -> tuple[str, ...] | None:
            chosen = reading.several(text, shown)
            return tuple(option.key for option in shown if option.key in chosen) if chosen else None

        def fits(kept: Any) -> tuple[str, ...] | None:
            known = {option.key for option in shown}
            return tuple(kept) if isinstance(kept, list) and kept and known.issuperset(kept) else None

        question = Question(
            key=key,
            kind=Kind.SEVERAL,
            words=say(words),
            read=read,
            fits=fits,
            keep=list,
            samples=samples or (shown[0].label, "1 2"),
            options=shown,
            simpler=say(_("Please reply with numbers from the list, like 1 3.")),
            label=say(label) if label else "",
            say=lambda value: ", ".join(_brief(option) for option in shown if option.key in value),
        )
        return self._answer(question)

    def check_answers(self, words: str) -> Literal[True]:
        """Read the answers back; the flow goes on once they are right. Any one of them can be changed."""
        say = self.here.words.say
        lines = [f"{answer.label}: {answer.said}" for answer in self.answered if answer.label]
        shown = _labelled(CHECK, self.here.words)
        question: Question[Literal[True]] = Question(
            key="check_answers",
            kind=Kind.CHECK,
            words="\n".join([say(words), *lines]),
            read=lambda text: True if _agrees(text, shown) else None,
            fits=lambda kept: True if kept is True else None,
            keep=bool,
            samples=("yes",),
            options=shown,
            simpler=say(_("Reply 1 to send it, or 2 to change something.")),
        )
        return self._answer(question)

    def do(self, key: str, verb: Verb[P, R], *_args: P.args, **facts: P.kwargs) -> R:
        """Have one of the domain's verbs done, exactly once. What it refuses is raised here."""
        self.done.add(key)
        return self._result(key, verb, facts)

    def know(self, key: str, query: Verb[P, R], *_args: P.args, **facts: P.kwargs) -> R:
        """Ask the records something; the answer holds for the rest of this talk."""
        return self._result(key, query, facts)

    def _result(self, key: str, verb: Verb[..., R], facts: Mapping[str, Any]) -> R:
        self._pass(key)
        if key not in self.answers:
            raise Wanted(key, verb, facts)
        kept = self.answers[key]
        if isinstance(kept, dict) and "refused" in kept:
            raise RefusedError.named(kept["refused"])
        result: R = shape(verb).validate_python(kept)
        return result

    def _answer(self, question: Question[V]) -> V:
        self._pass(question.key)
        value: V | None = None
        if question.key in self.answers:
            value = question.fits(self.answers[question.key])
        if value is None:
            said = self.heard.pop(question.key, None)
            value = question.read(said) if said is not None else None
            if value is None:
                self.answers.pop(question.key, None)
                raise Waiting(question, missed=said is not None)
            self.answers[question.key] = question.keep(value)
        self.lines.clear()
        self.answered.append(Answered(question.key, question.label, question.say(value)))
        return value

    def _pass(self, key: str) -> None:
        if key in self.passed:
            _asked_twice(key)
        self.passed.append(key)

    def _typed(
        self,
        key: str,
        words: str,
        kind: Kind,
        read: Callable[[str], str | None],
        label: str,
        samples: tuple[str, ...],
        simpler: str,
        say_back: Callable[[str], str] = str,
    ) -> str:
        say = self.here.words.say
        question = Question(
            key=key,
            kind=kind,
            words=say(words),
            read=read,
            fits=_fits(str),
            keep=str,
            samples=samples,
            simpler=say(simpler),
            label=say(label) if label else "",
            say=say_back,
        )
        return self._answer(question)

    def _count(
        self,
        key: str,
        words: str,
        kind: Kind,
        read: Callable[[str], int | None],
        label: str,
        samples: tuple[str, ...],
        simpler: str,
    ) -> Question[int]:
        say = self.here.words.say
        return Question(
            key=key,
            kind=kind,
            words=say(words),
            read=read,
            fits=_fits(int),
            keep=int,
            samples=samples,
            simpler=say(simpler),
            label=say(label) if label else "",
        )

    def _between(self, key: str, words: str, kind: Kind, least: int, most: int, label: str) -> Question[int]:
        simpler = self.say(_("Please reply with a number from {least} to {most}."), least=least, most=most)
        samples = (str(least), str(most))
        return self._count(
            key,
            words,
            kind,
            lambda text: reading.number(text, least=least, most=most),
            label,
            samples,
            simpler,
        )


@cache
def shape(verb: Verb[..., R]) -> TypeAdapter[R]:
    """Return the shape of what a verb gives back, by its own return type: how a result is kept and read."""
    return TypeAdapter(get_type_hints(verb)["return"])


def _brief(option: Option) -> str:
    """Name an option in few letters, as it is read back."""
    return option.short or option.label


@lru_cache(maxsize=256)
def _labelled(options: tuple[Option, ...], words: Words) -> tuple[Option, ...]:
    """Put options into the person's language. Kept: most are asked again and again."""
    say = words.say
    return tuple(
        Option(option.key, say(option.label), option.words, say(option.short) if option.short else "")
        for option in options
    )


def _fits(kind: type[V]) -> Callable[[Any], V | None]:
    return lambda kept: kept if isinstance(kept, kind) else None


def _agrees(text: str, shown: Sequence[Option]) -> bool:
    return reading.choice(text, shown) == "yes" or reading.yes_no(text) == "yes"


def _date(kept: Any) -> date | None:
    try:
        return date.fromisoformat(kept)
    except (TypeError, ValueError):
        return None


def _asked_twice(key: str) -> NoReturn:
    message = f"The flow uses the key {key!r} twice on one path."
    raise ValueError(message)
