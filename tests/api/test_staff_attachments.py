"""A link worker sees what a person sent beside words, and downloads it without any program in it running."""

import uuid
from typing import Any

import pytest
from fastapi import FastAPI

from api.house import House
from bot.messages import Attachment
from tests.at_work import AtWork, client_of, joins
from tests.talking import Speaker
from waitingroom import attachments, collecting
from waitingroom.attachments import Kind
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio


async def sends(app: FastAPI, person: Speaker, *things: tuple[Kind, str, bytes | None]) -> list[str]:
    """Someone sends things with their last message; those with bytes are fetched and kept. Returns their ids."""
    house: House = app.state.house
    message_id, conversation_id = person.turns[-1].message_id, person.turns[-1].conversation_id
    assert message_id
    ids = []
    for kind, mime, body in things:
        async with house.database.transaction() as session:
            await attachments.keep_note(
                session,
                message_id=message_id,
                conversation_id=conversation_id,
                channel="terminal",
                attachments=[Attachment(kind, uuid.uuid4().hex, mime, seconds=12)],
                now=person.now,
            )
        async with house.database.transaction() as session:
            known = await attachments.of_conversation(session, conversation_id=conversation_id)
            newest = next(one for one in known if str(one.id) not in ids)
            ids.append(str(newest.id))
            if body is not None:
                await collecting.kept(session, attachment_id=newest.id, mime=mime, body=body)
    return ids


async def entries(sam: AtWork) -> list[dict[str, Any]]:
    (line,) = await sam.queue()
    story = await sam.get(f"/handoffs/{line['id']}/story")
    assert story.status_code == 200, story.text
    return list(story.json()["timeline"])


async def test_the_story_shows_what_came_with_each_message(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    voice, picture = await sends(
        app, waiting_person, (Kind.VOICE, "audio/ogg", b"OggS"), (Kind.PICTURE, "image/jpeg", None)
    )
    told = {entry["id"]: entry["attachments"] for entry in await entries(sam)}
    with_things = {one["id"]: one for one in told.pop(waiting_person.turns[-1].message_id)}
    assert with_things == {
        voice: {
            "id": voice,
            "kind": "voice",
            "status": "kept",
            "mime": "audio/ogg",
            "size": 4,
            "seconds": 12,
            "problem": None,
            "href": f"/api/v1/attachments/{voice}",
        },
        picture: {
            "id": picture,
            "kind": "picture",
            "status": "wanted",
            "mime": "image/jpeg",
            "size": None,
            "seconds": 12,
            "problem": None,
            "href": None,
        },
    }
    assert set(map(len, told.values())) == {0}


async def test_a_link_worker_downloads_a_voice_note_that_no_browser_runs(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    (voice,) = await sends(app, waiting_person, (Kind.VOICE, "audio/ogg", b"OggS\x00\xff"))
    answer = await sam.get(f"/attachments/{voice}")
    assert (answer.status_code, answer.content) == (200, b"OggS\x00\xff")
    head = answer.headers
    assert head["content-type"] == "audio/ogg"
    assert head["content-disposition"] == f'attachment; filename="voice-{voice[:8]}.ogg"'
    assert head["x-content-type-options"] == "nosniff"
    assert head["cache-control"] == "no-store"
    assert head["content-security-policy"] == "default-src 'none'; sandbox"
    assert head["cross-origin-resource-policy"] == "same-origin"


async def test_a_file_of_an_unknown_type_has_a_name_nothing_opens(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    (file,) = await sends(app, waiting_person, (Kind.FILE, "application/octet-stream", b"<script>"))
    answer = await sam.get(f"/attachments/{file}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].endswith('.bin"')


async def test_what_is_not_kept_or_not_there_is_not_found(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    (wanted,) = await sends(app, waiting_person, (Kind.VOICE, "audio/ogg", None))
    for attachment_id in (wanted, uuid.uuid4()):
        answer = await sam.get(f"/attachments/{attachment_id}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    nameless = await sam.get("/attachments/voice")
    assert (nameless.status_code, nameless.json()["errors"][0]["pointer"]) == (422, "/path/attachment_id")


async def test_only_a_key_that_may_read_stories_opens_what_people_sent(
    app: FastAPI, waiting_person: Speaker
) -> None:
    (voice,) = await sends(app, waiting_person, (Kind.VOICE, "audio/ogg", b"OggS"))
    reader = await joins(app, "Sam", scopes=frozenset({Scope.PERSON_READ}))
    others = await joins(app, "Priya", scopes=frozenset(Scope) - {Scope.PERSON_READ})
    nobody = AtWork(client_of(app), "nobody", None)
    found = {}
    for worker in (reader, others, nobody):
        async with worker.client:
            found[worker.name] = (await worker.get(f"/attachments/{voice}")).status_code
    assert found == {"Sam": 200, "Priya": 403, "nobody": 401}


async def test_the_description_says_what_a_download_may_be(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/api/v1/attachments/{attachment_id}"]["get"]
    assert "application/json" not in operation["responses"]["200"]["content"]
    assert {"audio/*", "image/*", "application/octet-stream"} <= set(operation["responses"]["200"]["content"])
    assert set(operation["responses"]) == {"200", "401", "403", "404", "422", "429", "503"}
