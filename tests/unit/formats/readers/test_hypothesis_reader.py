"""Annotations of Hypothesis, as its API gives them."""

import io
import json

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft
from tests.factories.import_files import drafts, read, remarks


def a_row(**values: object) -> dict[str, object]:
    return {
        "id": "Ab_9-x",
        "created": "2014-11-07T09:12:00.123456+00:00",
        "user": "acct:lise@hypothes.is",
        "uri": "https://exemple.fr/a",
        "text": "",
        "tags": ["vélo"],
        "document": {"title": ["Les agents  racontent"]},
        "target": [],
        "permissions": {"read": ["group:__world__"]},
        **values,
    }


SELECTOR = {"type": "TextQuoteSelector", "exact": "des [agents] ", "prefix": "avant ", "suffix": " après"}
ROWS = [
    a_row(target=[{"selector": [{"type": "RangeSelector"}, SELECTOR]}], user_info={"display_name": "Lise Été"}),
    a_row(text="Toute la page", permissions={"read": ["acct:lise@hypothes.is"]}, id="pas un id"),
    a_row(),
]
DATA = json.dumps({"total": 3, "rows": ROWS}, ensure_ascii=False).encode()


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_annotations_give_passages_with_their_context_authors_and_dates(size: int) -> None:
    first, second = drafts("hypothesis", DATA, size)
    author, added = AuthorDraft(name="Lise Été"), "2014-11-07T09:12:00Z"
    quoted = AnnotationDraft(
        AnnotationKind.HIGHLIGHT,
        id="Ab_9-x",
        author=author,
        added=added,
        quote="des [agents] ",
        prefix="avant ",
        suffix=" après",
    )
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title="Les agents racontent",
        author=author,
        tags=("vélo",),
        added=added,
        annotations=(quoted,),
    )
    comment = AnnotationDraft(
        AnnotationKind.COMMENT, author=AuthorDraft(name="lise"), added=added, body="Toute la page"
    )
    assert second.annotations == (comment,)
    assert remarks("hypothesis", DATA) == [
        "This annotation has no page, or no text.",
        "1 private annotations: here, the readers of the group read them too.",
    ]


@pytest.mark.parametrize("data", [DATA, json.dumps(ROWS).encode()])
def test_the_content_tells_the_format(data: bytes) -> None:
    assert list(read_drafts(io.BytesIO(data))) == read("hypothesis", DATA)


def test_a_cut_or_mis_encoded_file_gives_what_can_be_read_and_says_so() -> None:
    assert len(drafts("hypothesis", DATA[: DATA.index(b"Toute")])) == 1
    data = DATA.decode().encode("cp1252")
    assert drafts("hypothesis", data) == drafts("hypothesis", DATA)
    assert remarks("hypothesis", data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize("value", ["[[[]]]", '{"title": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null"])
@pytest.mark.parametrize("name", ["uri", "target", "document", "permissions", "user", "text", "tags"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    row = json.dumps(a_row(text="x"))
    data = f'[{row[:-1]}, "{name}": {value}}}]'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("hypothesis", data, 1 << 16))
