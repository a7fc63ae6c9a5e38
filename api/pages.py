"""Pages: how every page is drawn, which headers guard it, and where its own files come from."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.logs import log
from bot.words import words_in

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = Path(str(files("api"))) / "static"
STYLE = "built/style.css"
"""What `make assets` builds; without it the pages are plain, and still work."""
LANGUAGE = "en"
NEUTRAL = "https://www.bbc.co.uk/weather"
"""Where the way out leads: a page that anyone may have been reading."""
COMPONENTS = {
    "back-link": "backLink",
    "button": "button",
    "card": "card",
    "checkboxes": "checkboxes",
    "date-input": "dateInput",
    "details": "details",
    "error-summary": "errorSummary",
    "fieldset": "fieldset",
    "input": "input",
    "inset-text": "insetText",
    "pagination": "pagination",
    "radios": "radios",
    "select": "select",
    "skip-link": "skipLink",
    "summary-list": "summaryList",
    "tables": "table",
    "tag": "tag",
    "textarea": "textarea",
    "warning-callout": "warningCallout",
}
"""The parts of NHS.UK frontend that our pages are made of: folder and macro."""
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
GUARDS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Not `no-referrer`: under it browsers post our own forms with `Origin: null`, and the only proof
    # that old phones give of where a post comes from is gone. Other sites are told nothing either way.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Sent with every page: nothing from another host, in no frame, kept in no cache."""
YEAR = 365 * 24 * 60 * 60
"""Seconds a file may be kept: its address changes when it does."""


def page(
    template: str,
    facts: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Draw `api/templates/<template>` with `facts`, guarded by the security headers."""
    drawn = environment().get_template(template).render(facts)
    return HTMLResponse(drawn, status, {**GUARDS, **(headers or {})})


@cache
def environment() -> "Environment":
    """Return what draws templates: everything is escaped, and a fact that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(_=words_in(LANGUAGE).say, static=static, language=LANGUAGE, neutral=NEUTRAL)
    made.globals.update(_components())
    return made


def _components() -> dict[str, Callable[..., str]]:
    """Return NHS.UK frontend's macros. They count on missing facts, so they are drawn in a world of their own."""
    from jinja2 import ChainableUndefined, Environment, PackageLoader

    theirs = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return {
        macro: getattr(theirs.get_template(f"nhsuk/components/{folder}/macro.jinja").module, macro)
        for folder, macro in COMPONENTS.items()
    }


@cache
def static(name: str) -> str:
    """Return the address of one of our own files, which changes whenever the file does."""
    try:
        content = (STATIC / name).read_bytes()
    except FileNotFoundError:
        return f"/static/{name}"
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


class OwnFiles(StaticFiles):
    """Our own style, script and pictures: kept by browsers, since a changed file has a new address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file, guarded."""
        response = await super().get_response(path, scope)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if response.status_code < 400 and scope["query_string"]:
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response


def mount_static(app: FastAPI) -> None:
    """Serve our own files under /static; say so where the style has not been built."""
    if not (STATIC / STYLE).exists():
        log.warning("The pages have no style yet. To build it, run: make assets")
    app.mount("/static", OwnFiles(directory=STATIC), name="static")
