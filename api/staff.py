"""The staff API: hand-offs, people and what they sent, at /api/v1, for link workers and their programs."""

from fastapi import APIRouter

from api import (
    staff_attachments,
    staff_authorities,
    staff_complaints,
    staff_groups,
    staff_handoffs,
    staff_introductions,
    staff_matches,
    staff_outcomes,
    staff_people,
    staff_rights,
    staff_tasks,
)

router = APIRouter(prefix="/api/v1", tags=["staff"])
router.include_router(staff_handoffs.router)
router.include_router(staff_people.router)
router.include_router(staff_attachments.router)
router.include_router(staff_outcomes.router)
router.include_router(staff_introductions.router)
router.include_router(staff_authorities.router)
router.include_router(staff_matches.router)
router.include_router(staff_complaints.router)
router.include_router(staff_rights.router)
router.include_router(staff_tasks.router)
router.include_router(staff_groups.router)
