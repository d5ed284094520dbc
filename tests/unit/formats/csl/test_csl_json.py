"""References in CSL-JSON: Zotero's and ours."""

import io
import json

import pytest
from hypothesis import given, settings

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft
from kb.model.items.item import Item
from tests.factories.exports import WHOLE, exported, odd_items
from tests.factories.import_files import drafts, read, warnings

ZOTERO = json.dumps(
    [
        {
            "id": "http://zotero.org/users/1/items/AB",
            "type": "webpage",
            "abstract": "Un résumé",
            "container-title": "La Gazette",
            "language": "fr-FR",
            "title": "Les agents  racontent",
            "URL": "https://exemple.fr/a",
            "author": [{"family": "Été", "given": "Lise"}, {"literal": "Ville de Lyon"}],
            "accessed": {"date-parts": [["2014", 11, 8]]},
            "issued": {"date-parts": [["2014", 11, 7]]},
            "keyword": "vélo, agents",
            "note": "À relire",
        },
        {"id": 2, "type": "book", "title": "Les quais", "DOI": "10.1000/a", "issued": {"raw": "2014/11"}},
        {"id": 3, "type": "book"},
    ],
    ensure_ascii=False,
).encode()


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_file_of_zotero_gives_authors_dates_tags_and_notes(size: int) -> None:
    assert drafts("csl", ZOTERO, size) == [
        ItemDraft(
            url="https://exemple.fr/a",
            title="Les agents racontent",
            description="Un résumé",
            byline="Lise Été ; Ville de Lyon",
            published="2014-11-07",
            source="La Gazette",
            language="fr-FR",
            tags=("vélo", "agents"),
            added="2014-11-08",
            annotations=(AnnotationDraft(AnnotationKind.COMMENT, body="À relire"),),
        ),
        ItemDraft(url="https://doi.org/10.1000/a", title="Les quais", published="2014-11", document_type="book"),
    ]
    assert list(read_drafts(io.BytesIO(ZOTERO))) == read("csl", ZOTERO)


def test_references_in_an_object_with_items_are_csl_and_no_json_lines() -> None:
    for wrapped in (b'{"items": ' + ZOTERO + b"}", b'\xef\xbb\xbf{\n  "config": "a",\n  "items":' + ZOTERO + b"}"):
        names: list[str] = []
        assert list(read_drafts(io.BytesIO(wrapped), "auto", names.append)) == read("csl", ZOTERO)
        assert names == ["csl"]
        assert drafts("csl", wrapped, 1) == drafts("csl", ZOTERO)


def test_other_json_with_items_is_named_and_is_no_json_lines() -> None:
    for data in (
        b'{"items": [{"itemType": "webpage", "creators": []}]}',
        b'{"@context": "https://schema.org", "@type": "Article"}',
    ):
        with pytest.raises(Invalid, match="This is a JSON list, but none that we know"):
            list(read_drafts(io.BytesIO(data)))


def test_a_cut_or_mis_encoded_file_gives_what_can_be_read_and_says_so() -> None:
    assert len(drafts("csl", ZOTERO[: ZOTERO.index(b"Les quais")])) == 1
    assert warnings("csl", ZOTERO[:100]) == ["The file ends within record 1: the rest is missing."]
    data = ZOTERO.decode().encode("cp1252")
    assert drafts("csl", data) == drafts("csl", ZOTERO)
    assert warnings("csl", data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize(
    "value", ["[[[]]]", '{"a": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null", "[7, {}]"]
)
@pytest.mark.parametrize("name", ["title", "URL", "author", "issued", "keyword", "note"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    data = f'[{{"id": 1, "type": "book", "title": "x", "URL": "y", "{name}": {value}}}]'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("csl", data, 1 << 16))


@settings(max_examples=60)
@given(odd_items)
def test_our_csl_json_is_read_back(item: Item) -> None:
    (draft,) = drafts("csl", exported("csl", item), 64)
    assert draft.published == item.published
    assert draft.language == item.language


def test_our_own_file_comes_back() -> None:
    (draft,) = drafts("csl", exported("csl", WHOLE))
    assert (draft.title, draft.url, draft.tags) == (WHOLE.title, WHOLE.url, WHOLE.tags)
    assert (draft.source, draft.published, draft.language) == (WHOLE.source, WHOLE.published, WHOLE.language)
    assert draft.byline == "Jeanne Roux, Paul Blanc"
