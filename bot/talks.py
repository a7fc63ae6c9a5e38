"""The talks there are, by name, and which one begins when nothing is under way."""

from collections.abc import Mapping

from bot.conversation import Flow
from bot.flows import elsewhere, waiting_menu
from bot.flows.self_referral import self_referral
from waitingroom.conversations import Place

FLOWS: Mapping[str, Flow] = {
    "self_referral": self_referral,
    "waiting_menu": waiting_menu.waiting_menu,
    "more": waiting_menu.more,
    "helplines": waiting_menu.helplines,
    "how_long": waiting_menu.how_long,
    "pause": waiting_menu.pause,
    "resume": waiting_menu.resume,
    "person": waiting_menu.person,
    "stop": waiting_menu.stop,
    "start": waiting_menu.start,
    "go_on_elsewhere": elsewhere.go_on_elsewhere,
    "welcome_back": elsewhere.welcome_back,
    "explain": waiting_menu.explain,
}

AT: Mapping[Place, str] = {
    Place.FRONT_DOOR: "self_referral",
    Place.WAITING_ROOM: "waiting_menu",
    Place.RETURNING: "welcome_back",
}
"""The talk that begins when someone writes and nothing is under way."""

OPENS_WITH: Mapping[str, str] = {"waiting_menu": "wish"}
"""Talks whose first question the person's first words already answer."""
