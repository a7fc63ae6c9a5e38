"""The talks there are, by name, and which one begins when nothing is under way."""

from collections.abc import Mapping

from bot.conversation import Flow
from bot.flows import (
    check_in,
    complaint,
    consent,
    elsewhere,
    equality,
    language,
    my_data,
    on_duty,
    waiting_menu,
)
from bot.flows.confirm_referral import confirm_referral
from bot.flows.half_way import half_way
from bot.flows.more_about_you import more_about_you
from bot.flows.refer_someone import refer_someone
from bot.flows.self_referral import self_referral
from bot.flows.who_is_this import who_is_this
from bot.flows.withdraw import withdraw
from bot.flows.wrong_number import not_me, wrong_number
from waitingroom.conversations import Place

FLOWS: Mapping[str, Flow] = {
    "self_referral": self_referral,
    "refer_someone": refer_someone,
    "confirm_referral": confirm_referral,
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
    "more_about_you": more_about_you,
    "consent": consent.consent,
    "volunteer": consent.volunteer,
    "privacy": consent.privacy,
    "my_data": my_data.my_data,
    "correct": my_data.correct,
    "delete": my_data.delete,
    "complaint": complaint.complaint,
    "language": language.language,
    "on_duty": on_duty.on_duty,
    "may_we_ask": check_in.may_we_ask,
    "check_in": check_in.check_in,
    "equality": equality.equality_questions,
    "withdraw": withdraw,
    "wrong_number": wrong_number,
    "not_me": not_me,
    "who_is_this": who_is_this,
    "half_way": half_way,
    "equality_again": equality.equality_again,
}

AT: Mapping[Place, str] = {
    Place.FRONT_DOOR: "self_referral",
    Place.WAITING_ROOM: "waiting_menu",
    Place.RETURNING: "welcome_back",
    Place.ASKED: "confirm_referral",
    Place.ON_DUTY: "on_duty",
    Place.STRANGER: "self_referral",
}
"""The talk that begins when someone writes and nothing is under way."""

AFTERWARDS: Mapping[str, frozenset[str]] = {"withdraw": frozenset({"keep", "why"})}
"""Questions that are asked once all is done, by talk: whoever leaves them open begins afresh with HELLO."""

OPENS_WITH: Mapping[str, str] = {"waiting_menu": "wish", "confirm_referral": "may_we"}
"""Talks whose first question the person's first words already answer."""
