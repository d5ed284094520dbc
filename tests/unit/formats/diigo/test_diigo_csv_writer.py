"""Our CSV for Diigo, read back as Diigo's own exports are."""

import csv
import re
from html import unescape
from io import StringIO

from hypothesis import given

from kb.model.items.annotation import AnnotationKind
from tests.factories.exports import BARE, QUAIS, WHOLE, exported, odd_items
from tests.factories.items import an_annotation, an_item


def diigo_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode(), newline=""), strict=True))


def diigo_text(text: str) -> str:
    """A text of a Diigo export: literal line breaks, HTML tags, then entities."""
    return unescape(re.sub(r"</?[A-Za-z][^>]*>", "", text.replace("\\n", "\n")))


def diigo_annotations(text: str) -> list[tuple[str, str]]:
    """The blocks of the column `annotations`: each starts with a line with its name and a colon."""
    blocks = re.split(r"(?:^|\n)(Highlight|Sticky notes): ", text)
    return [(name, diigo_text(body)) for name, body in zip(blocks[1::2], blocks[2::2], strict=True)]


def line_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_diigo_csv_has_the_header_and_the_oddities_of_diigo():
    data = exported("diigo-csv", WHOLE, BARE)
    assert data.startswith(b"title,url,tags,description,comments,annotations,created_at\r\n")
    first, second = diigo_rows(data)
    assert first["tags"] == "agents,santé/social,données ouvertes"
    assert first["created_at"] == "2014-11-08 22:30:00"
    assert first["comments"] == "À relire.\nRelue."
    assert diigo_annotations(first["annotations"]) == [
        ("Highlight", "Les archives\nservent à tous."),
        ("Highlight", "À tous ?"),
        ("Sticky notes", "Vraiment à tous."),
    ]
    assert (second["tags"], second["annotations"], second["created_at"]) == ("no_tag", "", "")


def test_diigo_csv_keeps_texts_that_look_like_its_marks():
    quote = "Highlight: x\nSticky notes: y\\n&amp; <b>z</b> a < b & c C:\\new"
    (row,) = diigo_rows(exported("diigo-csv", an_item(group=QUAIS, annotations=[an_annotation(quote)])))
    assert diigo_annotations(row["annotations"]) == [("Highlight", quote)]


@given(odd_items)
def test_any_text_comes_back_from_diigo_csv(item):
    (row,) = diigo_rows(exported("diigo-csv", item))
    assert (row["title"], row["url"]) == (item.title, item.url or "")
    assert diigo_text(row["description"]) == (item.description or "")
    expected = []
    for part in item.annotations:
        if part.kind is not AnnotationKind.COMMENT:
            said = [("Sticky notes", text) for text in (part.body, *(reply.body for reply in part.replies)) if text]
            expected += ([("Highlight", part.quote)] if part.quote else []) + said
    found = diigo_annotations(row["annotations"])
    assert found == [(name, line_breaks(text)) for name, text in expected]
