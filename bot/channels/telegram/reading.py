"""Reading what Telegram delivers, by aiogram: an update becomes an arrival, an immediate answer, both or neither.

The parsed update is matched here in plain code. aiogram's Dispatcher would find a handler for it too, but its
handlers are asynchronous and want a bot, for what is a function of the update alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageReplyMarkup,
    LeaveChat,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import CallbackQuery, Chat, ChatMemberUpdated, Message, Update
from pydantic import ValidationError

from bot.channels.telegram import TELEGRAM, keyboards
from bot.channels.telegram.buttons import LANGUAGE, Act, Press
from bot.channels.telegram.paring import pared
from bot.channels.telegram.saying import said
from bot.messages import Arrival, Aside, Inbound, Returned, Stopped, Unreadable
from bot.words import _, words_in

Method = TelegramMethod[Any]

ALONE = _(
    "This is a computer program that talks with one person at a time. "
    "It cannot talk in a group, so it leaves now. To write to it, open a chat with it alone."
)
NOTHING_TICKED = _("Please tap one or more first.")
TOO_OLD = _("This list is too old to tap. Please write your answer in the chat.")
NOT_OURS = _("This button does not work any more. Please write your answer in the chat.")
TOAST = 200
"""The longest notice on a pressed button, in characters (Bot API, answerCallbackQuery)."""
IN_CHAT = frozenset({ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.RESTRICTED})


@dataclass(frozen=True)
class Read:
    """What an update means: what arrived, and what to answer at once, in order, without keeping track of it.

    A webhook's own response carries the first of `answers`; the others are calls of their own.
    """

    arrival: Arrival | None = None
    answers: tuple[Method, ...] = ()


def read(raw: bytes, *, now: datetime) -> Read:
    """Read the body of a webhook request that reached us at `now`. What is unreadable arrives as Unreadable."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return _unreadable(raw.decode(errors="replace"), error, now)
    return read_update(told, raw=raw.decode(errors="replace"), now=now)


def read_update(told: Any, *, now: datetime, raw: str = "") -> Read:
    """Read one update as parsed from JSON; `raw` is what is kept where it cannot be read."""
    try:
        update = _parsed(told)
    except (ValueError, TypeError, LookupError) as error:
        return _unreadable(raw or json.dumps(told), error, now)
    if update.message is not None:
        return _message(update.message, now)
    if update.edited_message is not None:
        return _edited(update.edited_message, update.update_id, now)
    if update.callback_query is not None:
        return _pressed(update.callback_query, now)
    if update.my_chat_member is not None:
        return _let_in_or_out(update.my_chat_member, now)
    return Read()


def written(answer: Method) -> dict[str, Any]:
    """Write an answer as the JSON of a webhook's own response."""
    fields = answer.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return {"method": answer.__api_method__, **fields}


def _parsed(told: Any) -> Update:
    """Parse by the full models, else by what must be understood. Raises where even that is not there."""
    if not isinstance(told, Mapping):
        message = "an update is a JSON object"
        raise TypeError(message)
    try:
        return Update.model_validate(told)
    except ValidationError:
        return Update.model_validate(pared(told))


def _unreadable(raw: str, error: Exception, now: datetime) -> Read:
    return Read(Unreadable(TELEGRAM, raw, type(error).__name__, now))


def _message(message: Message, now: datetime) -> Read:
    if (elsewhere := _elsewhere(message.chat)) is not None:
        return elsewhere
    if message.from_user is not None and message.from_user.is_bot:
        return Read()
    told = said(message)
    if told is None:
        return Read()
    return Read(
        Inbound(
            channel=TELEGRAM,
            address=str(message.chat.id),
            message_id=f"message:{message.message_id}",
            text=told.text,
            at=now,
            aside=told.aside,
            attachments=told.attachments,
        )
    )


def _edited(message: Message, update_id: int, now: datetime) -> Read:
    """Hear changed words; a map that follows someone is edited every few seconds, and is not words."""
    if (elsewhere := _elsewhere(message.chat)) is not None:
        return elsewhere
    text = message.text or message.caption
    if text is None or (message.from_user is not None and message.from_user.is_bot):
        return Read()
    message_id = f"edited:{message.message_id}:{update_id}"
    return Read(Inbound(TELEGRAM, str(message.chat.id), message_id, text, now, aside=Aside.EDITED))


def _pressed(query: CallbackQuery, now: datetime) -> Read:
    if query.message is not None and (elsewhere := _elsewhere(query.message.chat)) is not None:
        return elsewhere
    press = Press.read(query.data or "")
    if press is None:
        return Read(answers=(_notice(query, NOT_OURS),))
    if press.act is Act.TICK:
        return Read(answers=_tick(query, press))
    if press.act is Act.DONE and not press.ticked:
        return Read(answers=(_notice(query, NOTHING_TICKED),))
    shown = query.message.reply_markup if isinstance(query.message, Message) else None
    text = press.chosen if press.act is Act.DONE else keyboards.said(shown, press)
    address = str(query.message.chat.id if query.message is not None else query.from_user.id)
    inbound = Inbound(TELEGRAM, address, f"callback:{query.id}", text, now, answering=press.question or None)
    return Read(inbound, (AnswerCallbackQuery(callback_query_id=query.id, text=text[:TOAST]),))


def _tick(query: CallbackQuery, press: Press) -> tuple[Method, ...]:
    message = query.message
    if not isinstance(message, Message) or message.reply_markup is None or not press.number:
        return (_notice(query, TOO_OLD),)
    now_shown = keyboards.ticked(message.reply_markup, press)
    edit = EditMessageReplyMarkup(chat_id=message.chat.id, message_id=message.message_id, reply_markup=now_shown)
    return edit, AnswerCallbackQuery(callback_query_id=query.id)


def _notice(query: CallbackQuery, words: str) -> Method:
    return AnswerCallbackQuery(callback_query_id=query.id, text=_say(words)[:TOAST])


def _let_in_or_out(change: ChatMemberUpdated, now: datetime) -> Read:
    status, chat = change.new_chat_member.status, change.chat
    if chat.type == ChatType.PRIVATE:
        if status == ChatMemberStatus.KICKED:
            return Read(Stopped(TELEGRAM, str(chat.id), now))
        return Read(Returned(TELEGRAM, str(chat.id), now)) if status == ChatMemberStatus.MEMBER else Read()
    if status not in IN_CHAT:
        return Read()
    if chat.type == ChatType.CHANNEL:
        return Read(answers=(LeaveChat(chat_id=chat.id),))
    return Read(answers=(SendMessage(chat_id=chat.id, text=_say(ALONE)), LeaveChat(chat_id=chat.id)))


def _elsewhere(chat: Chat) -> Read | None:
    """Leave every chat that is not with one person; why was said on the way in. Nothing is kept."""
    return None if chat.type == ChatType.PRIVATE else Read(answers=(LeaveChat(chat_id=chat.id),))


def _say(words: str) -> str:
    return words_in(LANGUAGE).say(words)
