"""A person at the chat page in a browser without JavaScript: reads forms, fills them in, sends them."""

import html
import re
from dataclasses import dataclass, field

import httpx2

FORM = re.compile(r'<form class="(?P<name>\w+)".*?</form>', re.DOTALL)
FIELD = re.compile(r"<(?:input|button|textarea)(?P<inside>[^>]*)>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Visitor:
    """One browser with its cookies. `page` is what it shows."""

    web: httpx2.AsyncClient
    page: str = ""
    status: int = 0
    answers: list[httpx2.Response] = field(default_factory=list)

    async def opens(self, path: str = "/chat") -> str:
        return self._show(await self.web.get(path, headers={"accept": "text/html"}))

    async def writes(self, *texts: str) -> str:
        for text in texts:
            await self.sends({**self.form("composer"), "text": text})
        return self.page

    async def presses(self, *labels: str) -> str:
        """Press the button with this label, or tick these boxes and send them."""
        values = [value for value in self.offered if value.partition(". ")[2] in labels]
        assert len(values) == len(labels), f"{labels} not all in {self.offered}"
        return await self.sends({**self.form("options"), "choice": values})

    async def sends(self, form: dict[str, object]) -> str:
        answer = await self.web.post("/chat/messages", data=form, headers={"accept": "text/html"})
        self.answers.append(answer)
        if answer.status_code == 303:
            return await self.opens(answer.headers["location"].partition("#")[0])
        return self._show(answer)

    def form(self, name: str) -> dict[str, object]:
        """Return the hidden fields of a form on the page."""
        form = next(found.group() for found in FORM.finditer(self.page) if found["name"] == name)
        fields = [dict(ATTRIBUTE.findall(found["inside"])) for found in FIELD.finditer(form)]
        return {one["name"]: html.unescape(one["value"]) for one in fields if one.get("type") == "hidden"}

    @property
    def offered(self) -> list[str]:
        fields = [dict(ATTRIBUTE.findall(found["inside"])) for found in FIELD.finditer(self.page)]
        return [html.unescape(one["value"]) for one in fields if one.get("name") == "choice"]

    @property
    def lines(self) -> list[str]:
        """What stands in the log, as text."""
        said = re.findall(r'<p class="said"[^>]*>(.*?)</p>', self.page, re.DOTALL)
        return [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in said]

    def _show(self, answer: httpx2.Response) -> str:
        self.page, self.status = answer.text, answer.status_code
        return self.page
