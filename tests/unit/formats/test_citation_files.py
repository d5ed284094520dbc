"""Reference files, read back by maintained parsers and by Zotero's rules."""

import json

import bibtexparser
import jsonschema
import pytest
import rispy
from hypothesis import given

from kb.model.storable_text import one_line
from tests.checkers import zotero_rules
from tests.factories.exports import BARE, WHOLE, exported, odd_items

_DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
            "minItems": 1,
            "maxItems": 1,
        }
    },
    "required": ["date-parts"],
    "additionalProperties": False,
}
_TEXT = {"type": "string", "minLength": 1}
CSL = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type", "id"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": "webpage"},
            "author": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"family": _TEXT, "given": _TEXT, "literal": _TEXT},
                    "additionalProperties": False,
                },
            },
            **dict.fromkeys(("issued", "accessed"), _DATE),
            **dict.fromkeys(
                ("id", "title", "container-title", "language", "abstract", "URL", "keyword", "note"), _TEXT
            ),
            "archive_location": _TEXT,
        },
    },
}
"""The part of the schema of CSL data (1.0.2) for the variables that we use."""


def test_ris_has_a_record_for_each_item_with_its_tags_and_passages():
    first, second = rispy.loads(exported("ris", WHOLE, BARE).decode())
    assert (first["title"], first["urls"]) == ("L’archive et le <réseau>", ["https://www.exemple.fr/archive?a=1&b=2"])
    assert first["keywords"] == ["agents", "santé/social", "données ouvertes"]
    assert first["notes"] == [
        "«\u202fLes archives servent à tous.\u202f»",
        "«\u202fÀ tous ?\u202f» Note (Paul Roy, 1er décembre 2014)\u202f: «\u202fVraiment à tous.\u202f»",
        "Commentaire\u202f: «\u202fÀ relire.\u202f»",
        "Réponse (Paul Roy)\u202f: «\u202fRelue.\u202f»",
        "Lien permanent\u202f: https://lire.exemple.fr/items/archive",
    ]
    assert second["title"] == "Sans rien"


def test_bibtex_has_an_entry_for_each_item_with_its_tags_and_passages():
    library = bibtexparser.parse_string(exported("bibtex", WHOLE, BARE).decode())
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == ["archive", "bare"]
    assert library.entries[0]["keywords"] == "agents, santé/social, données ouvertes"
    assert "Vraiment à tous." in library.entries[0]["annote"]


def test_csl_has_an_item_for_each_item_with_its_tags_and_passages():
    first, second = json.loads(exported("csl", WHOLE, BARE))
    assert first["author"] == [{"family": "Roux", "given": "Jeanne"}, {"family": "Blanc", "given": "Paul"}]
    assert (first["container-title"], first["issued"]) == ("La Gazette", {"date-parts": [[2014, 11, 7]]})
    assert first["keyword"] == "agents, santé/social, données ouvertes"
    assert len(first["note"].splitlines()) == 4
    assert second == {
        "id": "bare",
        "type": "webpage",
        "title": "Sans rien",
        "URL": "https://lire.exemple.fr/items/bare",
    }


@pytest.mark.parametrize("form", ["ris", "bibtex", "csl"])
def test_a_file_without_items_can_be_read(form):
    text = exported(form).decode()
    assert (json.loads(text) if form == "csl" else text) in ([], "")


@given(odd_items)
def test_any_text_comes_back_from_each_file(item):
    (record,) = rispy.loads(exported("ris", item).decode())
    (of_zotero,) = zotero_rules.ris(exported("ris", item).decode())
    (reference,) = json.loads(exported("csl", item))
    jsonschema.validate([reference], CSL)
    assert len(bibtexparser.parse_string(exported("bibtex", item, BARE).decode()).entries) == 2
    title = one_line(item.title or "")
    assert reference["title"] == (title or "[Sans titre]")
    if title.isprintable() and title:
        assert record["title"].strip() == of_zotero["title"].strip() == title.strip()
    assert reference.get("keyword", "") == ", ".join(filter(None, map(one_line, item.tags)))
