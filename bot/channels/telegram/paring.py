"""Paring: what of an update must be understood, for updates that aiogram's full models do not take.

Telegram's own documented samples are such (they have no `is_bot`, no `file_unique_id`), and so is any message with
a part that Telegram invented after this aiogram was made: what the person wrote is not lost for it.
"""

from collections.abc import Mapping
from typing import Any

Told = Mapping[str, Any]

SIZED = {"file_id": "", "file_unique_id": "", "width": 0, "height": 0, "file_size": None}
TIMED = {"file_id": "", "file_unique_id": "", "duration": 0, "mime_type": None, "file_size": None}
PARTS: Mapping[str, Mapping[str, Any]] = {
    "voice": TIMED,
    "audio": TIMED,
    "document": {"file_id": "", "file_unique_id": "", "mime_type": None, "file_size": None},
    "video": SIZED | TIMED,
    "video_note": {**TIMED, "length": 0},
    "sticker": SIZED | {"type": "regular", "is_animated": False, "is_video": False, "emoji": None},
    "location": {"latitude": 0.0, "longitude": 0.0},
    "contact": {"phone_number": "", "first_name": "", "user_id": None},
}
"""The parts of a message that are read, each with what its fields are where the update does not say."""
SOMEONE = {"id": 0, "is_bot": False, "first_name": ""}


def pared(update: Told) -> dict[str, Any]:
    """Return an update with only what is read of it. Raises ValueError where it has none of that."""
    for kind in ("message", "edited_message"):
        if isinstance(told := update.get(kind), dict):
            return {"update_id": update["update_id"], kind: _message(told)}
    if isinstance(told := update.get("callback_query"), dict):
        return {"update_id": update["update_id"], "callback_query": _callback(told)}
    message = "nothing in this update is read here"
    raise ValueError(message)


def _message(told: Told) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "message_id": told["message_id"],
        "date": told.get("date", 0),
        "chat": _chat(told["chat"]),
    }
    if isinstance(told.get("from"), dict):
        kept["from"] = _with(told["from"], SOMEONE)
    kept |= {name: told[name] for name in ("text", "caption") if isinstance(told.get(name), str)}
    kept |= {name: _with(told[name], fields) for name, fields in PARTS.items() if isinstance(told.get(name), dict)}
    if isinstance(told.get("photo"), list):
        kept["photo"] = [_with(size, SIZED) for size in told["photo"] if isinstance(size, dict)]
    return kept


def _callback(told: Told) -> dict[str, Any]:
    kept = {
        "id": told["id"],
        "from": _with(told["from"], SOMEONE),
        "chat_instance": "",
        "data": told.get("data"),
        "inline_message_id": told.get("inline_message_id"),
    }
    if isinstance(message := told.get("message"), dict):
        kept["message"] = _message(message)
    return kept


def _chat(told: Told) -> dict[str, Any]:
    """Return a chat; one without a type is a person's where its number is above 0, as people's are."""
    return {"id": told["id"], "type": told.get("type", "private" if told["id"] > 0 else "group")}


def _with(told: Told, fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: told.get(name, otherwise) for name, otherwise in fields.items()}
    return {name: value for name, value in found.items() if value is not None}
