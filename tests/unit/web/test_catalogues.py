"""Every sentence of the code and of the templates has its French, in French typography."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import kb
from kb.resources import locale_dir, templates_dir

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "say": None,
    "plural": (1, 2),
    "tell": None,
    "FlorilegeError": None,
    "NotFound": None,
    "Refused": None,
    "Invalid": None,
    "Conflict": None,
    "Unavailable": None,
    "Misused": None,
    "Remark": None,
}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true"}
PLACES = re.compile(r"%\((\w+)\)s")
# What French never writes: a mark of two parts after an ordinary space or none, a straight apostrophe, a bare guillemet.
FAULTS = {
    "an ordinary space before a mark": re.compile(r" [;:!?»]|« "),
    "no space before a mark": re.compile(r"[\w)»][;:!?](?=\s|$)|«[^\u202f]|[^\u202f]»"),
    "a straight apostrophe": re.compile(r"\w'\w"),
}


def sentences() -> Iterator[tuple[str, ...]]:
    """Each message that the program can say: one form, or two for a count."""
    for path in sorted(Path(kb.__file__).parent.rglob("*.py")):
        with path.open("rb") as source:
            for _, message, _, _ in extract("python", source, KEYWORDS):
                yield from spoken(message)
    for path in sorted(templates_dir().rglob("*.html")):
        with path.open("rb") as source:
            for _, _, message, _ in babel_extract(source, tuple(KEYWORDS), (), OPTIONS):
                yield from spoken(message)


def spoken(message: object) -> Iterator[tuple[str, ...]]:
    forms = tuple(form for form in (message if isinstance(message, tuple) else (message,)) if form)
    if forms and any(character.isalpha() for character in re.sub(PLACES, "", forms[0])):
        yield forms if len(forms) == 2 and "%(count)s" in forms[1] else forms[:1]


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (locale_dir() / "fr" / "LC_MESSAGES" / "kb.po").open("rb") as source:
        return read_po(source, locale="fr", abort_invalid=True)


def test_every_sentence_is_said_in_french(french: Catalog) -> None:
    said = set(sentences())
    assert len(said) > 100
    missing = []
    for forms in sorted(said):
        message = french.get(forms[0])
        answer = message.string if message else ""
        complete = all(answer) if isinstance(answer, tuple) else bool(answer)
        if not complete or (len(forms) == 2) != isinstance(answer, tuple) or (message and message.fuzzy):
            missing.append(forms)
    assert missing == []


def test_a_translation_has_the_values_of_its_sentence_and_no_other(french: Catalog) -> None:
    for message in french:
        keys = message.id if isinstance(message.id, tuple) else (message.id,)
        answers = message.string if isinstance(message.string, tuple) else (message.string,)
        expected = set(PLACES.findall(" ".join(keys)))
        if message.id:
            assert all(set(PLACES.findall(answer)) == expected for answer in answers), message.id
            assert not re.search(r"%\(\w+\)[^s]", "".join((*keys, *answers))), message.id


def test_french_typography_is_kept(french: Catalog) -> None:
    faults = []
    for message in french:
        answers = message.string if isinstance(message.string, tuple) else (message.string,)
        for answer in answers if message.id else ():
            # Addresses and query syntax are not French; what they hold is left out.
            bare = re.sub(r"(sqlite|whoosh|https?|étiquette):\S+", "…", answer)
            faults += [(fault, answer) for fault, pattern in FAULTS.items() if pattern.search(bare)]
    assert faults == []
