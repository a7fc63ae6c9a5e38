"""Hears whole sentences that mean one thing in every talk: a wrong number, who is this, I need this no more."""

import re
from typing import Final

from bot.reading.text import any_of, listed, words

_LONGEST = 16
"""A longer message tells a story: a person reads it, not a rule."""
_AROUND: Final = listed(
    "please pls plz sorry hi hello hey hiya ok okay oh um er no yes yeah yep nope but and so well actually think "
    "thanks thank you ta cheers mate love pal x xx xxx lol then just really now anyway though there at all bot"
)
_WRONG: Final = any_of(
    "wrong (?:number|no|num|person|phone|mobile|man|woman|guy|girl|lady)",
    "wrongnumber|misdial(?:led)?",
    "(?:this|that|it) (?:is not|isnt|aint|is no longer) "
    "(?:her|his|their|the right|that persons) (?:number|phone|mobile|person)",
    "(?:not|no longer) (?:her|his|their) (?:number|phone|mobile)",
    "(?:no one|noone|nobody|no [a-z]+) (?:on|at|with|has) this (?:number|phone|mobile)",
)
_OWN_SLIP: Final = any_of(
    r"i (?:\w+ )?(?:got|gave|put|typed|sent|entered|wrote|told|dialled|rang|called|texted|have put|had put)",
    "my (?:number|phone|mobile)|not the wrong",
    "(?:rang|called|texted|phoned|messaged|keep getting|dialled) (?:a |the |this |that )?wrong",
)
"""The number they told us themselves, or somebody else's: theirs to put right, not a stranger's words."""
_NOT_ME: Final = any_of(
    "(?:(?:this|that|it)s? )?(?:is )?not me|(?:this|that|it) (?:isnt|aint|wasnt) me|not for me",
    "(?:i )?(?:dont|do not|dnt) know (?:you|u)(?: people| lot)?|you (?:dont|do not) know me",
    "(?:i )?(?:have |ve |ive )?never heard of (?:you|u|this|it)",
    "i (?:never|didnt|did not|havent) (?:sign(?:ed)? up|ask(?:ed)? for this|contact(?:ed)? you|text(?:ed)? you|"
    "messaged? you|write to you|wrote to you)(?: (?:for|to) (?:this|it|anything|you))?",
    "(?:this|that|it)s? (?:is )?not my (?:name|referral|chat)|thats not my name",
    "(?:there is |theres )?(?:nobody|no one|noone) (?:here )?(?:called|by the name of) [a-z]+(?: here)?",
)
_US: Final = (
    "(?:a |an |some kind of |for )?"
    "(?:real person|real human|scammers?|scam|spam|joke|wind ?up|prank|con|fraud|fake|phishing|real|legit|genuine|"
    "trick|bot|robot|machine|computer|program|automated|human|ai|person)"
    "(?: (?:text|message|thing|program))?"
)
_DETAILS: Final = "(?:phone number|mobile number|number|name|details?|mobile|phone)"
_WHO: Final = any_of(
    "(?:who|whos|whose)(?: the (?:hell|heck|fuck))?(?: on earth)? (?:is |are |r )?"
    "(?:this|dis|that|it|you|u|ya|there)",
    "who(?:s| is) (?:texting|messaging|writing(?: to)?|contacting) me",
    "who am i (?:talking|speaking|texting|writing) to",
    "what (?:is|are|r) (?:this|you|u|it)(?: (?:about|for|thing|number|service|bot))?|whats this(?: about)?",
    f"is (?:this|it|that) {_US}|(?:are|r) (?:you|u|ya) {_US}|(?:its a |this is a )?scam",
    f"how (?:did|have|do) (?:you|u|ya) (?:get|got|have|find|know|come by) (?:my|this) {_DETAILS}",
    f"where did (?:you|u) (?:get|find) my {_DETAILS}|who gave (?:you|u) my {_DETAILS}",
    "why (?:are|r) (?:you|u) (?:texting|messaging|contacting|writing to) me",
    "why have (?:you|u) (?:texted|messaged|contacted) me",
    "(?:i )?(?:dont|do not|dnt) know who (?:you are|u r|u are|this is|that is|it is|dis is)",
)
_OF_US: Final = (
    "(?:this|it|that|you|u|help|your help|any help|the help|support|your support|a link worker|the link worker|"
    "link worker|the service|your service|this service|anything|to be (?:on|in) (?:this|the|your) "
    "(?:list|queue|waiting list|waiting room)|to wait|a referral|my referral|the referral|"
    "to (?:do|go on with) (?:this|it))"
)
_WITHDRAWS: Final = any_of(
    rf"(?:dont|do not|dnt|wont) (?:really )?(?:need|want|require) {_OF_US} "
    "(?:any ?more|no more|now|any longer|after all|at the moment)",
    rf"(?:no longer|not) (?:need|want|require|needing|wanting) {_OF_US}",
    "(?:dont|do not|dnt) (?:need|want) (?:a|the|your|my) (?:link worker|referral|support)",
    "(?:dont|do not) want to (?:wait|be on (?:this|the|your) (?:waiting )?list|go on with (?:this|it))",
    "(?:withdraw|cancel|take back|close|drop|pull|end|stop) (?:my|the|this) "
    "(?:referral|request|application|self referral)",
    "(?:want|like|wish|need) to (?:withdraw|pull out|drop out)|withdraw me|withdrawing",
    "(?:take|remove|get) me (?:off|from|out of) (?:the|your|this) (?:waiting list|waiting room|queue)",
    "(?:changed|change) my mind (?:about|on) (?:this|it|the referral|being referred|all this)",
    "(?:im|i am) (?:all )?(?:sorted|fine|ok|okay|good|better) now (?:thanks |thank you |ta |cheers )?(?:so |and )?"
    "(?:i )?(?:dont|do not|no longer) (?:need|want)",
)


def wrong_number(text: str) -> bool:
    """Tell whether someone says that we have the wrong number or person, and that it is no slip of their own."""
    line = _line(text)
    return bool(_WRONG.search(line)) and not _OWN_SLIP.search(line) and sum(map(str.isdigit, line)) <= _FEW_DIGITS


def not_me(text: str) -> bool:
    """Tell whether someone says, as the whole message, that they are not who we think, or do not know us."""
    return _whole(_NOT_ME, text)


def asks_who(text: str) -> bool:
    """Tell whether the whole message asks who we are, whether this is honest, or where we had the number from."""
    return _whole(_WHO, text)


def withdraws(text: str) -> bool:
    """Tell whether someone who waits may want to take their request back: they are asked before it is done."""
    return _WITHDRAWS.search(_line(text)) is not None


_FEW_DIGITS = 5
"""With more, they tell us a number."""


def _line(text: str) -> str:
    said = words(text)
    return " ".join(said) if len(said) <= _LONGEST else ""


def _whole(pattern: re.Pattern[str], text: str) -> bool:
    """Match the whole message, with nothing but small words around."""
    found = pattern.search(line := _line(text))
    around = f"{line[: found.start()]} {line[found.end() :]}" if found else ""
    return found is not None and set(around.split()) <= _AROUND
