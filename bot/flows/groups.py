"""Groups: someone looks for company, is shown groups that fit, and asks to join one."""

from itertools import count

from bot.ask import Ask
from bot.flows.blocks import keep_yes
from bot.gatherings import BY, Fit, fitting, how_to_join, in_few_words, when
from bot.reading import Option
from bot.words import _
from content import Group
from waitingroom import attending, consents, memberships
from waitingroom.consents import Purpose, Recipient
from waitingroom.groups import GroupPausedError
from waitingroom.memberships import AlreadyInGroupError, Asked, Status

AT_ONCE = 3
"""How many groups are shown at a time."""
ON_BUTTONS = frozenset({"whatsapp"})
"""There a button is too short for all there is to know of a group, and nothing else is said beside it."""
MORE = Option("more", _("More groups"), ("more", "more groups", "next", "others"))
NONE = Option("none", _("None of these"), ("none", "no", "no thanks", "not now"))
SHARE = _(
    "{host_name} from {host} needs to know who is coming. May we tell them your first name? We tell nothing else."
)
SHARE_VERSION = "2026-11"


def groups(ask: Ask) -> None:
    """Show up to three groups at a time that fit, and let one be asked for."""
    visitor = ask.know("visitor", attending.visitor, conversation_id=ask.here.conversation_id)
    if visitor is None:
        ask.tell(_("First we need to know who you are. Send HELLO to begin."))
        return
    found = fitting(ask, visitor)
    if not found:
        ask.tell(_("There is no group for you just now. Reply HELPLINES for people to talk to, or PERSON."))
        return
    chosen = _chosen(ask, found)
    if chosen is None:
        ask.tell(_("That is fine. Send GROUPS to look again on another day."))
        return
    _join(ask, chosen)


def _chosen(ask: Ask, found: list[Fit]) -> Fit | None:
    """Ask which one they would like, page by page; none is as good an answer."""
    for page in count():
        shown, left = found[page * AT_ONCE :][:AT_ONCE], found[(page + 1) * AT_ONCE :]
        lines = [in_few_words(ask, fit) for fit in shown]
        offered = [
            Option(fit.group.key, line, (f"join {number}", fit.group.name))
            for number, (fit, line) in enumerate(zip(shown, lines, strict=True), 1)
        ]
        others = [MORE, NONE] if left else [NONE]
        wish = ask.browsing(
            f"which_{page + 1}",
            _("{groups}Which would you like to join?"),
            (*offered, *others),
            groups="".join(f"{line}\n" for line in lines) if ask.here.channel in ON_BUTTONS else "",
            samples=("1", *(ask.say(one.label) for one in others)),
        )
        if wish != MORE.key:
            break
    return next((fit for fit in shown if fit.group.key == wish), None)


def _join(ask: Ask, fit: Fit) -> None:
    """Ask for each yes by itself: to the ground rules, to the host being told, and to being written to."""
    group, names = fit.group, {"host_name": fit.group.host_name, "host": fit.group.host}
    ask.tell("{about}", about=group.about)
    ask.tell(
        _("It is {way}, for {minutes} minutes. Cost: {cost}."),
        way=ask.say(BY[group.way]),
        minutes=group.meetings.minutes,
        cost=group.cost,
    )
    if not ask.yes_no("rules", _("Ground rules: {rules} Can you keep to these?"), rules=group.ground_rules):
        ask.tell(_("That is fine. Send GROUPS to look again."))
        return
    reminders = ask.yes_no(
        "reminders",
        _("May we write to you about it here: before each time, and once after? We name nothing."),
        plainly=True,
    )
    if not ask.yes_no("share", SHARE, plainly=True, **names):
        ask.tell(_("That is fine. Nobody is told, and you have not joined. Send GROUPS to look again."))
        return
    keep_yes(
        ask, "share_kept", Purpose.SHARING, Recipient.GROUP, SHARE, SHARE_VERSION, which=group.key, values=names
    )
    try:
        asked = ask.do(
            "asked",
            memberships.ask,
            conversation_id=ask.here.conversation_id,
            group_key=group.key,
            places=group.places,
            reminders=reminders,
            now=ask.here.now,
        )
    except AlreadyInGroupError:
        ask.tell(_("You have asked for this group already. Reply MY GROUPS to see it."))
    except GroupPausedError:
        _take_back(ask, group)
        ask.tell(_("This group has a break just now, so nobody is told. Send GROUPS another day."))
    else:
        _say_what_came_of_it(ask, fit, asked, reminders=reminders)


def _take_back(ask: Ask, group: Group) -> None:
    """Let the yes to being told of go, where nothing came of it."""
    ask.do(
        "share_ended",
        consents.withdraw,
        conversation_id=ask.here.conversation_id,
        purpose=Purpose.SHARING,
        recipient=Recipient.GROUP,
        which=group.key,
        now=ask.here.now,
    )


def _say_what_came_of_it(ask: Ask, fit: Fit, asked: Asked, *, reminders: bool) -> None:
    if asked.status is Status.MEMBER:
        ask.tell(_("You have a place. {name} is on {when}."), name=fit.group.name, when=when(fit.next_at))
        ask.tell(how_to_join(fit.group))
        return
    ask.tell(_("It is full for now. You are on its waiting list. People before you: {ahead}."), ahead=asked.ahead)
    if reminders:
        ask.tell(_("We write to you here when a place is free. To leave the list, reply MY GROUPS."))
    else:
        ask.tell(_("Reply MY GROUPS from time to time to see if a place is free, or to leave the list."))
