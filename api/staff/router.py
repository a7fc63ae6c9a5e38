"""The staff API: hand-offs, people and what they sent, at /api/v1, for link workers and their programs."""

from fastapi import APIRouter

from api.staff import absence as staff_absence
from api.staff import appointments as staff_appointments
from api.staff import attachments as staff_attachments
from api.staff import audit as staff_audit
from api.staff import authorities as staff_authorities
from api.staff import caseload as staff_caseload
from api.staff import complaints as staff_complaints
from api.staff import groups as staff_groups
from api.staff import handoffs as staff_handoffs
from api.staff import helps as staff_helps
from api.staff import hooks as staff_hooks
from api.staff import introductions as staff_introductions
from api.staff import matches as staff_matches
from api.staff import messages as staff_messages
from api.staff import notes as staff_notes
from api.staff import outcomes as staff_outcomes
from api.staff import people as staff_people
from api.staff import records as staff_records
from api.staff import reports as staff_reports
from api.staff import rights as staff_rights
from api.staff import search as staff_search
from api.staff import tasks as staff_tasks
from api.staff import timeline as staff_timeline
from api.staff import to_dos as staff_to_dos

router = APIRouter(prefix="/api/v1", tags=["staff"])
router.include_router(staff_handoffs.router)
router.include_router(staff_people.router)
router.include_router(staff_messages.router)
router.include_router(staff_appointments.router)
router.include_router(staff_absence.router)
router.include_router(staff_attachments.router)
router.include_router(staff_audit.router)
router.include_router(staff_outcomes.router)
router.include_router(staff_reports.router)
router.include_router(staff_introductions.router)
router.include_router(staff_authorities.router)
router.include_router(staff_matches.router)
router.include_router(staff_complaints.router)
router.include_router(staff_rights.router)
router.include_router(staff_records.router)
router.include_router(staff_tasks.router)
router.include_router(staff_groups.router)
router.include_router(staff_hooks.router)
router.include_router(staff_caseload.router)
router.include_router(staff_helps.router)
router.include_router(staff_notes.router)
router.include_router(staff_search.router)
router.include_router(staff_timeline.router)
router.include_router(staff_to_dos.router)
