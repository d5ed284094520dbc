"""Exports of Pinboard, with the irregularities of real ones."""

import io
import json

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft
from tests.factories.import_files import drafts, warnings

PINBOARD = [
    {
        "href": "https://exemple.fr/a",
        "description": "Les  agents\nracontent",
        "extended": 'Une « note » [avec crochets] et \\"guillemets\\"',
        "meta": "ab",
        "hash": "cd",
        "time": "2014-11-07T09:12:00Z",
        "shared": "no",
        "toread": "yes",
        "tags": "agents vélo Agents",
    },
    {"href": "https://exemple.fr/b", "description": False, "extended": "", "time": "hier", "tags": ""},
    {"href": "", "description": "Sans adresse", "time": "2014-11-07T09:12:00Z"},
    7,
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_an_export_of_pinboard_gives_titles_notes_tags_and_dates(indent: int | None, size: int) -> None:
    data = json.dumps(PINBOARD, indent=indent).encode()
    first, second = drafts("pinboard", data, size)
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title="Les agents racontent",
        description='Une « note » [avec crochets] et \\"guillemets\\"',
        tags=("agents", "vélo"),
        added="2014-11-07T09:12:00Z",
        private=True,
    )
    assert second == ItemDraft(url="https://exemple.fr/b")
    assert warnings("pinboard", data, size) == [
        "This date cannot be read, and is left out: hier.",
        "This bookmark does not lead to a page.",
        "Record 4 is not an object.",
        "1 bookmark was marked to be read: this mark was left out.",
    ]
    assert [draft.url for draft in read_drafts(io.BytesIO(data)) if isinstance(draft, ItemDraft)][:1] == [first.url]


def test_a_cut_or_broken_export_of_pinboard_gives_what_stands_before() -> None:
    data = json.dumps(PINBOARD).encode()
    assert len(drafts("pinboard", data[: data.index(b"https://exemple.fr/b") + 3])) == 1
    assert warnings("pinboard", data[:200]) == ["The file ends within record 1: the rest is missing."]
    assert warnings("pinboard", b'[{"href": "https://a.fr", "description": "\xe9t\xe9", "time": ""}]')[0].startswith(
        "This file is not in UTF-8"
    )


@pytest.mark.parametrize(
    "data",
    [b"[" * 60_000, b'[{"href": ' + b"9" * 10_000 + b"}]", b'[{"href": NaN}]', b'[{"href": "\\ud800\\u0000"}]', b"[,"],
)
def test_a_hostile_list_is_read_to_its_end(data: bytes) -> None:
    for draft in drafts("pinboard", data, 1 << 16):
        assert draft.url == "\ufffd\ufffd"
