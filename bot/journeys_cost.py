"""What a talk costs: every path, counted in messages and in text message segments."""

from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from bot.ask import Verb
from bot.conversation import Conversation, Talk
from bot.journeys_map import RESULTS, Path, explore_from_everywhere, sample_here, sample_service
from bot.layout import LAYOUTS, laid_out
from bot.messages import Reply, numbered
from bot.questions import Kind
from bot.service import Service
from bot.talks import AT, FLOWS
from bot.words import words_in
from content.segments import segments
from waitingroom.conversations import Place

R = TypeVar("R")
SAYING_THE_LEAST = (
    *("hello", "me, 72", "yes", "Ann, BB9 7AA", "4", "Company in the evenings", "here, any time", "yes"),
)
"""What someone lonely says from hello to their reference who answers all that can be answered together."""


@dataclass(frozen=True)
class Cost:
    """What one way through a talk takes. `path`: the answers given, in order.

    `inbound` and `outbound` are messages; `segments` is what the outbound ones are charged as if sent as text
    messages, options that are buttons on the channel written out.
    """

    flow: str
    path: str
    language: str
    channel: str
    inbound: int
    outbound: int
    segments: int


@dataclass(frozen=True)
class Said:
    """One turn: what the person said, and the messages they were answered with."""

    heard: str
    messages: tuple[Reply, ...]


@dataclass(frozen=True)
class Walk:
    """A talk walked turn by turn, and what it cost."""

    turns: tuple[Said, ...]
    cost: Cost


def languages() -> list[str]:
    """List the languages people can be spoken to in: English, and every one with a catalogue."""
    folders = (files("content") / "locale").iterdir()
    found = {folder.name for folder in folders if (folder / "LC_MESSAGES" / "waitingroom.po").is_file()}
    return sorted(found | {"en"})


def costs(channel: str = "sms", language: str = "en") -> list[Cost]:
    """Count every path of every talk, laid out for `channel`. Raises KeyError for a channel there is none of."""
    return [_counted(path.flow, name, turns, channel, language) for path, name, turns in paths(channel, language)]


def cost_rows(channels: Sequence[str] = tuple(LAYOUTS)) -> list[dict[str, Any]]:
    """Count every path in every language on these channels; and, first, the shortest honest referral on each."""
    found: list[Cost] = []
    for language in languages():
        for channel in channels:
            found += [walk(SAYING_THE_LEAST, channel, language).cost, *costs(channel, language)]
    return [asdict(cost) for cost in found]


def paths(channel: str, language: str) -> Iterator[tuple[Path, str, list[list[Reply]]]]:
    """Find every path, a name for it unlike any other's in its talk, and its messages turn by turn."""
    layout = LAYOUTS[channel]
    named: Counter[tuple[str, str]] = Counter()
    for path in _explored("sms" if layout.joins else "terminal", language):
        name = " > ".join(stop.answer for stop in path.stops if stop.question) or path.flow
        named[path.flow, name] += 1
        count = named[path.flow, name]
        name = name if count == 1 else f"{name} ({count})"
        yield path, name, [laid_out(turn, layout) for turn in _turns(path)]


@cache
def _explored(channel: str, language: str) -> tuple[Path, ...]:
    """Explore every talk from every place. Talks tell only two kinds of channel apart: pages, and all others."""
    service = sample_service()
    here = replace(sample_here(service, Place.FRONT_DOOR), channel=channel, words=words_in(language))
    return tuple(path for flow in FLOWS for path in explore_from_everywhere(flow, FLOWS[flow], here))


def shortest_honest_path(channel: str = "sms", language: str = "en") -> Walk:
    """Walk from hello to the reference as someone lonely who says the least: a real talk, turn by turn."""
    return walk(SAYING_THE_LEAST, channel, language)


def walk(said: Sequence[str], channel: str = "sms", language: str = "en", service: Service | None = None) -> Walk:
    """Say some things to the front door, one after the other, the records answering with samples.

    Nothing of the turn is gone through but the talk itself: no keyword is heard, and no danger.
    """
    here = replace(
        sample_here(service or sample_service(), Place.FRONT_DOOR), channel=channel, words=words_in(language)
    )
    conversation = Conversation(Talk(), here, FLOWS, _sample)
    turns = _at_once(_walked(conversation, said, channel))
    messages = [list(turn.messages) for turn in turns]
    return Walk(turns, _counted(AT[Place.FRONT_DOOR], " > ".join(said), messages, channel, language))


async def _walked(conversation: Conversation, said: Sequence[str], channel: str) -> tuple[Said, ...]:
    turns = []
    for text in said:
        if conversation.talk.frames:
            replies = await conversation.hear(text, answering=None)
        else:
            replies = await conversation.begin(AT[Place.FRONT_DOOR])
        turns.append(Said(text, tuple(laid_out(replies, LAYOUTS[channel]))))
    return tuple(turns)


def _at_once(work: Coroutine[Any, Any, R]) -> R:
    """Run what never waits for anything, whether or not an event loop runs already."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: R = ended.value
        return result
    work.close()
    message = "A walked talk waited for something outside it."
    raise RuntimeError(message)


async def _sample(verb: Verb[..., Any], _facts: Mapping[str, Any]) -> Any:
    return RESULTS[verb][0]


def _turns(path: Path) -> Iterator[list[Reply]]:
    """Part a path into what is said in answer to each message: the first one, then each answer."""
    for stop in path.stops:
        told = [Reply(line) for line in stop.told]
        question = stop.question
        several = question is not None and question.kind is Kind.SEVERAL
        asked = [Reply(question.words, question.options, several, question.key)] if question else []
        yield [*told, *asked]


def _counted(flow: str, path: str, turns: Sequence[Sequence[Reply]], channel: str, language: str) -> Cost:
    messages = [message for turn in turns for message in turn]
    charged = sum(segments(numbered(message)) for message in messages)
    return Cost(flow, path, language, channel, len(turns), len(messages), charged)
