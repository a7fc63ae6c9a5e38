"""Made-up people: who they are, and how each answers what is asked. Nobody here is anybody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bot.messages import Reply

FIRST_NAMES = (
    "Ann", "Jim", "Farida", "Owen", "Grace", "Tomasz", "Bev", "Imran", "Siân", "Derek", "Joy", "Mihaela", "Keith",
    "Nadia", "Ron", "Eileen", "Hassan", "Pat", "Gwen", "Abdul", "Rita", "Colin", "Precious", "Wendy", "Yusuf",
    "Maureen", "Kasia", "Terry", "Shazia", "Len", "Donna", "Ali", "Sheila", "Bogdan", "Carol", "Desmond", "Irene",
    "Vikram", "Lorna", "Stan", "Amina", "Brian", "Chloe", "Ewa", "Frank", "Hilda", "Jade", "Kwame", "Lynn", "Mo",
)  # fmt: skip
LAST_NAMES = (
    "Ashworth", "Begum", "Clegg", "Davies", "Eccles", "Fielding", "Greenhalgh", "Hartley", "Iqbal", "Jagger",
    "Kowalski", "Lord", "Mistry", "Nowak", "Okoro", "Pickles", "Quinn", "Riley", "Shah", "Tattersall", "Umar",
    "Varley", "Whittaker", "Yates",
)  # fmt: skip
MATTERS = (
    "Someone to talk to in the evenings",
    "I want to get out of the house again",
    "Sorting out the letters about money",
    "My husband died and the days are long",
    "A walk with other people, not too fast",
    "Getting some sleep and feeling less worried",
    "Meeting other mums who get it",
    "Knowing what I can claim for my mum",
    "Doing something with my hands again",
    "A warm place to sit that is not the telly",
    "Meeting others who look after someone",
    "Getting back to work, a bit at a time",
)
WEIGHTS = {
    "lonely": 20, "mind": 18, "money": 14, "health": 9, "housing": 7, "active": 7, "bereavement": 5, "caring": 5,
    "work_learn": 4, "food_fuel": 4, "practical": 3, "family": 2, "digital": 1, "substance": 1,
}  # fmt: skip
"""How often each need is told, in a hundred: loneliness and low mood lead, as in the records of services."""
WORSE_AFTER = 3
"""Weeks of waiting after which someone whose days get worse says so."""
CRIES = ("I cant go on like this, I want to end it all", "there is no point being here any more, I want to die")


class Temper(StrEnum):
    """What kind of waiting someone does."""

    ANSWERS = "answers"
    SILENT = "silent"
    WORSE = "worse"
    GOES = "goes"
    STOPS = "stops"


TEMPERS: Mapping[Temper, int] = {
    Temper.ANSWERS: 52,
    Temper.SILENT: 26,
    Temper.WORSE: 9,
    Temper.GOES: 8,
    Temper.STOPS: 5,
}
"""How many of a hundred are so. No service publishes these; they are ours, to be changed here."""


@dataclass(frozen=True)
class MadeUp:
    """Someone made up: what they say of themselves, and what kind of waiting they do."""

    name: str
    age: int
    postcode: str
    needs: str
    matters: str
    way: str
    when: str
    phone: str
    temper: Temper

    def refers(self, reply: Reply) -> str:
        """Answer a question of the referral. Raises KeyError on one that nobody here knows."""
        return {
            "for_whom": "me",
            "age": str(self.age),
            "consent": "yes",
            "name": self.name,
            "postcode": self.postcode,
            "needs": self.needs,
            "what_matters": self.matters,
            "how": self.way,
            "phone": self.phone,
            "voicemail": "no",
            "when": self.when,
            "check_answers": "yes",
        }[reply.asks or ""]

    def answers(self, reply: Reply, *, weeks: float, chance: Random) -> str | None:
        """Say what they write back to something that came unasked after so many weeks; None: nothing."""
        if self.temper is Temper.SILENT or chance.random() < 0.25:
            return None
        if self.temper is Temper.STOPS and weeks > 2:
            return "STOP"
        if self.temper is Temper.GOES and weeks > 4:
            return "WITHDRAW" if chance.random() < 0.5 else None
        if self.temper is Temper.WORSE and weeks > WORSE_AFTER and chance.random() < 0.12:
            return chance.choice(CRIES)
        if reply.asks is None:
            return chance.choice([None, None, None, "MORE", "HOW LONG", "HELPLINES", "thank you"])
        return self._chosen(reply, weeks, chance)

    def _chosen(self, reply: Reply, weeks: float, chance: Random) -> str:
        """Choose among what is offered, as they are; a question without offers gets a number or is passed."""
        keys = [option.key for option in reply.options]
        if "worse" in keys:
            worse = self.temper is Temper.WORSE and weeks > WORSE_AFTER
            return str(keys.index("worse" if worse else chance.choice(["better", "same", "same"])) + 1)
        for liked in ("keep", "yes"):
            if liked in keys:
                return str(keys.index(liked) + 1)
        return str(chance.randint(1, len(keys))) if keys else chance.choice(["4", "6", "skip"])


def somebody(number: int, chance: Random, *, areas: Collection[str], needs: Sequence[str]) -> MadeUp:
    """Make up someone, another for each number. `areas`: outward codes; `needs`: the keys there are, in order."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[(number // len(FIRST_NAMES) + number) % len(LAST_NAMES)]
    known = {key: weight for key, weight in WEIGHTS.items() if key in needs}
    chosen = set(chance.choices(list(known), weights=list(known.values()), k=2))
    area = chance.choice(sorted(areas) or ["BB9"])
    (temper,) = chance.choices(list(TEMPERS), weights=list(TEMPERS.values()))
    return MadeUp(
        name=f"{first} {last}",
        age=min(94, max(18, round(chance.gauss(54, 19)))),
        postcode=f"{area} {chance.randrange(1, 10)}{chance.choice('ABDEFGH')}{chance.choice('JLNPQRS')}",
        needs=", ".join(str(needs.index(key) + 1) for key in sorted(chosen)),
        matters=chance.choice(MATTERS),
        way=chance.choices(["here", "call me"], weights=[88, 12])[0],
        when=chance.choice(["any", "mornings", "afternoons"]),
        phone=f"07700 900{number % 1000:03d}",
        temper=temper,
    )
