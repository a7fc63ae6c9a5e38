"""What is held of staff's work for someone, in plain words: notes, plans, who had them, who was asked to help."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from bot.words import Words, _
from waitingroom.everything import Everything

Day = Callable[[datetime | date], str]


def worked(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give each thing staff noted, planned, passed on or asked of others. What notes say, a person sends."""
    story = held.story
    for note, _said in story.notes:
        by = story.staff.get(note.staff_id, "")
        yield day(note.written_at), words.say(_("a note by {name}: a person sends you that"), name=by)
    for one in story.to_dos:
        yield day(one.to_do.due_on), words.say(_("something to do for you, by {name}"), name=one.whose)
    for made, _why in story.transfers:
        before, after = story.staff.get(made.from_id, ""), story.staff.get(made.to_id, "")
        told = words.say(_("you went from {before} to {after}"), before=before, after=after)
        yield day(made.at), told
    for help_ in story.helps:
        state = help_.help.status.value.replace("_", " ")
        told = words.say(_("{name} and help with one thing: {state}"), name=help_.helper, state=state)
        yield day(help_.help.asked_at), told
