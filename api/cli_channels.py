"""The `waitingroom channels` commands: is every channel set up, and what to mend."""

from collections.abc import Awaitable, Callable

import typer
import uvloop

from api.house import twilio_account
from api.settings import Settings

channels_cli = typer.Typer(no_args_is_help=True, help="Telegram, texts and WhatsApp: set up and checked.")
NONE = "No channel but the web is set up: docs/channels.md says how."
NO_TELEGRAM = "Set WAITINGROOM_TELEGRAM_TOKEN, WAITINGROOM_TELEGRAM_SECRET and WAITINGROOM_PUBLIC_URL first."
NO_TWILIO = "Set WAITINGROOM_TWILIO_ACCOUNT and WAITINGROOM_TWILIO_TOKEN first."


@channels_cli.command()
def check() -> None:
    """Ask each provider how we stand, and say what to mend, a line each. Ends with 1 where there is anything."""
    found = uvloop.run(look_at(Settings()))
    for line in found:
        typer.echo(line)
    if not found:
        typer.echo("Every channel is in order.")
    raise typer.Exit(1 if found else 0)


@channels_cli.command()
def setup() -> None:
    """Make the buttons and lists WhatsApp needs at Twilio. What is there already is left as it is."""
    from bot.channels.twilio import templates

    account = twilio_account(Settings())
    if account is None:
        _stop(NO_TWILIO)
        return
    for line in _tried(lambda: templates.set_up(account)):
        typer.echo(line)
    typer.echo("WhatsApp's buttons and lists are there.")


@channels_cli.command("set-webhook")
def set_webhook() -> None:
    """Tell Telegram where to deliver, and with which secret."""
    from bot.channels.telegram import setup as telegram

    settings = Settings()
    token, secret = settings.telegram_token, settings.telegram_secret
    if token is None or secret is None or not settings.public_url:
        _stop(NO_TELEGRAM)
        return
    _tried(
        lambda: telegram.set_webhook(
            token.get_secret_value(), settings.telegram_api, settings.public_url, secret.get_secret_value()
        )
    )
    typer.echo("Telegram delivers here now.")


@channels_cli.command("drop-webhook")
def drop_webhook() -> None:
    """Have Telegram keep messages until `waitingroom telegram-poll` asks for them."""
    from bot.channels.telegram import setup as telegram

    settings = Settings()
    token = settings.telegram_token
    if token is None:
        _stop("Set WAITINGROOM_TELEGRAM_TOKEN first.")
        return
    _tried(lambda: telegram.drop_webhook(token.get_secret_value(), settings.telegram_api))
    typer.echo("Telegram keeps messages until it is asked for them.")


async def look_at(settings: Settings) -> list[str]:
    """Say what is wrong with each channel that has settings, a sentence each."""
    found: list[str] = []
    account = twilio_account(settings)
    if settings.telegram_token is not None:
        from bot.channels.telegram import setup as telegram

        secret = settings.telegram_secret.get_secret_value() if settings.telegram_secret else ""
        token = settings.telegram_token.get_secret_value()
        found += await telegram.check(token, settings.telegram_api, settings.public_url, secret)
    if account is not None:
        from bot.channels.twilio import checking

        found += await checking.check(
            account,
            sms_from=settings.sms_from,
            whatsapp_from=settings.whatsapp_from,
            template=settings.whatsapp_template,
        )
        await account.close()
    return found if settings.telegram_token is not None or account is not None else [NONE]


def _tried(job: Callable[[], Awaitable[list[str] | None]]) -> list[str]:
    """Do something at a provider; what stands in the way is said in one line."""
    from bot.channels.channel import TroubleError

    async def run() -> list[str]:
        return await job() or []

    try:
        return uvloop.run(run())
    except TroubleError as trouble:
        _stop(f"{(type(trouble).__doc__ or '').strip()} Run `waitingroom channels check`.")
        return []


def _stop(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(2)
