"""Every table there is, loaded together so that migrations and erasure miss none."""

from sqlmodel import SQLModel

from waitingroom.accounts import StaffAccount
from waitingroom.activities import Activity
from waitingroom.alarms import Alarm
from waitingroom.appointments import Appointment
from waitingroom.asked import DoNotAsk
from waitingroom.attachments import Attachment
from waitingroom.audit import AuditEntry, AuditHead
from waitingroom.authorities import Authority
from waitingroom.away import StaffAway
from waitingroom.break_glass import BrokenGlass
from waitingroom.check_ins import CheckIn
from waitingroom.circuits import Circuit
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
from waitingroom.heartbeats import Heartbeat, TickRun
from waitingroom.helping import Help
from waitingroom.hook_deliveries import HookDelivery
from waitingroom.hooks import Hook
from waitingroom.how_are_you import HowAreYou
from waitingroom.hubs import Hub
from waitingroom.idempotency import IdempotentReply
from waitingroom.introductions import Introduction
from waitingroom.invitations import StaffInvitation
from waitingroom.join_papers import JoinPaper
from waitingroom.key_holders import KeyHolder, SealingKey
from waitingroom.later import LaterMessage
from waitingroom.legal_holds import LegalHold
from waitingroom.letters import RawLetter
from waitingroom.loads import LoadCap
from waitingroom.matching import PersonMark, PersonMatch
from waitingroom.meetings import MeetingNote
from waitingroom.memberships import Membership
from waitingroom.messages import Message
from waitingroom.name_words import PersonWord
from waitingroom.notes import PrivateNote
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Sitting
from waitingroom.own_keys import KeptKey
from waitingroom.people import Person
from waitingroom.pieces import PieceAnswer, PieceTally
from waitingroom.rates import Rate
from waitingroom.recovery import RecoveryCode
from waitingroom.referrals import Referral
from waitingroom.reminders import Reminder
from waitingroom.report_drop_off import QuestionTally
from waitingroom.retention_runs import RetentionRun
from waitingroom.saved_services import SavedService
from waitingroom.schema import OldestCode
from waitingroom.services import Service, ServiceWord
from waitingroom.sign_ins import SignInTries, StaffSignIn
from waitingroom.signposting import Signpost
from waitingroom.spending import Spend
from waitingroom.staff import Staff, StaffKey
from waitingroom.staff_sessions import StaffSession
from waitingroom.staff_tasks import StaffTask
from waitingroom.to_dos import ToDo
from waitingroom.transfers import Transfer
from waitingroom.unanswered import Unanswered
from waitingroom.waiting import SentStep, Waiting
from waitingroom.waits import WaitRange, WaitTold

ALL: tuple[type[SQLModel], ...] = (
    Activity,
    Alarm,
    Appointment,
    Attachment,
    AuditEntry,
    AuditHead,
    Authority,
    BefriendingGroup,
    BrokenGlass,
    CheckIn,
    Circuit,
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
    Heartbeat,
    Help,
    Hook,
    HookDelivery,
    HowAreYou,
    Hub,
    IdempotentReply,
    Introduction,
    JoinPaper,
    KeptKey,
    KeyHolder,
    LegalHold,
    LaterMessage,
    LoadCap,
    MeetingNote,
    Membership,
    Message,
    NoticeShown,
    OldestCode,
    Person,
    PersonMark,
    PersonMatch,
    PersonWord,
    PieceAnswer,
    PieceTally,
    PrivateNote,
    QuestionTally,
    Rate,
    RawLetter,
    RecoveryCode,
    Referral,
    Reminder,
    RetentionRun,
    SavedService,
    SealingKey,
    SentStep,
    Service,
    ServiceWord,
    SignInTries,
    Signpost,
    Sitting,
    Spend,
    Staff,
    StaffAccount,
    StaffAway,
    StaffInvitation,
    StaffKey,
    StaffSession,
    StaffSignIn,
    StaffTask,
    TickRun,
    ToDo,
    Transfer,
    Unanswered,
    WaitRange,
    WaitTold,
    Waiting,
)
