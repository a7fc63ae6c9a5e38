"""The page of one's own tasks: late, today and coming, ticked off in one press; and setting one."""

import uuid
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import Again, finish
from api.console.pages import draw
from api.staff.access import Deed, HandoffId, Visit
from api.staff.to_dos import today_of
from api.staff.work_models import LONGEST_LINE
from bot import reading
from waitingroom import caseload, to_dos
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.roles import Scope
from waitingroom.to_dos import When

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/tasks"
DONE = {
    "ticked": "Done.",
    "added": "It is on your list.",
    "changed": "Changed.",
    "undone": "It is back on your list.",
}
LATELY = timedelta(days=1)
"""How long what was ticked off can be put back from here."""
HEADINGS = {When.OVERDUE: "Late", When.TODAY: "Today", When.COMING: "Coming"}
KINDS = {"next_contact": "Contact them", "talk_through": "Talk this through with your lead"}
Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
ToDoId = Annotated[uuid.UUID, Path()]
Text = Annotated[str, Form(max_length=2000)]


class NoWordsError(RefusedError):
    """Write what is to be done, in 300 characters at most."""


class NoDayError(RefusedError):
    """Choose a day."""


@router.get(PAGE, operation_id="tasksPage")
async def tasks_page(visit: Reads, done: str = "") -> Response:
    """List what you have to do, by its day."""
    return await _page(visit, done=DONE.get(done, ""))


@router.post(PAGE, operation_id="addTaskForm")
async def add(deed: Changes, words: Text = "", due_on: Text = "") -> Response:
    """Set something to do that is about nobody."""

    async def work(session: Session) -> str:
        await _add(session, deed, words, due_on, None)
        return f"{PAGE}?done=added"

    return await finish(deed, work, again=_again(deed, words, due_on))


@router.post("/staff/handoffs/{handoff_id}/to-dos", operation_id="addTaskAboutForm")
async def add_about(handoff_id: HandoffId, deed: Changes, words: Text = "", due_on: Text = "") -> Response:
    """Set something to do about someone, from their page."""

    async def work(session: Session) -> str:
        held = await caseload.hold(session, handoff_id=handoff_id)
        await _add(session, deed, words, due_on, held.conversation_id)
        return f"/staff/handoffs/{handoff_id}?done=noted#to-dos"

    return await finish(deed, work, again=_again(deed, words, due_on))


@router.post("/staff/tasks/{to_do_id}/done", operation_id="tickOffForm")
async def tick_off(request: Request, to_do_id: ToDoId, deed: Changes) -> Response:
    """Tick one off."""
    version = str((await request.form()).get("version", ""))

    async def work(session: Session) -> str:
        read = int(version) if version.isdecimal() and len(version) < 10 else 0
        await to_dos.tick_off(
            session, to_do_id=to_do_id, caller=deed.caller, version=read, done=True, now=deed.now
        )
        return f"{PAGE}?done=ticked"

    return await finish(deed, work, again=_again(deed, "", ""))


def day_of(told: str) -> date:
    """Read a day as a page sends it, 2026-11-27. Raises NoDayError."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise NoDayError from None


async def _add(session: Session, deed: Deed, words: str, due_on: str, talk: uuid.UUID | None) -> None:
    told = reading.clean(words)
    if not told or len(told) > LONGEST_LINE:
        raise NoWordsError
    me = deed.caller.staff_id
    day = day_of(due_on)
    await to_dos.add(session, words=told, due_on=day, for_id=me, set_by=me, conversation_id=talk, now=deed.now)


def _again(deed: Deed, words: str, due_on: str) -> Again:
    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, trouble=trouble, status=status, typed={"words": words, "due_on": due_on})

    return again


async def _page(
    visit: Visit,
    *,
    done: str = "",
    trouble: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Response:
    today = today_of(visit)
    async with visit.house.database.transaction() as session:
        listed = {
            when: await to_dos.mine(session, staff_id=visit.caller.staff_id, today=today, when=when)
            for when in When
        }
        lately = await to_dos.ticked_off(session, staff_id=visit.caller.staff_id, since=visit.now - LATELY)
    facts = {
        "lists": [(HEADINGS[when], found) for when, found in listed.items()],
        "lately": lately,
        "kinds": KINDS,
        "today": today,
        "typed": {"words": "", "due_on": "", **(typed or {})},
        "trouble": trouble,
        "done": done,
        "may_write": Scope.REFERRAL_WRITE in visit.caller.scopes,
        "here": PAGE,
    }
    return draw(visit, "tasks.html", facts, status=status)
