"""Phones on the simulated Twilio: what people text, say, send and tap on them, and what arrives."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.twilio_content import Choice
from tests.fakes.twilio_posts import Post
from tests.fakes.twilio_rules import bare
from tests.fakes.twilio_segments import segments

if TYPE_CHECKING:
    from tests.fakes.twilio_api import TwilioApi

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
TWILIO_SAYS = {
    "STOP": "You are unsubscribed and will get no more messages. Reply START to get messages again.",
    "START": "You are subscribed again. Reply STOP to get no more messages.",
    "HELP": "Reply STOP to get no more messages.",
}
WINDOW = 24 * 60 * 60
"""Seconds a person on WhatsApp may be written to freely after they wrote."""


@dataclass(eq=False)
class Got:
    """One message as it arrived."""

    sid: str
    body: str
    segments: int
    media: tuple[str, ...] = ()
    buttons: tuple[Choice, ...] = ()
    items: tuple[Choice, ...] = ()
    by_twilio: bool = False
    """Twilio's own answer to STOP, START or HELP"""

    @property
    def labels(self) -> list[str]:
        """What can be tapped."""
        return [label for _, label in self.buttons + self.items]


@dataclass(eq=False)
class Phone:
    """One phone on one channel. Everything done on it makes a signed post, returns it, and sends it on its way."""

    api: "TwilioApi"
    address: str
    """+44… for text messages, whatsapp:+44… for WhatsApp"""
    name: str = "Ann"
    landline: bool = False
    opted_out: bool = False
    fails_with: int | None = None
    """the number of the trouble every message to it ends with, such as 30003"""
    wrote_at: float | None = None
    sees: list[Got] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)
    talk: list[tuple[str, "Got | str"]] = field(default_factory=list)
    """both sides in order: ("them", Got) or ("me", words)"""

    @property
    def on_whatsapp(self) -> bool:
        return self.address.startswith("whatsapp:")

    @property
    def bodies(self) -> list[str]:
        """The words of what arrived."""
        return [got.body for got in self.sees]

    @property
    def last(self) -> Got:
        return self.sees[-1]

    def texts(self, body: str) -> Post | None:
        """Write something. None where Twilio kept it to itself."""
        kind = {"MessageType": "text"} if self.on_whatsapp else {}
        return self._sends(body, kind)

    def sends_picture(self, body: str = "", kind: str = "image/jpeg") -> Post | None:
        """Send a picture."""
        return self._sends(body, self._file(b"\xff\xd8\xff\xe0 a picture", kind, "image"), media=1)

    def sends_voice(self, body: str = "") -> Post | None:
        """Say something aloud."""
        return self._sends(body, self._file(b"OggS a voice note", "audio/ogg", "audio"), media=1)

    def shares_location(self, latitude: float = 53.8362, longitude: float = -2.2189) -> Post | None:
        """Share a place on the map (WhatsApp)."""
        place = {"MessageType": "location", "Latitude": str(latitude), "Longitude": str(longitude)}
        return self._sends("", place)

    def taps(self, message: Got, label: str) -> Post | None:
        """Press a button, or choose from a list, under a message (WhatsApp). Raises LookupError."""
        for key, shown in message.buttons:
            if shown == label:
                tapped = {"MessageType": "button", "ButtonText": label, "ButtonPayload": key}
                return self._sends(label, tapped | {"OriginalRepliedMessageSid": message.sid})
        for key, shown in message.items:
            if shown == label:
                return self._sends(label, {"MessageType": "interactive", "ListId": key, "ListTitle": label})
        raise LookupError(f"nothing says {label!r} under {message.body!r}; there are {message.labels}")

    def may_be_written(self, now: float) -> bool:
        """Whether WhatsApp's 24 hours are open."""
        return self.wrote_at is not None and now - self.wrote_at < WINDOW

    def get(self, got: Got) -> None:
        """Have a message arrive."""
        self.sees.append(got)
        self.talk.append(("them", got))

    def _file(self, body: bytes, kind: str, named: str) -> dict[str, str]:
        sid, url = self.api.keep_media(body, kind)
        about = {"MediaUrl0": url, "MediaContentType0": kind}
        about |= dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), sid)
        return about | ({"MessageType": named} if self.on_whatsapp else {})

    def _sends(self, body: str, facts: dict[str, str], *, media: int = 0) -> Post | None:
        with self.api.lock:
            self.wrote_at = self.api.clock()
            self.wrote.append(body)
            self.talk.append(("me", body))
            word = self._opting(body)
            if word == "STOP" and not self.api.tells_of_stop and not self.api.advanced_opt_out:
                self.api.changed()
                return None
            form = self.api.inbound_form(self, body, media=media) | facts
            if word and self.api.advanced_opt_out:
                form["OptOutType"] = word
            return self.api.mail.bring(form)

    def _opting(self, body: str) -> str:
        """Do what Twilio does by itself with the words it knows, and answer; on WhatsApp it knows none."""
        said = body.strip().upper()
        if self.on_whatsapp:
            return ""
        if said in STOP:
            first, self.opted_out = not self.opted_out, True
            return self._told("STOP", answer=first)
        if said in START and (self.opted_out or said != "YES"):
            first, self.opted_out = self.opted_out, False
            return self._told("START", answer=first)
        return self._told("HELP", answer=True) if said in HELP else ""

    def _told(self, word: str, *, answer: bool) -> str:
        if answer:
            words = TWILIO_SAYS[word]
            self.get(Got(self.api.new_sid("SM"), words, segments(words), by_twilio=True))
        return word


def geography(phone: Phone, ours: str) -> dict[str, Any]:
    """Return what Twilio adds about the two numbers of a text message."""
    sides = {"From": bare(phone.address), "To": bare(ours)}
    known = {f"{side}Country": "GB" if number.startswith("+44") else "" for side, number in sides.items()}
    return known | {f"{side}{part}": "" for side in sides for part in ("City", "State", "Zip")}
