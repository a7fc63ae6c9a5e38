"""Hears swearing that says nothing else. Swearing beside anything else is how some people talk, and no matter."""

from typing import Final

from bot.reading.text import listed, words

_SURE: Final = listed(
    "fuck fucks fucked fucker fuckers fuckin fucking fuk fck fuckoff fucksake motherfucker motherfuckers cunt "
    "cunts bollocks wanker wankers twats arsehole arseholes asshole assholes shitty shite bullshit bellend "
    "dickhead dickheads knobhead knobheads tosser tossers"
)
"""Words that are nobody's name."""
_ALSO: Final = listed(
    "shit crap bloody bugger bastard bastards bitch bitches arse ass piss pissed prick pricks twat wank damn "
    "damned git sod bleeding blimey hell knob dick cock tit tits slag slut balls wtf ffs stfu"
)
"""Words that are somebody's name as well, or hardly swearing: never heard so where a name is asked for."""
_AROUND: Final = listed(
    "you u ya your ur yourself off the a an this that thats it its is are im i am to of for and oh ah what "
    "whatever go up sake sakes s all useless stupid daft thing bot machine robot computer program man mate god "
    "gods sick rubbish so my me in just shut load pile lot piece total utter absolute right big"
)
_LONGEST = 12


def only_swearing(text: str, *, as_name: bool = False) -> bool:
    """Tell whether a message is swearing and nothing else: no yes, no number, nothing that could be an answer.

    `as_name`: a name was asked for. Dick, Cock and Bastard are names, so only words that are nobody's name count
    there. Whole words only: nobody from Scunthorpe or Penistone is misheard.
    """
    said = words(text)
    if not said or len(said) > _LONGEST:
        return False
    sworn = _SURE if as_name else _SURE | _ALSO
    return bool(sworn & set(said)) and set(said) <= _SURE | _ALSO | _AROUND
