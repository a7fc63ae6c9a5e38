"""People of these journeys: someone who refers another, and that person with a phone of their own."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text

from bot import asking
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.desk import Desk
from bot.messages import Reply, numbered
from tests.opening_words import all_opened
from tests.talking import Speaker
from waitingroom import conversations, handoffs, messages, stories, tables
from waitingroom.errors import NotFoundError
from waitingroom.messages import Author
from waitingroom.stories import Story

ROSE = "+447700900111"
BEGINS = ("refer", "my mum", "yes", "yes", "yes", "Karen", "07700 900222", "Rosalind")
"""A daughter tells us of her mother, who said yes, up to how she can be asked."""
HER_WORDS = "Bramble tea with someone to talk to"
BY_TEXT = ("text", "07700 900111", "yes", "no", HER_WORDS, "yes")
BY_CALL = ("call", "01632 960111", HER_WORDS, "yes")
HERS = ("me, 81", "yes", "Rosie, BB9 7AA", "food", "A garden again", "here", "any", "yes")
"""What the mother says of herself, from the first question to her reference."""
DECIDES = ("refer", "my mum", "they cannot decide", "health and welfare", "81", "BB9", "yes", "yes", "Karen")
CODE = "v46qw 7yrt p9ud"
SOON = timedelta(minutes=11)


def with_texts(desk: Desk) -> Desk:
    """The same desk, where texts can be sent; nothing is dialled, for no worker delivers."""
    sms = Sms(Account("AC0", "token"), "+447700900999", drama_numbers=True)
    return replace(desk, channels={**desk.channels, "sms": sms})


class OnOwnPhone(Speaker):
    """Someone with a mobile, who sees what was texted to it."""

    def __init__(self, desk: Desk, *, now: datetime, number: str = ROSE) -> None:
        super().__init__(desk, now=now, channel="sms", address=number)

    async def screen(self) -> list[str]:
        """Every text that was queued to this phone and stands on record, oldest first."""
        async with self.desk.database.transaction() as session:
            talk = await conversations.of_contact(session, channel="sms", address=self.address)
            if talk is None:
                return []
            said = await messages.transcript(session, conversation_id=talk.id)
            return [
                numbered(Reply.recalled(messages.said(session, one)))
                for one in said
                if one.author is not Author.PERSON
            ]


async def passes(desk: Desk, at: datetime) -> datetime:
    """Let the clock come to `at`, and do all that is due. Returns it."""
    await asking.ask_introduced(desk, now=at)
    return at


async def said_in(speaker: Speaker) -> str:
    """All that stands in someone's talk, both ways."""
    async with speaker.desk.database.transaction() as session:
        talk = speaker.turns[-1].conversation_id
        said = await messages.transcript(session, conversation_id=talk)
        return "\n".join(numbered(Reply.recalled(messages.said(session, one))) for one in said)


async def story_of(speaker: Speaker) -> Story:
    async with speaker.desk.database.transaction() as session:
        return await stories.of_talk(session, conversation_id=speaker.turns[-1].conversation_id)


async def reasons(speaker: Speaker) -> list[str]:
    """Why a link worker is wanted in someone's talk."""
    async with speaker.desk.database.transaction() as session:
        try:
            found = await handoffs.of_conversation(session, conversation_id=speaker.turns[-1].conversation_id)
        except NotFoundError:
            return []
        return found.reasons


async def rows(desk: Desk, table: str) -> int:
    async with desk.database.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def everything_kept(desk: Desk) -> str:
    """Every row of every table as text, and every message opened."""
    kept: list[str] = []
    async with desk.database.transaction() as session:
        for table in tables.ALL:
            found = await session.run(text(f'SELECT t::text FROM "{table.__tablename__}" t'))
            kept += [row[0] for row in found]
        kept += await all_opened(session, "message", "body", "{dedupe}")
        kept += await all_opened(session, "conversation", "talk", "conversation:talk:{id}")
    return "\n".join(kept)
