"""The `waitingroom staff` commands: the first account, and what must work when nobody can sign in."""

import uuid
from typing import Annotated

import typer

from api.house import House
from api.in_house import in_house
from waitingroom import accounts, audit, hubs, invitations, team
from waitingroom.accounts import NoAccountError
from waitingroom.database import Session
from waitingroom.roles import Role

staff_cli = typer.Typer(no_args_is_help=True, help="Who may sign in to the console.")
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")]
Email = Annotated[str, typer.Argument(help="The e-mail address they sign in with.")]


@staff_cli.command("invite")
def invite(
    name: Annotated[str, typer.Argument(help="The name that people and colleagues see.")],
    email: Email,
    role: Annotated[Role, typer.Option(help="What kind of work they do.")] = Role.LINK_WORKER,
    hub: Annotated[str, typer.Option(help="The hub they work for, by name; none: the whole service.")] = "",
    *,
    demo: Demo = False,
) -> None:
    """Ask someone in, and print the link they join by: it opens once, for two days."""

    async def work(house: House) -> str:
        now = house.clock.now()
        async with house.database.transaction() as session:
            hub_id = (await hubs.named(session, name=hub)).id if hub else None
            member, token = await invitations.invite(
                session, name=name, email=email, role=role, hub_id=hub_id, by=None, now=now
            )
            audit.note_command(session, "inviteStaff", record=f"staff {member.id}", now=now)
        return f"{member.name} joins here, once, within two days:\n{link(house, token)}"

    typer.echo(in_house(work, demo=demo))


@staff_cli.command("list")
def listed(*, demo: Demo = False) -> None:
    """List who has an account."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            everyone = await team.members(session, by=None)
        return (
            "\n".join(f"{one.staff.name}  {one.email}  {one.staff.role}  {state(one)}" for one in everyone)
            or "Nobody has an account. Begin with: waitingroom staff invite NAME EMAIL --role admin"
        )

    typer.echo(in_house(work, demo=demo))


@staff_cli.command("end")
def end(email: Email, *, demo: Demo = False) -> None:
    """End an account, everything signed in with it, and its keys."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            staff_id, now = await _whose(session, email), house.clock.now()
            member = await team.end(session, staff_id=staff_id, by=None, now=now)
            audit.note_command(session, "endAccount", record=f"staff {staff_id}", now=now)
        return f"The account of {member.name} has ended, with every session and key."

    typer.echo(in_house(work, demo=demo))


@staff_cli.command("reset")
def reset(email: Email, *, demo: Demo = False) -> None:
    """Make a new link for someone who lost their password or authenticator. They are signed out everywhere."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            staff_id, now = await _whose(session, email), house.clock.now()
            token = await invitations.begin_anew(session, staff_id=staff_id, by=None, now=now)
            audit.note_command(session, "resetAccount", record=f"staff {staff_id}", now=now)
        return f"They begin anew here, once, within two days:\n{link(house, token)}"

    typer.echo(in_house(work, demo=demo))


def link(house: House, token: str) -> str:
    """Write the address someone joins at."""
    return f"{house.address}/staff/join/{token}"


def state(member: team.Member) -> str:
    """Say how an account stands."""
    if member.staff.ended_at is not None:
        return "ended"
    return "joined" if member.joined else "asked in"


async def _whose(session: Session, email: str) -> uuid.UUID:
    """Find whose account it is. Raises NoAccountError."""
    found = await accounts.by_email(session, email=email)
    if found is None:
        raise NoAccountError
    return found[0].id
