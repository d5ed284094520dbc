"""References in RIS and BibTeX: those of Zotero, EndNote, JabRef, Cairn and HAL, and ours."""

import io
import json
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.formats.import_formats import IMPORT_FORMATS, read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item
from tests.factories.exports import QUAIS, WHOLE, export_details, exported, odd_items
from tests.factories.import_files import count_entries, drafts, read, warnings
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.support.cpu_time import cpu_seconds_at_most

COMMENT = AnnotationKind.COMMENT

ZOTERO_RIS = """\ufeffTY  - JOUR
TI  - Les agents
 racontent
AU  - Été, Lise
AU  - Roux, Jr, Jean
T2  - La Gazette
DA  - 2014/11/07/
PY  - 2014
DO  - 10.4000/gazette.12
LA  - fr-FR
VL  - 3
IS  - 2
SP  - 12
EP  - 14
KW  - vélo
KW  - données ouvertes
N1  - <p>À relire&nbsp;!</p><p>Vraiment.</p>
AB  - Un résumé
sur deux lignes
L1  - files/12/a.pdf
Y2  - 2014/11/08/09:12:00
ER  -


TY  - BOOK
T1  - Sans date ni adresse
ER  -
"""
CAIRN = """TY - JOUR
T1 - Quais
A1 - Roux, Jeanne
JO - Revue des quais
Y1 - 2014///
KW - quais; rives; vélo
N2 - Un résumé.
UR - https://shs.cairn.info/revue-2014-1-page-12
N1 -\x20
ER -
TY  - CHAP
TI  - Un chapitre
DA  - nov. 2014
BT  - Un livre
PB  - Presses
UR  - https://hal.science/hal-0123
"""


@pytest.mark.parametrize("size", [1, 64, 1 << 16])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_zotero_gives_authors_dates_notes_and_tags(size: int, end: str) -> None:
    data = ZOTERO_RIS.replace("\n", end).encode()
    assert drafts("ris", data, size) == [
        ItemDraft(
            url="https://doi.org/10.4000/gazette.12",
            title="Les agents racontent",
            description="Un résumé\nsur deux lignes",
            byline="Lise Été, Jean Roux Jr",
            published="2014-11-07",
            source="La Gazette",
            language="fr-FR",
            document_type="article",
            volume="3",
            issue="2",
            page_range="12-14",
            tags=("vélo", "données ouvertes"),
            added="2014-11-08",
            annotations=(AnnotationDraft(COMMENT, body="À relire\u00a0!\nVraiment."),),
            line=1,
        ),
        ItemDraft(title="Sans date ni adresse", document_type="book", line=25),
    ]
    assert warnings("ris", data, size) == ["These fields were left out: L1."]
    assert [draft for draft in read_drafts(io.BytesIO(data)) if isinstance(draft, ItemDraft)] == drafts("ris", data)


def test_files_of_cairn_and_hal_are_read_with_their_oddities() -> None:
    first, second = drafts("ris", CAIRN.encode())
    assert first == ItemDraft(
        url="https://shs.cairn.info/revue-2014-1-page-12",
        title="Quais",
        description="Un résumé.",
        byline="Jeanne Roux",
        published="2014",
        source="Revue des quais",
        document_type="article",
        tags=("quais", "rives", "vélo"),
        line=1,
    )
    assert (second.document_type, second.publisher) == ("chapter", "Presses")
    assert (second.published, second.source, second.url) == ("2014-11", "Un livre", "https://hal.science/hal-0123")
    assert warnings("ris", CAIRN.encode()) == ["The last record has no end: a part of it may be missing."]


JABREF = r"""% Encoding: UTF-8
@String{gaz = "La Gazette"}
@STRING( suite = { des communes} )

@Article{roux2014,
  author   = {Roux, Jeanne and {Ville de Lyon} and Paul {de la} Blanc and others},
  title    = "L'{\'e}l{\`e}ve {\OE}uvre {\&} 50{\%} d'{\^\i}le, \c{C}a va: {NASA} et H$_2$O",
  journal  = gaz # suite,
  year     = 2014,
  month    = nov,
  day      = 7,
  doi      = {https://doi.org/10.4000/gazette.12},
  keywords = {vélo; données ouvertes},
  groups   = {Lectures},
  abstract = {Un résumé -- avec
des lignes.},
  comment  = {À relire},
  pages    = {12--14},
  creationdate = {2014-11-08T09:12:00},
  language = {french},
}

@comment{jabref-meta: databaseType:bibtex;}
@online{hal, title = {Sans accolade finale, url = {https://exemple.fr/perdu},
@misc{suivante, title={Ça {continue}}, howpublished={\url{https://exemple.fr/a\_b\%20c}}, date={2014-11/2015-01}}
@book{b3, title = {Quais}, editor = {Jeanne Roux and Paul Blanc}, publisher = {Presses}, year = {2014}, month = "11",
 eprint = {hal-0123}, eprinttype = {HAL}}
@book{rien, pages = 3}
"""


@pytest.mark.parametrize("size", [1, 64, 1 << 16])
def test_a_file_of_jabref_gives_texts_without_latex(size: int) -> None:
    first, second, third = drafts("bibtex", JABREF.encode(), size)
    assert first == ItemDraft(
        url="https://doi.org/10.4000/gazette.12",
        title="L'élève Œuvre & 50% d'île, Ça va: NASA et H$_2$O",
        description="Un résumé – avec\ndes lignes.",
        byline="Jeanne Roux ; Ville de Lyon ; Paul de la Blanc",
        published="2014-11-07",
        source="La Gazette des communes",
        language="fr",
        document_type="article",
        page_range="12–14",
        tags=("vélo", "données ouvertes", "Lectures"),
        added="2014-11-08T09:12:00Z",
        annotations=(AnnotationDraft(COMMENT, body="À relire"),),
        line=5,
    )
    assert (second.url, second.title, second.published) == ("https://exemple.fr/a_b%20c", "Ça continue", "2014-11")
    assert (third.byline, third.publisher, third.published) == ("Jeanne Roux, Paul Blanc", "Presses", "2014-11")
    assert (third.document_type, third.source) == ("book", None)
    assert third.url == "https://hal.science/hal-0123"
    assert warnings("bibtex", JABREF.encode(), size) == [
        "This entry cannot be read: is a brace missing?",
        "This record has neither a title nor an address.",
    ]
    assert list(read_drafts(io.BytesIO(JABREF.encode()))) == read("bibtex", JABREF.encode())


@pytest.mark.parametrize(("form", "text"), [("ris", ZOTERO_RIS), ("bibtex", JABREF)])
def test_a_file_in_latin_1_keeps_its_accents_and_says_so(form: str, text: str) -> None:
    data = text.removeprefix("\ufeff").encode("latin-1")
    assert drafts(form, data) == drafts(form, text.encode())
    assert warnings(form, data)[0].startswith("This file is not in UTF-8")


def test_a_title_has_no_markup_and_an_address_may_stand_beside_another() -> None:
    title = "L’<i>eau</i> à 10 m<sup>3</sup>, <span class='nocase'>a < b</span> <x>"
    record = f"TY  - JOUR\nTI  - {title}\nUR  - https://exemple.fr/a;b; https://exemple.fr/c\nER  - \n"
    (draft,) = drafts("ris", record.encode())
    assert (draft.title, draft.url) == ("L’eau à 10 m3, a < b <x>", "https://exemple.fr/a;b")
    (draft,) = drafts("csl", json.dumps([{"id": "a", "type": "book", "title": title, "author": []}]).encode())
    assert draft.title == "L’eau à 10 m3, a < b <x>"


def test_a_cut_file_gives_what_stands_before_and_says_so() -> None:
    (draft,) = drafts("ris", ZOTERO_RIS[: ZOTERO_RIS.index("N1")].encode())
    assert (draft.title, draft.annotations) == ("Les agents racontent", ())
    assert warnings("ris", ZOTERO_RIS[:100].encode()) == ["The last record has no end: a part of it may be missing."]
    cut = JABREF[: JABREF.index("@book{b3") + 40].encode()
    assert len(drafts("bibtex", cut)) == 2
    assert warnings("bibtex", cut)[-2] == "This entry cannot be read: is a brace missing?"


HOSTILE = [
    "{" * 50_000,
    "\\'" * 5_000,
    "$" * 50_001,
    "\\begin{a}" * 10_000,
    "#" * 50_000,
    '"' * 50_001,
    "« » Note : « " * 5_000,
    "<p>" * 30_000,
    " and " * 20_000,
    "é," * 50_000,
    "-" * 20_000,
    "\\url{" * 20_000 + "}" * 20_000,
    "\x00\x1b",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("form", ["ris", "bibtex"])
def test_a_hostile_value_costs_little_and_stops_nothing(form: str, value: str) -> None:
    if form == "ris":
        fields = "\n".join(f"{tag}  - {value}" for tag in ("TI", "AU", "KW", "N1", "AB", "DA", "DO", "LA", "ID"))
        data = f"TY  - JOUR\n{fields}\nUR  - https://exemple.fr/x\nER  - \nTY  - JOUR\nTI  - Fin\nER  - \n"
    else:
        names = ("title", "author", "keywords", "note", "abstract", "month", "doi", "language", "journal")
        fields = ",\n".join(f"{name} = {{{value}}}" for name in names)
        data = f"@misc{{x,\n{fields}}}\n@misc{{y, title={{Fin}}}}\n"
    with cpu_seconds_at_most(10):
        items = drafts(form, data.encode(), 1 << 16)
    assert items[-1].title == "Fin"
    assert not any("\0" in f"{draft.title}{draft.byline}" for draft in items)


@pytest.mark.parametrize(
    ("form", "record"),
    [
        ("ris", b"TY  - JOUR\nTI  - Un titre\nKW  - a\nN1  - Une note\nUR  - https://exemple.fr/%d\nER  - \n"),
        ("bibtex", b"@misc{k%d,\n title={Un titre},\n note={Une note}}\n"),
    ],
)
def test_a_large_file_is_read_in_bounded_memory(form: str, record: bytes) -> None:
    chunks = (b"".join(record % (start + place) for place in range(100)) for start in range(0, 3_000, 100))
    drafts(form, record % 1)
    tracemalloc.start()
    assert count_entries(form, chunks) == 3_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_an_endless_record_is_no_endless_memory() -> None:
    tracemalloc.start()
    chunks = (b"TY  - JOUR\nTI  - x\n" if not place else b"KW  - x\n" * 1000 for place in range(40))
    (draft, _) = read_all("ris", chunks)
    assert isinstance(draft, ItemDraft)
    line = b"@misc{x, title={" + b"x" * 60_000
    (items, *_) = read_all("bibtex", (line if not place else b"x" * 60_000 + b"\n" for place in range(200)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not isinstance(items, ItemDraft)
    assert peak < 16 << 20


def read_all(form: str, chunks: object) -> list[object]:
    return list(IMPORT_FORMATS[form].read(chunks))  # type: ignore[arg-type]


@settings(max_examples=40)
@given(odd_items)
@pytest.mark.parametrize("form", ["ris", "bibtex"])
def test_any_item_is_read_back_from_our_references(form: str, item: Item) -> None:
    (draft,) = drafts(form, exported(form, item), 64)
    assert draft.published == item.published
    assert draft.language == item.language
    assert draft.added == "2014-11-08" or item.url is None


PAUL = a_user("paul-roy", "Paul Roy")
words = st.text(st.sampled_from("aé \\{}%&_#$~^<>|-'`?!.,;:=+*/@\"œ’…123"), min_size=1, max_size=30).map(
    lambda text: " ".join(f"x{text}x".split())
)
tags = st.lists(
    st.text(st.sampled_from("aé \\{}%&_#$~^<>-'œ1"), min_size=1, max_size=12).map(lambda text: f"x{text.strip()}y"),
    max_size=3,
    unique=True,
)
plain_items = st.builds(
    lambda title, url, description, byline, source, published, tags, quote, body, reply, name: an_item(
        title,
        id="i-1",
        group=QUAIS,
        url=url,
        description=description,
        byline=byline,
        source=source,
        published=published,
        language="fr",
        tags=tuple(" ".join(tag.split()) for tag in tags),
        added="2014-11-08",
        annotations=[
            an_annotation(quote, id="a-1"),
            an_annotation(quote, id="a-2", body=body, author=a_user("paul", name), added="2014-12-01"),
            an_annotation(None, id="a-3", body=body, author=None, replies=[a_reply(reply, id="r-1", author=PAUL)]),
        ],
    ),
    words,
    st.sampled_from([None, "https://exemple.fr/?a=1&b=%20~x_y#z"]),
    st.none() | words,
    st.sampled_from(
        [None, "Jeanne Roux", "Jeanne Roux, Paul de Blanc", "Ville de Lyon", "Jeanne Roux ; Ville de Lyon"]
    ),
    st.none() | words,
    st.sampled_from([None, "2014", "2014-11", "2014-11-07"]),
    tags,
    words,
    words,
    words,
    st.sampled_from(["Paul", "Paul Roy", "Paul (DSI)", "Été 2014"]),
)
"""An item with texts on one line, with characters that have a meaning in LaTeX and in our notes."""


def carried(item: Item) -> ItemDraft:
    """The part of an item that the reference formats can represent."""
    quote, body = item.annotations[1].quote, item.annotations[1].body
    author = item.annotations[1].author
    assert author
    reply = ReplyDraft(author=AuthorDraft(name="Paul Roy"), body=item.annotations[2].replies[0].body)
    return ItemDraft(
        url=item.url,
        title=item.title,
        description=item.description,
        byline=item.byline,
        published=item.published,
        source=item.source,
        language=item.language,
        tags=item.tags or None,
        added=item.added if item.url else None,
        annotations=(
            AnnotationDraft(AnnotationKind.HIGHLIGHT, quote=quote),
            AnnotationDraft(
                AnnotationKind.NOTE, author=AuthorDraft(name=author.name), added="2014-12-01", quote=quote, body=body
            ),
            AnnotationDraft(COMMENT, body=body, replies=(reply,)),
        ),
    )


@settings(max_examples=150)
@given(plain_items, st.sampled_from(["fr", "en"]))
@pytest.mark.parametrize("form", ["ris", "bibtex"])
def test_our_references_are_read_back_equal(form: str, item: Item, language: str) -> None:
    data = exported(form, item, details=export_details(language))
    (draft,) = drafts(form, data, 64)
    assert replace(draft, line=None) == carried(item)


@settings(max_examples=60)
@given(plain_items, st.sampled_from(["fr", "en"]))
def test_csl_json_that_we_write_is_read_equal(item: Item, language: str) -> None:
    (draft,) = drafts("csl", exported("csl", item, details=export_details(language)), 64)
    assert draft == carried(item)


@pytest.mark.parametrize("form", ["ris", "bibtex", "csl"])
def test_our_own_file_comes_back(form: str) -> None:
    (draft,) = drafts(form, exported(form, WHOLE))
    assert (draft.title, draft.url, draft.tags) == (WHOLE.title, WHOLE.url, WHOLE.tags)
    assert [annotation.kind for annotation in draft.annotations] == [part.kind for part in WHOLE.annotations]
    assert draft.annotations[2].replies == (ReplyDraft(author=AuthorDraft(name="Paul Roy"), body="Relue."),)
