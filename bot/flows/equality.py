"""Equality questions: who uses the service, wholly optional, apart from the referral and from its transcript."""

from collections.abc import Sequence

from bot.ask import Ask
from bot.reading import Option
from bot.skipping import WAYS
from bot.words import _
from content.equality import RATHER_NOT, EqualityQuestion, Section, age_group, questions_for
from waitingroom import equality
from waitingroom.equality import OWN_WORDS, Standing

WILL = (
    Option("yes", _("Yes, answer the equality questions (takes 2 minutes)"), ("yes", "yeah", "ok"), _("Yes")),
    Option("no", _("No, skip the equality questions"), ("no", "skip", "no thanks"), _("No, skip them")),
)
WISHES = (
    Option("new", _("Give a new answer"), ("new answer", "new one", "change one"), _("New answer")),
    Option("delete", _("Delete these answers"), ("delete my answers", "delete them"), _("Delete answers")),
    Option("leave", _("Leave them as they are"), ("leave them", "nothing", "no"), _("Leave them")),
)
"""None of these is said by a keyword, CHANGE or DELETE, alone: those mean something else in every talk."""
KINDLY = {
    Standing.TOO_YOUNG: _("We ask these questions of people aged 18 and over only. Thank you for asking."),
    Standing.NOBODY: _("These questions come after you have asked us for support. Send HELLO to begin."),
}


def equality_questions(ask: Ask) -> None:
    """Say why we ask and that it changes nothing, and ask those who wish to be asked."""
    talk = ask.here.conversation_id
    standing = ask.know("standing", equality.standing, conversation_id=talk)
    if standing is Standing.ANSWERED:
        ask.lead_to("equality_again")
    if standing in KINDLY:
        ask.tell(KINDLY[standing])
        return
    asked = questions_for(ask.service.content.equality, ask.service.nation)
    ask.tell(_("We would like to ask some equality questions. They show us who we reach and who we miss."))
    ask.tell(
        _("They are optional. Your answers will not affect your referral. They are kept apart and only counted.")
    )
    if ask.choice("equality_will", asked.opening, WILL) == "no":
        ask.tell(_("That is fine. It changes nothing. Send EQUALITY if you change your mind."))
        return
    ask.tell(_("You can pass any question with SKIP."))
    _ask_and_keep(ask, asked.sections)
    ask.tell(
        _("Thank you. Your answers are kept apart from your referral. Send EQUALITY to change or delete them.")
    )


def equality_again(ask: Ask) -> None:
    """Change one answer or delete them all: nobody has to give again what stays the same (WCAG 2.2, 3.3.7)."""
    wish = ask.choice("equality_wish", _("You have answered the equality questions. What would you like?"), WISHES)
    if wish == "leave":
        ask.tell(_("That is fine. We leave them as they are."))
    elif wish == "delete":
        ask.do("forgotten", equality.forget, conversation_id=ask.here.conversation_id)
        ask.tell(_("We have deleted those answers. Nothing else has changed."))
    else:
        sections = questions_for(ask.service.content.equality, ask.service.nation).sections
        options = tuple(Option(section.key, section.title, ()) for section in sections)
        chosen = ask.choice("equality_section", _("Which answer would you like to change?"), options)
        _ask_and_keep(ask, [section for section in sections if section.key == chosen])
        ask.tell(_("That is changed. Send EQUALITY to change another."))


def _ask_and_keep(ask: Ask, sections: Sequence[Section]) -> None:
    answers: dict[str, str] = {}
    for section in sections:
        for question in section.questions:
            after = question.after
            if after is None or answers.get(after.question) in after.answers:
                _ask_one(ask, question, answers)
    ask.do(
        "kept",
        equality.keep,
        conversation_id=ask.here.conversation_id,
        asked=[question.key for section in sections for question in section.questions],
        answers=answers,
    )


def _ask_one(ask: Ask, question: EqualityQuestion, answers: dict[str, str]) -> None:
    """Ask one question, and for own words where an answer leaves room for them."""
    key = f"equality_{question.key}"
    if question.kind == "age_group":
        born = ask.maybe.date_of_birth(key, question.asks)
        today = ask.here.now.astimezone(ask.service.zone).date()
        had_birthday = born is not None and (today.month, today.day) >= (born.month, born.day)
        answers[question.key] = age_group(today.year - born.year - (not had_birthday)) if born else RATHER_NOT
        _set_apart(ask, key)
        return
    options = (
        *(Option(answer.key, answer.label, ()) for answer in question.answers),
        Option(RATHER_NOT, _("Prefer not to say"), tuple(sorted(WAYS))),
    )
    chosen = answers[question.key] = ask.choice(key, question.asks, options)
    _set_apart(ask, key)
    for answer in question.answers:
        if answer.key == chosen and answer.own_words:
            words = ask.maybe.text(f"{key}{OWN_WORDS}", answer.own_words, most=100)
            answers.update({f"{question.key}{OWN_WORDS}": words} if words else {})
            _set_apart(ask, f"{key}{OWN_WORDS}")


def _set_apart(ask: Ask, key: str) -> None:
    """Take the answer just given out of the transcript. Known, not done: BACK may still go past it."""
    ask.know(
        f"{key}_apart",
        equality.set_apart,
        conversation_id=ask.here.conversation_id,
        message_id=ask.here.message_id,
        asks=key,
        asked=ask.say(_("(An equality question. It is kept apart.)")),
        answered=ask.say(_("(An answer to it. It is kept apart.)")),
    )
