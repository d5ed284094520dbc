"""Responses of Diigo's API, exports of Raindrop and Readwise, tables written by users, and lists of addresses."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kb.errors import Invalid
from kb.formats.csv_table.column_mapping import COLUMN_FIELDS, format_with_columns, split_columns
from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.annotation import AnnotationKind
from kb.model.items.diigo_files import DiigoFile
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft, remark
from tests.factories.import_files import drafts, read, remarks, without_format_remarks

LISE = AuthorDraft(name="Lise Été")
API = json.dumps(
    [
        {
            "title": "Les agents  racontent",
            "url": "https://exemple.fr/a",
            "user": "Lise Été",
            "desc": "Une note &amp; <b>sa</b> suite",
            "tags": "agents,données ouvertes",
            "shared": "no",
            "readlater": "no",
            "created_at": "2008/04/30 06:28:54 +0800",
            "updated_at": "2014/11/07 09:12:00 +0000",
            "comments": [{"content": "Lagazette.fr, 7 nov 2014", "user": "Paul"}],
            "annotations": [
                {
                    "content": "Premier<br>passage",
                    "created_at": "2008/05/01 00:00:00 +0000",
                    "comments": [{"content": "D’accord"}],
                },
                {"content": ""},
            ],
        },
        {"title": "", "url": "https://exemple.fr/b", "desc": "", "tags": "no_tag", "annotations": None},
        {"title": "", "url": "", "desc": "perdu", "tags": ""},
    ],
    ensure_ascii=False,
).encode()
RAINDROP = (
    "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\r\n"
    '1,"Les ""quais"" d’été",À relire,Un résumé,https://exemple.fr/a,Veille/Agents,"vélo, Ville",'
    "2014-11-07T09:12:00.000Z,,,false\r\n"
    "2,Sans rien,,,https://exemple.fr/b,Unsorted,,,,,false\r\n"
).encode()
READWISE = (
    "Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,"
    "Highlighted at,Document tags\r\n"
    '"Premier passage,\nsur deux lignes",Les agents,Lise Été,,D’accord,yellow,vélo,page,3,'
    "2014-11-07 09:12:00+00:00,\r\n"
    "Second,Les agents,Lise Été,,,,,page,4,2014-11-07 09:13:00+00:00,\r\n"
).encode()
TABLE = (
    "\ufeffTitre;Adresse;Mots-clés;Auteur;Date de publication;Ajouté le;Cote\r\n"
    "Les agents;https://exemple.fr/a;vélo, été;Lise Été;07/11/2014;08/11/2014;B12\r\n"
    ";;;;;;B13\r\n"
).encode()
ADDRESSES = (
    "# Été\nhttps://exemple.fr/a\r\n\n- <https://exemple.fr/b> Les  agents\nbonjour\nHTTP://exemple.fr/c".encode()
)
FILES = {"diigo-json": API, "raindrop": RAINDROP, "readwise": READWISE, "csv": TABLE, "addresses": ADDRESSES}


def test_an_answer_of_the_api_of_diigo_gives_authors_dates_and_annotations() -> None:
    first, second = drafts("diigo-json", API)
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title="Les agents racontent",
        description="Une note & sa suite",
        author=LISE,
        tags=("agents", "données ouvertes"),
        added="2008-04-29T22:28:54Z",
        updated="2014-11-07T09:12:00Z",
        private=True,
        source="Lagazette.fr",
        published="2014-11-07",
        read_from_comment=True,
        piece=DiigoFile.DIIGO_JSON,
        annotations=(
            AnnotationDraft(
                AnnotationKind.HIGHLIGHT,
                author=LISE,
                added="2008-05-01T00:00:00Z",
                quote="Premier\npassage",
                replies=(ReplyDraft(body="D’accord"),),
            ),
            AnnotationDraft(AnnotationKind.COMMENT, author=AuthorDraft(name="Paul"), body="Lagazette.fr, 7 nov 2014"),
        ),
    )
    assert second == ItemDraft(url="https://exemple.fr/b", piece=DiigoFile.DIIGO_JSON)
    assert remarks("diigo-json", API) == [
        "This record has neither a title nor an address.",
    ]
    assert (first.private, second.private) == (True, False)


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
    assert sorted(remarks("csv", data)) == sorted(reasons)


def test_a_table_of_excel_that_names_its_separator_is_read() -> None:
    data = b"sep=;\r\nTitre;Adresse\r\nUn, deux;www.exemple.fr/a\r\n"
    drafts_and_remarks = list(without_format_remarks(read_drafts(io.BytesIO(data))))
    assert drafts_and_remarks == [ItemDraft(url="https://www.exemple.fr/a", title="Un, deux", line=3)]


def test_a_table_that_ends_within_a_row_says_so() -> None:
    data = b'title,url,tags\nUn,https://exemple.fr/a,x\nDeux,https://exemple.fr/b,"eau, ri'
    assert [draft.tags for draft in drafts("csv", data)] == [("x",), ("eau", "ri")]
    assert remarks("csv", data) == ["The file ends within this row: its end is missing, or a quotation mark."]
    assert remarks("csv", data + b'v"') == remarks("csv", data + b'v"\n') == []


@pytest.mark.parametrize(
    ("line", "url", "title"),
    [
        ("https://exemple.fr/a,101-b.html", "https://exemple.fr/a,101-b.html", None),
        ("https://exemple.fr/a;jsessionid=1, Titre", "https://exemple.fr/a;jsessionid=1", "Titre"),
        ("- <https://exemple.fr/a> — Titre - suite", "https://exemple.fr/a", "Titre - suite"),
    ],
)
def test_an_address_of_a_list_may_have_commas(line: str, url: str, title: str | None) -> None:
    assert drafts("addresses", line.encode()) == [ItemDraft(url=url, title=title)]


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
    assert remarks("csv", TABLE) == [
        "These columns were left out: cote.",
        "This record has neither a title nor an address.",
    ]


def test_columns_with_other_names_are_chosen() -> None:
    table = "Sujet du doc;Où,donc;Cote;Titre\nLes agents;https://exemple.fr/a;Q 1;Autre\n".encode()
    form = format_with_columns({"title": " sujet  du DOC", "url": "Où,donc", "tags": "Absente", "note": ""})

    assert list(read_drafts(io.BytesIO(table), form)) == [
        remark("This table has no column “%(name)s”.", name="Absente"),
        remark("These columns were left out: %(columns)s.", columns="cote, titre"),
        ItemDraft(url="https://exemple.fr/a", title="Les agents", line=2),
    ]


@pytest.mark.parametrize("columns", [{"isbn13": "Cote"}, {"title": "x" * 201}])
def test_columns_that_cannot_be_chosen_are_refused(columns: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        format_with_columns(columns)


def test_all_columns_can_be_chosen_by_long_names() -> None:
    columns = {field: f"{field} {'😀' * 180}" for field in COLUMN_FIELDS}

    assert split_columns(format_with_columns(columns)) == ("csv", columns)


def test_a_list_of_addresses_gives_an_item_a_line() -> None:
    assert drafts("addresses", ADDRESSES) == [
        ItemDraft(url="https://exemple.fr/a"),
        ItemDraft(url="https://exemple.fr/b", title="Les agents"),
        ItemDraft(url="HTTP://exemple.fr/c"),
    ]
    assert remarks("addresses", ADDRESSES) == ["This line is no address."]


@pytest.mark.parametrize("form", FILES)
def test_the_format_is_recognized_by_the_content_also_in_the_sandboxed_process(form: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(FILES[form])
    in_process, in_this_process = read_drafts_in_subprocess(path, "auto"), read_drafts(io.BytesIO(FILES[form]))
    assert list(without_format_remarks(in_process)) == read(form, FILES[form])
    assert list(without_format_remarks(in_this_process)) == read(form, FILES[form], 1)


@pytest.mark.parametrize("form", FILES)
def test_a_cut_file_gives_the_records_before_the_cut(form: str) -> None:
    whole = drafts(form, FILES[form])
    for end in range(0, len(FILES[form]), 5):
        cut = drafts(form, FILES[form][:end])
        assert len(cut) <= len(whole)
        assert cut[:-1] == whole[: max(len(cut) - 1, 0)]


@pytest.mark.parametrize("form", FILES)
def test_a_file_in_windows_1252_keeps_its_accents_and_says_so(form: str) -> None:
    data = FILES[form].decode("utf-8-sig").encode("cp1252")
    assert drafts(form, data) == [replace(draft) for draft in drafts(form, FILES[form])]
    assert remarks(form, data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize(
    "piece", [b"\x00", b'"', b"\n", b",", b"[", b'{"a":', b"<a ", b"&#9", b"https://a.fr/", b"\xff", b"\\u0000"]
)
def test_a_hostile_file_is_read_to_its_end(form: str, piece: bytes) -> None:
    data = FILES[form]
    for place in (0, len(data) // 2, len(data)):
        for draft in drafts(form, data[:place] + piece * 20_000 + data[place:], 1 << 16):
            assert "\0" not in f"{draft.url}{draft.title}{draft.description}"
