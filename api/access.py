"""Access: the one table of who may do what, for every operation of the staff API and every page of the console.

Each line: the operation's id, how far it reaches, who may (their scopes; none: whoever is signed in), and the act
that the audit notes it as where that has another name. What does not stand here is open to nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from waitingroom.roles import Scope


class Reach(StrEnum):
    """How far one may reach with an operation."""

    HUB = "hub"
    """what is of one's own hub, or of none"""
    CLAIMED = "claimed"
    """as HUB, and only what one has claimed: the rule of care sees to that"""
    OWN = "own"
    """one's own things only: the groups one hosts, the help one was asked for"""
    SELF = "self"
    """one's own account"""
    ALL = "all"
    """nothing of a person, or what its own rule looks after"""
    OPEN = "open"
    """whoever comes, signed in or not"""


@dataclass(frozen=True)
class Rule:
    """Who may do one thing. `act`: what it is noted as; `noted`: also where it names no one person."""

    reach: Reach
    scopes: frozenset[Scope]
    act: str = ""
    noted: bool = False


def rule(reach: Reach, *scopes: Scope, act: str = "", noted: bool = False) -> Rule:
    """Write one line of the table."""
    return Rule(reach, frozenset(scopes), act, noted)


HUB, CLAIMED, OWN, SELF, ALL, OPEN = Reach.HUB, Reach.CLAIMED, Reach.OWN, Reach.SELF, Reach.ALL, Reach.OPEN
QUEUE, PERSON, CHANGE, WRITE = Scope.QUEUE_READ, Scope.PERSON_READ, Scope.REFERRAL_WRITE, Scope.MESSAGE_SEND
HOST, HELP, REPORT, AUDIT = Scope.GROUP_HOST, Scope.HELP_GIVE, Scope.REPORT_READ, Scope.AUDIT_READ
RECORD, STAFF, HOOK = Scope.RECORD_WRITE, Scope.STAFF_WRITE, Scope.HOOK_WRITE

RULES: Mapping[str, Rule] = {
    # the queue and hand-offs
    "listHandoffs": rule(HUB, QUEUE),
    "getHandoff": rule(HUB, QUEUE),
    "claimHandoff": rule(HUB, CHANGE),
    "releaseHandoff": rule(CLAIMED, CHANGE),
    "handBackHandoff": rule(CLAIMED, CHANGE),
    "closeHandoff": rule(CLAIMED, CHANGE),
    "settleDanger": rule(HUB, CHANGE),
    "sendMessage": rule(CLAIMED, WRITE),
    "logActivity": rule(CLAIMED, CHANGE),
    # messages, appointments, and who is away
    "previewMessage": rule(HUB, WRITE),
    "listLater": rule(HUB, PERSON),
    "changeLater": rule(HUB, WRITE),
    "cancelLater": rule(HUB, WRITE),
    "listTemplates": rule(ALL, WRITE),
    "fillTemplates": rule(HUB, PERSON),
    "offerAppointment": rule(CLAIMED, WRITE),
    "listAppointments": rule(HUB, PERSON),
    "listDiary": rule(OWN, PERSON),
    "getCalendar": rule(OWN, PERSON),
    "moveAppointment": rule(HUB, WRITE),
    "cancelAppointment": rule(HUB, WRITE),
    "noteKept": rule(HUB, CHANGE),
    "noteMissed": rule(HUB, CHANGE),
    "listUnanswered": rule(HUB, QUEUE),
    "noteAnswered": rule(CLAIMED, CHANGE),
    "getAway": rule(OWN, QUEUE),
    "setAway": rule(OWN, CHANGE),
    # people
    "getStory": rule(HUB, PERSON),
    "getPerson": rule(HUB, PERSON),
    "getAttachment": rule(HUB, PERSON),
    "getOutcomes": rule(HUB, PERSON),
    "setCheckIn": rule(HUB, CHANGE),
    "reachByHand": rule(HUB, CHANGE),
    "breakGlass": rule(ALL, PERSON),
    "listOpenedFromElsewhere": rule(HUB, AUDIT),
    # whom others told us of, and who may be one person
    "listIntroductions": rule(HUB, QUEUE),
    "getWording": rule(ALL, QUEUE),
    "getIntroduction": rule(HUB, PERSON),
    "releaseIntroduction": rule(HUB, CHANGE),
    "dropIntroduction": rule(HUB, CHANGE),
    "heardYes": rule(HUB, CHANGE),
    "verifyAuthority": rule(HUB, CHANGE),
    "refuseAuthority": rule(HUB, CHANGE),
    "listMatches": rule(HUB, QUEUE),
    "getMatch": rule(HUB, PERSON),
    "joinMatch": rule(HUB, CHANGE),
    "keepMatchApart": rule(HUB, CHANGE),
    "listJoins": rule(HUB, QUEUE),
    "partMatch": rule(HUB, CHANGE),
    # rights
    "listComplaints": rule(HUB, QUEUE),
    "getComplaint": rule(HUB, PERSON),
    "acknowledgeComplaint": rule(HUB, WRITE),
    "answerComplaint": rule(HUB, WRITE),
    "closeComplaint": rule(HUB, CHANGE),
    "listDataRequests": rule(HUB, QUEUE),
    "getDataRequest": rule(HUB, PERSON),
    "endDataRequest": rule(HUB, CHANGE),
    # a link worker's work
    "listToDos": rule(OWN, PERSON),
    "addToDo": rule(ALL, CHANGE),
    "addToDoAbout": rule(HUB, CHANGE),
    "setNextContact": rule(CLAIMED, CHANGE),
    "getToDo": rule(HUB, PERSON),
    "changeToDo": rule(HUB, CHANGE),
    "tickOffToDo": rule(HUB, CHANGE),
    "listToDosAbout": rule(HUB, PERSON),
    "writeNote": rule(HUB, CHANGE),
    "changeNote": rule(HUB, CHANGE),
    "listNotes": rule(HUB, PERSON),
    "getTimeline": rule(HUB, PERSON),
    "listMessages": rule(HUB, PERSON),
    "listActivities": rule(HUB, PERSON),
    "searchPeople": rule(HUB, PERSON, noted=True),
    "getCaseload": rule(OWN, PERSON, noted=True),
    "getTeam": rule(HUB, STAFF),
    "listColleagues": rule(HUB, QUEUE),
    "setWeight": rule(HUB, CHANGE),
    "setCap": rule(HUB, STAFF),
    "transferHandoff": rule(HUB, CHANGE),
    # help of others: each sees only what they were asked
    "askForHelp": rule(CLAIMED, CHANGE),
    "listHelpsFor": rule(HUB, PERSON),
    "listHelps": rule(OWN, HELP, PERSON),
    "getHelp": rule(OWN, HELP, PERSON),
    "acceptHelp": rule(OWN, HELP, CHANGE),
    "declineHelp": rule(OWN, HELP, CHANGE),
    "finishHelp": rule(OWN, HELP, CHANGE),
    "callOffHelp": rule(OWN, HELP, CHANGE),
    "offerHelp": rule(OWN, HELP, CHANGE),
    "getRecord": rule(HUB, RECORD, noted=True),
    "listReferrals": rule(HUB, PERSON),
    "listLegalHolds": rule(HUB, RECORD),
    "getLegalHold": rule(HUB, RECORD),
    "placeLegalHold": rule(HUB, RECORD),
    "liftLegalHold": rule(HUB, RECORD),
    # calls and letters by hand
    "listTasks": rule(HUB, QUEUE),
    "getTask": rule(HUB, PERSON),
    "settleTask": rule(HUB, CHANGE),
    "printLetters": rule(HUB, PERSON),
    # groups: staff, and whoever hosts one
    "listGroups": rule(OWN, QUEUE, HOST),
    "getGroup": rule(OWN, QUEUE, HOST),
    "listComing": rule(OWN, PERSON, HOST, noted=True),
    "pauseGroup": rule(OWN, CHANGE, HOST),
    "resumeGroup": rule(OWN, CHANGE, HOST),
    "setGroupLink": rule(OWN, CHANGE, HOST),
    # reports, and the record of who did what
    "getEqualityCounts": rule(HUB, QUEUE, noted=True),
    "getReport": rule(HUB, REPORT, noted=True),
    "listAudit": rule(HUB),
    "getPersonAudit": rule(HUB, AUDIT),
    "listUnusual": rule(HUB, AUDIT),
    # where programs of others are told; a hub's own admin sees the hub's own
    "listHooks": rule(ALL, HOOK),
    "addHook": rule(ALL, HOOK, noted=True),
    "getHook": rule(ALL, HOOK),
    "changeHook": rule(ALL, HOOK, noted=True),
    "renewHookSecret": rule(ALL, HOOK, noted=True),
    "removeHook": rule(ALL, HOOK, noted=True),
    "tryHook": rule(ALL, HOOK, noted=True),
    "listHookDeliveries": rule(ALL, HOOK),
    "replayHookDelivery": rule(ALL, HOOK, noted=True),
    # accounts
    "signInPage": rule(OPEN),
    "signInForm": rule(OPEN),
    "demoSignIn": rule(OPEN),
    "codePage": rule(OPEN),
    "codeForm": rule(OPEN),
    "setUpPage": rule(OPEN),
    "setUpForm": rule(OPEN),
    "joinPage": rule(OPEN),
    "joinForm": rule(OPEN),
    "organisationStart": rule(OPEN),
    "organisationBack": rule(OPEN),
    "organisationForm": rule(OPEN),
    "signOut": rule(SELF),
    "proveForm": rule(SELF),
    "accountPage": rule(SELF),
    "endSession": rule(SELF),
    "signOutEverywhere": rule(SELF),
    "changePassword": rule(SELF),
    "newRecoveryCodes": rule(SELF),
    "newAuthenticator": rule(SELF),
    "teamPage": rule(ALL, STAFF),
    "invitePage": rule(ALL, STAFF),
    "inviteStaff": rule(ALL, STAFF),
    "memberPage": rule(ALL, STAFF),
    "changeRole": rule(ALL, STAFF),
    "resetAccount": rule(ALL, STAFF),
    "endAccount": rule(ALL, STAFF),
    "hooksPage": rule(ALL, HOOK),
    "addHookForm": rule(ALL, HOOK, act="addHook"),
    "hookPage": rule(ALL, HOOK),
    "switchHookForm": rule(ALL, HOOK, act="changeHook"),
    "renewHookSecretForm": rule(ALL, HOOK, act="renewHookSecret"),
    "removeHookForm": rule(ALL, HOOK, act="removeHook"),
    "tryHookForm": rule(ALL, HOOK, act="tryHook"),
    "replayHookDeliveryForm": rule(ALL, HOOK, act="replayHookDelivery"),
    "keysPage": rule(ALL, STAFF),
    "makeKey": rule(ALL, STAFF),
    "endKey": rule(ALL, STAFF),
    # the console
    "queuePage": rule(HUB, act="listHandoffs"),
    "reportsPage": rule(HUB, REPORT),
    "reportPage": rule(HUB, REPORT, act="getReport", noted=True),
    "quarterlyPage": rule(HUB, REPORT, act="getReport", noted=True),
    "reportSheet": rule(HUB, REPORT, act="getReport", noted=True),
    "queueEvents": rule(HUB, QUEUE),
    "talkEvents": rule(HUB, PERSON, act="getStory"),
    "personPage": rule(HUB, PERSON, act="getPerson"),
    "handoffPage": rule(HUB, PERSON, act="getStory"),
    "packPage": rule(HUB, PERSON),
    "attachmentFile": rule(HUB, PERSON, act="getAttachment"),
    "partsForm": rule(CLAIMED, WRITE),
    "claimForm": rule(HUB, CHANGE, act="claimHandoff"),
    "messageForm": rule(CLAIMED, WRITE, act="sendMessage"),
    "activityForm": rule(CLAIMED, CHANGE, act="logActivity"),
    "noteForm": rule(HUB, CHANGE, act="writeNote"),
    "releaseForm": rule(CLAIMED, CHANGE, act="releaseHandoff"),
    "handBackForm": rule(CLAIMED, CHANGE, act="handBackHandoff"),
    "closeForm": rule(CLAIMED, CHANGE, act="closeHandoff"),
    "dangerForm": rule(HUB, CHANGE, act="settleDanger"),
    "meetingPage": rule(HUB, PERSON, act="listAppointments"),
    "calendarFile": rule(OWN, PERSON, act="getCalendar"),
    "offerForm": rule(CLAIMED, WRITE, act="offerAppointment"),
    "laterForm": rule(CLAIMED, WRITE, act="sendMessage"),
    "appointmentForm": rule(HUB, CHANGE, act="noteKept"),
    "laterCancelForm": rule(HUB, WRITE, act="cancelLater"),
    "taskPage": rule(HUB, PERSON, act="getToDo"),
    "changeTaskForm": rule(HUB, CHANGE, act="changeToDo"),
    "undoTaskForm": rule(HUB, CHANGE, act="tickOffToDo"),
    "capForm": rule(ALL, STAFF, act="setCap"),
    "providerOrganisationForm": rule(ALL, STAFF, act="setOrganisation"),
    "laterPage": rule(HUB, PERSON, act="listLater"),
    "laterChangeForm": rule(HUB, WRITE, act="changeLater"),
    "awayPage": rule(SELF, QUEUE, act="getAway"),
    "awayForm": rule(SELF, CHANGE, act="setAway"),
    "backAtWorkForm": rule(SELF, CHANGE, act="setAway"),
    "morePage": rule(SELF),
    "shortcutsPage": rule(SELF),
    "complaintsPage": rule(HUB, QUEUE, act="listComplaints"),
    "complaintPage": rule(HUB, PERSON, act="getComplaint"),
    "acknowledgeComplaintForm": rule(HUB, WRITE, act="acknowledgeComplaint"),
    "answerComplaintForm": rule(HUB, WRITE, act="answerComplaint"),
    "closeComplaintForm": rule(HUB, CHANGE, act="closeComplaint"),
    "dataRequestPage": rule(HUB, PERSON, act="getDataRequest"),
    "endDataRequestForm": rule(HUB, CHANGE, act="endDataRequest"),
    "matchesPage": rule(HUB, QUEUE, act="listMatches"),
    "matchPage": rule(HUB, PERSON, act="getMatch"),
    "joinMatchForm": rule(HUB, CHANGE, act="joinMatch"),
    "keepMatchApartForm": rule(HUB, CHANGE, act="keepMatchApart"),
    "partMatchForm": rule(HUB, CHANGE, act="partMatch"),
    "recordsPage": rule(HUB, RECORD, act="listLegalHolds"),
    "recordPage": rule(HUB, RECORD, act="getRecord", noted=True),
    "referralsPage": rule(HUB, PERSON, act="listReferrals"),
    "placeLegalHoldForm": rule(HUB, RECORD, act="placeLegalHold"),
    "liftLegalHoldForm": rule(HUB, RECORD, act="liftLegalHold"),
    "tasksPage": rule(OWN, PERSON, act="listToDos"),
    "addTaskForm": rule(ALL, CHANGE, act="addToDo"),
    "addTaskAboutForm": rule(HUB, CHANGE, act="addToDoAbout"),
    "tickOffForm": rule(HUB, CHANGE, act="tickOffToDo"),
    "caseloadPage": rule(OWN, PERSON, act="getCaseload", noted=True),
    "nextContactForm": rule(CLAIMED, CHANGE, act="setNextContact"),
    "weightForm": rule(HUB, CHANGE, act="setWeight"),
    "transferForm": rule(HUB, CHANGE, act="transferHandoff"),
    "helpPage": rule(OWN, HELP, PERSON, act="listHelps"),
    "askForHelpPage": rule(HUB, PERSON, act="getHandoff"),
    "askForHelpForm": rule(CLAIMED, CHANGE, act="askForHelp"),
    "answerHelpForm": rule(OWN, HELP, CHANGE, act="answerHelp"),
    "finishHelpForm": rule(OWN, HELP, CHANGE, act="finishHelp"),
    "offerHelpForm": rule(OWN, HELP, CHANGE, act="offerHelp"),
    "searchPage": rule(HUB, PERSON, act="searchPeople", noted=True),
    "auditPage": rule(HUB, act="listAudit"),
    "personAuditPage": rule(HUB, AUDIT, act="getPersonAudit"),
    "breakGlassPage": rule(ALL, PERSON),
    "breakGlassForm": rule(ALL, PERSON, act="breakGlass"),
}
"""Who may do what. The scopes of each role stand in `waitingroom.roles`; keys carry their own."""


def name_of(route: Any) -> str:
    """Name an operation: by its id, or where it has none by where it stands, as 'console_person.show'."""
    operation_id: str | None = getattr(route, "operation_id", None)
    if operation_id:
        return operation_id
    endpoint = route.endpoint
    return f"{endpoint.__module__.removeprefix('api.')}.{endpoint.__name__}"


def rule_of(route: Any) -> Rule | None:
    """Find the line of a route, None where it does not stand in the table."""
    return RULES.get(name_of(route))


def act_of(route: Any) -> str:
    """Say what an operation is noted as."""
    found = rule_of(route)
    return found.act if found and found.act else name_of(route)
