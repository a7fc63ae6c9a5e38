"""My plan: what matters to someone and the goal they set, read back to them where nobody else reads along."""

from bot.ask import Ask
from bot.flows.blocks import ON_A_PAGE, in_words
from bot.flows.showing_who import is_them
from bot.words import _
from waitingroom import plans
from waitingroom.plans import Plan

NEWEST = 3
"""Scores shown, the newest last."""


FOR_THEIR_EYES = _("Your plan is in your own words, so it is for your eyes only.")
READ_IT_ELSEWHERE = _(
    "We do not write your plan here, where others may see it. To read it, send CONTINUE, go on with the code on "
    "our web page, and send MY PLAN there."
)


def my_plan(ask: Ask) -> None:
    """Read their plan back on a page of their own; elsewhere say where to read it, and nothing of what it says."""
    on_a_page = ask.here.channel in ON_A_PAGE
    ask.tell(FOR_THEIR_EYES if on_a_page else READ_IT_ELSEWHERE)
    if not on_a_page or not is_them(ask):
        return
    plan = ask.know("plan", plans.of_talk, conversation_id=ask.here.conversation_id)
    if plan is None or not (plan.what_matters or plan.goal):
        ask.tell(_("There is nothing here yet. Send CHECK IN to set a goal in your own words."))
        return
    _read_back(ask, plan)
    ask.tell(_("Send CHECK IN to change your goal or say how close you are. CORRECT puts other things right."))


def _read_back(ask: Ask, plan: Plan) -> None:
    if plan.what_matters:
        ask.tell(_('You told us what matters most to you: "{said}"'), said=plan.what_matters)
    if plan.goal:
        ask.tell(_('Your goal: "{said}"'), said=plan.goal)
    for score in plan.scores[-NEWEST:]:
        day = in_words(score.said_at.astimezone(ask.service.zone).date())
        ask.tell(_("On {day} you were at {close} out of 10."), day=day, close=score.close)
