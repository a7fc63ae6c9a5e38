"""What the doctor looks at beside the records: files, disk, clock, words, settings, channels."""

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import content
from api.doctor import Check, Finding, Site, broken, fine, look

GB = 1_000_000_000
LITTLE, TOO_LITTLE = 5 * GB, 1 * GB
"""Free space under which somebody should look, and under which the database may stop any day."""
ZONE = "Europe/London"
BACKUP_LATE, BACKUP_TOO_LATE = timedelta(hours=26), timedelta(days=3)


async def keys_file(site: Site) -> Finding:
    """See that the key file can be read, is nobody else's, and good enough for real people."""
    if site.keys is None:
        return broken(site.keys_trouble, "Put back the key file you saved, readable by its owner alone.")
    if site.keys.demo:
        return look(
            "these are a demo's keys: good for nobody real", "Run: waitingroom keys make (in a new folder)."
        )
    if len(site.keys.keys) > 1:
        older = ", ".join(str(number) for number in sorted(set(site.keys.keys) - {site.keys.seals}))
        return look(
            f"key {site.keys.seals} seals; key {older} is there too: a change of keys is under way",
            "Run: waitingroom keys change; then waitingroom keys retire.",
        )
    return fine(f"key {site.keys.seals} seals, and only its owner can read the file")


async def disk(site: Site) -> Finding:
    """See how much room the data folder has."""
    folder = next(
        one for one in (site.settings.data.resolve(), *site.settings.data.resolve().parents) if one.exists()
    )
    free = await asyncio.to_thread(lambda: shutil.disk_usage(folder).free)
    words = f"{free / GB:.1f} GB free where the data folder is"
    if free < TOO_LITTLE:
        return broken(words, "Make room now: a database without room stops.")
    return look(words, "Make room, or a larger disk.") if free < LITTLE else fine(words)


def _free(folder: Path) -> int:
    wanted = folder.resolve()
    return shutil.disk_usage(next(one for one in (wanted, *wanted.parents) if one.exists())).free


async def zone(_site: Site) -> Finding:
    """See that this machine knows when the clocks change."""
    try:
        there = ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        return broken(f"this machine does not know the zone {ZONE}", "Install the package tzdata.")
    winter, summer = (datetime(2027, month, 1, tzinfo=there).utcoffset() for month in (1, 7))
    if summer == winter:
        return broken(f"{ZONE} has no summer time on this machine", "Install the package tzdata.")
    return fine(f"{ZONE} is known, with its summer time")


async def words(site: Site) -> Finding:
    """See that the content loads, and what is to be mended in it."""
    settings, today = site.settings, site.now.date()
    found = await asyncio.to_thread(content.check, settings.content, today=today, measures=settings.measures)
    if found:
        return look(f"{len(found)} things to mend in the words", "Run: waitingroom content check")
    return fine("the words are in order")


async def helplines(site: Site) -> Finding:
    """See that every number people may be told in danger was checked lately."""
    loaded = await asyncio.to_thread(content.load, site.settings.content, measures=site.settings.measures)
    old = [line.key for line in loaded.helplines.values() if not line.is_fresh(site.now.date())]
    if old:
        return look(
            f"not checked for 90 days: {', '.join(sorted(old))}", "Ring them; then write the day in helplines."
        )
    return fine("every helpline was checked in the last 90 days")


async def door(site: Site) -> Finding:
    """See that what is served can be reached safely."""
    settings = site.settings
    if settings.public_url and not settings.public_url.startswith("https://"):
        return broken("WAITINGROOM_PUBLIC_URL is not https", "Providers and people must come by https.")
    if not settings.secure_cookies and not settings.on_loopback:
        return broken(
            "cookies may go over plain http, and others can reach this", "Unset WAITINGROOM_SECURE_COOKIES."
        )
    if not settings.public_url:
        return look(
            "WAITINGROOM_PUBLIC_URL is not set: providers cannot reach this", "Set it to your https address."
        )
    return fine(f"people come by {settings.public_url}")


async def channels(site: Site) -> Finding:
    """See that each channel has all its settings; with `dial`, what its provider says."""
    half = list(_half_set(site))
    if half:
        return broken(half[0], "docs/channels.md says what each channel needs.")
    if site.dial:
        from api.cli_channels import look_at

        found = [one for one in await look_at(site.settings) if "No channel but" not in one]
        if found:
            return broken(f"{found[0]} ({len(found)} in all)", "Run: waitingroom channels check")
    return fine(
        "every channel that is begun has its settings" + (", and its provider agrees" if site.dial else "")
    )


def _half_set(site: Site) -> list[str]:
    """Name what is missing of channels that have some of their settings."""
    told = site.settings
    texting = bool(told.sms_from or told.whatsapp_from)
    account = bool(told.twilio_account and told.twilio_token)
    wrong = {
        "Telegram has a token and no secret: nothing is taken by the web address": bool(
            told.telegram_token and not told.telegram_secret and told.public_url
        ),
        "there is a number to send from and no Twilio account or token": texting and not account,
        "there is a Twilio account, and no number to send from": account and not texting,
        "a Twilio account without its token, or a token without its account": bool(told.twilio_account)
        != bool(told.twilio_token),
        "channels are set and WAITINGROOM_PUBLIC_URL is not: signatures cannot be checked": texting
        and not told.public_url,
    }
    return [words for words, is_so in wrong.items() if is_so]


async def backup(site: Site) -> Finding:
    """See how old the last backup is, and whether it was read back."""
    do = "Run: waitingroom backup. docs/operating.md says how to have it made each night."
    try:
        noted: dict[str, Any] = json.loads(await asyncio.to_thread(_noted, site.settings.data))
        age = site.now - datetime.fromisoformat(noted["at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return broken("there has been no backup that this folder knows of", do)
    hours = int(age.total_seconds() // 3600)
    if age > BACKUP_TOO_LATE:
        return broken(f"the last backup is {hours} hours old", do)
    if not noted.get("verified"):
        return broken("the last backup was not read back and found whole", do)
    return (
        look(f"the last backup is {hours} hours old", do) if age > BACKUP_LATE else fine(f"made {hours} hours ago")
    )


def _noted(folder: Path) -> str:
    return (folder / "backup.json").read_text()


CHECKS = (
    Check("keys", keys_file),
    Check("disk", disk),
    Check("time zone", zone),
    Check("address", door),
    Check("channels", channels),
    Check("backup", backup),
    Check("helplines", helplines),
    Check("words", words),
)
