"""The `waitingroom groups` commands: how groups stand, their way in, pausing them, and keys for their hosts."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer

from api.house import House
from api.in_house import in_house
from bot.gatherings import when
from content import Group
from content.meeting_days import next_start
from waitingroom import attending, groups, staff
from waitingroom.attending import Seats
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.groups import Way
from waitingroom.staff import Scope

groups_cli = typer.Typer(no_args_is_help=True, help="Befriending groups.")
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")]
Key = Annotated[str, typer.Argument(help="The group's key, as `groups list` shows it.")]


@groups_cli.command("list")
def listed(*, demo: Demo = False) -> None:
    """List groups: when each meets next, its places, and whether its way in was given."""

    async def work(house: House) -> str:
        now = house.clock.now()
        lines = []
        async with house.database.transaction() as session:
            seats = await attending.seats(session)
            for key, group in house.desk.service.content.groups.items():
                state, stands = await groups.state(session, key=key), seats.get(key, Seats())
                next_at = next_start(group.meetings, now)
                told = [
                    "paused" if state.paused_at else when(next_at) if next_at else "no meeting planned",
                    f"{stands.taken} of {group.places} places taken, {stands.listed} waiting",
                ]
                if group.way != "place" and state.way_in is None:
                    told.append("no way in yet: `waitingroom groups link`")
                lines.append(f"{key}  {group.name}  {', '.join(told)}")
        return "\n".join(lines)

    typer.echo(in_house(work, demo=demo))


@groups_cli.command("link")
def link(
    key: Key,
    way_in: Annotated[str, typer.Argument(help="The link, or the number with its PIN.")],
    *,
    demo: Demo = False,
) -> None:
    """Give a group its link or number, in place of the one before. It is kept sealed."""

    async def work(session: Session, group: Group, _house: House) -> str:
        await groups.set_way_in(session, key=key, way=Way(group.way), way_in=way_in)
        return f"Members of {group.name} are told the new way in from now on."

    _on(key, work, demo=demo)


@groups_cli.command("pause")
def pause(key: Key, *, demo: Demo = False) -> None:
    """Pause a group: nobody joins, and members hear in time that the next time is off."""

    async def work(session: Session, group: Group, house: House) -> str:
        await groups.set_paused(session, key=key, paused=True, now=house.clock.now())
        return f"{group.name} has a break."

    _on(key, work, demo=demo)


@groups_cli.command("resume")
def resume(key: Key, *, demo: Demo = False) -> None:
    """Let a group go on."""

    async def work(session: Session, group: Group, house: House) -> str:
        await groups.set_paused(session, key=key, paused=False, now=house.clock.now())
        return f"{group.name} goes on."

    _on(key, work, demo=demo)


@groups_cli.command("host")
def host(
    key: Key,
    name: Annotated[str, typer.Argument(help="Who hosts it, as colleagues know them.")],
    days: Annotated[int, typer.Option(min=1, help="When the key ends.")] = 365,
    *,
    demo: Demo = False,
) -> None:
    """Make a key for a host, and print it once: it shows who is coming to this group, and pauses it."""

    async def work(session: Session, group: Group, house: House) -> str:
        now = house.clock.now()
        member = await staff.welcome(session, name=name, now=now)
        await groups.let_host(session, staff_id=member.id, key=group.key)
        return await staff.issue_key(
            session,
            staff_id=member.id,
            scopes=frozenset({Scope.GROUP_HOST}),
            now=now,
            ends_at=now + timedelta(days=days),
        )

    _on(key, work, demo=demo)


def _on(key: str, work: Callable[[Session, Group, House], Awaitable[str]], *, demo: bool) -> None:
    """Do something with a group, and print what came of it. Ends with 2 where there is no such group."""

    async def found(house: House) -> str:
        group = house.desk.service.content.groups.get(key)
        if group is None:
            words = f"There is no group {key}. Groups: {', '.join(house.desk.service.content.groups)}."
            raise RefusedError(words)
        async with house.database.transaction() as session:
            return await work(session, group, house)

    typer.echo(in_house(found, demo=demo))
