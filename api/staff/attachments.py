"""Attachments in the staff API: what people sent besides words, to be downloaded and never opened here."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ReadsPeople
from waitingroom import attachments
from waitingroom.attachments import Attachment

router = APIRouter()

GUARDS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Whatever a stranger sent: no browser runs it, guesses at it, frames it or keeps it."""
ENDINGS: Mapping[str, str] = {
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/plain": "txt",
}
"""File endings by media type; any other file ends in 'bin', which nothing opens by itself."""
BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
TYPES = ("audio/*", "image/*", "video/*", "application/pdf", "text/plain", "application/octet-stream")
HELD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What was sent, as it came.",
        "content": dict.fromkeys(TYPES, BYTES),
        "headers": {
            "Content-Disposition": {
                "description": "Always an attachment, under a name of ours.",
                "schema": {"type": "string"},
                "example": 'attachment; filename="voice-9f1c2f54.ogg"',
            }
        },
    }
}


@router.get(
    "/attachments/{attachment_id}",
    operation_id="getAttachment",
    response_class=Response,
    responses=HELD | documented(401, 403, 404, 422, 503),
)
async def attachment(
    attachment_id: Annotated[
        uuid.UUID,
        Path(description="The attachment's id.", examples=["9f1c2f54-6f0b-4f57-8f60-0c1d1a0c7d11"]),
    ],
    visit: ReadsPeople,
) -> Response:
    """Download a voice note, a picture or a file that nobody has checked. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        found = await attachments.find(session, attachment_id=attachment_id)
        body = await attachments.open_body(session, found)
    named = {"Content-Disposition": f'attachment; filename="{_name(found)}"'}
    return Response(body, headers={**GUARDS, **named}, media_type=found.mime)


def _name(found: Attachment) -> str:
    return f"{found.kind.value}-{found.id.hex[:8]}.{ENDINGS.get(found.mime, 'bin')}"
