"""One task: its words and its day changed, or put back on the list where it was ticked off by mistake."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import finish
from api.console.pages import draw
from api.console.tasks import KINDS, PAGE, NoWordsError, ToDoId, day_of
from api.staff.access import Deed, Visit
from api.staff.work_models import LONGEST_LINE
from bot import reading
from waitingroom import to_dos
from waitingroom.database import Session
from waitingroom.roles import Scope
from waitingroom.to_dos import Kind

router = APIRouter(tags=["console"], include_in_schema=False)

Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Text = Annotated[str, Form(max_length=2000)]


@router.get("/staff/tasks/{to_do_id}", operation_id="taskPage")
async def task_page(to_do_id: ToDoId, visit: Reads) -> Response:
    """Show one task, to be changed."""
    return await _page(visit, to_do_id)


@router.post("/staff/tasks/{to_do_id}", operation_id="changeTaskForm")
async def change(
    to_do_id: ToDoId, deed: Changes, words: Text = "", due_on: Text = "", version: Text = ""
) -> Response:
    """Change what is to be done, and by which day."""

    async def work(session: Session) -> str:
        told, day = reading.clean(words), day_of(due_on)
        stands = await to_dos.look(session, to_do_id=to_do_id, caller=deed.caller)
        if len(told) > LONGEST_LINE or (not told and stands.to_do.kind is Kind.TO_DO):
            raise NoWordsError
        await to_dos.change(
            session,
            to_do_id=to_do_id,
            caller=deed.caller,
            version=_number(version),
            words=told,
            due_on=day,
        )
        return f"{PAGE}?done=changed"

    async def again(trouble: str, status: int) -> Response:
        return await _page(
            deed, to_do_id, trouble=trouble, status=status, typed={"words": words, "due_on": due_on}
        )

    return await finish(deed, work, again=again)


@router.post("/staff/tasks/{to_do_id}/undo", operation_id="undoTaskForm")
async def undo(to_do_id: ToDoId, deed: Changes, version: Text = "") -> Response:
    """Put one that was ticked off back on the list."""

    async def work(session: Session) -> str:
        await to_dos.tick_off(
            session,
            to_do_id=to_do_id,
            caller=deed.caller,
            version=_number(version),
            done=False,
            now=deed.now,
        )
        return f"{PAGE}?done=undone"

    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, to_do_id, trouble=trouble, status=status)

    return await finish(deed, work, again=again)


def _number(told: str) -> int:
    return int(told) if told.isdecimal() and len(told) < 10 else 0


async def _page(
    visit: Visit,
    to_do_id: uuid.UUID,
    *,
    trouble: str = "",
    status: int = 200,
    typed: Mapping[str, str] | None = None,
) -> Response:
    async with visit.house.database.transaction() as session:
        one = await to_dos.look(session, to_do_id=to_do_id, caller=visit.caller)
    stands = {"words": one.words, "due_on": one.to_do.due_on.isoformat()}
    facts = {
        "one": one,
        "kind": KINDS.get(one.to_do.kind.value, ""),
        "typed": typed or stands,
        "trouble": trouble,
        "may_write": Scope.REFERRAL_WRITE in visit.caller.scopes,
        "here": PAGE,
    }
    return draw(visit, "task.html", facts, status=status)
