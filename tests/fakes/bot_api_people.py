"""People, groups and channels on the simulated Telegram: what they do becomes updates, what they see is kept."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.bot_api import BotApi

Update = dict[str, Any]


class NoSuchButtonError(LookupError):
    """There is no button with that label; the message names those there are."""


@dataclass(eq=False)
class Seen:
    """One message in a chat as it stands on the screen now: the words, and the rows of buttons under them."""

    id: int
    chat: "Chat"
    by_bot: bool
    text: str
    message: dict[str, Any]
    """the Message object, as the Bot API tells it"""
    edits: int = 0

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        """Rows of buttons, inline or in place of the keyboard."""
        markup = self.message.get("reply_markup", {})
        rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or self.message.get("_keyboard", [])
        return rows

    @property
    def buttons(self) -> list[str]:
        """The labels, in order."""
        return [button["text"] for row in self.keyboard for button in row]

    def button(self, label: str) -> dict[str, Any]:
        """Return the button with this label. Raises NoSuchButtonError."""
        for button in (button for row in self.keyboard for button in row):
            if button["text"] == label:
                return button
        raise NoSuchButtonError(f"no button {label!r} under {self.text!r}; there are {self.buttons}")


@dataclass(eq=False)
class Chat:
    """Any chat the bot may be in."""

    api: "BotApi"
    id: int
    about: dict[str, Any]
    """the Chat object, as the Bot API tells it"""
    known: bool = False
    """whether the bot may write here: the person pressed Start, or the bot was brought in"""
    talk: list[Seen] = field(default_factory=list)
    sees: list[Seen] = field(default_factory=list)
    """what the bot sent here, in order, as it stands now"""
    by_id: dict[int, Seen] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)
    """what sendChatAction showed"""

    @property
    def last(self) -> Seen:
        """The bot's newest message."""
        return self.sees[-1]

    @property
    def texts(self) -> list[str]:
        """The words of the bot's messages."""
        return [seen.text for seen in self.sees]

    def keep(self, message: dict[str, Any], *, by_bot: bool) -> Seen:
        """Put a message on the screen."""
        text = message.get("text") or message.get("caption") or ""
        seen = Seen(message["message_id"], self, by_bot, text, message)
        self.talk.append(seen)
        self.by_id[seen.id] = seen
        if by_bot:
            self.sees.append(seen)
        return seen

    def refusal(self) -> tuple[int, str] | None:
        """Say why the bot may not write here, None where it may."""
        return None if self.known else (400, "Bad Request: chat not found")

    def _message(self, **content: Any) -> dict[str, Any]:
        return {
            "message_id": self.api.next_message_id(self),
            "chat": dict(self.about),
            "date": int(self.api.clock()),
            **content,
        }

    def _tell(self, kind: str, message: dict[str, Any]) -> Update:
        self.keep(message, by_bot=False)
        return self.api.updates.add(self.id, kind, dict(message))


@dataclass(eq=False)
class Person(Chat):
    """Someone with a phone. Everything they do makes an update, returns it, and sends it on its way."""

    blocked: bool = False
    deleted: bool = False
    alerts: list[str] = field(default_factory=list)
    """what answerCallbackQuery told them"""
    spinning: dict[str, dict[str, Any]] = field(default_factory=dict)
    """taps whose button still turns, because nobody answered the callback query"""

    @property
    def user(self) -> dict[str, Any]:
        """The User object, as the Bot API tells it."""
        about = {name: value for name, value in self.about.items() if name != "type"}
        return about | {"is_bot": False, "language_code": "en"}

    def refusal(self) -> tuple[int, str] | None:
        """Say why the bot may not write to them, None where it may."""
        if self.deleted:
            return 403, "Forbidden: user is deactivated"
        if self.blocked:
            return 403, "Forbidden: bot was blocked by the user"
        return super().refusal()

    def presses_start(self, payload: str = "") -> Update:
        """Open the bot, or the link t.me/bot?start=payload, and press Start."""
        with self.api.lock:
            if self.blocked:
                self.unblocks_bot()
            return self.says(f"/start {payload}".strip())

    def says(self, text: str) -> Update:
        """Write something."""
        command = text.split(maxsplit=1)[0] if text.startswith("/") else ""
        entities = [{"type": "bot_command", "offset": 0, "length": len(command)}] if len(command) > 1 else []
        return self._sends(text=text, **({"entities": entities} if entities else {}))

    def taps(self, message: Seen, label: str, *, forgotten: bool = False) -> Update:
        """Press the button with this label; of a message `forgotten` by Telegram only its number is told."""
        with self.api.lock:
            button = message.button(label)
            if "callback_data" in button:
                return self._presses(message, button["callback_data"], forgotten=forgotten)
            if "url" in button:
                raise NoSuchButtonError(f"{label!r} opens {button['url']}: the bot hears nothing of it")
            if button.get("request_contact"):
                return self.shares_contact()
            return self.shares_location() if button.get("request_location") else self.says(label)

    def edits(self, message: Update | Seen, text: str) -> Update:
        """Change the words of something they wrote: give the update it made, or what stands on the screen."""
        with self.api.lock:
            seen = message if isinstance(message, Seen) else self.by_id[message["message"]["message_id"]]
            seen.text, seen.edits = text, seen.edits + 1
            seen.message = seen.message | {"text": text, "edit_date": int(self.api.clock())}
            return self.api.updates.add(self.id, "edited_message", dict(seen.message))

    def sends_voice(self, seconds: int = 4) -> Update:
        """Say something aloud."""
        kept = self.api.files.keep(b"OggS" + bytes(400 * seconds), "voice", "oga")
        return self._sends(voice=kept | {"duration": seconds, "mime_type": "audio/ogg"})

    def sends_photo(self, caption: str = "") -> Update:
        """Send a picture, in the sizes Telegram makes of it."""
        sizes = [
            self.api.files.keep(b"\xff\xd8\xff\xe0" + bytes(width), "photos", "jpg")
            | {"width": width, "height": width}
            for width in (90, 320, 800)
        ]
        return self._sends(photo=sizes, **({"caption": caption} if caption else {}))

    def sends_sticker(self, emoji: str = "\N{THUMBS UP SIGN}") -> Update:
        """Send a sticker that stands for an emoji."""
        kept = self.api.files.keep(b"RIFF....WEBP", "stickers", "webp")
        looks = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self._sends(sticker=kept | looks | {"emoji": emoji, "set_name": "Hands"})

    def shares_location(self, latitude: float = 53.8362, longitude: float = -2.2189) -> Update:
        """Share a place on the map."""
        return self._sends(location={"latitude": latitude, "longitude": longitude})

    def shares_contact(self, *, own: bool = True, phone: str = "+447700900123") -> Update:
        """Share a contact: their own, or someone else's, who is not on Telegram."""
        contact: dict[str, Any] = {"phone_number": phone, "first_name": self.about["first_name"]}
        return self._sends(contact=contact | {"user_id": self.id} if own else contact | {"first_name": "Jean"})

    def blocks_bot(self) -> Update:
        """Stop and block the bot."""
        return self._membership(blocked=True)

    def unblocks_bot(self) -> Update:
        """Let the bot write again."""
        return self._membership(blocked=False)

    def deletes_account(self) -> None:
        """Leave Telegram; the bot is told nothing."""
        self.deleted = True

    def _sends(self, **content: Any) -> Update:
        with self.api.lock:
            if self.blocked:
                raise RuntimeError("they have blocked the bot: presses_start or unblocks_bot comes first")
            self.known = True
            message = self._message(**content)
            message["from"] = self.user
            return self._tell("message", message)

    def _presses(self, message: Seen, data: str, *, forgotten: bool) -> Update:
        shown = {name: value for name, value in message.message.items() if not name.startswith("_")}
        if forgotten:
            shown = {"chat": shown["chat"], "message_id": shown["message_id"], "date": 0}
        query: dict[str, Any] = {
            "id": self.api.next_id(),
            "from": self.user,
            "message": shown,
            "chat_instance": str(-self.id * 7919),
            "data": data,
        }
        self.spinning[query["id"]] = query
        self.api.queries[query["id"]] = self
        return self.api.updates.add(self.id, "callback_query", query)

    def _membership(self, *, blocked: bool) -> Update:
        with self.api.lock:
            was, now = ("member", "kicked") if blocked else ("kicked", "member")
            self.blocked = blocked
            return self.api.updates.add(self.id, "my_chat_member", self._changes(was, now))

    def _changes(self, was: str, now: str) -> dict[str, Any]:
        def state(status: str) -> dict[str, Any]:
            return {"user": self.api.me, "status": status} | ({"until_date": 0} if status == "kicked" else {})

        return {
            "chat": dict(self.about),
            "from": self.user,
            "date": int(self.api.clock()),
            "old_chat_member": state(was),
            "new_chat_member": state(now),
        }


@dataclass(eq=False)
class Room(Chat):
    """A group or a channel."""

    def brings_bot_in(self, by: Person) -> Update:
        """Add the bot."""
        with self.api.lock:
            self.known = True
            change = by._changes("left", "administrator" if self.is_channel else "member")
            if self.is_channel:
                change["new_chat_member"] |= _RIGHTS
            return self.api.updates.add(self.id, "my_chat_member", change | {"chat": dict(self.about)})

    def says(self, text: str, *, by: Person | None = None) -> Update:
        """Write something: a member in a group, or a post in a channel."""
        with self.api.lock:
            message = self._message(text=text)
            if self.is_channel or by is None:
                return self._tell("channel_post", message | {"sender_chat": dict(self.about)})
            return self._tell("message", message | {"from": by.user})

    @property
    def is_channel(self) -> bool:
        """Whether only its owners write here."""
        return bool(self.about["type"] == "channel")


_RIGHTS = dict.fromkeys(
    ("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
     "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
     "can_delete_stories", "can_be_edited", "is_anonymous", "can_post_messages",
     "can_send_welcome_messages"), False,
)  # fmt: skip
"""What an administrator may do: a bot in a channel is always one."""
