"""Forms of the console in a test: pressed as a browser without a script would."""

import re
import uuid

import httpx2
from httpx2 import Response


async def press(client: httpx2.AsyncClient, page: str, action: str, **fields: str) -> Response:
    """Send a form of a page: with the token that the page drew, and a name of its own."""
    drawn = (await client.get(page)).text
    found = re.search(r'name="token" value="([^"]+)"', drawn)
    assert found is not None, page
    told = {"token": found[1], "once": uuid.uuid4().hex, **fields}
    return await client.post(action, data=told, headers={"sec-fetch-site": "same-origin"})
