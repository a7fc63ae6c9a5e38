"""Twilio's webhooks: text messages and WhatsApp that come in, and receipts for what went out."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from api import taking
from api.house import House
from bot.channels.twilio import reading
from bot.channels.twilio.names import INBOUND, NAME_SMS, NAME_WHATSAPP, STATUS
from bot.channels.twilio.signature import Form, genuine, genuine_json

router = APIRouter(tags=["webhooks"], include_in_schema=False)

SIGNATURE = "X-Twilio-Signature"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""What we say goes out by the outbox: in the answer to Twilio it could be neither followed nor repeated."""


async def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(_house)]


async def _form(request: Request, house: TheHouse) -> Form:
    """Read a form that Twilio signed for this very address. Raises HTTPException 403 for anything else.

    The address is the one in our settings with the path and query of this request; the host that the request
    names for itself is never asked.
    """
    token, public = house.settings.twilio_token, house.settings.public_url
    if token is None or not token.get_secret_value() or not public:
        raise HTTPException(403)
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = f"{public}{request.url.path}" + (f"?{query}" if query else "")
    facts = {"token": token.get_secret_value(), "url": url, "signature": request.headers.get(SIGNATURE, "")}
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        if not genuine_json(body=body, **facts):
            raise HTTPException(403)
        return _fields_of(body)
    try:
        form = Form.read(body)
    except ValueError:
        raise HTTPException(403) from None
    if not genuine(form=form, **facts):
        raise HTTPException(403)
    return form


Signed = Annotated[Form, Depends(_form)]


@router.post(INBOUND)
async def came_in(house: TheHouse, form: Signed) -> Response:
    """Take a text or WhatsApp message. It is committed, and the answer queued, when this returns 200.

    Where the records are away it is 503: Twilio then posts once more, to the fallback address, which should be
    this one too. A message posted twice is heard once.
    """
    settings = house.settings
    numbers = {NAME_SMS: settings.sms_from, NAME_WHATSAPP: settings.whatsapp_from}
    ours = {name: number for name, number in numbers.items() if name in house.desk.channels}
    arrival = reading.inbound(form, ours=ours, at=house.clock.now())
    await taking.keep(house, arrival, raw=json.dumps(form.fields))
    return _thanks()


@router.post(STATUS)
async def became(request: Request, house: TheHouse, form: Signed) -> Response:
    """Take a receipt. Unknown, repeated and late ones are thanked for too, and change nothing."""
    arrival = reading.receipt(form, message=request.query_params.get("message", ""), at=house.clock.now())
    if arrival is not None:
        await taking.keep(house, arrival, raw=json.dumps(form.fields))
    return _thanks()


def _fields_of(body: bytes) -> Form:
    """Read a JSON body as the form Twilio would have sent; one that is no object has no fields."""
    try:
        told = json.loads(body)
    except ValueError:
        return Form()
    return (
        Form(tuple((str(name), str(value)) for name, value in told.items())) if isinstance(told, dict) else Form()
    )


def _thanks() -> Response:
    return Response(NOTHING_TO_SAY, media_type="text/xml")
