"""Signing in with an organisation's own accounts: OpenID Connect, by code, with PKCE, state and nonce.

authlib is an extra, and is loaded only where a provider is set. The provider is the one host this dials to.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.console.door import begin_session, door, form_from_here, house_of, local, onward, signed_in, trouble
from api.console.sign_in import enter
from api.house import House
from api.limits import for_strangers
from api.logs import log
from api.pages import GUARDS
from api.public_addresses import NOWHERE, AddressError, checked
from api.settings import LOOPBACK, Settings
from waitingroom import accounts
from waitingroom.columns import KeyRing, UnreadableError

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]

router = APIRouter(
    prefix="/staff/sign-in/organisation",
    tags=["console"],
    include_in_schema=False,
    dependencies=[Depends(for_strangers)],
)

BEGIN = "/staff/sign-in/organisation"
SCOPE = "openid email"
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only signatures with a key pair: "none", and keys that both sides know, are refused (RFC 8725, section 3.1)."""
LASTS = timedelta(minutes=10)
PATIENCE = 5.0
MOST_BYTES = 1024 * 1024
"""The longest answer of a provider that is read."""
LEEWAY = 60
"""Seconds their clock may differ from ours."""
WHERE = "oidc:under-way"
NO_ACCOUNT = "There is no account here for that e-mail address. Ask a lead or an admin to invite you."
LATE = "That took too long, or began in another browser. Please begin again."
AWAY = "Your organisation's sign-in does not answer as it should. Please try again, or use your password."


class ProviderError(Exception):
    """The provider does not answer as it should."""


@dataclass(frozen=True)
class UnderWay:
    """A sign-in that was sent to the provider, as this browser keeps it: sealed, in a cookie."""

    state: str
    nonce: str
    verifier: str
    where: str
    until: str


@router.get("", operation_id="organisationStart")
async def start(request: Request, where: Annotated[str, Query(alias="next", max_length=500)] = "") -> Response:
    """Send the browser to the provider. Nothing is kept here."""
    house = house_of(request)
    _check_set(house.settings)
    until = house.clock.now() + LASTS
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    one = UnderWay(state, nonce, verifier, local(where), until.isoformat())
    try:
        async with _client(house, request) as client:
            known = await _metadata(client, house.settings.oidc_issuer)
            address, _state = client.create_authorization_url(
                known["authorization_endpoint"], state=one.state, nonce=one.nonce, code_verifier=one.verifier
            )
    except ProviderError:
        return trouble(house, "That did not work", AWAY, status=502)
    response = RedirectResponse(address, 303, dict(GUARDS))
    _keep(response, house, one)
    return response


@router.get("/back", operation_id="organisationBack")
async def back(request: Request, code: str = "", state: str = "") -> Response:
    """Come back from the provider: a page whose button goes on. To look at an address must sign nobody in."""
    house = house_of(request)
    _check_set(house.settings)
    if not code or not state:
        return trouble(house, "You are not signed in", "Your organisation did not let you in.", status=403)
    return door(house, "organisation.html", {"code": code, "state": state})


@router.post("/finish", operation_id="organisationForm")
async def finish(request: Request) -> Response:
    """Ask the provider who came, and sign in whoever has an account here."""
    house, form = house_of(request), await form_from_here(request, longest=4000)
    _check_set(house.settings)
    one = _under_way(request, house, house.clock.now())
    if one is None or not hmac.compare_digest(one.state.encode(), form.get("state", "").encode()):
        return trouble(house, "Please begin again", LATE, status=403)
    try:
        async with _client(house, request) as client:
            claims = await _who(client, house.settings, form.get("code", ""), one)
    except ProviderError:
        return trouble(house, "That did not work", AWAY, status=502)
    async with house.database.transaction() as session:
        email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        found = await accounts.by_email(session, email=email) if email else None
        if found is None or found[0].ended_at is not None:
            return trouble(house, "You have no account here", NO_ACCOUNT, status=403)
        enough = house.settings.oidc_brings_second_factor
        cookie = await begin_session(session, request, found[0].id) if enough else None
    secure = house.settings.secure_cookies
    if cookie is None:
        response = await enter(house, found[0].id, one.where)
    else:
        response = signed_in(onward(one.where), cookie, secure=secure)
    response.delete_cookie(_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
    return response


def is_set(settings: Settings) -> bool:
    """Say whether a provider is set up."""
    return bool(settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret)


def may_dial(address: str, issuer: str) -> bool:
    """Say whether this address may be dialled: HTTPS, or this machine where the issuer is on it too.

    What the provider names may be on the public internet, or on the machine that the settings name: a provider
    that was taken over leads to nothing else inside.
    """
    try:
        told, home = urlsplit(address), urlsplit(issuer)
        if told.hostname in LOOPBACK and home.hostname in LOOPBACK:
            return told.scheme == "http"
        same = told.hostname == home.hostname and told.port == home.port
        return told.scheme == "https" and bool(told.hostname) and (same or bool(checked(address, here=NOWHERE)))
    except (AddressError, ValueError):
        return False


def _check_set(settings: Settings) -> None:
    if not is_set(settings):
        raise HTTPException(404)


def _client(house: House, request: Request) -> "AsyncOAuth2Client":
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    from api.oidc_dialling import Outward

    settings = house.settings
    assert settings.oidc_client_secret is not None  # noqa: S101
    home = settings.public_url or str(request.base_url).rstrip("/")
    return AsyncOAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect_uri=f"{home}{BEGIN}/back",
        scope=SCOPE,
        code_challenge_method="S256",
        timeout=PATIENCE,
        transport=Outward(urlsplit(settings.oidc_issuer).hostname or ""),
        follow_redirects=False,
    )


async def _metadata(client: "AsyncOAuth2Client", issuer: str) -> Mapping[str, str]:
    """Read where the provider's doors are (OpenID Connect Discovery 1.0, section 4). Raises ProviderError."""
    known = await _json(client, f"{issuer}/.well-known/openid-configuration", issuer)
    doors = [known.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    fits = all(isinstance(one, str) and may_dial(one, issuer) for one in doors)
    if str(known.get("issuer", "")).rstrip("/") != issuer or not fits:
        raise _trouble("metadata")
    return known


async def _json(client: "AsyncOAuth2Client", address: str, issuer: str) -> Mapping[str, Any]:
    import httpx2

    if not may_dial(address, issuer):
        raise _trouble("address")
    body = bytearray()
    try:
        async with client.stream("GET", address, withhold_token=True) as answer:
            answer.raise_for_status()
            async for some in answer.aiter_bytes():
                body += some
                if len(body) > MOST_BYTES:
                    raise _trouble("too long")
        told = json.loads(bytes(body))
    except (httpx2.HTTPError, ValueError, RecursionError) as error:
        raise _trouble(type(error).__name__) from error
    if not isinstance(told, dict):
        raise _trouble("shape")
    return told


async def _who(client: "AsyncOAuth2Client", settings: Settings, code: str, one: UnderWay) -> Mapping[str, Any]:
    """Exchange the code for an ID token and check every claim of it. Raises ProviderError."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]

    issuer = settings.oidc_issuer
    known = await _metadata(client, issuer)
    try:
        tokens = await client.fetch_token(known["token_endpoint"], code=code, code_verifier=one.verifier)
    except (httpx2.HTTPError, AuthlibBaseError, ValueError) as error:
        raise _trouble(type(error).__name__) from error
    keys = await _json(client, known["jwks_uri"], issuer)
    told = tokens.get("id_token") if isinstance(tokens, dict) else None
    return read_token(
        str(told or ""), keys, issuer=known["issuer"], audience=settings.oidc_client_id, nonce=one.nonce
    )


def read_token(told: str, keys: Mapping[str, Any], *, issuer: str, audience: str, nonce: str) -> Mapping[str, Any]:
    """Read an ID token: who signed it, for whom, until when, for which sign-in (OpenID Connect Core, 3.1.3.7).

    Raises ProviderError.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        read = jwt.decode(told, KeySet.import_key_set({"keys": list(keys["keys"])}), algorithms=SIGNED_BY)
        registry.validate(read.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise _trouble(type(error).__name__) from error
    others = read.claims["aud"] if isinstance(read.claims["aud"], list) else [audience]
    if len(others) > 1 and read.claims.get("azp") != audience:
        raise _trouble("azp")
    return read.claims


def _trouble(kind: str) -> ProviderError:
    log.warning("organisation sign-in", trouble=kind)
    return ProviderError(kind)


def _cookie(*, secure: bool) -> str:
    return "__Host-staff-organisation" if secure else "staff-organisation"


def _keep(response: Response, house: House, one: UnderWay) -> None:
    """Lax, not strict: the provider's redirect back is a step from another site."""
    secure = house.settings.secure_cookies
    sealed = base64.urlsafe_b64encode(house.database.keys.seal(json.dumps(asdict(one)), WHERE)).decode()
    kept = f"{_cookie(secure=secure)}={sealed}; Max-Age={int(LASTS.total_seconds())}; Path=/; HttpOnly"
    response.headers.append("Set-Cookie", f"{kept}; SameSite=Lax" + ("; Secure" if secure else ""))


def _under_way(request: Request, house: House, now: datetime) -> UnderWay | None:
    told = request.cookies.get(_cookie(secure=house.settings.secure_cookies), "")
    one = _opened(house.database.keys, told)
    return one if one is not None and datetime.fromisoformat(one.until) > now else None


def _opened(keys: KeyRing, told: str) -> UnderWay | None:
    try:
        return UnderWay(**json.loads(keys.unseal(base64.urlsafe_b64decode(told), WHERE)))
    except (UnreadableError, ValueError):
        return None
