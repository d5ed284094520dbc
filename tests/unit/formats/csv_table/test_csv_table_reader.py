"""Exports of Raindrop and Readwise, and tables written by users."""

import io

import pytest

from kb.errors import Invalid
from kb.formats.csv_table.column_mapping import COLUMN_FIELDS, format_with_columns, split_columns
from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, warning_of
from tests.factories.import_files import drafts, warnings, without_format_warnings
from tests.factories.import_samples import RAINDROP, READWISE, TABLE


def test_an_export_of_raindrop_gives_folders_as_tags() -> None:
    first, second = drafts("raindrop", RAINDROP)
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title='Les "quais" d’été',
        description="Un résumé",
        tags=("vélo", "Ville", "Veille", "Agents"),
        added="2014-11-07T09:12:00Z",
        annotations=(AnnotationDraft(AnnotationKind.COMMENT, body="À relire"),),
        line=2,
    )
    assert second == ItemDraft(url="https://exemple.fr/b", title="Sans rien", line=3)


def test_an_export_of_readwise_gives_a_passage_for_each_row() -> None:
    first, second = drafts("readwise", READWISE)
    assert first == ItemDraft(
        title="Les agents",
        byline="Lise Été",
        tags=("vélo",),
        added="2014-11-07T09:12:00Z",
        annotations=(
            AnnotationDraft(
                AnnotationKind.NOTE,
                added="2014-11-07T09:12:00Z",
                quote="Premier passage,\nsur deux lignes",
                body="D’accord",
                color="yellow",
            ),
        ),
        line=2,
    )
    assert [annotation.quote for annotation in second.annotations] == ["Second"]


def test_tags_of_the_document_in_an_export_of_readwise_are_tags_too() -> None:
    first, _ = drafts("readwise", READWISE.replace(b"09:12:00+00:00,", b'09:12:00+00:00,"eau, v\xc3\xa9lo"'))
    assert first.tags == ("vélo", "eau")


def test_passages_in_a_raindrop_export_are_separate_and_its_note_belongs_to_the_page() -> None:
    cell = '"Highlight:Un\npassage\nNote: D’accord\n\nHighlight: Deux"'
    (first, _) = drafts("raindrop", RAINDROP.replace(b",,,false", f",,{cell},false".encode(), 1))
    assert first.annotations == (
        AnnotationDraft(AnnotationKind.NOTE, quote="Un\npassage", body="D’accord"),
        AnnotationDraft(AnnotationKind.HIGHLIGHT, quote="Deux"),
        AnnotationDraft(AnnotationKind.COMMENT, body="À relire"),
    )
    (first, _) = drafts("raindrop", RAINDROP.replace(b",,,false", b",,Un passage,false", 1))
    assert [annotation.quote for annotation in first.annotations] == ["Un passage", None]


@pytest.mark.parametrize(
    ("published", "added", "dates", "left_out"),
    [
        ("nov. 2014", "7 novembre 2014", ("2014-11", "2014-11-07"), []),
        ("31/02/2014", "hier", (None, None), ["31/02/2014", "hier"]),
        ("0000-00-00", "0000-00-00 00:00:00", (None, None), []),
    ],
)
def test_a_written_date_of_a_table_is_read_and_one_that_cannot_be_is_named(
    published: str, added: str, dates: tuple[str | None, str | None], left_out: list[str]
) -> None:
    data = f"Titre;Parution;Ajouté;Thème\nLes quais;{published};{added};eau\n".encode()
    (draft,) = drafts("csv", data)
    assert ((draft.published, draft.added), draft.tags) == (dates, ("eau",))
    reasons = [f"This date cannot be read, and is left out: {date}." for date in left_out]
    assert sorted(warnings("csv", data)) == sorted(reasons)


def test_a_table_of_excel_that_names_its_separator_is_read() -> None:
    data = b"sep=;\r\nTitre;Adresse\r\nUn, deux;www.exemple.fr/a\r\n"
    drafts_and_warnings = list(without_format_warnings(read_drafts(io.BytesIO(data))))
    assert drafts_and_warnings == [ItemDraft(url="https://www.exemple.fr/a", title="Un, deux", line=3)]


def test_a_table_that_ends_within_a_row_says_so() -> None:
    data = b'title,url,tags\nUn,https://exemple.fr/a,x\nDeux,https://exemple.fr/b,"eau, ri'
    assert [draft.tags for draft in drafts("csv", data)] == [("x",), ("eau", "ri")]
    assert warnings("csv", data) == ["The file ends within this row: its end is missing, or a quotation mark."]
    assert warnings("csv", data + b'v"') == warnings("csv", data + b'v"\n') == []


def test_a_table_is_read_by_the_names_of_its_columns_and_the_others_are_named() -> None:
    assert drafts("csv", TABLE) == [
        ItemDraft(
            url="https://exemple.fr/a",
            title="Les agents",
            byline="Lise Été",
            published="2014-11-07",
            tags=("vélo", "été"),
            added="2014-11-08T00:00:00Z",
            line=2,
        )
    ]
    assert warnings("csv", TABLE) == [
        "These columns were left out: cote.",
        "This record has neither a title nor an address.",
    ]


def test_columns_with_other_names_are_chosen() -> None:
    table = "Sujet du doc;Où,donc;Cote;Titre\nLes agents;https://exemple.fr/a;Q 1;Autre\n".encode()
    form = format_with_columns({"title": " sujet  du DOC", "url": "Où,donc", "tags": "Absente", "note": ""})

    assert list(read_drafts(io.BytesIO(table), form)) == [
        warning_of("This table has no column “%(name)s”.", name="Absente"),
        warning_of("These columns were left out: %(columns)s.", columns="cote, titre"),
        ItemDraft(url="https://exemple.fr/a", title="Les agents", line=2),
    ]


@pytest.mark.parametrize("columns", [{"isbn13": "Cote"}, {"title": "x" * 201}])
def test_columns_that_cannot_be_chosen_are_refused(columns: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        format_with_columns(columns)


def test_all_columns_can_be_chosen_by_long_names() -> None:
    columns = {field: f"{field} {'😀' * 180}" for field in COLUMN_FIELDS}

    assert split_columns(format_with_columns(columns)) == ("csv", columns)
