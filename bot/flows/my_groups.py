"""My groups: someone sees the groups they are in, takes a place that came free, leaves, or says how it was."""

from dataclasses import replace
from datetime import timedelta

from bot.ask import Ask
from bot.flows.blocks import keep_words
from bot.gatherings import day, how_to_join, when
from bot.questions import Question
from bot.reading import Option
from bot.words import _
from content import Group
from content.meeting_days import next_start
from waitingroom import attending, meetings, memberships
from waitingroom.attending import Mine
from waitingroom.memberships import PlaceGoneError, Status

SHOWN_BEFORE = timedelta(minutes=30)
"""How long before a meeting its way in is told."""
OWN_WORDS = "own_words"
A_FEW_WORDS = 4
KEEP = Option("keep", _("Keep things as they are"), ("keep", "keep them", "none", "no", "nothing"))
HOW = (
    Option("good", _("It was good"), ("good", "great", "nice", "lovely", "ok", "okay", "fine", "yes")),
    Option("not_for_me", _("Not for me"), ("not for me", "bad", "not good", "no", "did not like it")),
)


def my_groups(ask: Ask) -> None:
    """Show what someone has with groups; a place that is kept for them comes first."""
    every = ask.know("mine", attending.own_groups, conversation_id=ask.here.conversation_id)
    known = ask.service.content.groups
    mine = [(one, known[one.key]) for one in every if one.key in known]
    if not mine:
        ask.tell(_("You are in no group just now. Send GROUPS to see some, or MENU for other things."))
        return
    offered = next((group for one, group in mine if one.status is Status.OFFERED), None)
    if offered is not None:
        _answer_offer(ask, offered)
        return
    ask.tell("{lines}", lines="\n".join(_line(ask, one, group) for one, group in mine))
    for one, group in mine:
        _tell_way_in(ask, one, group)
    leaving = [Option(group.key, ask.say(_("Leave {name}"), name=group.name)) for _one, group in mine]
    wish = ask.browsing(
        "leave", _("To leave one, send its number."), (*leaving, KEEP), samples=("1", ask.say(KEEP.label))
    )
    if wish == KEEP.key:
        ask.tell(_("That is fine. Nothing has changed."))
        return
    _leave(ask, known[wish])


def how_was_it(ask: Ask) -> None:
    """Ask how it was: the first words go out unasked, and name nothing."""
    met = ask.know("met", meetings.to_answer, conversation_id=ask.here.conversation_id)
    group = ask.service.content.groups.get(met.group_key) if met else None
    if met is None or group is None:
        ask.tell(_("Thank you. There is nothing to answer now. Reply MY GROUPS to see your groups."))
        return
    how = ask.answer(_how(ask, day(met.meets_at)))
    if how == OWN_WORDS:
        keep_words(ask)
        return
    good = how == HOW[0].key
    ask.do("answered", meetings.answer, conversation_id=ask.here.conversation_id, good=good)
    if good:
        ask.tell(_("Thank you. It is good to hear that."))
    elif ask.yes_no("leave", _("Thank you for telling us. Would you like to leave {name}?"), name=group.name):
        _leave(ask, group)
    else:
        ask.tell(_("That is fine. You keep your place. Reply MY GROUPS if you change your mind."))


def _how(ask: Ask, on: str) -> Question[str]:
    """Make the question; a whole sentence is kept for a person to read, whatever words are in it."""
    words = _("You had something planned on {day}. How was it?")
    question = ask.kinds.choice("how", words, HOW, otherwise=OWN_WORDS, day=on)
    return replace(
        question, read=lambda said: question.read(said) if len(said.split()) <= A_FEW_WORDS else OWN_WORDS
    )


def _answer_offer(ask: Ask, group: Group) -> None:
    next_at = next_start(group.meetings, ask.here.now)
    if not ask.yes_no(
        "take",
        _("A place is free for you in {name}. It is next on {when}. Would you like it?"),
        name=group.name,
        when=when(next_at) if next_at else "",
    ):
        _leave(ask, group)
        return
    try:
        ask.do(
            "taken",
            memberships.accept,
            conversation_id=ask.here.conversation_id,
            group_key=group.key,
            now=ask.here.now,
        )
    except PlaceGoneError:
        ask.tell(_("That place has gone to someone else by now. Send GROUPS to ask again."))
        return
    ask.tell(_("Thank you. The place is yours."))
    ask.tell(how_to_join(group))


def _leave(ask: Ask, group: Group) -> None:
    talk, now = ask.here.conversation_id, ask.here.now
    ask.do("left", memberships.leave, conversation_id=talk, group_key=group.key, now=now)
    ask.tell(_("You have left {name}, and its host is told of you no more."), name=group.name)


def _line(ask: Ask, one: Mine, group: Group) -> str:
    next_at = next_start(group.meetings, ask.here.now)
    if one.status is Status.LISTED:
        return ask.say(_("{name}: you are on its waiting list."), name=group.name)
    if one.paused or next_at is None:
        return ask.say(_("{name}: it has a break just now."), name=group.name)
    told = ask.say(_("{name}: you meet next on {when}."), name=group.name, when=when(next_at))
    return f"{told} {group.place}" if group.place else told


def _tell_way_in(ask: Ask, one: Mine, group: Group) -> None:
    """Tell a member the way in, from half an hour before until it is over; never in the first 60 letters."""
    next_at = next_start(group.meetings, ask.here.now)
    if one.way_in and next_at is not None and next_at - ask.here.now <= SHOWN_BEFORE:
        ask.tell(
            _("It is fine to come a little late, to only listen, or to go early. This is the way in: {way_in}"),
            way_in=one.way_in,
        )
