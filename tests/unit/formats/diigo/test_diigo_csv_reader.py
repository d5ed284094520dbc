"""Diigo's CSV exports, with the irregularities of real ones."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, RecordWarning, ReplyDraft
from kb.model.items.import_source import DiigoFile
from kb.model.items.item import Item
from tests.factories.exports import WHOLE, exported, odd_items
from tests.factories.import_files import drafts, read, warnings
from tests.factories.items import a_reply, an_annotation

EXPORT = (
    "\ufefftitle,url,tags,description,comments,annotations,created_at\r\n"
    '"Les ""agents"" & nous",https://exemple.fr/a?x=1&y=2,"agents,données ouvertes,agents","Une note<br>sur deux'
    ' lignes","Lagazette.fr, 7 nov 2014","Highlight: Premier\\nparagraphe &eacute;t&eacute; <b>gras</b>\n\n'
    'Sticky notes: D’accord ?\nSticky note: Oui.\nHighlight: Second : 1 < 2",2014-11-07 09:12:00\r\n'
    "Sans rien,https://exemple.fr/b,no_tag,,,,\r\n"
    ",,,,,,\r\n"
    ",,no_tag,perdu,,,2014-11-07 09:12:00\r\n"
    "Court,https://exemple.fr/c\r\n"
)


def test_an_export_gives_tags_notes_highlights_and_dates() -> None:
    first, second, third = drafts("diigo-csv", EXPORT.encode())
    assert first == ItemDraft(
        url="https://exemple.fr/a?x=1&y=2",
        title='Les "agents" & nous',
        description="Une note\nsur deux lignes",
        tags=("agents", "données ouvertes"),
        added="2014-11-07T09:12:00Z",
        source="Lagazette.fr",
        published="2014-11-07",
        read_from_comment=True,
        diigo_file=DiigoFile.DIIGO_CSV,
        annotations=(
            AnnotationDraft(
                AnnotationKind.NOTE,
                quote="Premier\nparagraphe été gras",
                body="D’accord ?",
                replies=(ReplyDraft(body="Oui."),),
            ),
            AnnotationDraft(AnnotationKind.HIGHLIGHT, quote="Second : 1 < 2"),
            AnnotationDraft(AnnotationKind.COMMENT, body="Lagazette.fr, 7 nov 2014"),
        ),
        line=2,
    )
    assert (second.url, second.tags, second.added, third.url) == (
        "https://exemple.fr/b",
        None,
        None,
        "https://exemple.fr/c",
    )
    assert warnings("diigo-csv", EXPORT.encode()) == ["This record has neither a title nor an address."]


def test_an_export_is_recognized_by_its_content() -> None:
    items = [draft for draft in read_drafts(io.BytesIO(EXPORT.encode())) if isinstance(draft, ItemDraft)]
    assert [draft.url for draft in items] == [
        "https://exemple.fr/a?x=1&y=2",
        "https://exemple.fr/b",
        "https://exemple.fr/c",
    ]


def test_the_sandboxed_process_reads_an_export_the_same(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(EXPORT.encode())
    *items, last = read_drafts_in_subprocess(path, "auto")
    assert items == read("diigo-csv", EXPORT.encode())
    assert isinstance(last, RecordWarning)
    assert last.of_format


@pytest.mark.parametrize("size", [1, 64, 1 << 16])
def test_the_pieces_in_which_a_file_comes_change_nothing(size: int) -> None:
    assert read("diigo-csv", EXPORT.encode(), size) == read("diigo-csv", EXPORT.encode())


def test_tags_of_older_files_are_separated_by_spaces() -> None:
    rows = "".join(
        f'x{place},https://exemple.fr/{place},"agents ""données ouvertes"" web",,,,\r\n' for place in range(12)
    )
    items = drafts("diigo-csv", f"title,url,tags,description,comments,annotations,created_at\r\n{rows}".encode())
    assert {draft.tags for draft in items} == {("agents", "données ouvertes", "web")}


def test_a_cut_file_gives_its_whole_rows() -> None:
    cut = EXPORT[: EXPORT.index("Sticky note: Oui")].encode()
    (draft,) = drafts("diigo-csv", cut)
    assert [annotation.kind for annotation in draft.annotations] == [AnnotationKind.NOTE, AnnotationKind.COMMENT]


def test_a_file_in_windows_1252_keeps_its_accents_and_says_so() -> None:
    data = EXPORT.removeprefix("\ufeff").encode("cp1252")
    assert drafts("diigo-csv", data) == drafts("diigo-csv", EXPORT.encode())
    assert warnings("diigo-csv", data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize(
    "cell",
    ['"' * 100_001, "Highlight: \n" * 5_000, "<" * 100_000, "&#" * 100_000, "\\n" * 100_000, "a\rb" * 1000, "\x00,"],
)
def test_a_hostile_file_is_read_to_its_end(cell: str) -> None:
    head = "title,url,tags,description,comments,annotations,created_at\n"
    data = f"{head}x,https://exemple.fr,{cell},{cell},{cell},{cell},{cell}\n".encode()
    first, *_ = drafts("diigo-csv", data, 1 << 16) or [None]
    assert first is None or first.url == "https://exemple.fr"


@settings(max_examples=60)
@given(odd_items)
def test_our_diigo_csv_is_read_back_equal(item: Item) -> None:
    (draft,) = drafts("diigo-csv", exported("diigo-csv", item), 64)
    (again,) = drafts("diigo-csv", exported("diigo-csv", item_of_draft(draft)), 64)
    assert replace(again, line=None) == replace(draft, line=None)
    assert draft.added == "2014-11-08T22:30:00Z"


def item_of_draft(draft: ItemDraft) -> Item:
    """An item with the content of a draft."""
    annotations = tuple(
        an_annotation(
            annotation.quote,
            body=annotation.body,
            kind=annotation.kind,
            replies=[a_reply(reply.body) for reply in annotation.replies],
        )
        for annotation in draft.annotations
    )
    return replace(
        WHOLE,
        url=draft.url,
        title=draft.title,
        description=draft.description,
        tags=draft.tags or (),
        added=draft.added or WHOLE.added,
        annotations=annotations,
    )


def test_our_own_file_comes_back() -> None:
    (draft,) = drafts("diigo-csv", exported("diigo-csv", WHOLE))
    assert [(annotation.kind, annotation.quote, annotation.body) for annotation in draft.annotations] == [
        (AnnotationKind.HIGHLIGHT, "Les archives\nservent à tous.", None),
        (AnnotationKind.NOTE, "À tous ?", "Vraiment à tous."),
        (AnnotationKind.COMMENT, None, "À relire."),
        (AnnotationKind.COMMENT, None, "Relue."),
    ]
    assert (draft.title, draft.url, draft.tags) == (WHOLE.title, WHOLE.url, WHOLE.tags)


def test_blocks_of_a_cell_of_one_line_follow_literal_line_breaks() -> None:
    cells = r"Highlight: Un\ndeux\nSticky notes: Oui.\nHighlight: Trois\n"
    file = f'title,url,tags,description,comments,annotations,created_at\nA,https://a.fr/,,,,"{cells}",\n'
    (draft,) = drafts("diigo-csv", file.encode())
    assert [(annotation.quote, annotation.body) for annotation in draft.annotations] == [
        ("Un\ndeux", "Oui."),
        ("Trois", None),
    ]
    whole = file.replace(r"\nHighlight: Trois\n", "\nHighlight: Trois\\nHighlight: quatre")
    (draft,) = drafts("diigo-csv", whole.encode())
    assert [annotation.quote for annotation in draft.annotations] == [
        "Un\ndeux\nSticky notes: Oui.", "Trois\nHighlight: quatre"
    ]  # fmt: skip
