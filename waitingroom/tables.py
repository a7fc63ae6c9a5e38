"""Every table there is, loaded together so that migrations and erasure miss none."""

from sqlmodel import SQLModel

from waitingroom.activities import Activity
from waitingroom.alarms import Alarm
from waitingroom.asked import DoNotAsk
from waitingroom.attachments import Attachment
from waitingroom.authorities import Authority
from waitingroom.check_ins import CheckIn
from waitingroom.complaints import Complaint
from waitingroom.consents import Consent
from waitingroom.conversations import Contact, Conversation
from waitingroom.crossings import Crossing
from waitingroom.data_requests import DataRequest
from waitingroom.duty import Duty, DutyCall
from waitingroom.equality import EqualityAnswers
from waitingroom.handoffs import Handoff
from waitingroom.idempotency import IdempotentReply
from waitingroom.introductions import Introduction
from waitingroom.letters import RawLetter
from waitingroom.matching import PersonMark, PersonMatch
from waitingroom.messages import Message
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Sitting
from waitingroom.people import Person
from waitingroom.rates import Rate
from waitingroom.referrals import Referral
from waitingroom.reminders import Reminder
from waitingroom.spending import Spend
from waitingroom.staff import Staff, StaffKey
from waitingroom.waiting import SentStep, Waiting

ALL: tuple[type[SQLModel], ...] = (
    Activity,
    Alarm,
    Attachment,
    Authority,
    CheckIn,
    Complaint,
    Consent,
    Contact,
    Conversation,
    Crossing,
    DataRequest,
    DoNotAsk,
    Duty,
    DutyCall,
    EqualityAnswers,
    Handoff,
    IdempotentReply,
    Introduction,
    Message,
    NoticeShown,
    Person,
    PersonMark,
    PersonMatch,
    Rate,
    RawLetter,
    Referral,
    Reminder,
    SentStep,
    Sitting,
    Spend,
    Staff,
    StaffKey,
    Waiting,
)
