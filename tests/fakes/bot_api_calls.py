"""What each method of the simulated Bot API does, once its parameters are of the right types."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes.bot_api_files import BIGGEST
from tests.fakes.bot_api_methods import ACTIONS, UPDATES_UNASKED
from tests.fakes.bot_api_people import Chat, Room, Seen
from tests.fakes.bot_api_rules import RefusedError, bad, check_keyboard, read_text
from tests.fakes.bot_api_updates import Hook

if TYPE_CHECKING:
    from tests.fakes.bot_api import BotApi

Facts = dict[str, Any]
PORTS = frozenset({None, 443, 80, 88, 8443})
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
MOST_COMMANDS = 100


def send_message(api: "BotApi", facts: Facts) -> Any:
    """Put a message on someone's screen."""
    chat = _chat(api, facts["chat_id"])
    text = read_text(facts)
    markup = facts.get("reply_markup")
    check_keyboard(markup)
    message = {
        "message_id": api.next_message_id(chat),
        "from": api.me,
        "chat": chat.about,
        "date": int(api.clock()),
        "text": text,
    }
    if markup and "inline_keyboard" in markup:
        message["reply_markup"] = markup
    shown = message | {"_keyboard": markup["keyboard"]} if markup and "keyboard" in markup else message
    seen = chat.keep(shown, by_bot=True)
    for listen in api.on_sent:
        listen(seen)
    return message


def edit_text(api: "BotApi", facts: Facts) -> Any:
    """Change the words of a message, and its buttons: they go where none are named."""
    seen = _own(api, facts)
    if "text" not in facts:
        raise bad("message text is empty")
    text = read_text(facts)
    markup = facts.get("reply_markup")
    check_keyboard(markup)
    return _change(api, seen, text, markup)


def edit_markup(api: "BotApi", facts: Facts) -> Any:
    """Change the buttons under a message, or take them away."""
    seen = _own(api, facts)
    markup = facts.get("reply_markup")
    check_keyboard(markup)
    return _change(api, seen, seen.text, markup)


def answer_query(api: "BotApi", facts: Facts) -> Any:
    """Stop the button from turning, and perhaps say something."""
    if len(facts.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    person = api.queries.pop(facts["callback_query_id"], None)
    if person is None:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    del person.spinning[facts["callback_query_id"]]
    person.alerts += [facts["text"]] if facts.get("text") else []
    return True


def set_webhook(api: "BotApi", facts: Facts) -> Any:
    """Post updates to this address from now on; an empty one takes the webhook away."""
    url = facts["url"]
    if not url:
        return delete_webhook(api, facts)
    parts = urlsplit(url)
    if parts.hostname not in HERE and (parts.scheme != "https" or parts.port not in PORTS):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook, on port 443, 80, 88 or 8443")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", facts.get("secret_token", "")):
        raise bad("secret token contains unallowed characters")
    if not 1 <= facts.get("max_connections", 40) <= 100:
        raise bad("max_connections must be 1 to 100")
    if facts.get("drop_pending_updates"):
        api.updates.forget()
    api.updates.allowed = frozenset(facts.get("allowed_updates") or UPDATES_UNASKED)
    api.updates.places = asyncio.Semaphore(facts.get("max_connections", 40))
    api.updates.hook = Hook(url, facts.get("secret_token"), api.served_at)
    api.updates.trouble = {}
    api.updates.go_on()
    return True


def delete_webhook(api: "BotApi", facts: Facts) -> Any:
    """Post no more; getUpdates works again."""
    if facts.get("drop_pending_updates"):
        api.updates.forget()
    api.updates.hook = None
    return True


def webhook_info(api: "BotApi", _: Facts) -> Any:
    """Say where updates go, how many wait, and what went wrong last."""
    hook = api.updates.hook
    about = {"url": hook.url if hook else "", "has_custom_certificate": False}
    about |= {"pending_update_count": len(api.updates.pending), **api.updates.trouble}
    return about | ({"max_connections": 40, "allowed_updates": sorted(api.updates.allowed)} if hook else {})


def set_commands(api: "BotApi", facts: Facts) -> Any:
    """Keep the menu of commands."""
    if len(facts["commands"]) > MOST_COMMANDS:
        raise bad("too many commands")
    for command in facts["commands"]:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", command["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    api.commands = facts["commands"]
    return True


def leave_chat(api: "BotApi", facts: Facts) -> Any:
    """Go away from a group or a channel."""
    chat = _chat(api, facts["chat_id"])
    if not isinstance(chat, Room):
        raise bad("method is available only for groups, supergroups and channels")
    chat.known = False
    return True


def get_file(api: "BotApi", facts: Facts) -> Any:
    """Say where a file may be fetched."""
    about = api.files.by_id.get(facts["file_id"])
    if about is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if about["file_size"] > BIGGEST:
        raise bad("file is too big")
    return about


def chat_action(api: "BotApi", facts: Facts) -> Any:
    """Show that the bot is writing."""
    if facts["action"] not in ACTIONS:
        raise bad("wrong parameter action in request")
    _chat(api, facts["chat_id"]).typing.append(facts["action"])
    return True


def get_me(api: "BotApi", _: Facts) -> Any:
    """Say who the bot is."""
    rights = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return api.me | rights | {"can_connect_to_business": False, "has_main_web_app": False}


DOES: dict[str, Callable[["BotApi", Facts], Any]] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "editMessageText": edit_text,
    "editMessageReplyMarkup": edit_markup,
    "answerCallbackQuery": answer_query,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": webhook_info,
    "setMyCommands": set_commands,
    "leaveChat": leave_chat,
    "getFile": get_file,
    "sendChatAction": chat_action,
}


def _chat(api: "BotApi", number: Any) -> Chat:
    chat = api.chats.get(number)
    if chat is None:
        raise bad("chat not found")
    if (refusal := chat.refusal()) is not None:
        raise RefusedError(*refusal)
    return chat


def _own(api: "BotApi", facts: Facts) -> Seen:
    if "message_id" not in facts or "chat_id" not in facts:
        raise bad("message identifier is not specified")
    seen = _chat(api, facts["chat_id"]).by_id.get(facts["message_id"])
    if seen is None:
        raise bad("message to edit not found")
    if not seen.by_bot:
        raise bad("message can't be edited")
    return seen


def _change(api: "BotApi", seen: Seen, text: str, markup: Facts | None) -> Any:
    same: Facts = {"inline_keyboard": []}
    if text == seen.text and (markup or same) == seen.message.get("reply_markup", same):
        raise bad(SAME)
    message = {name: value for name, value in seen.message.items() if name != "reply_markup"}
    message |= {"text": text, "edit_date": int(api.clock())}
    if markup and markup["inline_keyboard"]:
        message["reply_markup"] = markup
    seen.text, seen.message, seen.edits = text, message, seen.edits + 1
    return {name: value for name, value in message.items() if name != "_keyboard"}
