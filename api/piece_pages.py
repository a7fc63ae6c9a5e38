"""The longer page of each self-care piece: open to anyone, the same for everyone, and nobody is named in it."""

import hashlib
from urllib.parse import urlsplit

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from api import errors
from api.pages import LANGUAGE, page
from api.webchat import TheHouse
from bot.longer import PLACE
from bot.words import _, words_in
from content import Item
from content.markdown import as_html

router = APIRouter(tags=["chat"], include_in_schema=False)

CACHE = "no-cache"
"""A browser may keep it, and asks each time whether it has changed: nothing is shown past its day."""
NOT_HERE = _(
    "We may be reading it again, to see that it is still right. In the chat, send MORE for something else to try."
)


@router.get(PLACE + "{key}")
async def piece(request: Request, house: TheHouse, key: str) -> Response:
    """Show one piece with its cost, its source and when it was read through; 404 in kind words past its day."""
    service, now = house.desk.service, house.clock.now()
    item = service.content.items.get(key)
    if item is None or not item.is_for(nation=service.nation, today=now.astimezone(service.zone).date()):
        return errors.answer(request, 404, words_in(LANGUAGE).say(NOT_HERE))
    drawn = page(
        "piece.html", {"service": service, "piece": item, **_facts(item)}, headers={"Cache-Control": CACHE}
    )
    drawn.headers["ETag"] = tag = f'"{hashlib.sha256(drawn.body).hexdigest()[:20]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={name: drawn.headers[name] for name in ("ETag", "Cache-Control")})
    return drawn


def _facts(item: Item) -> dict[str, str]:
    return {
        "body": Markup(as_html(item.page)),  # noqa: S704 -- HTML that stood in the page was escaped as it was drawn
        "cost": item.cost[:1].upper() + item.cost[1:],
        "source": urlsplit(item.source).netloc.removeprefix("www."),
        "reviewed_on": format_date(item.reviewed_on, "d MMMM y", locale="en_GB"),
    }
