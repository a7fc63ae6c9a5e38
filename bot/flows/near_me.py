"""Near me: what is on nearby, three at a time, each with its price; it can be saved, asked about, and gone to."""

import re
from dataclasses import dataclass, replace

from bot.ask import Ask
from bot.flows.blocks import day_of
from bot.nearby import distance_in_words, name_of, place_line, price_in_words
from bot.reading import Option
from bot.words import _
from waitingroom import help_with_costs, saved_services, service_search
from waitingroom.saved_services import Home
from waitingroom.service_search import Found

A_PAGE = 3
A_BUTTON = 20
"""Letters that fit on a button of any channel."""
TURNS = 6
"""How often someone is asked what next before the talk comes to an end by itself."""
STRAIGHT = re.compile(r"(save|cost|costs|go)\s*(?:no\.?|number)?\s*([1-3])[.!]?")
"""SAVE 1, COST 2, GO 3: said in one go."""
MORE, FREE, DONE, AGAIN = "more", "free", "done", "list_again"
SAVE, COST, GO = "save", "cost", "go"
WHAT_NEXT = (
    Option(SAVE, _("Save it"), ("save", "keep", "save it")),
    Option(
        COST, _("What it costs, and how to get there"), ("cost", "costs", "price", "travel"), _("Cost, travel")
    ),
    Option(GO, _("I will go myself"), ("go", "go myself", "i will go"), _("I go myself")),
    Option(AGAIN, _("Back to the list"), ("list", "the list", "others"), _("Back to list")),
)
NO_MORE = _("That is all we know of near you. Send NEAR ME to see it from the start.")
NONE_FREE = _("We know of nothing free near you yet. Send NEAR ME to see the rest.")
NONE_AT_ALL = _("We know of nothing near you yet. Reply HELPLINES for people to talk to now.")


@dataclass
class Looking:
    """What someone looks for, and how far they have come. `page` counts from 0."""

    home: Home
    area: str
    free_only: bool = False
    page: int = 0
    help_asked: bool = False


def near_me(ask: Ask) -> None:
    """Show what is near, and do what they want of it, until they have had enough."""
    home = ask.know("home", saved_services.home_of, conversation_id=ask.here.conversation_id)
    looking = Looking(home, home.area or _area(ask))
    found = _show(ask, 0, looking)
    for turn in range(1, TURNS):
        if not found:
            return
        wish = _wish(ask, turn, found, looking)
        if wish in {MORE, FREE}:
            looking.page = looking.page + 1 if wish == MORE else 0
            looking.free_only = looking.free_only or wish == FREE
            found = _show(ask, turn, looking)
        elif wish == DONE:
            break
        else:
            what, number = wish.split("_")
            _do(ask, turn, what, found[int(number) - 1], looking)
    ask.tell(_("Send NEAR ME to look again, or SAVED to see what you saved."))


def saved(ask: Ask) -> None:
    """Tell again what they saved."""
    kept = ask.know("kept", saved_services.saved, conversation_id=ask.here.conversation_id)
    if not kept:
        ask.tell(_("You have saved nothing yet. Send NEAR ME to see what is on near you."))
        return
    ask.tell(_("You saved:"))
    for one in kept[: 2 * A_PAGE]:
        way = one.phone or one.web
        ask.tell("{line}", line=f"{one.name}: {way}" if way else one.name)
    ask.tell(_("Send NEAR ME for more. Send GO MYSELF if you would rather go than wait."))


def _area(ask: Ask) -> str:
    told = ask.postcode("where", _("Where are you? The first half of your postcode is enough, like BB9."))
    return told.split()[0]


def _show(ask: Ask, turn: int, looking: Looking) -> list[Found]:
    """Find the next three, and tell them; say so where there are none."""
    discreet = {key for key, need in ask.service.content.needs.items() if need.discreet}
    found = ask.know(
        f"found_{turn}",
        service_search.search,
        today=day_of(ask),
        needs=[key for key in looking.home.needs if key not in discreet],
        but_for=sorted(discreet),
        near=looking.area,
        age=looking.home.age,
        free_only=looking.free_only,
        skip=looking.page * A_PAGE,
        most=A_PAGE,
    )
    if not found:
        ask.tell(NO_MORE if looking.page else NONE_FREE if looking.free_only else NONE_AT_ALL)
    for number, one in enumerate(found, 1):
        ask.tell("{number}. {line}", number=number, line=place_line(one, ask.here.words))
    return found


def _wish(ask: Ask, turn: int, found: list[Found], looking: Looking) -> str:
    """Ask what they would like of it: one of the three by its number, more, only free ones, or no more."""
    shown = [Option(f"about_{n}", name_of(one), (), _brief(name_of(one))) for n, one in enumerate(found, 1)]
    if len(found) == A_PAGE:
        shown.append(Option(MORE, _("More (MORE)"), ("more", "next", "others"), _("MORE")))
    if not looking.free_only:
        shown.append(Option(FREE, _("Only free ones (FREE)"), ("free", "free only", "only free"), _("FREE ones")))
    shown.append(Option(DONE, _("That is enough"), ("done", "enough", "no", "nothing", "thanks"), _("Enough")))
    question = ask.kinds.browsing(
        f"wish_{turn}", _("Which would you like to know more about?"), shown, samples=(name_of(found[0]),)
    )

    def straight(text: str) -> str | None:
        met = STRAIGHT.fullmatch(text.strip().casefold())
        return f"{met[1].removesuffix('s')}_{met[2]}" if met and int(met[2]) <= len(found) else question.read(text)

    def fits(kept: object) -> str | None:
        said = re.fullmatch(r"(?:save|cost|go)_([1-3])", str(kept))
        return str(kept) if said and int(said[1]) <= len(found) else question.fits(kept)

    samples = (shown[-3].label, "cost 1", "save 1", "go 1", shown[0].label, shown[-2].label, shown[-1].label)
    return ask.answer(replace(question, read=straight, fits=fits, samples=tuple(dict.fromkeys(samples))))


def _brief(name: str) -> str:
    """Give the first words of a name, as many as a button holds."""
    return name if len(name) <= A_BUTTON else name[: A_BUTTON + 1].rpartition(" ")[0] or name[:A_BUTTON]


def _do(ask: Ask, turn: int, what: str, one: Found, looking: Looking) -> None:
    if what == "about":
        what = ask.browsing(f"next_{turn}", _("{name}: what next?"), WHAT_NEXT, name=name_of(one))
    if what in {SAVE, GO}:
        ask.do(
            f"saved_{turn}",
            saved_services.save,
            conversation_id=ask.here.conversation_id,
            service_id=one.id,
            now=ask.here.now,
        )
    if what == GO:
        ask.lead_to("go_myself")
    if what == SAVE:
        ask.tell(_("Saved: {name}. Send SAVED to see it again."), name=name_of(one))
    if what == COST:
        _cost(ask, turn, one, looking)


def _cost(ask: Ask, turn: int, one: Found, looking: Looking) -> None:
    """Tell the cost straight, who pays less and how to get there; ask once whether help would be the thing."""
    ask.tell("{name}: {price}.", name=name_of(one), price=price_in_words(one, ask.here.words))
    if one.help_words:
        ask.tell(_("Who may pay less: {who}"), who=one.help_words)
    if distance := distance_in_words(one, ask.here.words):
        ask.tell("{distance}.", distance=distance)
    if not one.virtual and (travel := ask.service.content.travel.get(ask.service.nation)):
        ask.tell("{travel}", travel=travel.text)
    if looking.home.on_the_list and not looking.help_asked:
        looking.help_asked = True
        _offer_help(ask, turn)


def _offer_help(ask: Ask, turn: int) -> None:
    if ask.yes_no(f"help_{turn}", _("Would help with costs make the difference?")):
        ask.do(
            f"helped_{turn}",
            help_with_costs.ask_for_it,
            conversation_id=ask.here.conversation_id,
            now=ask.here.now,
        )
        ask.tell(_("Thank you. Your link worker will see that, and can look for help with it."))
