"""What the Bot API's methods take: the facts for the methods we use, as a table (Bot API 10.2, 14 July 2026)."""

from dataclasses import dataclass

VERSION = "10.2"


@dataclass(frozen=True)
class Takes:
    """One parameter or field: types by Telegram's names, whether it must be there, how many lists deep."""

    kinds: tuple[str, ...]
    must: bool = False
    deep: int = 0


Fields = dict[str, Takes]

_WHOLE = Takes(("Integer",))
_WORDS = Takes(("String",))
_TRUTH = Takes(("Boolean",))
_CHAT = Takes(("Integer", "String"))
_ENTITIES = Takes(("MessageEntity",), deep=1)
_NAMES = Takes(("String",), deep=1)
_INLINE = Takes(("InlineKeyboardMarkup",))
_ANY_KEYBOARD = Takes(("InlineKeyboardMarkup", "ReplyKeyboardMarkup", "ReplyKeyboardRemove", "ForceReply"))
_PREVIEW = Takes(("LinkPreviewOptions",))


def _must(takes: Takes) -> Takes:
    return Takes(takes.kinds, True, takes.deep)


def _of(kind: str) -> Takes:
    return Takes((kind,))


_EDITED: Fields = {
    "business_connection_id": _WORDS,
    "chat_id": _CHAT,
    "message_id": _WHOLE,
    "inline_message_id": _WORDS,
}

METHODS: dict[str, Fields] = {
    "getMe": {},
    "getWebhookInfo": {},
    "getFile": {"file_id": _must(_WORDS)},
    "leaveChat": {"chat_id": _must(_CHAT)},
    "deleteWebhook": {"drop_pending_updates": _TRUTH},
    "setWebhook": {
        "url": _must(_WORDS),
        "certificate": _of("InputFile"),
        "ip_address": _WORDS,
        "max_connections": _WHOLE,
        "allowed_updates": _NAMES,
        "drop_pending_updates": _TRUTH,
        "secret_token": _WORDS,
    },
    "getUpdates": {"offset": _WHOLE, "limit": _WHOLE, "timeout": _WHOLE, "allowed_updates": _NAMES},
    "setMyCommands": {
        "commands": Takes(("BotCommand",), True, 1),
        "scope": _of("BotCommandScope"),
        "language_code": _WORDS,
    },
    "sendChatAction": {
        "business_connection_id": _WORDS,
        "chat_id": _must(_CHAT),
        "message_thread_id": _WHOLE,
        "action": _must(_WORDS),
    },
    "sendMessage": {
        "business_connection_id": _WORDS,
        "chat_id": _must(_CHAT),
        "message_thread_id": _WHOLE,
        "direct_messages_topic_id": _WHOLE,
        "receiver_user_id": _WHOLE,
        "callback_query_id": _WORDS,
        "text": _must(_WORDS),
        "parse_mode": _WORDS,
        "entities": _ENTITIES,
        "link_preview_options": _PREVIEW,
        "disable_notification": _TRUTH,
        "protect_content": _TRUTH,
        "allow_paid_broadcast": _TRUTH,
        "message_effect_id": _WORDS,
        "suggested_post_parameters": _of("SuggestedPostParameters"),
        "reply_parameters": _of("ReplyParameters"),
        "reply_markup": _ANY_KEYBOARD,
    },
    "editMessageText": {
        **_EDITED,
        "text": _WORDS,
        "parse_mode": _WORDS,
        "entities": _ENTITIES,
        "link_preview_options": _PREVIEW,
        "rich_message": _of("InputRichMessage"),
        "reply_markup": _INLINE,
    },
    "editMessageReplyMarkup": {**_EDITED, "reply_markup": _INLINE},
    "answerCallbackQuery": {
        "callback_query_id": _must(_WORDS),
        "text": _WORDS,
        "show_alert": _TRUTH,
        "url": _WORDS,
        "cache_time": _WHOLE,
    },
}
"""Every method the simulated Bot API knows, and every parameter each takes."""

_BUTTON_LOOK: Fields = {"icon_custom_emoji_id": _WORDS, "style": _WORDS}

OBJECTS: dict[str, Fields] = {
    "InlineKeyboardMarkup": {"inline_keyboard": Takes(("InlineKeyboardButton",), True, 2)},
    "InlineKeyboardButton": {
        "text": _must(_WORDS),
        **_BUTTON_LOOK,
        "url": _WORDS,
        "callback_data": _WORDS,
        "web_app": _of("WebAppInfo"),
        "login_url": _of("LoginUrl"),
        "switch_inline_query": _WORDS,
        "switch_inline_query_current_chat": _WORDS,
        "switch_inline_query_chosen_chat": _of("SwitchInlineQueryChosenChat"),
        "copy_text": _of("CopyTextButton"),
        "callback_game": _of("CallbackGame"),
        "pay": _TRUTH,
    },
    "ReplyKeyboardMarkup": {
        "keyboard": Takes(("KeyboardButton",), True, 2),
        "is_persistent": _TRUTH,
        "resize_keyboard": _TRUTH,
        "one_time_keyboard": _TRUTH,
        "input_field_placeholder": _WORDS,
        "selective": _TRUTH,
    },
    "KeyboardButton": {
        "text": _must(_WORDS),
        **_BUTTON_LOOK,
        "request_users": _of("KeyboardButtonRequestUsers"),
        "request_chat": _of("KeyboardButtonRequestChat"),
        "request_managed_bot": _of("KeyboardButtonRequestManagedBot"),
        "request_contact": _TRUTH,
        "request_location": _TRUTH,
        "request_poll": _of("KeyboardButtonPollType"),
        "web_app": _of("WebAppInfo"),
    },
    "ReplyKeyboardRemove": {"remove_keyboard": Takes(("True",), True), "selective": _TRUTH},
    "ForceReply": {
        "force_reply": Takes(("True",), True),
        "input_field_placeholder": _WORDS,
        "selective": _TRUTH,
    },
    "BotCommand": {"command": _must(_WORDS), "description": _must(_WORDS), "is_ephemeral": _TRUTH},
    "LinkPreviewOptions": {
        "is_disabled": _TRUTH,
        "url": _WORDS,
        "prefer_small_media": _TRUTH,
        "prefer_large_media": _TRUTH,
        "show_above_text": _TRUTH,
    },
    "ReplyParameters": {
        "message_id": _WHOLE,
        "chat_id": _CHAT,
        "ephemeral_message_id": _WHOLE,
        "allow_sending_without_reply": _TRUTH,
        "quote": _WORDS,
        "quote_parse_mode": _WORDS,
        "quote_entities": _ENTITIES,
        "quote_position": _WHOLE,
        "checklist_task_id": _WHOLE,
        "poll_option_id": _WORDS,
    },
    "MessageEntity": {
        "type": _must(_WORDS),
        "offset": _must(_WHOLE),
        "length": _must(_WHOLE),
        "url": _WORDS,
        "user": _of("User"),
        "language": _WORDS,
        "custom_emoji_id": _WORDS,
        "unix_time": _WHOLE,
        "date_time_format": _WORDS,
    },
}
"""The objects inside those parameters that are checked field by field; any other object need only be one."""

BUTTON_DOES = frozenset(OBJECTS["InlineKeyboardButton"]) - {"text", *_BUTTON_LOOK}
"""An inline button has exactly one of these."""

ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location"}
    | {f"{does}_{what}" for does in ("record", "upload") for what in ("video", "voice", "video_note")}
    | {"upload_photo", "upload_document"}
)
"""What sendChatAction may show."""

UPDATES_UNASKED = frozenset({
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member",
})  # fmt: skip
"""The kinds of update made here; all of them come without being asked for."""
