"""The staff API: hand-offs, people and what they sent, at /api/v1, for link workers and their programs."""

from fastapi import APIRouter

from api import staff_attachments, staff_handoffs, staff_people

router = APIRouter(prefix="/api/v1", tags=["staff"])
router.include_router(staff_handoffs.router)
router.include_router(staff_people.router)
router.include_router(staff_attachments.router)
