"""Every table there is, loaded together so that migrations and erasure miss none."""

from sqlmodel import SQLModel

from waitingroom.activities import Activity
from waitingroom.attachments import Attachment
from waitingroom.consents import Consent
from waitingroom.conversations import Contact, Conversation
from waitingroom.crossings import Crossing
from waitingroom.handoffs import Alarm, Handoff
from waitingroom.idempotency import IdempotentReply
from waitingroom.letters import RawLetter
from waitingroom.messages import Message
from waitingroom.people import Person
from waitingroom.rates import Rate
from waitingroom.referrals import Referral
from waitingroom.spending import Spend
from waitingroom.staff import Staff, StaffKey
from waitingroom.waiting import SentStep, Waiting

ALL: tuple[type[SQLModel], ...] = (
    Activity,
    Alarm,
    Attachment,
    Consent,
    Contact,
    Conversation,
    Crossing,
    Handoff,
    IdempotentReply,
    Message,
    Person,
    Rate,
    RawLetter,
    Referral,
    SentStep,
    Spend,
    Staff,
    StaffKey,
    Waiting,
)
