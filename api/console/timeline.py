"""The timeline on a person's page: the newest entries, and older ones a page at a time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge

from api.cursors import cursor, place_of
from api.staff.access import Visit
from api.staff.story import message_told
from api.staff.story_models import Entry, MessageTold, StoryTold
from waitingroom import messages, staff
from waitingroom.caseload import After
from waitingroom.database import Session
from waitingroom.stories import Story

MOST = 200
"""Entries on one page."""


@dataclass(frozen=True)
class Page:
    """Part of a timeline, oldest first. `before`: the place of what is older, "" where nothing is."""

    entries: Sequence[Entry]
    before: str
    newest: bool


def shown(visit: Visit, story: Story, told: StoryTold) -> Page:
    """Give the newest part of a person's timeline."""
    entries = told.timeline[-MOST:]
    more = len(told.timeline) > MOST
    return Page(entries, _place(visit, story, entries) if more else "", newest=True)


async def older(session: Session, visit: Visit, story: Story, told: StoryTold, place: str) -> Page:
    """Give what came before `place`. Raises RequestValidationError where that was not made here for this talk."""
    after = place_of(visit.house.database.keys, place, of=_of(story.conversation.id))
    talk = story.conversation.id
    said = await messages.transcript(session, conversation_id=talk, before=after.urgency, limit=MOST)
    names = await staff.names(session, ids={one.staff_id for one in said if one.staff_id})
    lines: list[Entry] = [
        message_told(one, messages.said(session, one), names, story.attachments.get(one.id or 0, ()))
        for one in said
    ]
    more = len(said) == MOST
    beside = [entry for entry in told.timeline if not isinstance(entry, MessageTold)]
    noted = [one for one in beside if one.at < after.raised_at and (not more or one.at >= lines[0].at)]
    entries = list(merge(lines, noted, key=lambda entry: entry.at))
    return Page(entries, _place(visit, story, lines) if more else "", newest=False)


def _place(visit: Visit, story: Story, entries: Sequence[Entry]) -> str:
    """Write the place of the oldest message shown: its number and its moment."""
    oldest = next((entry for entry in entries if isinstance(entry, MessageTold)), None)
    if oldest is None:
        return ""
    talk = story.conversation.id
    return cursor(visit.house.database.keys, After(oldest.id, oldest.at, talk), of=_of(talk))


def _of(talk: uuid.UUID) -> str:
    return f"timeline:{talk}"
