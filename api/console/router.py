"""Every page of the console, under one router."""

from fastapi import APIRouter

from api import oidc
from api.console import (
    account,
    acts,
    audit,
    away,
    caseload,
    complaints,
    demo,
    events,
    glass,
    helps,
    hooks,
    join,
    keys,
    matches,
    meeting,
    meeting_acts,
    more,
    person,
    proof,
    queue,
    records,
    reports,
    search,
    sign_in,
    task,
    tasks,
    team,
    team_acts,
)

PAGES = (
    sign_in,
    demo,
    oidc,
    join,
    proof,
    account,
    team,
    team_acts,
    keys,
    hooks,
    queue,
    audit,
    glass,
    events,
    caseload,
    away,
    search,
    tasks,
    task,
    helps,
    more,
    person,
    reports,
    acts,
    meeting,
    meeting_acts,
    complaints,
    matches,
    records,
)

router = APIRouter()
for page in PAGES:
    router.include_router(page.router)
