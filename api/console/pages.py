"""Console pages: how each is drawn, where one can go from it, and what it says was done."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.responses import HTMLResponse
from markupsafe import Markup

from api.console.access import ONCE, TOKEN, form_token
from api.pages import page
from api.staff.access import Visit
from waitingroom.roles import Role, Scope


@dataclass(frozen=True)
class Place:
    """Somewhere one can go from any page: its name, its address, who may."""

    words: str
    path: str
    scopes: frozenset[Scope] = frozenset()
    """one of these is needed; none: it is for everyone"""

    def open_to(self, visit: Visit) -> bool:
        """Say whether whoever visits may go there."""
        return not self.scopes or not self.scopes.isdisjoint(visit.caller.scopes)


PEOPLE = frozenset({Scope.QUEUE_READ})
TABS = (
    Place("Queue", "/staff", PEOPLE),
    Place("Caseload", "/staff/caseload", frozenset({Scope.PERSON_READ})),
    Place("Tasks", "/staff/tasks", frozenset({Scope.PERSON_READ})),
    Place("Reports", "/staff/reports", frozenset({Scope.REPORT_READ})),
    Place("More", "/staff/more"),
)
"""What stands on top of every page."""
ROLES: Mapping[Role, str] = {
    Role.PROVIDER: "provider",
    Role.LINK_WORKER: "link worker",
    Role.LEAD: "lead",
    Role.ADMIN: "admin",
    Role.AUDITOR: "auditor",
}
DONE: Mapping[str, str] = {
    "claimed": "You have picked this up. The bot is silent now: what you write goes to them.",
    "sent": "Your message is on its way.",
    "noted": "Noted.",
    "released": "It is back in the queue.",
    "handed-back": "They are back with the bot, and were told so.",
    "closed": "Closed. They were told.",
    "not-told": "Done. They asked for no more messages, so they were not told.",
    "settled": "Thank you. The alarm calls nobody any more.",
    "joined": "They are one now. You can part them again for 30 days.",
}
"""What a page may say was done: `?done=` names one of these, so no address can put words in our mouth."""


def draw(
    visit: Visit,
    template: str,
    facts: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Draw `api/templates/console/<template>` for whoever visits.

    Every template is given `me` (the Caller), `role`, `service`, `now`, `token`, `form_fields()` (the hidden
    fields that each form needs), `places`, `here` (the tab it belongs to; "" where none) and `done` (what was just
    done, in words); `facts` may name `here` and `done` otherwise.
    """
    token = form_token(visit.house.database.keys, visit.caller.session_id)
    every = {
        "me": visit.caller,
        "role": ROLES[visit.caller.role],
        "service": visit.house.desk.service,
        "now": visit.now,
        "token": token,
        "form_fields": lambda: _form_fields(token),
        "places": [place for place in TABS if place.open_to(visit)],
        "here": "",
        "done": "",
        "can_search": Scope.PERSON_READ in visit.caller.scopes,
    }
    return page(f"console/{template}", {**every, **facts}, status=status, headers=headers)


def done_words(key: str | None) -> str:
    """Say what was done, by its key; nothing for a key that is not ours."""
    return DONE.get(key or "", "")


def _form_fields(token: str) -> Markup:
    """Write the hidden fields: whose page the form is on, and a name of its own, so that it is done once."""
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return field.format(TOKEN, token) + field.format(ONCE, uuid.uuid4().hex)
