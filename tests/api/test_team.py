"""The team's pages: asking someone in, roles, links, keys, and the fresh code that each of them asks for."""

import html
import re

import pytest
from fastapi import FastAPI
from sqlmodel import select

from api.console.access import cookie_name
from api.house import House
from tests.at_work import client_of
from tests.entering import AtTheDoor, MovedClock, at_the_door, invited, stopped_clock
from tests.signed_in import hub_called, sign_in
from waitingroom import accounts
from waitingroom.audit import AuditEntry, Outcome
from waitingroom.roles import Role
from waitingroom.staff import Staff, StaffKey

pytestmark = pytest.mark.anyio
SESSION = cookie_name(secure=False)
NEW = "/staff/team/new"


@pytest.fixture
def clock(app: FastAPI) -> MovedClock:
    return stopped_clock(app)


async def signed_in(
    app: FastAPI, name: str, role: Role, hub: str | None = None, *, proved: bool = True
) -> AtTheDoor:
    return AtTheDoor(await sign_in(app, name, role, hub, proved=proved))


@pytest.fixture
async def ada(app: FastAPI, clock: MovedClock) -> AtTheDoor:
    """An admin with an authenticator."""
    browser = at_the_door(app)
    await browser.joins(await invited(app, "Ada Hughes", "ada@example.org", Role.ADMIN), clock)
    return browser


async def account_of(app: FastAPI, email: str) -> Staff | None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        found = await accounts.by_email(session, email=email)
    return found[0] if found else None


async def asks_in(browser: AtTheDoor, name: str, email: str, **more: str) -> str:
    await browser.opens(NEW)
    told = {"name": name, "email": email, "role": "link_worker", **more}
    return await browser.sends(NEW, **told)


async def test_an_admin_asks_someone_in_and_is_shown_the_link_this_once(
    app: FastAPI, clock: MovedClock, ada: AtTheDoor
) -> None:
    page = await asks_in(ada, "Sam Okafor", "sam@example.org")
    found = re.search(r'<code id="link">http://waitingroom\.test(/staff/join/[\w-]{22,})</code>', page)
    assert found, page
    await ada.opens("/staff/team")
    assert "Asked in, not here yet" in ada.page
    assert found[1] not in ada.page
    sam = at_the_door(app)
    await sam.joins(found[1], clock)
    await ada.opens("/staff/team")
    assert "Asked in" not in ada.page


async def test_what_is_wrong_with_an_invitation_stands_beside_its_field(app: FastAPI, ada: AtTheDoor) -> None:
    for name, email, field in (
        ("", "sam@example.org", "name"),
        ("Sam", "nowhere", "email"),
        ("Sam", "ADA@example.org", "email"),
    ):
        page = await asks_in(ada, name, email)
        assert ada.status == 422
        assert f'href="#{field}"' in page
        assert f'id="{field}-error"' in page
    page = await asks_in(ada, "Sam", "sam@example.org", role="emperor")
    assert (ada.status, 'href="#role"' in page) == (422, True)
    assert await account_of(app, "sam@example.org") is None


async def test_a_lead_asks_people_in_to_their_own_hub_and_sees_no_other(app: FastAPI, clock: MovedClock) -> None:
    house: House = app.state.house
    lena, sue = await signed_in(app, "Lena", Role.LEAD, "North"), await signed_in(app, "Sue", Role.LEAD, "South")
    async with house.database.transaction() as session:
        north = str(await hub_called(session, house.clock, "North"))
        south = str(await hub_called(session, house.clock, "South"))
    await lena.opens(NEW)
    assert "South" not in lena.page
    assert 'value="admin"' not in lena.page
    assert "link for Sam" in await asks_in(lena, "Sam", "sam@example.org", hub=north)
    for more in ({"hub": south}, {"hub": ""}, {"hub": north, "role": "lead"}, {"hub": north, "role": "admin"}):
        await asks_in(lena, "Eve", "eve@example.org", **more)
        assert lena.status == 422
    assert await account_of(app, "eve@example.org") is None
    sam = await account_of(app, "sam@example.org")
    assert sam is not None
    assert "sam@example.org" in await lena.opens("/staff/team")
    assert "sam@example.org" not in await sue.opens("/staff/team")
    await sue.opens(f"/staff/team/{sam.id}")
    assert sue.status == 404
    await sue.opens(NEW)
    token = sue.hidden(NEW)
    for act in ("role", "reset", "end"):
        answer = await sue.web.post(
            f"/staff/team/{sam.id}/{act}", data={**token, "role": "provider", "hub": south}
        )
        assert answer.status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.LEAD, Role.ADMIN}))
async def test_nobody_else_sees_or_changes_accounts(app: FastAPI, role: Role) -> None:
    ada = await signed_in(app, "Ada", Role.ADMIN)
    assert "link for Sam" in await asks_in(ada, "Sam", "sam@example.org")
    sam = await account_of(app, "sam@example.org")
    assert sam is not None
    someone = await signed_in(app, "Someone", role)
    await someone.opens("/staff/account")
    token = someone.hidden("/staff/account/sign-out-everywhere")
    told = {**token, "name": "Eve", "email": "eve@example.org", "role": "admin", "scope": "queue:read"}
    for path in ("/staff/team", NEW, f"/staff/team/{sam.id}", "/staff/keys"):
        await someone.opens(path)
        assert someone.status == 403, path
    for path in (NEW, f"/staff/team/{sam.id}/role", f"/staff/team/{sam.id}/end", "/staff/keys"):
        assert (await someone.web.post(path, data=told)).status_code == 403, path
    assert await account_of(app, "eve@example.org") is None


async def test_nobody_gives_themselves_another_role(app: FastAPI, ada: AtTheDoor) -> None:
    me = await account_of(app, "ada@example.org")
    assert me is not None
    await ada.opens(f"/staff/team/{me.id}")
    assert "This is you" in ada.page
    assert "/role" not in ada.page
    await ada.opens(NEW)
    token = ada.hidden(NEW)
    for act in ("role", "end", "reset"):
        answer = await ada.web.post(f"/staff/team/{me.id}/{act}", data={**token, "role": "lead", "hub": ""})
        assert answer.status_code == 403
    assert (await account_of(app, "ada@example.org")).role is Role.ADMIN  # type: ignore[union-attr]


async def test_a_changed_role_is_felt_at_once(app: FastAPI, clock: MovedClock, ada: AtTheDoor) -> None:
    lena = at_the_door(app)
    await lena.joins(await invited(app, "Lena", "lena@example.org", Role.LEAD), clock)
    member = await account_of(app, "lena@example.org")
    assert member is not None
    await ada.opens(f"/staff/team/{member.id}")
    await ada.sends(f"/staff/team/{member.id}/role", role="link_worker", hub="")
    assert "Their role is changed" in ada.page
    await lena.opens("/staff/team")
    assert lena.path == "/staff/sign-in"
    await lena.signs_in("lena@example.org", clock, where="/staff/team")
    assert lena.status == 403


async def test_a_new_link_ends_what_stood_before(app: FastAPI, clock: MovedClock, ada: AtTheDoor) -> None:
    sam = at_the_door(app)
    await sam.joins(await invited(app, "Sam", "sam@example.org"), clock)
    member = await account_of(app, "sam@example.org")
    assert member is not None
    await ada.opens(f"/staff/team/{member.id}")
    page = await ada.sends(f"/staff/team/{member.id}/reset")
    found = re.search(r"/staff/join/[\w-]+", page)
    assert found
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"
    clock.moves(seconds=30)
    assert (
        await sam.posts("/staff/sign-in", email="sam@example.org", password="tulip under seven hats")
    ).status_code == 422
    await sam.joins(found[0], clock)
    await ada.opens(f"/staff/team/{member.id}")
    await ada.sends(f"/staff/team/{member.id}/end")
    assert "That account has ended" in ada.page
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"


async def test_a_dangerous_act_asks_for_a_fresh_code_and_then_goes_on_with_what_was_typed(
    app: FastAPI, clock: MovedClock, ada: AtTheDoor
) -> None:
    clock.moves(minutes=6)
    page = await asks_in(ada, 'Sam "O\'Kafor" <b>', "sam@example.org")
    assert ada.status == 403
    assert "Is it you?" in page
    assert "<b>" not in page
    assert await account_of(app, "sam@example.org") is None
    before = ada.web.cookies[SESSION]
    await ada.sends("/staff/prove", proof_code="000000")
    assert (ada.status, 'href="#proof_code"' in ada.page) == (422, True)
    code = ada.code(clock.at)
    answer = await ada.posts("/staff/prove", proof_code=code)
    assert (answer.status_code, answer.headers["location"]) == (307, NEW)
    assert ada.web.cookies[SESSION] != before
    told = {**ada.hidden("/staff/prove"), "proof_code": code}
    page = (await ada.web.post(answer.headers["location"], data=told)).text
    assert 'A link for Sam "O\'Kafor" <b>' in html.unescape(page)
    assert await account_of(app, "sam@example.org") is not None
    thief = at_the_door(app)
    thief.web.cookies.set(SESSION, before)
    await thief.opens("/staff/team")
    assert thief.path == "/staff/sign-in", "who knew the session before must not share in the proof"
    clock.moves(minutes=4)
    assert "link for Priya" in await asks_in(ada, "Priya", "priya@example.org")
    clock.moves(minutes=1)
    assert "Is it you?" in await asks_in(ada, "Lena", "lena@example.org")


async def test_codes_cannot_be_guessed_there_either(app: FastAPI, clock: MovedClock, ada: AtTheDoor) -> None:
    clock.moves(minutes=6)
    await asks_in(ada, "Sam", "sam@example.org")
    pages = [(await ada.posts("/staff/prove", proof_code=f"{number:06}")).text for number in range(6)]
    assert ["too many codes" in page for page in pages] == [False] * 5 + [True]
    assert "too many codes" in (await ada.posts("/staff/prove", proof_code=ada.code(clock.at))).text
    clock.moves(minutes=5)
    assert (await ada.posts("/staff/prove", proof_code=ada.code(clock.at))).status_code == 307


async def test_a_proof_leads_to_pages_of_the_console_only(app: FastAPI, clock: MovedClock, ada: AtTheDoor) -> None:
    clock.moves(minutes=6)
    await asks_in(ada, "Sam", "sam@example.org")
    for back in ("https://evil.example", "//evil.example", "/chat/messages"):
        told = {"proof_code": ada.code(clock.at), "proof_back": back}
        answer = await ada.posts("/staff/prove", **told)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff")


async def test_whoever_has_no_authenticator_here_signs_in_anew_instead(app: FastAPI) -> None:
    ada = await signed_in(app, "Ada", Role.ADMIN, proved=False)
    page = await asks_in(ada, "Sam", "sam@example.org")
    assert ada.status == 403
    assert "sign in again" in page
    assert "proof_code" not in page


async def test_a_form_of_another_site_changes_no_account(app: FastAPI) -> None:
    ada = await signed_in(app, "Ada", Role.ADMIN)
    await ada.opens(NEW)
    told = {"name": "Eve", "email": "eve@example.org", "role": "admin"}
    token = ada.hidden(NEW)
    for head, more in (({}, {}), ({}, {"token": "guess"}), ({"sec-fetch-site": "cross-site"}, token)):
        answer = await ada.web.post(NEW, data={**told, **more}, headers=head)
        assert answer.status_code == 403
    assert await account_of(app, "eve@example.org") is None


async def test_a_key_is_shown_once_works_and_is_ended_at_once(
    app: FastAPI, clock: MovedClock, ada: AtTheDoor
) -> None:
    await ada.opens("/staff/keys")
    assert "staff:write" not in ada.page
    day = clock.at.date().isoformat()
    scopes = ["queue:read", "report:read"]
    page = await ada.sends("/staff/keys", name="Case system", last_day=day, hub="", scope=scopes)
    found = re.search(r'<code id="key">(wr_[\w-]{43})</code>', page)
    assert found, page
    assert found[1] not in await ada.opens("/staff/keys")
    assert "Never used" in ada.page
    head = {"authorization": f"Bearer {found[1]}"}
    async with client_of(app) as program:
        assert (await program.get("/api/v1/handoffs", headers=head)).status_code == 200
        assert "Last used on" in await ada.opens("/staff/keys")
        async with app.state.house.database.transaction() as session:
            key = (await session.exec(select(StaffKey))).one()
        await ada.sends(f"/staff/keys/{key.id}/end")
        assert "That key has ended" in ada.page
        assert (await program.get("/api/v1/handoffs", headers=head)).status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        {"scope": "staff:write"},
        {"scope": "no:such"},
        {"scope": []},
        {"last_day": "2031-01-01"},
        {"last_day": "soon"},
        {"last_day": "9999-12-31"},
        {"name": ""},
        {"hub": "nowhere"},
    ],
)
async def test_a_key_that_would_be_too_much_is_not_made(
    app: FastAPI, clock: MovedClock, told: dict[str, str | list[str]]
) -> None:
    ada = await signed_in(app, "Ada", Role.ADMIN)
    await ada.opens("/staff/keys")
    good = {"name": "Case system", "last_day": clock.at.date().isoformat(), "hub": "", "scope": "queue:read"}
    answer = await ada.posts("/staff/keys", **{**good, **told})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    async with app.state.house.database.transaction() as session:
        assert (await session.exec(select(StaffKey))).all() == []


async def test_what_is_done_to_accounts_is_noted_and_what_is_refused_too(app: FastAPI, ada: AtTheDoor) -> None:
    await asks_in(ada, "Sam", "sam@example.org")
    await asks_in(ada, "Sam", "sam@example.org")
    sam = await account_of(app, "sam@example.org")
    assert sam is not None
    await ada.opens(f"/staff/team/{sam.id}")
    await ada.sends(f"/staff/team/{sam.id}/end")
    async with app.state.house.database.transaction() as session:
        rows = (await session.exec(select(AuditEntry).order_by(AuditEntry.place))).all()  # type: ignore[arg-type]
    told = [(row.action, row.outcome, row.record) for row in rows if row.action in {"inviteStaff", "endAccount"}]
    about = f"staff {sam.id}"
    assert told == [
        ("inviteStaff", Outcome.DONE, about),
        ("inviteStaff", Outcome.REFUSED, None),
        ("endAccount", Outcome.DONE, about),
    ]
