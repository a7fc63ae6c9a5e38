"""Messages staff send often: refused by file and line where they could not be filled, found or afforded."""

import re
import shutil
from pathlib import Path

import pytest

from content import Content, ContentError, load
from content.loader import home
from content.segments import segments
from content.templates import LONGEST, Template


@pytest.fixture
def words(tmp_path: Path) -> Path:
    directory = tmp_path / "content"
    shutil.copytree(home(), directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return directory


MISTAKES = {
    "a variable that is not known": ("Hello {name}, this", "Hello {nmae}, this", "{nmae} is not a variable"),
    "a bracket that stands alone": ("Hello {name}, this", "Hello {name, this", "stands alone"),
    "more than a name in a variable": ("Hello {name}, this", "Hello {name!r}, this", "more than its name"),
    "a sign that doubles the price": ("Hello {name}, this", "Hello {name} \u2013 this", "text message alphabet"),
    "too long once it is filled in": (
        "You asked for someone to talk to.",
        "You asked for someone to talk to. " * 7,
        "text messages long",
    ),
    "a word that gives away why": ("You asked for someone", "You asked about debt and someone", "gives away"),
    "a shortcut that is another's": ("shortcut: /chat", "shortcut: /hello", "shortcut of `hello` already"),
    "a shortcut that is none": ("shortcut: /chat", "shortcut: chat", "shortcut"),
    "a kind that is not known": ("kind: no_answer", "kind: noanswer", "kind"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_template_that_is_wrong_is_refused_with_its_file_and_line(words: Path, name: str) -> None:
    old, new, said = MISTAKES[name]
    path = words / "templates.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ContentError) as refused:
        load(words)
    found = [str(one) for one in refused.value.problems]
    assert any(said in one and re.match(rf"content/templates\.yaml:{line}: ", one) for one in found), found


def test_every_template_fits_two_texts_however_long_the_names(content: Content) -> None:
    assert len(content.templates) >= 12
    assert {one.kind for one in content.templates.values()} == {
        *("first", "appointment", "follow_up", "no_answer", "goodbye")
    }
    for one in content.templates.values():
        assert segments(one.filled(**LONGEST)) <= 2


def test_what_is_not_known_stays_for_the_writer_to_see(content: Content) -> None:
    one: Template = content.templates["confirm"]
    assert one.wants == ("name", "when", "worker")
    assert "{when}" in one.filled(name="Ann", worker="Sam")
    assert one.filled(name="Ann {worker}", worker="Sam", when="Tue").count("{worker}") == 1
