"""The rest of the simulated Twilio: what may be asked of the account, its numbers, messages, media, templates."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.fakes.twilio_content import Template, made
from tests.fakes.twilio_messages import API, as_json
from tests.fakes.twilio_rules import RefusedError, bare
from tests.fakes.wire import Request, Response

if TYPE_CHECKING:
    from tests.fakes.twilio_api import TwilioApi

_META = {"page": 0, "page_size": 50, "next_page_url": None, "previous_page_url": None}


class Routes:
    """Every path but the one that sends."""

    def __init__(self, api: "TwilioApi") -> None:
        self.api = api
        self.base = f"{API}/Accounts/{api.account}"
        self.sending = f"{self.base}/Messages.json"
        self.number_sid = "PN" + "5" * 32
        self.status = "active"

    def answer(self, request: Request) -> Response:
        """Answer one request. Raises RefusedError."""
        path = request.path
        if path == f"{self.base}.json":
            return Response.of(200, self._account())
        if path.startswith("/v1/"):
            return self._newer(request, path.removeprefix("/v1/").split("/"))
        if not path.startswith(f"{self.base}/"):
            raise RefusedError(20404)
        parts = path.removeprefix(f"{self.base}/").removesuffix(".json").split("/")
        kinds: dict[str, Callable[[Request, list[str]], Response]] = {
            "IncomingPhoneNumbers": self._numbers,
            "Messages": self._messages,
        }
        if parts[0] not in kinds:
            raise RefusedError(20404)
        return kinds[parts[0]](request, parts[1:])

    def _account(self) -> dict[str, Any]:
        about = {"sid": self.api.account, "owner_account_sid": self.api.account, "friendly_name": "Waiting Room"}
        dates = dict.fromkeys(("date_created", "date_updated"), "Mon, 06 Apr 2026 09:00:00 +0000")
        return about | dates | {"status": self.status, "type": "Full", "uri": f"{self.base}.json"}

    def _numbers(self, request: Request, rest: list[str]) -> Response:
        if rest and rest != [self.number_sid]:
            raise RefusedError(20404)
        if request.method == "POST" and rest:
            told = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            self.api.sms_url = told.get("SmsUrl", self.api.sms_url)
            self.api.fallback_url = told.get("SmsFallbackUrl", self.api.fallback_url)
        if rest:
            return Response.of(200, self._number())
        wanted = request.query.get("PhoneNumber", self.api.number)
        found = [self._number()] if wanted == self.api.number else []
        return Response.of(200, self._page("incoming_phone_numbers", found))

    def _number(self) -> dict[str, Any]:
        return {
            "sid": self.number_sid,
            "account_sid": self.api.account,
            "phone_number": self.api.number,
            "friendly_name": self.api.number,
            "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
            "sms_url": self.api.sms_url,
            "sms_method": "POST",
            "sms_fallback_url": self.api.fallback_url,
            "sms_fallback_method": "POST",
            "status_callback": "",
            "status": "in-use",
            "uri": f"{self.base}/IncomingPhoneNumbers/{self.number_sid}.json",
        }

    def _messages(self, request: Request, rest: list[str]) -> Response:
        if len(rest) >= 2 and rest[1] == "Media":
            return self._media(request, rest[0], rest[2:])
        if not rest:
            to = request.query.get("To")
            found = [as_json(self.api, sent) for sent in reversed(self.api.sent) if to in {None, sent.to}]
            return Response.of(200, self._page("messages", found))
        sent = self.api.by_sid.get(rest[0])
        if sent is None or len(rest) > 1:
            raise RefusedError(20404)
        return Response.of(200, as_json(self.api, sent))

    def _media(self, request: Request, message: str, rest: list[str]) -> Response:
        kept = self.api.media.get(rest[0]) if len(rest) == 1 else None
        if kept is None:
            raise RefusedError(20404)
        kind, body = kept
        if request.method == "DELETE":
            del self.api.media[rest[0]]
            return Response(204, b"")
        if not request.path.endswith(".json"):
            return Response(200, body, kind)
        uri = f"{self.base}/Messages/{message}/Media/{rest[0]}.json"
        about = {"sid": rest[0], "account_sid": self.api.account, "parent_sid": message}
        return Response.of(200, about | {"content_type": kind, "uri": uri})

    def _page(self, name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            name: found,
            "page": 0,
            "page_size": 50,
            "start": 0,
            "end": max(0, len(found) - 1),
            "uri": f"{self.base}/x.json?PageSize=50&Page=0",
            "first_page_uri": f"{self.base}/x.json?PageSize=50&Page=0",
            "next_page_uri": None,
            "previous_page_uri": None,
        }

    def _newer(self, request: Request, rest: list[str]) -> Response:
        """Answer for the messaging services and the templates, which live on hosts of their own at Twilio's."""
        if rest[0] == "Services":
            return self._service(rest[1:])
        if rest[0] != "Content":
            raise RefusedError(20404)
        if len(rest) == 1:
            return self._contents(request)
        template = self.api.templates.get(rest[1])
        if template is None:
            raise RefusedError(20404)
        if rest[2:] == ["ApprovalRequests"]:
            status = "approved" if template.approved else "unsubmitted"
            return Response.of(200, {"sid": rest[1], "whatsapp": {"type": "whatsapp", "status": status}})
        if request.method == "DELETE":
            del self.api.templates[rest[1]]
            return Response(204, b"")
        return Response.of(200, self._content(rest[1], template))

    def _contents(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                template = made(json.loads(request.body))
            except ValueError as error:
                raise RefusedError(20001) from error
            sid = self.api.template(template)
            return Response.of(201, self._content(sid, template))
        found = [self._content(sid, template) for sid, template in self.api.templates.items()]
        return Response.of(200, {"contents": found, "meta": {"key": "contents", **_META}})

    def _content(self, sid: str, template: Template) -> dict[str, Any]:
        kinds = template.about.get("types") or {"twilio/text": {"body": template.body}}
        about = {"friendly_name": template.about.get("friendly_name", ""), "language": "en_GB", "types": kinds}
        about |= {"variables": template.about.get("variables", {})}
        return {"sid": sid, "account_sid": self.api.account, **about, "url": f"{self.api.url}/v1/Content/{sid}"}

    def _service(self, rest: list[str]) -> Response:
        if not rest or rest[0] != self.api.service:
            raise RefusedError(20404)
        if rest[1:] == ["PhoneNumbers"]:
            number = {"sid": self.number_sid, "phone_number": bare(self.api.number), "capabilities": ["SMS"]}
            return Response.of(200, {"phone_numbers": [number], "meta": {"key": "phone_numbers", **_META}})
        about = {"sid": rest[0], "account_sid": self.api.account, "friendly_name": "Waiting Room"}
        return Response.of(
            200, about | {"inbound_request_url": self.api.sms_url, "use_inbound_webhook_on_number": True}
        )
