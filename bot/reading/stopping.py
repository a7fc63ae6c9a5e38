"""Hears when a person wants no more messages, in the words that networks know and in the words people use."""

import re

from bot.reading.text import any_of, listed, simple, words

_NETWORK_WORDS = listed("stop stopall unsubscribe cancel end quit revoke optout")
"""The words Twilio acts on by itself (its documentation, "Advanced Opt-Out")."""

_OTHER_WORDS = listed(
    "unsub unsubcribe unsuscribe unsubscibe remove desist arret arrêt stopp stopio stp sotp stpo tsop stoppp"
)
_FIRM = listed("stop stopall unsubscribe unsub stopp sotp stpo")
"""Words that mean it even where they are only one clause among others: "wrong number, stop"."""

_CLAUSE_ENDS = re.compile(r"[.,;:!?\n]+")
_AROUND = listed(
    "please pls plz thanks thank you ta cheers ok okay hi hello sorry now just all bot sms txt immediately "
    "asap right no yes then mate this it service everything messages message texts text texting messaging "
    "sending contact me contacting emails emailing"
)
_MESSAGES = (
    "(?:texts?|messages?|msgs?|txts?|sms|texting|messaging|contact(?:ing)?|calls?|calling|ringing|emails?|spam)"
)
_BETWEEN = (
    "(?:all|the|these|those|your|with|sending|any|my|bloody|damn|fucking|daft|stupid|annoying|more|me|this|"
    "getting|receiving|receive|get|to|of|bot|from|further|automated|please|be|have|sent|you|for|anymore)"
)
_DO_NOT = "(?:dont|do not|dnt|never|not to|quit)"
_MY_NUMBER = "(?:me|us|(?:my|this) (?:mobile |phone )?(?:number|name|details?|data))"
_STOPS = any_of(
    f"(?:stop|quit|cease|end|cancel|halt|no more|enough|sick|fed up)(?: {_BETWEEN}){{0,4}} {_MESSAGES}",
    "(?:dont|do not|dnt|didnt|no longer|not) (?:want|wanna|wish|need|ask for|sign(?:ed)? up for)(?: "
    f"{_BETWEEN}){{0,5}} {_MESSAGES}",
    "stop (?:sending|texting|txting|messaging|msging|contacting|bothering|pestering|harassing|bugging|"
    "emailing|spamming)",
    "stop (?:calling|ringing|talking|writing)",
    f"{_DO_NOT} (?:ever |keep |you |bother |please ){{0,3}}(?:text|txt|message|msg|contact|email|bother|send|"
    "texting|messaging|contacting|sending) (?:me|us|this number|here|my|any|again|no more|these|texts|stuff)",
    "(?:dont|do not|never) (?:call|ring|phone|text|message|contact)"
    "(?: (?:or|and) (?:call|ring|phone|text|message|contact))? me (?:again|any ?more|ever)",
    "(?:no longer|dont|do not) (?:wish|want) to be (?:contacted|messaged|texted|called|emailed)",
    "(?:turn|switch) off (?:the |these |your |all )?(?:texts|messages)",
    "(?:turn|switch) (?:the |these |your |all )?(?:texts|messages) off",
    "(?:want|get me) (?:out of|off) (?:this|these|your|the) (?:texts?|messages?|msgs|list)",
    "(?:wrong number|not interested|spam|enough now|sign(?:ed)? up for this) (?:please |so )?stop$",
    "wrong (?:number|person) please stop$",
    "^(?:please )?no (?:texts?|messages|msgs|txts|spam)(?: please| thanks| thank you| pls)?$",
    "(?:dont|do not) want to hear from (?:you|u|this)",
    r"leave (?:me|us) (?:the \w+ |tf )?(?:alone|be|in peace)|let (?:me|us) (?:alone|be)$",
    r"opt(?:ing|ed)? (?:me )?out(?! of (?:my|the|a|work|school)\b)",
    r"un ?subs?cri\w*(?! from (?:life|living|existence|the world))|un ?sub|withdraw my consent|lose my number",
    rf"(?:take|remove|delete|drop|strike|erase) {_MY_NUMBER}(?: \w+){{0,2}}? (?:off|from|out)\b"
    "(?! (?:to|for|on|with|shopping|and|the waiting list|of the house)\\b)",
    "get me off (?:this|your|the) (?:list|system|books|database)|want off (?:this|your|the)",
    "(?:remove|delete) (?:me|(?:my|this) (?:mobile |phone )?number)|block me from (?:this|these|your)",
    "(?:cancel|end|stop) (?:my |this |the )?subscription",
    "(?:dont|do not|no longer) (?:want|wish) to (?:receive|get) (?:this|these|them|any|anything|your)",
    "^(?:please )?(?:dont|do not) (?:text|message|msg|contact|email)(?: please| again| any ?more)?$",
    "^(?:could|can|will|would) you (?:please |just )?stop(?: it| this| that)?(?: please| pls| now)*$",
    "^i (?:said|told you to|asked you to|have asked you to) stop(?: it| this)?(?: please| now)*$",
    "(?:want|like|wish) (?:you |these )?to (?:stop|unsubscribe|cancel|opt out)$",
    "^(?:please |just )?go away(?: and .*| please| now| bot| thanks?| you.*)?$",
    "(?:bugger|piss|fuck|f|sod|eff|jog|naff|bog) off|get lost",
    "stop (?:it|this|now|that|all|everything)(?: (?:please|pls|now|ok|right now|immediately))*$",
)
_CONTINUES = any_of(
    "(?:dont|do not|never|cant|cannot|wont|didnt|couldnt|not) (?:ever )?(?:stop|end|cancel|quit|unsubscribe|"
    "opt out)"
)
_SOMEBODY_ELSE = any_of(
    "(?:texts?|messages?|calls?|emails?|letters?) from"
    " (?:my|him|her|them|his|a|the (?:bank|doctors?|school|council))",
    r"(?:he|she|they|him|her|them|hes|shes|theyre|ex|someone|somebody|people|collectors?|neighbours?|partner|"
    r"husband|wife|landlord|mum|dad|son|daughter|brother|sister|boyfriend|girlfriend|family|police|council|"
    r"bailiffs?|kids|children|lads|neighbour|everyone|everybody|nobody|noone|friends)"
    r"(?: \w+){0,4} (?:leave|let|stop|quit|texting|contact\w*|to go|go)",
)


def opt_out(text: str) -> bool:
    """Tell whether the person asks for no more messages.

    The eight words that networks act on (alone, or with nothing but polite words around them), STOP as a clause of
    its own ("wrong number, stop"), and whole phrases such as "stop texting me", "take me off your list", "leave me
    alone". Not where stopping is only spoken of or wanted of somebody else: "bus stop", "I can't stop crying", "my
    ex won't leave me alone", "I want to end it all".
    """
    said = words(text)
    line = " ".join(said)
    if _CONTINUES.search(line) or _SOMEBODY_ELSE.search(line):
        return False
    core = [word for word in said if word not in _AROUND]
    if core and len(said) <= 6 and set(core) <= _NETWORK_WORDS | _OTHER_WORDS:
        return True
    return _STOPS.search(line) is not None or any(map(_is_firm, _CLAUSE_ENDS.split(simple(text))))


def _is_firm(clause: str) -> bool:
    said = words(clause)
    core = [word for word in said if word not in _AROUND]
    return bool(core) and len(said) <= 4 and set(core) <= _FIRM
