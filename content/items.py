"""Self-care pieces: one small, useful action each, sent to people while they wait."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, field_validator, model_validator

from content.fields import Address, Key, Line, Nation, Sendable, Words, refused
from content.markdown import unshowable
from content.segments import MOST_PARTS, segments

LONGEST_WITHOUT_REVIEW_DAYS = 2 * 366
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]


Sort = Literal["calm", "move", "write", "people", "go", "ask", "home"]
"""Calm down or rest; move; write or plan; be with people; go somewhere; ask for help; do something at home."""
FEEDBACK = "\nDid this help?\n1 Yes\n2 No"
"""What follows a piece in the same text message."""


class Item(Words):
    """One piece.

    `text` is what is sent: at most two text messages, one action, and nothing that tells a stranger why
    someone waits. `page` is the longer version in Markdown. `needs` empty means it is for everyone. `source`
    is the address of the organisation the facts come from. A `starter` is gentle and goes before others.
    `sort` is what one does: whoever says that it is not for them is sent less of that sort.
    It is not shown after `review_by`.
    """

    key: Key
    title: Annotated[Line, StringConstraints(max_length=60)]
    needs: tuple[str, ...]
    sort: Sort
    starter: bool = False
    audience: Line = "adults"
    nation: Nation = "uk"
    cost: Line
    source: Address
    reviewed_on: date
    review_by: date
    languages: tuple[Language, ...] = ("en",)
    text: Sendable
    page: Annotated[str, StringConstraints(min_length=40)]

    @model_validator(mode="after")
    def _reviewed_in_time(self) -> Self:
        if self.review_by <= self.reviewed_on:
            raise refused("`review_by` is not after `reviewed_on`", "Give the day to read it again")
        if (self.review_by - self.reviewed_on).days > LONGEST_WITHOUT_REVIEW_DAYS:
            raise refused("`review_by` is over two years after `reviewed_on`", "Bring it nearer")
        return self

    @field_validator("text")
    @classmethod
    def _leaves_room(cls, text: str) -> str:
        if segments(text + FEEDBACK) > MOST_PARTS:
            raise refused(
                f"this leaves no room to ask whether it helped ({len(text)} characters)",
                f"Shorten it to {306 - len(FEEDBACK)}, and put the rest on the page",
            )
        return text

    @field_validator("page")
    @classmethod
    def _can_be_shown_everywhere(cls, page: str) -> str:
        if found := unshowable(page):
            raise refused(
                f"the longer page holds {', '.join(found)}, which a message on a phone cannot show",
                "Use only words, headings that begin with ##, lists, **bold** and links to https:// pages",
            )
        return page

    def is_for(self, *, nation: str, today: date) -> bool:
        """Say whether it may be shown in this nation on this day."""
        return self.nation in ("uk", nation) and today <= self.review_by
