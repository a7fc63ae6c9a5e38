"""Signing in to the console: invitation, password, code, recovery, sessions, and those who should not come in."""

import html
import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select

from api.console.access import cookie_name
from tests.at_work import client_of
from tests.entering import PASSWORD, AtTheDoor, MovedClock, at_the_door, invited, stopped_clock
from waitingroom import accounts, sign_ins, team
from waitingroom.accounts import StaffAccount
from waitingroom.audit import AuditEntry
from waitingroom.invitations import StaffInvitation
from waitingroom.sign_ins import NotRightError, SignInTries, TooManyTriesError
from waitingroom.staff_sessions import StaffSession

pytestmark = pytest.mark.anyio
SESSION = cookie_name(secure=False)
SAM = "sam@example.org"


@pytest.fixture
def clock(app: FastAPI) -> MovedClock:
    return stopped_clock(app)


@pytest.fixture
async def sam(app: FastAPI, clock: MovedClock) -> AtTheDoor:
    """Sam has joined and is signed in."""
    browser = at_the_door(app)
    await browser.joins(await invited(app, "Sam Okafor", SAM), clock)
    return browser


async def test_someone_invited_chooses_a_password_sets_up_codes_and_is_in(app: FastAPI, clock: MovedClock) -> None:
    sam = at_the_door(app)
    link = await invited(app, "Sam Okafor", SAM)
    assert "Sam Okafor" in await sam.opens(link)
    assert "12 letters" in await sam.sends(link, password="short")
    assert (sam.status, "aria-describedby" in sam.page) == (422, True)
    await sam.joins(link, clock)
    assert len(set(sam.recovery_codes)) == 10
    await sam.opens("/staff/account")
    assert (sam.status, "You have 10 left" in sam.page) == (200, True)
    assert SAM in sam.page


async def test_whoever_has_only_a_password_gets_no_further_than_setting_up_codes(
    app: FastAPI, clock: MovedClock
) -> None:
    link = await invited(app, "Sam Okafor", SAM)
    first = at_the_door(app)
    await first.sends(link, password=PASSWORD)
    assert first.path == "/staff/sign-in/set-up"
    later = at_the_door(app)
    await later.sends("/staff/sign-in", email=SAM, password=PASSWORD)
    assert later.path == "/staff/sign-in/set-up"
    await later.opens("/staff/account")
    assert later.path == "/staff/sign-in"
    await later.opens("/staff/sign-in/code")
    assert later.path == "/staff/sign-in/set-up"
    later.reads_secret()
    wrong = str((int(later.code(clock.at)) + 1) % 10**6).zfill(6)
    await later.sends("/staff/sign-in/set-up", code=wrong)
    assert later.status == 422
    await later.sends("/staff/sign-in/set-up", code=later.code(clock.at))
    assert later.recovery_codes


async def test_a_link_opens_once_and_for_two_days(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    link = await invited(app, "Priya Shah", "priya@example.org")
    priya = at_the_door(app)
    for _ in range(3):
        await priya.opens(link)
        assert priya.status == 200
    clock.moves(days=1, hours=23)
    await priya.joins(link, clock)
    thief = at_the_door(app)
    await thief.opens(link)
    assert (thief.status, "has been used" in thief.page) == (410, True)
    await thief.sends(link, password=PASSWORD)
    assert thief.status == 410
    late = await invited(app, "Lena", "lena@example.org")
    clock.moves(days=2)
    await thief.sends(late, password=PASSWORD)
    assert thief.status == 410
    assert (await thief.web.get("/staff/join/guess")).status_code == 410


async def test_no_link_password_code_or_session_stands_in_the_records(app: FastAPI, clock: MovedClock) -> None:
    link = await invited(app, "Sam Okafor", SAM)
    sam = at_the_door(app)
    await sam.joins(link, clock)
    secrets = [link.rpartition("/")[2], PASSWORD, sam.secret, sam.web.cookies[SESSION], SAM, *sam.recovery_codes]
    async with app.state.house.database.transaction() as session:
        names = await session.driver.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [str(row) for (name,) in names for row in await session.driver.fetch(f'SELECT * FROM "{name}"')]
    assert [one for one in secrets for row in rows if one in row] == []
    assert any("Sam Okafor" in row for row in rows), "the rows were really read"


async def test_someone_signs_in_with_password_and_code(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    again = at_the_door(app)
    again.secret = sam.secret
    await again.signs_in(" SAM@Example.org ", clock, where="/staff/account")
    assert (again.path, again.status) == ("/staff/account", 200)


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "/staff/../evil",
        "/staff//evil.example",
        "/staff@evil.example", "javascript:alert(1)",
        "/staff\r\nSet-Cookie: a=b", "/chat", "/staffing", "/staff/sign-in",
    ],
)  # fmt: skip
async def test_after_signing_in_nobody_is_sent_to_another_site(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor, where: str
) -> None:
    again = at_the_door(app)
    clock.moves(seconds=30)
    await again.opens(f"/staff/sign-in?next={quote(where)}")
    await again.web.post("/staff/sign-in", data={"email": SAM, "password": PASSWORD, "next": where})
    sent = await again.web.post("/staff/sign-in/code", data={"code": sam.code(clock.at), "next": where})
    assert (sent.status_code, sent.headers["location"]) == (303, "/staff")


async def test_a_code_is_taken_once_and_near_its_time(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    async def shows(code: str) -> int:
        other = at_the_door(app)
        await other.sends("/staff/sign-in", email=SAM, password=PASSWORD)
        return (await other.posts("/staff/sign-in/code", code=code)).status_code

    clock.moves(minutes=2)
    code = sam.code(clock.at)
    assert await shows(code) == 303
    assert await shows(code) == 422
    clock.moves(minutes=5)
    old = sam.code(clock.at)
    clock.moves(seconds=60)
    assert await shows(old) == 422
    late = sam.code(clock.at)
    clock.moves(seconds=30)
    assert await shows(f"{late[:3]} {late[3:]}") == 303


async def test_a_recovery_code_stands_in_once(app: FastAPI, clock: MovedClock) -> None:
    sam = at_the_door(app)
    await sam.joins(await invited(app, "Sam Okafor", SAM), clock)
    code = sam.recovery_codes[3]
    for told, status in ((code.upper().replace("-", " "), 303), (code, 422)):
        other = at_the_door(app)
        await other.sends("/staff/sign-in", email=SAM, password=PASSWORD)
        assert (await other.posts("/staff/sign-in/code", code=told)).status_code == status
    assert "You have 9 left" in await sam.opens("/staff/account")


async def test_five_wrong_codes_and_one_begins_again(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    clock.moves(seconds=30)
    other = at_the_door(app)
    await other.sends("/staff/sign-in", email=SAM, password=PASSWORD)
    wrong = str((int(sam.code(clock.at)) + 1) % 10**6).zfill(6)
    for _ in range(5):
        assert (await other.posts("/staff/sign-in/code", code=wrong)).status_code == 422
    await other.sends("/staff/sign-in/code", code=sam.code(clock.at))
    assert (other.path, "wrong codes" in other.page) == ("/staff/sign-in", True)


async def test_five_minutes_lie_between_password_and_code_at_most(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    other = at_the_door(app)
    await other.sends("/staff/sign-in", email=SAM, password=PASSWORD)
    clock.moves(minutes=5)
    await other.sends("/staff/sign-in/code", code=sam.code(clock.at))
    assert (other.path, "took too long" in other.page) == ("/staff/sign-in", True)


async def test_a_code_without_a_password_opens_nothing(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    clock.moves(seconds=30)
    stranger = at_the_door(app)
    await stranger.sends("/staff/sign-in/code", code=sam.code(clock.at))
    assert stranger.path == "/staff/sign-in"
    await stranger.sends("/staff/sign-in/set-up", code=sam.code(clock.at))
    assert stranger.path == "/staff/sign-in"


def from_address(app: FastAPI, number: int) -> AsyncClient:
    transport = ASGITransport(app=app, client=(f"203.0.113.{number}", 9))
    return AsyncClient(transport=transport, base_url="http://waitingroom.test", headers={"accept": "text/html"})


@pytest.mark.parametrize("email", [SAM, "nobody@example.org"])
async def test_after_ten_failures_an_account_is_left_alone_for_a_quarter_of_an_hour(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor, email: str
) -> None:
    async def tries(number: int, password: str) -> tuple[int, str]:
        async with from_address(app, number) as web:
            answer = await web.post("/staff/sign-in", data={"email": email, "password": password})
        return answer.status_code, html.unescape(answer.text)

    for number in range(10):
        status, page = await tries(number, "wrong wrong wrong")
        assert (status, NotRightError().words in page) == (422, True)
    status, page = await tries(20, PASSWORD)
    assert (status, TooManyTriesError().words in page) == (429, True)
    clock.moves(minutes=14)
    assert (await tries(21, PASSWORD))[0] == 429
    clock.moves(minutes=1, seconds=1)
    assert (await tries(22, PASSWORD))[0] == (303 if email == SAM else 422)


async def test_failures_are_counted_however_many_come_at_once(app: FastAPI, clock: MovedClock) -> None:
    import asyncio

    house = app.state.house

    async def one() -> bool:
        async with house.database.transaction() as session:
            return await sign_ins.count_try(session, email=SAM, address=str(id(object())), now=clock.at)

    assert sum(await asyncio.gather(*(one() for _ in range(25)))) == 10


async def test_one_address_may_not_try_account_after_account(app: FastAPI, clock: MovedClock) -> None:
    house = app.state.house

    async def tries(number: int, address: str) -> bool:
        async with house.database.transaction() as session:
            return await sign_ins.count_try(session, email=f"{number}@example.org", address=address, now=clock.at)

    let_in = [await tries(number, "203.0.113.7") for number in range(40)]
    assert (sum(let_in), all(let_in[:30])) == (30, True)
    assert await tries(99, "203.0.113.8")
    async with house.database.transaction() as session:
        kept = [str(row) for row in await session.driver.fetch("SELECT * FROM rate")]
    assert [row for row in kept if "203.0.113" in row] == []


async def test_someone_who_comes_in_begins_again_from_none(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    for _ in range(8):
        await at_the_door(app).sends("/staff/sign-in", email=SAM, password="wrong wrong wrong")
    await sam.signs_in(SAM, clock)
    async with app.state.house.database.transaction() as session:
        assert (await session.exec(select(SignInTries))).all() == []


async def test_a_password_alone_does_not_wipe_out_what_failed_before(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    thief = at_the_door(app)
    for _ in range(10):
        await thief.sends("/staff/sign-in", email=SAM, password=PASSWORD)
        await thief.sends("/staff/sign-in/code", code="000000")
    assert (await thief.posts("/staff/sign-in", email=SAM, password=PASSWORD)).status_code == 429


async def test_an_account_that_is_not_there_is_answered_with_as_much_work(
    app: FastAPI, sam: AtTheDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time itself is measured where nobody else works; here, that the same slow hash is held against."""
    from waitingroom import passwords

    held: list[str] = []
    verify = passwords.HASHER.verify

    def counted(told: str, kept: str) -> bool:
        held.append(kept.split("$")[3])
        return verify(told, kept)

    monkeypatch.setattr(passwords.HASHER, "verify", counted)
    pages = []
    for email in (SAM, "nobody@example.org"):
        answer = await at_the_door(app).posts("/staff/sign-in", email=email, password="wrong wrong wrong")
        pages.append((answer.status_code, answer.text.replace(email, "")))
    assert held == ["m=65536,t=3,p=4"] * 2
    assert pages[0] == pages[1]


async def test_a_session_known_before_signing_in_is_worth_nothing_after(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    planted = "a" * 43
    victim = at_the_door(app)
    victim.secret = sam.secret
    victim.web.cookies.set(SESSION, planted, domain="waitingroom.test", path="/")
    await victim.signs_in(SAM, clock, where="/staff/account")
    assert victim.path == "/staff/account"
    assert planted not in [one.value for one in victim.web.cookies.jar]
    thief = at_the_door(app)
    thief.web.cookies.set(SESSION, planted)
    await thief.opens("/staff/account")
    assert thief.path == "/staff/sign-in"


async def test_signing_in_again_ends_the_session_this_browser_had(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    before = sam.web.cookies[SESSION]
    await sam.signs_in(SAM, clock)
    assert sam.web.cookies[SESSION] != before
    thief = at_the_door(app)
    thief.web.cookies.set(SESSION, before)
    await thief.opens("/staff/account")
    assert thief.path == "/staff/sign-in"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    clock.moves(seconds=30)
    other = at_the_door(app)
    first = await other.posts("/staff/sign-in", email=SAM, password=PASSWORD)
    second = await other.posts("/staff/sign-in/code", code=sam.code(clock.at))
    for answer in (first, second):
        told = answer.headers["set-cookie"]
        assert "HttpOnly" in told
        assert "SameSite=Strict" in told
    assert cookie_name(secure=True).startswith("__Host-")


@pytest.mark.parametrize(
    "path", ["/staff/sign-in", "/staff/sign-in/code", "/staff/sign-in/set-up", "/staff/sign-in/demo"]
)
async def test_a_form_of_another_site_signs_nobody_in(app: FastAPI, path: str) -> None:
    async with client_of(app) as web:
        for head in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = await web.post(path, data={"email": SAM, "password": PASSWORD, "as": "sam"}, headers=head)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_sessions_end_after_half_an_hour_of_silence_and_after_twelve_hours(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    clock.moves(minutes=29)
    await sam.opens("/staff/account")
    assert sam.path == "/staff/account"
    clock.moves(minutes=30)
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"
    await sam.signs_in(SAM, clock)
    for _ in range(24):
        clock.moves(minutes=29)
        await sam.opens("/staff/account")
        assert sam.path == "/staff/account"
    clock.moves(minutes=25)
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"


async def test_signing_out_takes_a_post_and_is_final(app: FastAPI, sam: AtTheDoor) -> None:
    kept = sam.web.cookies[SESSION]
    await sam.opens("/staff/account")
    assert (await sam.web.get("/staff/sign-out")).headers["location"] == "/staff"
    assert (await sam.web.post("/staff/sign-out")).status_code == 403
    await sam.sends("/staff/sign-out")
    assert sam.path == "/staff/sign-in"
    sam.web.cookies.set(SESSION, kept)
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"


async def test_everywhere_one_is_signed_in_is_listed_and_each_can_be_ended(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    other = at_the_door(app)
    other.secret = sam.secret
    other.web.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await other.signs_in(SAM, clock)
    await sam.opens("/staff/account")
    assert "Firefox on Linux" in sam.page
    assert "140" not in re.sub("<[^>]*>", " ", sam.page)  # what is read: names in addresses are random
    assert sam.page.count("(this one)") == 1
    ends = re.findall(r'action="(/staff/account/sessions/[\w-]+/end)"', sam.page)
    assert len(ends) == 2
    async with app.state.house.database.transaction() as session:
        rows = (await session.exec(select(StaffSession))).all()
    theirs = next(row for row in rows if row.browser == "Firefox on Linux")
    await sam.sends(f"/staff/account/sessions/{theirs.id}/end")
    assert "signed out" in sam.page
    await other.opens("/staff/account")
    assert other.path == "/staff/sign-in"
    await sam.opens("/staff/account")
    assert sam.path == "/staff/account"
    await sam.sends("/staff/account/sign-out-everywhere")
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"


async def test_nobody_ends_the_session_of_another(app: FastAPI, clock: MovedClock, sam: AtTheDoor) -> None:
    priya = at_the_door(app)
    await priya.joins(await invited(app, "Priya Shah", "priya@example.org"), clock)
    async with app.state.house.database.transaction() as session:
        found = await accounts.by_email(session, email=SAM)
        assert found is not None
        rows = (await session.exec(select(StaffSession).where(StaffSession.staff_id == found[0].id))).all()
    await priya.opens("/staff/account")
    token = priya.hidden("/staff/account/sign-out-everywhere")
    answer = await priya.web.post(f"/staff/account/sessions/{rows[0].id}/end", data=token)
    assert answer.status_code == 404
    await sam.opens("/staff/account")
    assert sam.path == "/staff/account"


async def test_a_changed_password_asks_for_both_proofs_and_ends_every_other_session(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    other = at_the_door(app)
    other.secret = sam.secret
    await other.signs_in(SAM, clock)
    await sam.opens("/staff/account")
    before, new = sam.web.cookies[SESSION], "green lamp over the harbour"

    async def changes(current: str, to: str, code: str) -> int:
        told = {"current_password": current, "new_password": to, "password_code": code}
        return (await sam.posts("/staff/account/password", **told)).status_code

    clock.moves(minutes=10)
    code = sam.code(clock.at)
    assert await changes("not my password", new, code) == 422
    assert await changes(PASSWORD, new, "000000") == 422
    assert await changes(PASSWORD, "Sam Okafor 12345", code) == 422
    assert await changes(PASSWORD, new, code) == 303
    assert sam.web.cookies[SESSION] != before
    await other.opens("/staff/account")
    assert other.path == "/staff/sign-in"
    await sam.opens("/staff/account")
    assert sam.path == "/staff/account"
    await other.signs_in(SAM, clock, password=new, where="/staff/account")
    assert other.path == "/staff/account"
    assert (await at_the_door(app).posts("/staff/sign-in", email=SAM, password=PASSWORD)).status_code == 422


async def test_an_open_screen_gives_nobody_endless_guesses_at_the_password(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    await sam.opens("/staff/account")
    pages = [
        (
            await sam.posts(
                "/staff/account/recovery-codes", recovery_password=f"guess number {n}", recovery_code="1"
            )
        ).text
        for n in range(6)
    ]
    assert ["too many codes" in page for page in pages] == [False] * 5 + [True]


async def test_new_recovery_codes_void_the_old_ones(app: FastAPI, clock: MovedClock) -> None:
    sam = at_the_door(app)
    await sam.joins(await invited(app, "Sam Okafor", SAM), clock)
    old = sam.recovery_codes
    await sam.opens("/staff/account")
    clock.moves(seconds=30)
    told = {"recovery_password": PASSWORD, "recovery_code": sam.code(clock.at)}
    await sam.sends("/staff/account/recovery-codes", **told)
    new = sam.recovery_codes
    assert (len(new), set(new) & set(old)) == (10, set())
    other = at_the_door(app)
    await other.sends("/staff/sign-in", email=SAM, password=PASSWORD)
    assert (await other.posts("/staff/sign-in/code", code=old[0])).status_code == 422
    assert (await other.posts("/staff/sign-in/code", code=new[0])).status_code == 303


async def test_someone_with_a_new_phone_sets_up_another_authenticator(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    await sam.opens("/staff/account")
    clock.moves(seconds=30)
    old = sam.secret
    told = {"authenticator_password": PASSWORD, "authenticator_code": sam.code(clock.at)}
    await sam.sends("/staff/account/authenticator", **told)
    assert sam.path == "/staff/sign-in/set-up"
    sam.reads_secret()
    assert sam.secret != old
    await sam.sends("/staff/sign-in/set-up", code=sam.code(clock.at))
    assert sam.recovery_codes
    other = at_the_door(app)
    other.secret = old
    await other.signs_in(SAM, clock)
    assert other.status == 422


async def test_an_ended_account_is_out_at_once_and_stays_out(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    async with app.state.house.database.transaction() as session:
        found = await accounts.by_email(session, email=SAM)
        assert found is not None
        await team.end(session, staff_id=found[0].id, by=None, now=clock.at)
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in"
    assert (await sam.posts("/staff/sign-in", email=SAM, password=PASSWORD)).status_code == 422


async def test_one_press_signs_in_to_the_demo_and_to_nothing_else(app: FastAPI) -> None:
    browser = at_the_door(app)
    await browser.opens("/staff/sign-in")
    assert "This is the demo" in browser.page
    answer = await browser.posts("/staff/sign-in/demo", **{"as": "sam"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    await browser.opens("/staff/account")
    assert "Sam Okafor, link worker" in browser.page
    assert (await browser.web.post("/staff/sign-in/demo", data={"as": "mallory"})).status_code == 404

    house = app.state.house
    for changed in ({"demo": False}, {"settings": house.settings.model_copy(update={"host": "0.0.0.0"})}):
        for name, value in changed.items():
            before = getattr(house, name)
            object.__setattr__(house, name, value)
            try:
                other = at_the_door(app)
                assert "This is the demo" not in await other.opens("/staff/sign-in")
                answer = await other.posts("/staff/sign-in/demo", **{"as": "sam"})
                assert (answer.status_code, "set-cookie" in answer.headers) == (404, False)
            finally:
                object.__setattr__(house, name, before)


async def test_who_signed_in_joined_and_signed_out_is_noted(
    app: FastAPI, clock: MovedClock, sam: AtTheDoor
) -> None:
    await sam.signs_in(SAM, clock, where="/staff/account")
    await sam.sends("/staff/sign-out")
    async with app.state.house.database.transaction() as session:
        found = await accounts.by_email(session, email=SAM)
        assert found is not None
        rows = (await session.exec(select(AuditEntry).where(AuditEntry.staff_id == found[0].id))).all()
    assert [row.action for row in rows] == ["joinForm", "signIn", "signIn", "signOut"]


async def test_a_page_of_the_door_says_what_is_wrong_beside_the_field_and_on_top(app: FastAPI) -> None:
    browser = at_the_door(app)
    await browser.sends("/staff/sign-in", email="", password="")
    assert browser.status == 422
    assert "<title>Error: Sign in" in browser.page
    for name, kind in (("email", "username"), ("password", "current-password")):
        assert f'href="#{name}"' in browser.page
        field = re.search(rf'<input[^>]*id="{name}"[^>]*>', browser.page)
        assert field is not None
        assert f'autocomplete="{kind}"' in field[0]
        assert f"{name}-error" in field[0]
        assert "onpaste" not in field[0]


async def test_nothing_stands_open_in_an_account_that_was_only_invited(app: FastAPI) -> None:
    await invited(app, "Sam Okafor", SAM)
    answer = await at_the_door(app).posts("/staff/sign-in", email=SAM, password=PASSWORD)
    assert answer.status_code == 422
    async with app.state.house.database.transaction() as session:
        account = (await session.exec(select(StaffAccount))).one()
        assert account.password_hash is None
        assert (await session.exec(select(StaffInvitation))).one().used_at is None
