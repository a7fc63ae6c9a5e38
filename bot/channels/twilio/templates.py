"""The templates for WhatsApp's buttons and lists, kept with the provider and found there by name."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.channels.channel import MaybeSentError, TroubleError
from bot.channels.twilio.account import Account
from bot.channels.twilio.buttons import SHAPES, Shape

LOOK_AGAIN = timedelta(hours=1)
PAGE = 100
MOST_PAGES = 20


@dataclass
class Templates:
    """Which templates there are. They are looked up once, and again after an hour while some are missing."""

    account: Account
    _sids: dict[str, str] = field(default_factory=dict, init=False)
    _looked_at: datetime | None = field(default=None, init=False)

    async def sid(self, shape: Shape, *, now: datetime) -> str | None:
        """Return the content id of a template; None where it is not set up, or cannot be looked up now."""
        if shape.name not in self._sids and (self._looked_at is None or now - self._looked_at >= LOOK_AGAIN):
            self._looked_at = now
            try:
                self._sids = await there(self.account)
            except TroubleError:
                return None
        return self._sids.get(shape.name)

    def forget(self, shape: Shape) -> None:
        """Use a template no more: the provider would not take it."""
        self._sids.pop(shape.name, None)


async def there(account: Account) -> dict[str, str]:
    """List our templates with the provider: content ids by name. Raises a TroubleError."""
    wanted = {shape.name for shape in SHAPES}
    found: dict[str, str] = {}
    url: str | None = f"{account.content_api}/v1/Content?PageSize={PAGE}"
    for _ in range(MOST_PAGES):
        if url is None:
            break
        page = await account.ask("GET", url)
        try:
            found |= {one["friendly_name"]: one["sid"] for one in page["contents"]}
            url = _next(page["meta"].get("next_page_url"), account.content_api)
        except (KeyError, TypeError, AttributeError) as error:
            raise MaybeSentError from error
    return {name: sid for name, sid in found.items() if name in wanted}


async def set_up(account: Account) -> list[str]:
    """Make the templates that are missing, once for each number of answers; return their names.

    Used within 24 hours of the person's own message they need no approval. Raises a TroubleError.
    """
    known = await there(account)
    missing = [shape for shape in SHAPES if shape.name not in known]
    for shape in missing:
        await account.ask("POST", f"{account.content_api}/v1/Content", said=shape.made())
    return [shape.name for shape in missing]


def _next(told: object, api: str) -> str | None:
    """Return the next page's address, on our provider's own host only."""
    if not isinstance(told, str) or not told:
        return None
    rest = urlsplit(told)
    return f"{api}{rest.path}?{rest.query}"
