"""Roles: who does what kind of work here, and what that lets them do."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What kind of work someone does here."""

    PROVIDER = "provider"
    """someone of another organisation: a host, a case-worker, a duty worker, who helps with one thing"""
    LINK_WORKER = "link_worker"
    LEAD = "lead"
    ADMIN = "admin"
    """sees to accounts and settings, and never to a person's story"""
    AUDITOR = "auditor"
    """looks at what was done, and changes nothing"""


class Scope(StrEnum):
    """One kind of thing that may be done."""

    QUEUE_READ = "queue:read"
    PERSON_READ = "person:read"
    REFERRAL_WRITE = "referral:write"
    MESSAGE_SEND = "message:send"
    GROUP_HOST = "group:host"
    """the groups its holder hosts, and nothing else"""
    HELP_GIVE = "help:give"
    """what a colleague asked its holder to do for one person, and nothing else"""
    REPORT_READ = "report:read"
    AUDIT_READ = "audit:read"
    RECORD_WRITE = "record:write"
    """copies for the person, holds, joining and parting records"""
    STAFF_WRITE = "staff:write"
    """invitations, accounts, keys"""
    HOOK_WRITE = "hook:write"
    """where programs of others are told that something happened"""


WORKS_WITH_PEOPLE = frozenset(
    {Scope.QUEUE_READ, Scope.PERSON_READ, Scope.REFERRAL_WRITE, Scope.MESSAGE_SEND, Scope.REPORT_READ}
)
OF_ROLE: Mapping[Role, frozenset[Scope]] = {
    Role.PROVIDER: frozenset({Scope.GROUP_HOST, Scope.HELP_GIVE}),
    Role.LINK_WORKER: WORKS_WITH_PEOPLE,
    Role.LEAD: WORKS_WITH_PEOPLE | {Scope.AUDIT_READ, Scope.RECORD_WRITE, Scope.STAFF_WRITE},
    Role.ADMIN: frozenset({Scope.STAFF_WRITE, Scope.REPORT_READ, Scope.HOOK_WRITE}),
    Role.AUDITOR: frozenset({Scope.QUEUE_READ, Scope.PERSON_READ, Scope.REPORT_READ, Scope.AUDIT_READ}),
}
"""What each role may do when signed in. A key carries the scopes it was issued with."""
