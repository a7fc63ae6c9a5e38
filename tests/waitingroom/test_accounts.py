"""Accounts: which passwords are taken, who may give which role, and what ends with an account."""

import uuid
from datetime import datetime, timedelta

import pytest

from tests.conftest import MONDAY
from waitingroom import (
    accounts,
    authenticators,
    invitations,
    passwords,
    recovery,
    sign_ins,
    staff,
    staff_keys,
    team,
)
from waitingroom import staff_sessions as sessions
from waitingroom.accounts import (
    AccountEndedError,
    EmailTakenError,
    NoAccountError,
    NotAnEmailError,
    StaffAccount,
)
from waitingroom.columns import UnreadableError
from waitingroom.database import Database, Session
from waitingroom.hubs import Hub
from waitingroom.invitations import NoInvitationError, NoNameError
from waitingroom.passwords import WeakPasswordError
from waitingroom.roles import OF_ROLE, Role, Scope
from waitingroom.staff import Caller, NotAllowedError, Staff, UnknownKeyError
from waitingroom.staff_keys import KeyRefusedError, NoKeyError
from waitingroom.staff_sessions import NotProvedError, SignedOutError
from waitingroom.team import NotYourRoleError

pytestmark = pytest.mark.anyio
WHO = {"name": "Sam Okafor", "email": "s.okafor@example.org", "service": "Pendle Waiting Room"}
NEXT_YEAR = MONDAY + timedelta(days=365)


@pytest.mark.parametrize(
    "told",
    [
        "short",
        "elevenchars",
        "password1234",
        "Passw0rd!2024",
        "P@ssw0rdP@ssw0rd",
        "Welcome2026!!",
        "correct horse battery staple",
        "Summer2026Summer",
        "qwertyuiop12",
        "1q2w3e4r5t6y",
        "123456789012",
        "987654321098",
        "aaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "my okafor tea cup",
        "MyOKAFOR-tea-cup",
        "pendle waiting room",
        "Pendle-Waiting-Room-9",
        "tea cup and 0kafor",
        "x" * 201,
    ],
)
def test_a_password_that_others_would_guess_is_refused(told: str) -> None:
    with pytest.raises(WeakPasswordError) as refusal:
        passwords.check(told, **WHO)
    assert refusal.value.words


@pytest.mark.parametrize(
    "told",
    [
        "tulip under seven hats",
        "green lamp harbour",
        "ein grüner Hafen",
        "дом у зелёной реки",
        "kfjw83hgldpq",
        "🐢🌵🎺🧵🪁🍋🚲🧂🪵🎲🧷🕯",
    ],
)
def test_a_long_password_is_taken_whatever_it_is_made_of(told: str) -> None:
    passwords.check(told, **WHO)


async def test_a_password_is_the_same_however_a_keyboard_writes_its_letters() -> None:
    kept = await passwords.hashed("gru\u0308ner Hafen im Wind")
    assert "m=65536,t=3,p=4" in kept
    assert await passwords.is_right("gr\u00fcner Hafen im Wind", kept)
    assert not await passwords.is_right("gruner Hafen im Wind", kept)
    assert not await passwords.is_right("gruner Hafen im Wind", None)


@pytest.mark.parametrize(
    "told", ["", "sam", "sam@", "@example.org", "sam@example", "a b@example.org", "a\n@example.org"]
)
async def test_what_is_no_address_is_no_account(database: Database, told: str) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotAnEmailError):
            await invitations.invite(
                session, name="Sam", email=told, role=Role.ADMIN, hub_id=None, by=None, now=MONDAY
            )
        assert await team.members(session, by=None) == []


@pytest.mark.parametrize("name", ["", "  ", "Sam\u202eokafor", "x" * 101])
async def test_what_is_no_name_is_no_account(database: Database, name: str) -> None:
    async with database.transaction() as session:
        with pytest.raises(NoNameError):
            await invitations.invite(
                session, name=name, email="a@example.org", role=Role.ADMIN, hub_id=None, by=None, now=MONDAY
            )


async def hub(session: Session, name: str) -> uuid.UUID:
    made = Hub(name=name, areas=[], created_at=MONDAY)
    session.add(made)
    await session.flush()
    return made.id


async def caller(session: Session, name: str, role: Role, hub_id: uuid.UUID | None = None) -> Caller:
    """Someone with an account, signed in."""
    member, _token = await invitations.invite(
        session, name=name, email=f"{name}@example.org".lower(), role=role, hub_id=hub_id, by=None, now=MONDAY
    )
    secret = await sessions.begin(session, staff_id=member.id, browser="", now=MONDAY)
    return await sessions.caller(session, secret=secret, now=MONDAY)


async def asks_in(
    session: Session, by: Caller, email: str, role: Role, hub_id: uuid.UUID | None, now: datetime = MONDAY
) -> tuple[Staff, str]:
    return await invitations.invite(session, name="New", email=email, role=role, hub_id=hub_id, by=by, now=now)


async def test_a_lead_asks_in_those_they_lead_to_their_own_hub_only(database: Database) -> None:
    async with database.transaction() as session:
        north, south = await hub(session, "North"), await hub(session, "South")
        lena = await caller(session, "Lena", Role.LEAD, north)
        for number, role in enumerate((Role.LINK_WORKER, Role.PROVIDER)):
            member, _token = await asks_in(session, lena, f"{number}@example.org", role, north)
            assert (member.role, member.hub_id) == (role, north)
        for role, where in (
            (Role.LEAD, north),
            (Role.ADMIN, north),
            (Role.AUDITOR, north),
            (Role.LINK_WORKER, south),
            (Role.LINK_WORKER, None),
        ):
            with pytest.raises(NotAllowedError):
                await asks_in(session, lena, "x@example.org", role, where)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.LEAD, Role.ADMIN}))
async def test_those_who_do_not_see_to_accounts_ask_nobody_in(database: Database, role: Role) -> None:
    async with database.transaction() as session:
        who = await caller(session, "Someone", role)
        with pytest.raises(NotAllowedError):
            await asks_in(session, who, "x@example.org", Role.LINK_WORKER, None)
        with pytest.raises(NotAllowedError):
            await team.members(session, by=who)
        with pytest.raises(NotAllowedError):
            await staff_keys.listed(session, by=who)


async def test_an_admin_gives_any_role_in_a_hub_that_is_there(database: Database) -> None:
    async with database.transaction() as session:
        north = await hub(session, "North")
        ada = await caller(session, "Ada", Role.ADMIN)
        for number, role in enumerate(Role):
            await asks_in(session, ada, f"{number}@example.org", role, north)
        with pytest.raises(NotAllowedError, match="no such hub"):
            await asks_in(session, ada, "x@example.org", Role.LEAD, uuid.uuid4())


async def test_nobody_changes_their_own_role_and_no_lead_that_of_a_lead(database: Database) -> None:
    async with database.transaction() as session:
        north, south = await hub(session, "North"), await hub(session, "South")
        ada = await caller(session, "Ada", Role.ADMIN)
        lena, lou = await caller(session, "Lena", Role.LEAD, north), await caller(session, "Lou", Role.LEAD, north)
        away = await caller(session, "Sue", Role.LINK_WORKER, south)
        refused: tuple[tuple[Caller, Caller, Role, type[Exception]], ...] = (
            (ada, ada, Role.LEAD, NotYourRoleError),
            (lena, lena, Role.LINK_WORKER, NotYourRoleError),
            (lena, lou, Role.LINK_WORKER, NotAllowedError),
            (lena, ada, Role.LINK_WORKER, NoAccountError),
            (lena, away, Role.LINK_WORKER, NoAccountError),
        )
        for by, whom, role, error in refused:
            with pytest.raises(error):
                await team.change_role(session, staff_id=whom.staff_id, role=role, hub_id=north, by=by, now=MONDAY)
            with pytest.raises(error):
                await team.end(session, staff_id=whom.staff_id, by=by, now=MONDAY)
            with pytest.raises(error):
                await invitations.begin_anew(session, staff_id=whom.staff_id, by=by, now=MONDAY)
        sam = await caller(session, "Sam", Role.LINK_WORKER, north)
        with pytest.raises(NotAllowedError):
            await team.change_role(
                session, staff_id=sam.staff_id, role=Role.LEAD, hub_id=north, by=lena, now=MONDAY
            )


async def test_a_changed_role_signs_out_and_ends_keys(database: Database) -> None:
    async with database.transaction() as session:
        ada = await caller(session, "Ada", Role.ADMIN)
        sam = await caller(session, "Sam", Role.LINK_WORKER)
        secret = await sessions.begin(session, staff_id=sam.staff_id, browser="", now=MONDAY)
        key = await staff.issue_key(session, staff_id=sam.staff_id, scopes=OF_ROLE[sam.role], now=MONDAY)
        await team.change_role(session, staff_id=sam.staff_id, role=Role.PROVIDER, hub_id=None, by=ada, now=MONDAY)
        with pytest.raises(SignedOutError):
            await sessions.caller(session, secret=secret, now=MONDAY)
        with pytest.raises(UnknownKeyError):
            await staff.caller(session, key=key, now=MONDAY)


async def test_an_ended_account_takes_its_sessions_keys_and_links_with_it(database: Database) -> None:
    async with database.transaction() as session:
        sam, token = await invitations.invite(
            session, name="Sam", email="s@example.org", role=Role.LEAD, hub_id=None, by=None, now=MONDAY
        )
        secret = await sessions.begin(session, staff_id=sam.id, browser="", now=MONDAY)
        key = await staff.issue_key(session, staff_id=sam.id, scopes=frozenset(Scope), now=MONDAY)
        await team.end(session, staff_id=sam.id, by=None, now=MONDAY)
        with pytest.raises(SignedOutError):
            await sessions.caller(session, secret=secret, now=MONDAY)
        with pytest.raises(UnknownKeyError):
            await staff.caller(session, key=key, now=MONDAY)
        with pytest.raises(NoInvitationError):
            await invitations.opened(session, token=token, now=MONDAY)
        with pytest.raises(AccountEndedError):
            await invitations.begin_anew(session, staff_id=sam.id, by=None, now=MONDAY)
        with pytest.raises(EmailTakenError):
            await invitations.invite(
                session, name="Sam", email="S@Example.org", role=Role.LEAD, hub_id=None, by=None, now=MONDAY
            )


async def test_a_new_link_voids_the_one_before_and_whatever_was_set_up(database: Database) -> None:
    async with database.transaction() as session:
        sam, first = await invitations.invite(
            session, name="Sam", email="s@example.org", role=Role.LINK_WORKER, hub_id=None, by=None, now=MONDAY
        )
        await invitations.accept(session, token=first, password_hash="kept", now=MONDAY)
        _member, account = await accounts.find(session, staff_id=sam.id)
        secret = await sign_ins.begin(session, account=account, now=MONDAY)
        row, _member, _account = await sign_ins.under_way(session, secret=secret, now=MONDAY)
        shown = sign_ins.secret_of(session, row)
        assert shown is not None
        done = await sign_ins.set_up(
            session, secret=secret, code=authenticators.code_at(shown, MONDAY), now=MONDAY
        )
        assert done is not None
        second = await invitations.begin_anew(session, staff_id=sam.id, by=None, now=MONDAY)
        third = await invitations.begin_anew(session, staff_id=sam.id, by=None, now=MONDAY)
        assert (account.password_hash, account.authenticator) == (None, None)
        assert await recovery.left(session, staff_id=sam.id) == 0
        for token in (first, second):
            with pytest.raises(NoInvitationError):
                await invitations.accept(session, token=token, password_hash="new", now=MONDAY)
        assert await invitations.accept(session, token=third, password_hash="new", now=MONDAY) == sam.id


async def test_only_the_command_line_gives_someone_already_known_an_account(database: Database) -> None:
    async with database.transaction() as session:
        known = await staff.welcome(session, name="New", now=MONDAY)
        ada = await caller(session, "Ada", Role.ADMIN)
        apart, _token = await asks_in(session, ada, "one@example.org", Role.LINK_WORKER, None)
        assert apart.id != known.id
        same, _token = await invitations.invite(
            session, name="New", email="two@example.org", role=Role.LEAD, hub_id=None, by=None, now=MONDAY
        )
        assert (same.id, same.role) == (known.id, Role.LEAD)


async def test_a_sealed_address_or_authenticator_opens_in_its_own_row_only(database: Database) -> None:
    async with database.transaction() as session:
        sam, priya = await caller(session, "Sam", Role.LEAD), await caller(session, "Priya", Role.LEAD)
        _member, one = await accounts.find(session, staff_id=sam.staff_id)
        _member, other = await accounts.find(session, staff_id=priya.staff_id)
        assert accounts.email_of(session, one) == "sam@example.org"
        moved = StaffAccount(staff_id=other.staff_id, email=one.email, email_hash=b"", created_at=MONDAY)
        with pytest.raises(UnreadableError):
            accounts.email_of(session, moved)


async def test_a_key_carries_what_it_was_given_until_its_last_day(database: Database) -> None:
    async with database.transaction() as session:
        north = await hub(session, "North")
        lena = await caller(session, "Lena", Role.LEAD, north)
        given = frozenset({Scope.QUEUE_READ, Scope.REPORT_READ})
        ends = MONDAY + timedelta(days=30)
        key = await staff_keys.make(
            session, name="Case system", scopes=given, hub_id=north, ends_at=ends, by=lena, now=MONDAY
        )
        (one,) = await staff_keys.listed(session, by=lena)
        assert (one.key.used_on, one.open(MONDAY), one.open(ends)) == (None, True, False)
        who = await staff.caller(session, key=key, now=MONDAY)
        assert (who.scopes, who.hub_id, who.name) == (given, north, "Case system")
        assert one.key.used_on == MONDAY.date()
        with pytest.raises(UnknownKeyError):
            await staff.caller(session, key=key, now=ends)
        await staff_keys.end(session, key_id=one.key.id, by=lena, now=MONDAY + timedelta(days=1))
        with pytest.raises(UnknownKeyError):
            await staff.caller(session, key=key, now=MONDAY + timedelta(days=1))


async def test_no_key_sees_to_accounts_or_does_what_its_maker_may_not(database: Database) -> None:
    async with database.transaction() as session:
        north, south = await hub(session, "North"), await hub(session, "South")
        ada = await caller(session, "Ada", Role.ADMIN)
        lena = await caller(session, "Lena", Role.LEAD, north)
        sam = await caller(session, "Sam", Role.LINK_WORKER, north)
        refused: tuple[tuple[Caller, set[Scope], uuid.UUID | None, datetime, type[Exception]], ...] = (
            (ada, {Scope.STAFF_WRITE}, None, NEXT_YEAR, NotAllowedError),
            (lena, {Scope.HOOK_WRITE}, north, NEXT_YEAR, NotAllowedError),
            (lena, {Scope.QUEUE_READ}, south, NEXT_YEAR, NotAllowedError),
            (lena, {Scope.QUEUE_READ}, None, NEXT_YEAR, NotAllowedError),
            (sam, {Scope.QUEUE_READ}, north, NEXT_YEAR, NotAllowedError),
            (ada, set(), None, NEXT_YEAR, KeyRefusedError),
            (ada, {Scope.QUEUE_READ}, None, MONDAY, KeyRefusedError),
            (ada, {Scope.QUEUE_READ}, None, NEXT_YEAR + timedelta(days=2), KeyRefusedError),
        )
        for by, scopes, where, ends_at, error in refused:
            with pytest.raises(error):
                await staff_keys.make(
                    session, name="x", scopes=frozenset(scopes), hub_id=where, ends_at=ends_at, by=by, now=MONDAY
                )
        key = await staff_keys.make(
            session,
            name="South's",
            scopes=frozenset({Scope.HELP_GIVE}),
            hub_id=south,
            ends_at=NEXT_YEAR,
            by=ada,
            now=MONDAY,
        )
        assert (await staff.caller(session, key=key, now=MONDAY)).role is Role.PROVIDER
        (one,) = await staff_keys.listed(session, by=ada)
        assert await staff_keys.listed(session, by=lena) == []
        with pytest.raises(NoKeyError):
            await staff_keys.end(session, key_id=one.key.id, by=lena, now=MONDAY)


async def test_a_shown_code_stands_five_minutes_and_gives_the_session_a_new_secret(database: Database) -> None:
    async with database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=MONDAY)
        old = await sessions.begin(session, staff_id=sam.id, browser="", now=MONDAY, proved=False)
        before = await sessions.caller(session, secret=old, now=MONDAY)
        with pytest.raises(NotProvedError):
            sessions.check_proved(before, now=MONDAY)
        assert before.session_id is not None
        new = await sessions.prove(session, session_id=before.session_id, now=MONDAY)
        with pytest.raises(SignedOutError):
            await sessions.caller(session, secret=old, now=MONDAY)
        after = await sessions.caller(session, secret=new, now=MONDAY)
        assert after.session_id == before.session_id
        sessions.check_proved(after, now=MONDAY + timedelta(minutes=4, seconds=59))
        with pytest.raises(NotProvedError):
            sessions.check_proved(after, now=MONDAY + timedelta(minutes=5))


async def test_an_ended_session_proves_nothing(database: Database) -> None:
    async with database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=MONDAY)
        secret = await sessions.begin(session, staff_id=sam.id, browser="", now=MONDAY)
        who = await sessions.caller(session, secret=secret, now=MONDAY)
        assert who.session_id is not None
        await sessions.end(session, session_id=who.session_id, now=MONDAY)
        with pytest.raises(sessions.NoSessionError):
            await sessions.prove(session, session_id=who.session_id, now=MONDAY)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1: the last six figures."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for at, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")):
        moment = datetime.fromtimestamp(at, MONDAY.tzinfo)
        assert authenticators.code_at(secret, moment) == code
        assert authenticators.counter_of(secret, f" {code[:3]} {code[3:]}", now=moment) == at // 30
        assert authenticators.counter_of(secret, code, now=moment + timedelta(seconds=61)) is None
    assert authenticators.counter_of(secret, "\udc80", now=MONDAY) is None
