"""Passages stand in the reading view where they are in the text, with their notes, for those who may read them."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from kb.features.reading.drawn_marks import LineMarks, Mark, with_levels
from kb.features.reading.margin import MOST_REPLIES
from kb.features.reading.text_parts import TextLine
from kb.indexer import catch_up
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.selectors import TextPosition, position_of
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.copy_pictures import picture_name
from kb.model.web_pages.text_layout import Picture, TextLayout
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from tests.factories.group import as_
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library
from tests.factories.page_copies import PICTURE, add_copy
from tests.support.browser_sessions import an_account, browsers_of, send
from tests.support.cpu_time import slowness

LECTURES, CERCLE = a_group("lectures"), a_group("cercle", visible=Visibility.MEMBERS)
LINES = [
    ("1", "Le guichet"),
    ("p", "Le guichet unique ouvre, et les agents <b>arrivent</b> tôt 🎈 le matin."),
    ("a", "Un guichet"),
    ("b", "Un guichet dans le guichet"),
    ("A", "Un numéro"),
    ("R", "| 2024 | 2025"),
    ("r", "Agents | 12 | 13"),
    ("q", "Une citation de l’agent."),
    ("x", "def f():"),
    ("x", "    return 1"),
    ("2", "Les suites"),
    ("1", "La fin"),
]
TEXT, LAYOUT = "\n".join(text for _, text in LINES), TextLayout("".join(kind for kind, _ in LINES))
PAUL = a_user("paul", "Paul Martin")


def marked(id_: str, quote: str, color: str = "yellow", body: str | None = None, **fields: object) -> object:
    return an_annotation(quote, id=id_, color=color, body=body, kind=AnnotationKind.of(quote, body), **fields)


ANNOTATIONS = (
    marked(
        "a1", "guichet unique ouvre, et les agents", body="Le chiffre.", author=PAUL, replies=[a_reply("Oui.", id="r1")]
    ),
    marked("a2", "et les agents <b>arrivent</b> tôt 🎈", "blue", "Un autre <script>alert(1)</script>."),
    marked("a3", "Agents | 12", "green"),
    marked("a4", "return 1\nLes suites", "pink"),
    marked("a5", "Ces mots ne sont plus dans ce texte depuis longtemps.", body="Perdu."),
    an_annotation(None, id="c1", kind=AnnotationKind.COMMENT, body="Un commentaire."),
)


class Blocks(HTMLParser):
    """The text of each element with `data-start`, without what stands aside; the marks with their text; ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[int, str] = {}
        self.marks: dict[str, str] = {}
        self.ids: list[str] = []
        self._stack: list[tuple[str, int | None, bool, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"]] if values.get("id") else []
        if tag in {"input", "meta", "link", "br", "img"}:
            return
        start = int(values["data-start"] or 0) if "data-start" in values else None
        aside = bool({"ref", "cite", "notes"} & set((values.get("class") or "").split()))
        self._stack.append((tag, start, aside, values.get("data-annotation") or ""))

    def handle_endtag(self, tag: str) -> None:
        if any(entry[0] == tag for entry in self._stack):
            while self._stack.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        starts = [start for _, start, _, _ in self._stack if start is not None]
        if starts and not any(aside for _, _, aside, _ in self._stack):
            self.texts[starts[-1]] = self.texts.get(starts[-1], "") + data
            for _, _, _, id_ in self._stack:
                if id_:
                    self.marks[id_] = self.marks.get(id_, "") + data


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    items = [
        an_item(
            "Un guichet pour tous",
            id="lu",
            url="https://exemple.fr/lu",
            group=LECTURES,
            language="fr",
            annotations=ANNOTATIONS,
        ),
        an_item(
            "Caché", id="secret", url="https://exemple.fr/s", group=CERCLE, annotations=[marked("s1", "du cercle")]
        ),
    ]
    with closing(a_library(*items, groups=(LECTURES, CERCLE))) as filled:
        for login in ("claire", "zoe"):
            an_account(filled, login)
        with filled.store.write() as writing:
            claire = writing.users.by_logins(["claire"])["claire"]
            for group in (LECTURES, CERCLE):
                writing.groups.set_role(claire.id, group.id, Role.MEMBER)
            writing.page_texts.put("lu", TEXT, LAYOUT)
            writing.page_texts.put("secret", "Le texte du cercle.")
        catch_up(filled)
        yield filled


@pytest.fixture(scope="module")
def browsers(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, ["claire", "zoe"])


def read(browser: TestClient, query: str = "") -> str:
    answer = browser.get(f"/items/lu/read?lang=fr{query}")
    assert answer.status_code == 200
    return answer.text


def test_each_line_stands_to_the_letter_at_its_position_whatever_is_drawn_on_it(
    browsers: dict[str, TestClient],
) -> None:
    for query in ("", "&q=guichet+agents"):
        blocks = Blocks(read(browsers["claire"], query))
        assert {start: TEXT[start : start + len(text)] for start, text in blocks.texts.items()} == blocks.texts
        assert "\n".join(text for _, text in sorted(blocks.texts.items())) == TEXT
        assert len(set(blocks.ids)) == len(blocks.ids)


def test_passages_are_marked_in_their_colours_over_each_other_and_over_several_lines(
    browsers: dict[str, TestClient],
) -> None:
    page = read(browsers["claire"])
    marks = Blocks(page).marks
    assert marks["a1"] == "guichet unique ouvre, et les agents"
    assert marks["a2"] == "et les agents <b>arrivent</b> tôt 🎈"
    assert marks["a3"] == "Agents  12"
    assert marks["a4"] == "return 1Les suites"
    assert "a5" not in marks
    assert '<mark class="pen yellow level-0" data-annotation="a1" id="m-a1">' in page
    assert '<mark class="pen blue level-1" data-annotation="a2" id="m-a2">' in page
    assert "<script>alert" not in page
    # Numbers lead to notes, and notes to marks.
    assert re.findall(r'class="ref" href="#a-(\w+)"', page) == ["a1", "a2", "a3", "a4"]
    assert re.findall(r'class="note-number" href="#m-(\w+)"', page) == ["a1", "a2", "a3", "a4"]
    assert page.index('id="lost"') < page.index('id="a-a5"') < page.index('id="comments"') < page.index('id="a-c1"')
    assert 'id="a-r1"' in page


@pytest.mark.parametrize(
    ("text", "end", "drawn"),
    [
        ("Un logiciel, libre", "logicie", "Un logiciel|, libre"),
        ("Un logiciel libre", "logiciel", "Un logiciel| libre"),
        ("L’agent lit", "L’", "L’|agent lit"),
        ("Une e\u0301cole", "Une e", "Une e\u0301cole|"),
        ("En 2024", "En 20", "En 2024|"),
        ("a" * 99, "aaa", f"aaa|{'a' * 96}"),
    ],
)
def test_the_number_of_a_passage_splits_no_word(text: str, end: str, drawn: str) -> None:
    place = text.index(end) + len(end)
    (mark,) = with_levels([Mark("a1", 7, 100, 100 + place, "yellow", "Note 7")])
    line = LineMarks([mark], (), None).draw(TextLine(1, 100, text))
    assert f">{text[:place]}</mark>" in line
    assert re.sub(r"</?mark[^>]*>", "", re.sub(r'<a class="ref".*?>7</a>', "|", line)) == drawn


def test_passages_that_end_in_one_word_have_their_numbers_after_it() -> None:
    marks = with_levels(Mark(f"a{number}", number, 0, end, "blue", "") for number, end in ((1, 5), (2, 3), (3, 6)))
    line = LineMarks(marks, [(1, 2)], 1).draw(TextLine(1, 0, "agents lus"))
    assert re.findall(r"</mark>|<a|\d</a>|lus", line)[-7:] == ["<a", "2</a>", "<a", "1</a>", "<a", "3</a>", "lus"]
    assert re.sub(r'<a class="ref".*?</a>|</?mark[^>]*>', "", line) == "agents lus"


def test_headings_lists_tables_quotations_and_code_are_what_they_are(browsers: dict[str, TestClient]) -> None:
    page = re.sub(r"\s+", " ", read(browsers[""]))
    page = re.sub(r"</?mark[^>]*>|<a class=\"ref\".*?</a>", "", page)
    page = re.sub(r' (?:id="b\d+"|data-start="\d+"|class="[\w -]+")', "", page)
    assert "<h2>Le guichet</h2>" in page
    assert "<h3>Les suites</h3>" in page
    item = "<div><p>{}</p></div>"
    assert (
        f"<ul><li>{item.format('Un guichet')}<ul><li>{item.format('Un guichet dans le guichet')}</li></ul></li></ul>"
        f"<ol><li>{item.format('Un numéro')}</li></ol>"
    ) in page
    assert '<thead><tr><th scope="col"><span>|</span></th><th scope="col"> 2024 <span>|</span></th>' in page
    assert "<tbody><tr><td>Agents <span>|</span></td><td> 12 <span>|</span></td><td> 13</td></tr></tbody>" in page
    assert f"<blockquote>{item.format('Une citation de l’agent.')}</blockquote>" in page
    assert "<code><span>def f():</span> <span> return 1</span></code>" in page
    # Three headings: a table of contents.
    assert re.findall(r'<a href="#b\d+" dir="auto">(.*?)</a>', page) == ["Le guichet", "Les suites", "La fin"]


def test_a_search_opens_at_its_words(browsers: dict[str, TestClient]) -> None:
    page = read(browsers["zoe"], "&q=citation")
    assert page.count('<mark class="found"') == page.count('id="found"') == 1
    assert '<mark class="found" id="found">citation</mark>' in page
    assert 'id="found"' not in read(browsers["zoe"])


def test_whoever_may_not_write_sees_no_form_and_no_private_note(
    library: Library, browsers: dict[str, TestClient]
) -> None:
    fields = AnnotationFields(quote="Une citation", body="Pour moi seule.", color="pink")
    write_private_note(library, as_(library, "claire"), "lu", fields)
    own, other = (read(browsers[login]) for login in ("claire", "zoe"))
    assert "Pour moi seule." in own
    assert "pour vous seul" in own
    assert "Pour moi seule." not in other
    assert "Surligner ce passage" in own
    # A logged-in reader may keep passages, for themselves alone.
    assert "/items/lu/private?back=" in other
    assert "/items/lu/annotate" not in other
    anonymous = read(browsers[""])
    assert "Surligner ce passage" not in anonymous
    assert "Pour moi" not in anonymous
    assert 'data-annotation="a1"' in anonymous


def test_a_group_that_one_may_not_read_shows_no_mark(browsers: dict[str, TestClient]) -> None:
    assert 'data-annotation="s1"' in browsers["claire"].get("/items/secret/read").text
    for path in ("read", "read/picture/0123456789abcdef", "annotate?start=0&end=4", "private?start=0&end=4"):
        hidden, none = (browsers["zoe"].get(f"/items/{name}/{path}") for name in ("secret", "aucun"))
        assert hidden.status_code == none.status_code == 404
        assert hidden.text.replace("secret", "aucun") == none.text


def test_without_javascript_a_paragraph_is_quoted_by_a_form_that_leads_back(
    library: Library, browsers: dict[str, TestClient]
) -> None:
    page = read(browsers["claire"])
    start = TEXT.index("Une citation")
    (link,) = re.findall(rf'href="(/items/lu/annotate\?[^"]*start={start}&amp;[^"]*)"', page)
    form = browsers["claire"].get(link.replace("&amp;", "&"))
    assert "Une citation de l’agent.</textarea>" in form.text
    sent = {
        "kind": "passage",
        "quote": "Une citation de l’agent.",
        "color": "green",
        "body": "À citer.",
        "start": str(start),
    }
    sent |= {"end": str(start + 24), "back": re.findall(r'name="back" value="([^"]*)"', form.text)[0]}
    answer = send(browsers["claire"], "/items/lu/annotate", **sent)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/items/lu/read")
    with library.store.read() as reading:
        item = reading.items.any_of(["lu"])["lu"]
    (written,) = (part for part in item.annotations if part.body == "À citer.")
    assert answer.headers["location"].endswith(f"#a-{written.id}")
    assert position_of(written.selectors) == TextPosition(start, start + 24)
    assert f'data-annotation="{written.id}"' in read(browsers["claire"])
    outside = send(browsers["claire"], "/items/lu/annotate", **sent | {"back": "//ailleurs.fr/", "again": "1"})
    assert "ailleurs" not in outside.headers["location"]
    assert browsers["claire"].get("/items/lu/annotate?start=9&end=2").status_code == 400
    assert browsers["claire"].get("/items/lu/annotate?start=999999&end=9999999").status_code == 200


@pytest.mark.alone
def test_five_hundred_marks_on_two_hundred_thousand_characters_are_drawn_in_little_time() -> None:
    sentence = "Le guichet numéro {} ouvre tôt le matin, et ses agents lisent chaque page avec soin. "
    text = "".join(sentence.format(number) + "\n" * (number % 5 == 0) for number in range(2400))[:200_000]
    size = len(text) // 520
    marks = [
        marked(f"p{number}", text[number * size : number * size + 400].strip(), "blue", f"Note {number}")
        for number in range(500)
    ]
    item = an_item("Long", id="long", url=None, group=LECTURES, annotations=marks)
    with closing(a_library(item, groups=(LECTURES,))) as filled:
        with filled.store.write() as writing:
            writing.page_texts.put("long", text)
        an_account(filled, "claire")
        claire = browsers_of(filled, ["claire"])["claire"]
        assert claire.get("/items/long/read").text.count('class="ref"') == 500
        start, most = time.process_time(), 1.0 * slowness()
        claire.get("/items/long/read?q=guichet")
        assert time.process_time() - start < most


def test_the_pictures_of_the_copy_stand_in_the_text_and_nothing_is_asked_from_outside(
    library: Library, browsers: dict[str, TestClient]
) -> None:
    add_copy(library, "lu", f"<p>Un plan</p><img src='{PICTURE}'><img src='data:image/svg+xml;base64,{'A' * 2000}'>")
    name, layout = picture_name(PICTURE), replace(LAYOUT, pictures=(Picture(2, picture_name(PICTURE), "Un <plan>"),))
    with library.store.write() as writing:
        writing.page_texts.put("lu", TEXT, layout)
    page = read(browsers["zoe"])
    pictures = re.findall(r"<figure><img .*?></figure>", page)
    assert pictures == [
        f'<figure><img src="/items/lu/read/picture/{name}" alt="Un &lt;plan&gt;" loading="lazy"></figure>'
    ]
    assert not re.search(r'<(?:img|script|link|iframe)[^>]*(?:src|href)="(?:https?:)?//', page)
    picture = browsers["zoe"].get(f"/items/lu/read/picture/{name}")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["content-type"] == "image/png"
    assert "sandbox" in picture.headers["content-security-policy"]
    again = browsers["zoe"].get(f"/items/lu/read/picture/{name}", headers={"if-none-match": picture.headers["etag"]})
    assert again.status_code == 304
    for other in ("0123456789abcdef", picture_name(f"data:image/svg+xml;base64,{'A' * 2000}"), "é"):
        assert browsers["zoe"].get(f"/items/lu/read/picture/{other}").status_code == 404


HEAVY = {
    "lines": ("&\n" * 100_000, TextLayout("abcdefABCDEFrRqx123456ipp" * 4_000 + "p")),
    "cells": ("\n".join(["a|" * 1_000] * 100), TextLayout("r" * 100)),
    "one line": ("& agents" * 25_000, None),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_text_has_pages_of_bounded_size(library: Library, browsers: dict[str, TestClient], name: str) -> None:
    with library.store.write() as writing:
        if not writing.items.any_of(["lignes"]):
            replies = [a_reply("Oui.", id=f"many-{number}") for number in range(3_000)]
            annotations = [marked("many", "& agents", body="Fil.", replies=replies)]
            item = an_item("Lignes", id="lignes", url=None, group=LECTURES, order=9, annotations=annotations)
            writing.items.add([item])
        writing.page_texts.put("lignes", *HEAVY[name])
    first, last = (browsers["claire"].get(f"/items/lignes/read?page={number}") for number in (1, 999))
    for page in (first, last):
        assert page.status_code == 200
        assert len(page.content) < 2_500_000
        assert page.text.count('id="a-many-') <= MOST_REPLIES
    assert ("page=2" in first.text) == (name == "lines")


def test_results_and_the_page_of_an_item_lead_to_the_words_in_the_text(browsers: dict[str, TestClient]) -> None:
    found = 'href="/items/lu/read?q=num%C3%A9ro#found"'
    results, item = (browsers[""].get(address).text for address in ("/search?q=numéro", "/items/lu?q=numéro"))
    # From the row, and from the part of the page that was found.
    assert results.count(found) == item.count(found) == 2
    assert 'href="/items/lu/read"' in browsers[""].get("/items/lu").text
    assert "Lire ici" in browsers[""].get("/g/lectures?lang=fr").text


def test_without_the_feature_nothing_leads_to_the_view(library: Library) -> None:
    off = replace(library, settings=replace(library.settings, features="all,-reading"))
    browser = browsers_of(off, [])[""]
    for address in ("/search?q=numéro", "/items/lu?q=numéro", "/g/lectures"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "/read" not in answer.text.replace("/readyz", "")


def test_a_paragraph_of_an_earlier_version_is_quoted_as_it_was(
    browsers: dict[str, TestClient], library: Library
) -> None:
    with library.store.write() as writing:
        writing.items.add([an_item("Versions", id="deux", url=None, group=LECTURES, order=10)])
        writing.page_texts.put("deux", "Le guichet & ses agents.")
    with library.store.write() as writing:
        writing.page_texts.put("deux", "Tout autre chose.")
    for version, text in (("1", "Le guichet &amp; ses agents."), ("2", "Tout autre chose.")):
        page = browsers["claire"].get(f"/items/deux/read?version={version}").text
        (link,) = re.findall(r'class="cite" href="([^"]*)"', page)
        form = browsers["claire"].get(link.replace("&amp;", "&")).text
        assert f"{text}</textarea>" in form
        assert f'name="version" value="{version}"' in form
