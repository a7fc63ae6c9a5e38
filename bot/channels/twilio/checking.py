"""Checks the Twilio account: what is set up, and in one sentence each what to mend."""

from collections.abc import Mapping
from typing import Any

from bot.channels.channel import MisconfiguredError, RefusedByProviderError, TroubleError
from bot.channels.twilio.account import API, Account
from bot.channels.twilio.buttons import SHAPES
from bot.channels.twilio.names import INBOUND, PHONE
from bot.channels.twilio.templates import there

MESSAGING_API = "https://messaging.twilio.com"
NUMBERS_OWN = ("sms_url", "sms_method", "the number")
SERVICES_OWN = ("inbound_request_url", "inbound_method", "the messaging service")


async def check(account: Account, *, sms_from: str = "", whatsapp_from: str = "", template: str = "") -> list[str]:
    """Say what is wrong with the account, its numbers and addresses, a sentence each; empty where all is well.

    Everything is only looked at, nothing is changed or sent.
    """
    found = _addresses(account)
    for number, what in ((sms_from, "SMS_FROM"), (whatsapp_from, "WHATSAPP_FROM")):
        if number and not PHONE.fullmatch(number):
            found.append(f"Write {what} as +44 and the number without its 0, with no spaces.")
    try:
        found += await _account(account)
        if sms_from:
            found += await _texts(account, sms_from)
        if whatsapp_from:
            found += await _whatsapp(account, template)
    except MisconfiguredError:
        found.append("Twilio does not know this account and token: copy both again from the Twilio console.")
    except TroubleError as trouble:
        found.append(f"Twilio could not be asked ({type(trouble).__name__}): try again in a few minutes.")
    return found


def _addresses(account: Account) -> list[str]:
    if not account.public_url:
        return ["Set PUBLIC_URL to the address Twilio reaches this service at: without it no message is taken."]
    if not account.public_url.startswith("https://"):
        return ["PUBLIC_URL must begin with https://, so that nobody on the way reads the messages."]
    return []


async def _account(account: Account) -> list[str]:
    told = await account.ask("GET", f"{account.api}/2010-04-01/Accounts/{account.sid}.json")
    status = told.get("status")
    if status != "active":
        return [f"The Twilio account is {status}: open the Twilio console to see why."]
    trial = told.get("type") == "Trial"
    return ["This is a trial account: it texts only numbers you have checked, so upgrade it."] if trial else []


async def _texts(account: Account, number: str) -> list[str]:
    """Check the number, and the messaging service where there is one; either may be what hands texts on."""
    found, own = await _service(account) if account.service else ([], True)
    url = f"{account.api}/2010-04-01/Accounts/{account.sid}/IncomingPhoneNumbers.json"
    told = await account.ask("GET", url, params={"PhoneNumber": number})
    owned = [one for one in told.get("incoming_phone_numbers", ()) if one.get("phone_number") == number]
    if not owned:
        return [*found, "SMS_FROM is not a number of this Twilio account: buy it there, or set the one you have."]
    if not (owned[0].get("capabilities") or {}).get("sms"):
        found.append("SMS_FROM cannot send and take texts: choose a number with SMS in the Twilio console.")
    if own and owned[0].get("sms_application_sid"):
        found.append("SMS_FROM is handed to a TwiML app: take that off, so that its texts come here.")
    return found + (_comes_here(account, owned[0], *NUMBERS_OWN) if own else [])


async def _service(account: Account) -> tuple[list[str], bool]:
    """Check the messaging service; also say whether texts come in by the number's own address all the same."""
    host = MESSAGING_API if account.api == API else account.api
    try:
        told = await account.ask("GET", f"{host}/v1/Services/{account.service}")
    except (RefusedByProviderError, MisconfiguredError):
        return ["TWILIO_SERVICE is not a messaging service of this account: copy its id again."], True
    if told.get("use_inbound_webhook_on_number"):
        return [], True
    return _comes_here(account, told, *SERVICES_OWN), False


def _comes_here(account: Account, told: Mapping[str, Any], url: str, method: str, what: str) -> list[str]:
    """Say what is wrong with where messages that come in are posted to."""
    wanted = f"{account.public_url}{INBOUND}"
    found = []
    if told.get(url) != wanted:
        found.append(f"Messages do not come here: set the incoming message address of {what} to {wanted}.")
    if (told.get(method) or "POST") != "POST":
        found.append(f"Set the method beside the incoming message address of {what} to HTTP POST.")
    return found


async def _whatsapp(account: Account, template: str) -> list[str]:
    found = []
    if not template:
        found.append(
            "WHATSAPP_TEMPLATE is not set: after 24 silent hours nobody is told on WhatsApp that a message waits."
        )
    elif not await _is_there(account, template):
        found.append("WHATSAPP_TEMPLATE is not a template of this account: copy its content id again.")
    missing = len(SHAPES) - len(await there(account))
    if missing:
        found.append(f"{missing} of {len(SHAPES)} button templates are missing: run `waitingroom channels setup`.")
    return found


async def _is_there(account: Account, sid: str) -> bool:
    try:
        await account.ask("GET", f"{account.content_api}/v1/Content/{sid}")
    except (RefusedByProviderError, MisconfiguredError):
        return False
    return True
