"""Words reach people in their language, or in the service's own wording."""

from pathlib import Path

from bot.words import Words, catalogue_in, words_in

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "How old are you?"
msgstr "Faint yw dy oed di?"

msgid "Hello {name}"
msgstr "Helo {name}"

#, fuzzy
msgid "Yes"
msgstr "Efallai"

msgid "No"
msgstr ""
"""


def test_a_translation_is_said_and_what_has_none_is_said_in_english(tmp_path: Path) -> None:
    path = tmp_path / "waitingroom.po"
    path.write_text(PO)
    words = Words("cy", catalogue_in(path))
    assert words.say("How old are you?") == "Faint yw dy oed di?"
    assert words.say("Hello {name}", name="Siân") == "Helo Siân"
    assert words.say("No") == "No"


def test_an_unsure_translation_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "waitingroom.po"
    path.write_text(PO)
    assert Words("cy", catalogue_in(path)).say("Yes") == "Yes"


def test_a_language_without_a_catalogue_is_english() -> None:
    assert words_in("xx").say("How old are you?") == "How old are you?"


def test_braces_in_what_a_person_said_are_left_alone() -> None:
    assert words_in("en").say("Thank you, {name}.", name="{0.__class__}") == "Thank you, {0.__class__}."
