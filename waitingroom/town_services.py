"""A made-up town's services: plausible, invented, the same for the same seed. For the demo and for measuring."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import cos, radians

from waitingroom import feeds, services
from waitingroom.database import Session
from waitingroom.places import Point, miles_between, outward_codes, place_of
from waitingroom.services import DAYS, Offered, Price, Status

ADDRESS = "made-up:town"
"""What the feed of a made-up town is known by."""
REACH = 14.0
"""Miles around the middle of the town."""
MIDDLE = Point(53.84, -2.22)
"""Where a town is whose postcode has no place: Nelson, in Lancashire."""
VENUES = (
    "Town Hall", "Library", "Community Centre", "Church Hall", "Bowling Club", "Old Mill", "Sports Centre",
    "Health Centre", "Family Hub", "Methodist Hall", "Canal Basin", "Cricket Club", "Park Pavilion", "Arts Centre",
)  # fmt: skip
DISTRICTS = (
    "Northgate", "Southfield", "Whitefield", "Walverden", "Marsden", "Brierfield", "Hill Top", "Waterside",
    "Lowerfold", "Springbank", "Castlegate", "Riverside", "Woodside", "Highfield", "Moorside", "Stonebridge",
)  # fmt: skip
BODIES = (
    "Action",
    "Community Trust",
    "Together",
    "Neighbours",
    "Link",
    "Volunteers",
    "Well",
    "Age Well",
    "Network",
)
HOURS = (
    ("10am", "midday"),
    ("1pm", "3pm"),
    ("9:30am", "11:30am"),
    ("2pm", "4pm"),
    ("6pm", "8pm"),
    ("11am", "1pm"),
)
LANGUAGES = ("Urdu", "Punjabi", "Polish", "Bengali", "Romanian", "Arabic")
HELP = ("Low income: £1", "Concessions: half price", "Carers come free", "Ask about a free place", "")
LEVEL = "Step-free from the street, with an accessible toilet."
STEPS = "Two steps at the door and no ramp."


@dataclass(frozen=True)
class Kind:
    """A kind of service: whom it fits, what it is, and what it mostly costs."""

    needs: tuple[str, ...]
    names: tuple[str, ...]
    about: str
    pence: tuple[int, ...] = (0,)
    """what it may cost; 0 is free"""
    virtual: float = 0.0
    """how many in a hundred are by phone or online"""


KINDS = (
    Kind(("lonely",), ("Knit and Natter", "Coffee Morning", "Tea and Talk", "Good Neighbours", "Friendship Club"),
         "Come for a hot drink and a chat. New faces are welcome, and you need not stay long.", (0, 0, 100, 200)),
    Kind(("lonely",), ("Telephone Friends", "Evening Call", "Befriending Line"),
         "A volunteer calls you once a week, at a time that suits you.", (0,), 90),
    Kind(("lonely", "active"), ("Community Choir", "Tea Dance", "Ukulele Group"),
         "Make music with others. You do not have to read notes.", (0, 200, 300, 400)),
    Kind(("active",), ("Walking Group", "Chair Yoga", "Gentle Exercise", "Tai Chi", "Swim for All", "Park Bowls"),
         "Move at your own pace, with someone to lead and time to rest.", (0, 250, 300, 450, 500)),
    Kind(("active", "mind"), ("Community Garden", "Allotment Group", "Green Gym"),
         "Dig, plant and sit in the fresh air. Tools and tea are there.", (0,)),
    Kind(("mind",), ("Listening Space", "Peer Support Group", "Wellbeing Cafe", "Calm Hour"),
         "Somewhere to talk, or to be quiet with others who know how it is.", (0, 0, 150), 20),
    Kind(("money",), ("Money Advice", "Benefits Check", "Debt Advice", "Credit Union"),
         "Someone goes through your letters and bills with you. It is private.", (0,), 30),
    Kind(("food_fuel",), ("Food Pantry", "Community Meal", "Warm Space", "Food Parcel Point", "Energy Advice"),
         "A full cupboard and a warm room. No need to explain why you came.", (0, 0, 0, 350)),
    Kind(("housing",), ("Housing Advice", "Tenants' Help Desk", "Repairs Advice"),
         "Help with rent, repairs and letters from a landlord.", (0,)),
    Kind(("bereavement",), ("Bereavement Cafe", "Grief Support Group", "Walk and Remember"),
         "For anyone who has lost someone, however long ago.", (0,)),
    Kind(("caring",), ("Carers' Break", "Carers' Group", "Memory Cafe", "Young Carers' Club"),
         "A break for you, and people who know what caring is.", (0, 0, 200)),
    Kind(("health",), ("Living Well Group", "Stroke Club", "Pain Support Group", "Breathe Easy Group"),
         "Meet others who live with a long-term condition.", (0, 0, 250)),
    Kind(("work_learn",), ("Job Club", "Adult Learning", "Volunteer Centre", "CV Help"),
         "Find work, a course, or a way to help others.", (0,)),
    Kind(("family",), ("Stay and Play", "Parents' Group", "Family Hub Drop-in", "Dads' Club"),
         "For parents and children, with toys, tea and someone to ask.", (0, 0, 150)),
    Kind(("digital",), ("Get Online Class", "Tablet Tuesdays", "Phone Help Desk"),
         "Bring your phone or tablet, or borrow one of ours.", (0,)),
    Kind(("migration",), ("English Conversation", "New Neighbours", "Welcome Group"),
         "Practise English, and get help with letters and forms.", (0,)),
    Kind(("practical",), ("Community Transport", "Dial-a-Ride", "Handyperson", "Shopping Help", "Repair Cafe"),
         "Help with getting about and with small jobs at home.", (0, 300, 500, 1200)),
    Kind(("substance",), ("Recovery Cafe", "Smoke-free Group", "One Day Group"),
         "Come as you are. Nobody is turned away.", (0,)),
)  # fmt: skip


def town(*, around: str, seed: int, count: int, today: date) -> Iterator[Offered]:
    """Make up `count` services around an outward code: the same for the same seed and day."""
    chance = random.Random(f"{seed}:{around}")  # noqa: S311 -- a made-up town
    middle = place_of(around) or MIDDLE
    near = [
        (code, point)
        for code in sorted(outward_codes())
        if (point := place_of(code)) and miles_between(middle, point) < REACH
    ]
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield _made_up(chance, kind, number, *chance.choice(near), today)


async def settle(session: Session, *, around: str, seed: int, count: int, now: datetime) -> int:
    """Bring a made-up town into the directory, as a feed of its own. Returns how many services it has."""
    feed = await feeds.begin(session, address=ADDRESS, now=now)
    made_up = list(town(around=around, seed=seed, count=count, today=now.date()))
    kept = await services.keep(session, feed_id=feed.id, offered=made_up, today=now.date())
    await feeds.note_page(session, feed_id=feed.id, page=1, pages=1, taken=kept, left_out=(), now=now)
    await feeds.end(session, feed_id=feed.id, now=now)
    return kept


def _made_up(chance: random.Random, kind: Kind, number: int, code: str, point: Point, today: date) -> Offered:
    district, body = chance.choice(DISTRICTS), chance.choice(BODIES)
    virtual = chance.random() * 100 < kind.virtual
    pence = chance.choice(kind.pence)
    opens, closes = chance.choice(HOURS)
    checked = today - timedelta(days=chance.randrange(10, 700))
    step_free = chance.choice((True, True, True, False, None))
    return Offered(
        source_id=f"town-{number}",
        name=f"{district} {chance.choice(kind.names)}",
        about=f"{kind.about} At {district} {chance.choice(VENUES)}." if not virtual else kind.about,
        organisation=f"{district} {body}",
        phone=f"01632 960{number % 1000:03}",
        web=f"https://{district.lower().replace(' ', '-')}.example/{number}",
        needs=kind.needs,
        postcode=""
        if virtual
        else f"{code} {number % 9 + 1}{chance.choice('ABDEFGHJ')}{chance.choice('LNPQRSTU')}",
        latitude=None if virtual else round(point.latitude + chance.uniform(-0.012, 0.012), 4),
        longitude=None
        if virtual
        else round(point.longitude + chance.uniform(-0.012, 0.012) / cos(radians(point.latitude)), 4),
        virtual=virtual,
        price=chance.choices((Price.PAID if pence else Price.FREE, Price.UNKNOWN), (9, 1))[0],
        pence=pence or None,
        price_words="each time" if pence else "",
        help_words=chance.choice(HELP) if pence else "",
        step_free=None if virtual else step_free,
        access="" if virtual or step_free is None else (LEVEL if step_free else STEPS),
        languages=tuple(chance.sample(LANGUAGES, chance.choice((0, 0, 0, 1, 2)))),
        days=sum(1 << day for day in set(chance.choices(range(len(DAYS) - 1), k=chance.choice((1, 1, 2))))),
        times=f"{opens} to {closes}",
        age_from=chance.choice((None, None, None, 16, 18, 50)),
        status=chance.choices((Status.ACTIVE, Status.TEMPORARILY_CLOSED, Status.DEFUNCT), (94, 4, 2))[0],
        assured_on=chance.choices((checked, None), (92, 8))[0],
        modified_on=checked,
    )
