"""Extraction says what each line is: headings, lists, rows, quotations, preformatted text, pictures, pages."""

import json
from base64 import b64encode
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest
import typst
from docx import Document
from lxml import html
from odfdo import Document as OpenDocument
from odfdo import Element, Header, List, Paragraph

from kb.extraction.document_lines import TreeLines
from kb.extraction.html_facts import facts_of_html
from kb.extraction.saved_page_facts import facts_of_saved_page
from kb.fetcher.page_facts_cleaning import visible_text
from kb.files.received_file import received_file
from kb.model.web_pages.copy_pictures import picture_in_copy
from kb.model.web_pages.text_layout import (
    CONTINUED,
    HEADER_ROW,
    HEADINGS,
    ITEMS,
    LINE_KINDS,
    NUMBERED_ITEMS,
    PARAGRAPH,
    PREFORMATTED,
    QUOTATION,
    ROW,
    Picture,
    TextLayout,
    layout_json,
    layout_of,
)
from kb.services.files.file_reading import read_file
from tests.factories.documents import an_epub

WORDS = "assez de mots pour que la page ait un texte principal que l’on reconnaisse sans peine comme le sien"
ARTICLE = f"""<html lang="fr"><head><title>T</title></head><body><article><h1>Le guichet</h1><p>Un <b>premier</b>
paragraphe, {WORDS}.</p><blockquote><p>Une citation.</p></blockquote><ul><li>Un</li><li>Deux<ul><li>Deux un</li></ul>
</li><li><p>Trois</p><p>suite de trois</p></li></ul><ol><li>Premier pas</li></ol><h2>Tableau</h2><table><tr><th></th>
<th>2024</th></tr><tr><td>Aide</td><td>12&nbsp;€</td></tr></table><pre>def f():
    return 1
</pre><p>Vers un<br>vers deux, {WORDS}.</p>{{more}}</article></body></html>"""
LINES = [
    ("1", "Le guichet"),
    ("p", f"Un premier paragraphe, {WORDS}."),
    ("q", "Une citation."),
    ("a", "Un"),
    ("a", "Deux"),
    ("b", "Deux un"),
    ("a", "Trois"),
    ("i", "suite de trois"),
    ("A", "Premier pas"),
    ("2", "Tableau"),
    ("R", "| 2024"),
    ("r", "Aide | 12 €"),
    ("x", "def f():"),
    ("x", "    return 1"),
    ("p", "Vers un"),
    ("p", f"vers deux, {WORDS}."),
]


def lines_of(facts: Iterable[dict[str, object]]) -> tuple[list[tuple[str, str]], TextLayout]:
    text, layout = visible_text({name: value for fact in facts for name, value in fact.items()})
    assert layout is not None
    return list(zip(layout.kinds, text.split("\n"), strict=True)), layout


def read(tmp_path: Path, content: bytes) -> tuple[list[tuple[str, str]], TextLayout]:
    with received_file(tmp_path, [content], 1 << 20) as received:
        reading = read_file(received, "a")
    assert reading.layout is not None
    return list(zip(reading.layout.kinds, reading.text.split("\n"), strict=True)), reading.layout


def test_a_page_of_the_web() -> None:
    page = ARTICLE.format(more="").encode()
    lines, _ = lines_of(facts_of_html(page, {"charset": "utf-8", "address": "https://exemple.fr/"}))
    assert lines == LINES


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Lundi    9 h\n  Mardi   14 h\n\nFermé", ["Lundi    9 h", "  Mardi   14 h", "Fermé"]),
        ("Lundi   <b>9 h</b>\n  <a href='/m'>Mardi</a>  14 h", ["Lundi   9 h", "  Mardi  14 h"]),
        ("<span>Lundi</span>  9 h<br>  Mardi", ["Lundi  9 h", "  Mardi"]),
        ("Tapez <code>kb</code>\n  puis <code>serve</code>", ["Tapez kb", "  puis serve"]),
        ("<code>Lundi\n  Mardi</code>", ["Lundi", "  Mardi"]),
        ("", []),
    ],
)
def test_preformatted_text_of_a_page_stays_so(content: str, expected: list[str]) -> None:
    page = ARTICLE.format(more=f"<pre>{content}</pre><p>Après, {WORDS}.</p>").encode()
    lines, _ = lines_of(facts_of_html(page, {"charset": "utf-8", "address": "https://exemple.fr/"}))
    assert lines[len(LINES) : -1] == [(PREFORMATTED, line) for line in expected]


def test_the_pictures_of_a_saved_page_are_those_of_its_copy() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
    kept, script = b64encode(png).decode(), b64encode(b"<svg onload='alert(1)'>" * 60).decode()
    more = (
        f'<p>Avant, {WORDS}.</p><img src="data:image/png;base64,{kept}" alt="Un plan"><p>Après, {WORDS}.</p>'
        f'<img src="data:image/svg+xml;base64,{script}"><img src="https://exemple.fr/espion.png">'
    )
    facts = list(facts_of_saved_page(ARTICLE.format(more=more).encode(), {"charset": "", "address": ""}))
    lines, layout = lines_of(facts)
    assert lines[: len(LINES)] == LINES
    (picture,) = layout.pictures
    assert (picture.line, picture.description) == (len(LINES) + 1, "Un plan")
    copy = str(facts[0]["copy"])
    shown = picture_in_copy(copy, picture.name)
    assert shown is not None
    assert (shown.media_type, shown.content) == ("image/png", png)
    assert picture_in_copy(copy, "f" * 16) is None
    assert picture_in_copy(copy.replace("image/png", "image/gif"), picture.name) is None


def test_a_word_document(tmp_path: Path) -> None:
    document = Document()
    document.add_heading("Note de service", 0)
    document.add_heading("Le constat", 1)
    document.add_paragraph("Un paragraphe.")
    document.add_heading("Les suites", 2)
    document.add_paragraph("Une puce", style="List Bullet")
    document.add_paragraph("Un numéro", style="List Number")
    document.add_paragraph("Une citation", style="Quote")
    table = document.add_table(2, 2)
    for place, text in enumerate(("Année", "Aide", "2024", "12 €")):
        table.cell(place // 2, place % 2).text = text
    document.save(file := BytesIO())
    lines, _ = read(tmp_path, file.getvalue())
    assert lines == [
        ("1", "Note de service"),
        ("1", "Le constat"),
        ("p", "Un paragraphe."),
        ("2", "Les suites"),
        ("a", "Une puce"),
        ("A", "Un numéro"),
        ("q", "Une citation"),
        ("r", "Année | Aide"),
        ("r", "2024 | 12 €"),
    ]


def test_an_open_document(tmp_path: Path) -> None:
    document = OpenDocument("text")
    body = document.body
    body.clear()
    deleted = Element.from_tag("<text:tracked-changes><text:p>Un repentir</text:p></text:tracked-changes>")
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("2024", "12 €"))
    header = cells.replace("2024", "Année").replace("12 €", "Aide")
    table = Element.from_tag(
        f"<table:table><table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
        f"<table:table-row>{cells}</table:table-row></table:table>"
    )
    for part in (
        deleted,
        Header(1, "Ordre du jour"),
        Paragraph("Un paragraphe."),
        Header(3, "Détail"),
        List(["Une puce", "Une autre"]),
        table,
    ):
        body.append(part)
    document.save(file := BytesIO())
    lines, _ = read(tmp_path, file.getvalue())
    assert lines == [
        ("1", "Ordre du jour"),
        ("p", "Un paragraphe."),
        ("3", "Détail"),
        ("a", "Une puce"),
        ("a", "Une autre"),
        ("R", "Année | Aide"),
        ("r", "2024 | 12 €"),
    ]


def test_a_book(tmp_path: Path) -> None:
    chapter = ARTICLE.format(more="<img src='a.png' alt='Un héron'/>").replace("<br>", "<br/>").replace("&nbsp;", " ")
    lines, layout = read(tmp_path, an_epub({"OEBPS/un 1.xhtml": chapter}))
    assert lines == LINES
    assert layout.pictures == ()


def test_a_pdf_has_pages_and_the_headings_of_its_outline(tmp_path: Path) -> None:
    content = typst.compile(
        b"= Le bilan\nUn paragraphe sur le guichet.\n#pagebreak()\n#pagebreak()\n== Les suites\nUn autre, sans point"
    )
    lines, layout = read(tmp_path, content)
    assert lines == [
        ("1", "Le bilan"),
        ("p", "Un paragraphe sur le guichet."),
        ("2", "Les suites"),
        ("p", "Un autre, sans point"),
    ]
    # The second page is empty.
    assert layout.pages == (0, 2, 2)


def test_a_pdf_without_an_outline_has_headings_in_larger_letters(tmp_path: Path) -> None:
    source = (
        "#set text(size: 11pt)\n#text(size: 22pt)[Rapport annuel du guichet]\n\n#lorem(60)\n\n"
        "#text(size: 15pt)[Les suites données à la démarche, \\ et ce qu’il en reste]\n\n#lorem(40)\n\n"
        "Un mot #text(size: 16pt)[GRAND] dans la ligne"
    )
    lines, _ = read(tmp_path, typst.compile(source.encode()))
    assert [line for line in lines if line[0] != "p"] == [
        ("1", "Rapport annuel du guichet"),
        ("2", "Les suites données à la démarche, et ce qu’il en reste"),
    ]
    assert lines[-1] == ("p", "Un mot GRAND dans la ligne")
    # A slide, whose letters are nearly all large, has no headings.
    slide = "\n\n".join(f"#text(size: {20 + number}pt)[Point numéro {number}]" for number in range(8))
    lines, _ = read(tmp_path, typst.compile(f"#text(size: 11pt)[{'mot ' * 60}]\n\n{slide}".encode()))
    assert {kind for kind, _ in lines} == {"p"}


@pytest.mark.parametrize("depth", [1, 20])
def test_rows_inside_rows_lists_inside_cells_and_headings_inside_all_give_their_words_once(depth: int) -> None:
    inside = "<table><tr><td>a<ul><li>b<h2>c</h2></li></ul></td><td>" * depth
    tree = html.document_fromstring(
        f"<h1>t<table><tr><td>u</td></tr></table></h1>{inside}d{'</td></tr></table>' * depth}"
    )
    lines = list(TreeLines().read(tree))
    words = " ".join(text for _, text in lines).replace("|", " ").split()
    assert words == ["t", "u", *["a", "b", "c"] * depth, "d"]


def test_a_layout_follows_the_beginning_of_its_text_and_is_none_for_another_text() -> None:
    layout = TextLayout("1pa", (0, 2), (Picture(1, "ab", "Un plan"),))
    stored = layout_json(layout)
    assert layout_of(stored, "a\nb\nc") == layout
    assert layout_of(stored, "a\nb") == TextLayout("1p", (0, 2), (Picture(1, "ab", "Un plan"),))
    assert layout_of(stored, "a\nb\nc\nd") is None
    for damaged in (None, "", "null", "[]", "{", '{"kinds": "uvw"}', '{"kinds": 3}', "[" * 100_000):
        assert layout_of(damaged, "a\nb\nc") is None
    odd = {"kinds": "ppp", "pages": [True, -1, "x", 9, 1], "pictures": [[1, "a"], [9, "a", ""], [0, "a" * 65, ""]]}
    assert layout_of(json.dumps(odd), "a\nb\nc") == TextLayout("ppp", (1,))
    assert layout.without_lines([True, False, True]) == TextLayout("1a", (0, 1), (Picture(1, "ab", "Un plan"),))


def test_each_kind_of_line_has_a_character_of_its_own() -> None:
    kinds = (PARAGRAPH, QUOTATION, PREFORMATTED, *HEADINGS, *ITEMS, *NUMBERED_ITEMS, CONTINUED, ROW, HEADER_ROW)
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == LINE_KINDS
