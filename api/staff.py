"""The staff API: hand-offs and people, at /api/v1, for link workers and the programs that work for them."""

from fastapi import APIRouter

from api import staff_handoffs, staff_people

router = APIRouter(prefix="/api/v1", tags=["staff"])
router.include_router(staff_handoffs.router)
router.include_router(staff_people.router)
