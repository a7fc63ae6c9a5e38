"""Every page of the console, found from the routes themselves, with real records: usable at every size."""

import re
import uuid
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import routing

from api.access import RULES, name_of
from api.app import create_app
from api.clock import Clock
from api.house import default_channels
from api.keys import read_keys
from api.settings import Settings
from bot.desk import Desk
from tests.browser.at_the_page import NARROW, SIZES, WIDE, keep_picture, within
from tests.browser.conftest import Browsing
from tests.signed_in import browser_cookie
from tests.two_hubs import lives_in, objects, open_hubs
from waitingroom import accounts, caseload, handoffs, hooks, staff
from waitingroom.database import Database
from waitingroom.roles import OF_ROLE, Role

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

NO_PAGES = {"queueEvents", "talkEvents", "attachmentFile", "calendarFile", "reportSheet"}
"""What a browser asks for that is no page: news, and files."""
AT_THE_DOOR = {"codePage", "setUpPage", "joinPage", "organisationStart", "organisationBack"}
"""Steps of signing in, each looked at by whoever walks through it (test_sign_in_pages)."""
PICTURED = {"queuePage", "handoffPage", "packPage", "morePage", "shortcutsPage"}
"""Pages whose pictures another walk takes (test_console)."""
SMALL = {"caseloadPage", "tasksPage", "meetingPage", "reportPage", "searchPage"}
ROLES = {
    Role.LINK_WORKER: "Sam Okafor",
    Role.LEAD: "Priya Shah",
    Role.ADMIN: "Ada Hughes",
    Role.AUDITOR: "Owen Price",
}
"""Who looks, by their role."""
ASKED = {"searchPage": "?q=Ann"}


def gets(routes: Any) -> Iterator[tuple[str, str]]:
    """Give what can be looked at in the console: the name of each operation, and its path."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            found = [
                (one.original_route, one.path_format, one.methods) for one in route.effective_route_contexts()
            ]
        elif isinstance(route, routing.APIRoute):
            found = [(route, route.path_format, route.methods)]
        else:
            continue
        for one, path, methods in found:
            if "GET" in methods and (path == "/staff" or path.startswith("/staff/")):
                yield name_of(one), path


def seen_by(name: str) -> Role:
    """Say whose page it is: the first role that may see it."""
    scopes = RULES[name].scopes
    return next(role for role in ROLES if not scopes or not scopes.isdisjoint(OF_ROLE[role]))


def records(settings: Settings, service: Any, net: Any) -> dict[str, str]:
    """Fill a hub, with an object of every kind, picked up by its link worker; give the parts of paths."""
    parts: dict[str, str] = {}

    async def fill() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        desk, clock = Desk(database, service, net, default_channels()), Clock(settings.data / "clock")
        app: Any = SimpleNamespace(state=SimpleNamespace(house=SimpleNamespace(database=database, clock=clock)))
        app.state.house.desk = desk
        hub = (await open_hubs(app))["Nelson"]
        now = clock.now()
        async with database.transaction() as session:
            for role, called in ROLES.items():
                await staff.welcome(session, name=called, role=role, hub_id=hub.id, now=now)
            sam = await staff.welcome(
                session, name=ROLES[Role.LINK_WORKER], role=Role.LINK_WORKER, hub_id=hub.id, now=now
            )
            await accounts.open_for(session, member=sam, email="sam@example.org", now=now)
        one = await lives_in(app, hub, by=sam.id)
        parts.update(await objects(app, one))
        async with database.transaction() as session:
            held = await handoffs.find(session, handoff_id=uuid.UUID(parts["handoff_id"]))
            await caseload.pick_up(session, handoff=held, staff_id=sam.id, version=held.version, now=now)
            facts: dict[str, Any] = {"address": "https://case.example.org/hook", "kinds": list(hooks.Kind)[:2]}
            made = await hooks.add(session, name="Case system", hub_id=hub.id, staff_id=sam.id, now=now, **facts)
            parts.update(hook_id=str(made[0].id), hub_id=str(hub.id))
        await database.close()

    within(fill)
    return parts


def test_every_page_is_usable_at_every_size_and_says_what_it_is(
    browse: Callable[..., Browsing], settings: Settings, service: Any, net: Any
) -> None:
    pages = dict(gets(create_app(settings, demo=True).routes))
    assert pages.keys() >= NO_PAGES | AT_THE_DOOR | PICTURED
    parts = records(settings, service, net)
    at: dict[Role | None, Browsing] = {None: browse(viewport=WIDE)}
    for each, called in ROLES.items():
        at[each] = browse(viewport=WIDE)
        cookie = browser_cookie(settings, at[each].home, called, each, uuid.UUID(parts["hub_id"]))
        at[each].context.add_cookies([cookie])
    tabs = {role: one.open("/staff/sign-in") for role, one in at.items()}
    trouble: list[str] = []
    titles: dict[str, str] = {}
    for name, path in pages.items():
        if name in NO_PAGES | AT_THE_DOOR:
            continue
        role = None if name == "signInPage" else seen_by(name)
        page = tabs[role]
        answer = page.goto(at[role].home + path.format(**parts) + ASKED.get(name, ""))
        if answer is None or answer.status != 200:
            trouble.append(f"{name}: {answer and answer.status}")
            continue
        titles[name] = page.title()
        if page.locator("h1").count() != 1:
            trouble.append(f"{name}: has {page.locator('h1').count()} h1")
        if re.search("<(span|div|p|a|b)[ >]", page.locator("body").inner_text()):
            trouble.append(f"{name}: shows its own markup")
        for size in SIZES:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found = Axe().run(page)
            if found.violations_count:
                trouble.append(f"{name} at {size['width']}: {found.generate_report()}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                trouble.append(f"{name} at {size['width']}: cut off sideways")
            if (size is WIDE or (size is NARROW and name in SMALL)) and name not in PICTURED:
                keep_picture(page, f"{name.removesuffix('Page')}-{'wide' if size is WIDE else 'narrow'}")
        assert at[role].elsewhere == [], name
    assert trouble == []
    bare = [name for name, title in titles.items() if not re.match(r"\w.* - Pendle Waiting Room$", title)]
    assert bare == []
