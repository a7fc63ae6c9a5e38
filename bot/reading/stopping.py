"""Hears when a person wants no more messages, in the words that networks know and in the words people use."""

from bot.reading.text import any_of, listed, words

_NETWORK_WORDS = listed("stop stopall unsubscribe cancel end quit revoke optout")
"""The words Twilio acts on by itself (its documentation, "Advanced Opt-Out")."""

_OTHER_WORDS = listed("unsub unsubcribe unsuscribe unsubscibe remove desist arret stopp stopio stp sotp stoppp")
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
_MY_NUMBER = "(?:me|us|my (?:mobile |phone )?(?:number|name|details?|data))"
_STOPS = any_of(
    f"(?:stop|quit|cease|end|cancel|halt|no more|enough|sick|fed up)(?: {_BETWEEN}){{0,4}} {_MESSAGES}",
    "(?:dont|do not|dnt|didnt|no longer|not) (?:want|wanna|wish|need|ask for|sign(?:ed)? up for)(?: "
    f"{_BETWEEN}){{0,5}} {_MESSAGES}",
    "stop (?:sending|texting|txting|messaging|msging|contacting|bothering|pestering|harassing|bugging|"
    "emailing|spamming)",
    "stop (?:calling|ringing|talking|writing)",
    f"{_DO_NOT} (?:ever |keep |you |bother |please ){{0,3}}(?:text|txt|message|msg|contact|email|bother|send|"
    "texting|messaging|contacting|sending) (?:me|us|this number|here|my|any|again|no more|these|texts|stuff)",
    "(?:dont|do not|never) (?:call|ring|phone) me (?:again|any ?more|ever)",
    "(?:turn|switch) off (?:the |these |your |all )?(?:texts|messages)",
    "^(?:please )?no (?:texts?|messages|msgs|txts|spam)(?: please| thanks| thank you| pls)?$",
    "(?:dont|do not) want to hear from (?:you|u|this)",
    r"(?:leave|let) (?:me|us) (?:the \w+ |tf )?(?:alone|be|in peace)",
    r"opt(?:ing|ed)? (?:me )?out|un ?subs?cri\w*|un ?sub|withdraw my consent|lose my number",
    rf"(?:take|remove|delete|drop|strike|erase) {_MY_NUMBER}(?: \w+){{0,2}}? (?:off|from|out)\b(?! to)",
    "get me off (?:this|your|the) (?:list|system|books|database)|want off (?:this|your|the)",
    "(?:remove|delete) (?:me|my (?:mobile |phone )?number)",
    "(?:want|like|wish) (?:you |these )?to (?:stop|unsubscribe|cancel|opt out)$",
    "^(?:please |just )?go away|(?:bugger|piss|fuck|f|sod|eff|jog|naff|bog) off|get lost",
    "stop (?:it|this|now|that|all|everything)(?: (?:please|pls|now|ok|right now|immediately))*$",
)
_CONTINUES = any_of(
    "(?:dont|do not|never|cant|cannot|wont|didnt|couldnt|not) (?:ever )?(?:stop|end|cancel|quit|unsubscribe|"
    "opt out)"
)
_SOMEBODY_ELSE = any_of(
    r"(?:he|she|they|him|her|them|hes|shes|theyre|ex|someone|somebody|people|collectors?|neighbours?|partner|"
    r"husband|wife|landlord|mum|dad|son|daughter|brother|sister|boyfriend|girlfriend|family|police|council|"
    r"bailiffs?)(?: \w+){0,4} (?:leave|let|stop|quit|texting|contact\w*|to go|go)"
)


def opt_out(text: str) -> bool:
    """Tell whether the person asks for no more messages.

    The eight words that networks act on (alone, or with nothing but polite words around them), and whole
    phrases such as "stop texting me", "take me off your list", "leave me alone". Not where stopping is only
    spoken of or wanted of somebody else: "bus stop", "I can't stop crying", "my ex won't leave me alone", "I
    want to end it all".
    """
    said = words(text)
    line = " ".join(said)
    if _CONTINUES.search(line) or _SOMEBODY_ELSE.search(line):
        return False
    core = [word for word in said if word not in _AROUND]
    if core and len(said) <= 6 and set(core) <= _NETWORK_WORDS | _OTHER_WORDS:
        return True
    return _STOPS.search(line) is not None
