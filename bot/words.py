"""Words in the person's language: gettext catalogues over the English that stands in the flows."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import read_po


def _(words: str) -> str:
    """Mark words that are said to people, so that translators find them; returned as they are."""
    return words


class Words:
    """One language's words. What has no translation is said in English."""

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        """Take a BCP 47 tag and its catalogue."""
        self.language = language
        self._catalogue = catalogue

    def say(self, words: str, **values: object) -> str:
        """Translate `words` and fill its `{placeholders}`."""
        told = self._catalogue.get(words, words)
        return told.format_map({name: str(value) for name, value in values.items()}) if values else told


@cache
def words_in(language: str) -> Words:
    """Load the catalogue of a language, or of the service's own wording of English where it has one."""
    path = files("content") / "locale" / language / "LC_MESSAGES" / "waitingroom.po"
    if not path.is_file():
        return Words(language, {})
    return Words(language, catalogue_in(Path(str(path))))


@cache
def spoken() -> frozenset[str]:
    """Give the languages we can talk in ourselves: English, and every one that has a catalogue."""
    folders = (files("content") / "locale").iterdir()
    found = {folder.name for folder in folders if (folder / "LC_MESSAGES" / "waitingroom.po").is_file()}
    return frozenset(found | {"en"})


def catalogue_in(path: Path) -> dict[str, str]:
    """Read a .po file: source to translation, unfinished and unsure ones left out."""
    with path.open("rb") as opened:
        catalogue = read_po(opened)
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }
