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
from waitingroom.feeds import Feed, FeedProblem
from waitingroom.groups import BefriendingGroup, GroupHost
from waitingroom.handoffs import Handoff
from waitingroom.how_are_you import HowAreYou
from waitingroom.idempotency import IdempotentReply
from waitingroom.introductions import Introduction
from waitingroom.letters import RawLetter
from waitingroom.matching import PersonMark, PersonMatch
from waitingroom.meetings import MeetingNote
from waitingroom.memberships import Membership
from waitingroom.messages import Message
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Sitting
from waitingroom.people import Person
from waitingroom.pieces import PieceAnswer, PieceTally
from waitingroom.rates import Rate
from waitingroom.referrals import Referral
from waitingroom.reminders import Reminder
from waitingroom.saved_services import SavedService
from waitingroom.services import Service, ServiceWord
from waitingroom.signposting import Signpost
from waitingroom.spending import Spend
from waitingroom.staff import Staff, StaffKey
from waitingroom.staff_tasks import StaffTask
from waitingroom.waiting import SentStep, Waiting
from waitingroom.waits import WaitRange, WaitTold

ALL: tuple[type[SQLModel], ...] = (
    Activity,
    Alarm,
    Attachment,
    Authority,
    BefriendingGroup,
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
    Feed,
    FeedProblem,
    GroupHost,
    Handoff,
    HowAreYou,
    IdempotentReply,
    Introduction,
    MeetingNote,
    Membership,
    Message,
    NoticeShown,
    Person,
    PersonMark,
    PersonMatch,
    PieceAnswer,
    PieceTally,
    Rate,
    RawLetter,
    Referral,
    Reminder,
    SavedService,
    SentStep,
    Service,
    ServiceWord,
    Signpost,
    Sitting,
    Spend,
    Staff,
    StaffKey,
    StaffTask,
    WaitRange,
    WaitTold,
    Waiting,
)
