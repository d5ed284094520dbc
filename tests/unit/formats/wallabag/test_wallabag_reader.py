"""Exports of wallabag, and hostile values in them."""

import io
import json

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft
from tests.factories.import_files import drafts, read, warnings

WALLABAG = [
    {
        "is_archived": 0,
        "is_starred": 1,
        "tags": ["vélo", "Élus"],
        "is_public": False,
        "id": 7,
        "title": "Les agents  racontent",
        "url": "https://www.exemple.fr/a",
        "content": "<p>Tout le texte</p>",
        "created_at": "2014-11-07T10:12:00+0100",
        "updated_at": "2014-11-08T10:12:00+0100",
        "published_at": "2014-11-06T00:00:00+0100",
        "published_by": ["Lise Été", ""],
        "annotations": [
            {
                "user": "claire",
                "text": "À relire",
                "quote": "un passage",
                "created_at": "2014-11-09T00:00:00+0100",
                "updated_at": "2014-11-10T00:00:00+0100",
                "ranges": [],
            },
            {"user": {"username": "paul"}, "text": "", "quote": "un autre"},
            {"user": [], "text": "", "quote": "sans personne"},
            {"text": "", "quote": ""},
        ],
        "language": "fr",
        "domain_name": "www.exemple.fr",
        "user_name": "claire",
        "user_id": 1,
    },
    {"is_archived": 1, "title": "No title found", "url": "https://exemple.fr/b", "tags": [{"label": "vélo"}]},
    {"is_archived": 1, "title": "Rien", "url": ""},
]


@pytest.mark.parametrize("whole", [WALLABAG, {"page": 1, "total": 3, "_embedded": {"items": WALLABAG}}])
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_an_export_of_wallabag_gives_tags_annotations_and_dates(whole: object, size: int) -> None:
    data = json.dumps(whole, ensure_ascii=False).encode()
    first, second = drafts("wallabag", data, size)
    assert first == ItemDraft(
        url="https://www.exemple.fr/a",
        title="Les agents racontent",
        byline="Lise Été",
        published="2014-11-06",
        source="exemple.fr",
        language="fr",
        tags=("vélo", "Élus"),
        author=AuthorDraft(name="claire"),
        added="2014-11-07T09:12:00Z",
        updated="2014-11-08T09:12:00Z",
        annotations=(
            AnnotationDraft(
                AnnotationKind.NOTE,
                author=AuthorDraft(name="claire"),
                added="2014-11-08T23:00:00Z",
                quote="un passage",
                body="À relire",
                updated="2014-11-09T23:00:00Z",
            ),
            AnnotationDraft(AnnotationKind.HIGHLIGHT, author=AuthorDraft(name="paul"), quote="un autre"),
            AnnotationDraft(AnnotationKind.HIGHLIGHT, quote="sans personne"),
        ),
    )
    assert second == ItemDraft(url="https://exemple.fr/b", tags=("vélo",))
    assert warnings("wallabag", data, size) == [
        "This bookmark does not lead to a page.",
        "The text of 1 page was left out: only what readers wrote is imported.",
    ]
    assert list(read_drafts(io.BytesIO(data))) == read("wallabag", data)
    assert drafts("wallabag", data.decode().encode("cp1252")) == drafts("wallabag", data)
    assert len(drafts("wallabag", data[: data.index(b"No title")])) == 1


@pytest.mark.parametrize(
    "value", ["[[[]]]", '{"a": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null", "[7, {}]"]
)
@pytest.mark.parametrize("name", ["title", "url", "tags", "annotations", "published_by", "created_at", "user_name"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    data = f'[{{"is_archived": 1, "title": "x", "url": "https://a.fr", "{name}": {value}}}]'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("wallabag", data, 1 << 16))
