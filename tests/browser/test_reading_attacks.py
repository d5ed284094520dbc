"""Hostile pages and documents, captured and uploaded as users do, in every view of their text in a real browser.

Nothing runs, nothing is requested from outside, and nothing in them is taken for a part of our pages.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from playwright.sync_api import Browser, expect
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from kb.access.actor import OPERATOR
from kb.features.hypothesis.settings import HypothesisSettings
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.people.group import Role, Visibility
from kb.services.annotations.annotations import write_annotation
from kb.services.annotations.private_notes import write_private_note
from kb.services.authentication.authentication import sign_in
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.browser.support.selections import select_by_mouse
from tests.browser.support.watched_browser import Watched, watched
from tests.browser.test_hypothesis_client import served
from tests.browser.test_kept_copies import watched as watched_copies
from tests.factories.documents import CHAPTER, a_pdf, an_epub, an_odt, with_parts
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.fixtures.hostile_pages import OUTSIDE, PICTURE, VECTORS
from tests.support.api_clients import Program
from tests.support.browser_sessions import PASSWORD, an_account

pytestmark = pytest.mark.browser

OURS = ("<template>", "<img>", "<canvas>", "style=", "a script")
"""What views of a text have of their own: the form that marks, pictures of copies, drawn pages and data of a PDF."""
CALM = "Les agents des collectivités accompagnent chaque semaine des milliers d’usagers dans leurs démarches en ligne. "
SENTENCES = ("Le délai moyen est de huit minutes.", "Le délai moyen est de vingt minutes.")
WORDS = (
    "<script>ran()</script> est un texte.",
    "\"><img src=x onerror=ran()> ' autofocus onfocus=ran() x='",
    "</p></article></main><svg onload=ran()><![CDATA[ <!-- </textarea></title></template></script>",
    "{{ 7 * 7 }} ${7*7} javascript:ran() data:text/html,<script>ran()</script>",
    "gauche \u202e\u2066edroite\u2069\u202c \u200f\u061c fin \u0301\u0301\u0301 \ufeff http://xn--e1awd7f.example",
)
# What looks like a part of our own pages, to their scripts and to their readers.
LOOKALIKES = f"""<template id=marker data-token=vole data-annotate='{OUTSIDE}/mark'><form class=marker
action='{OUTSIDE}/f'><button name=save>x</button></form></template>
<div data-marking data-version=9 data-item=x id=text><p id=b1 data-start=0>Un faux paragraphe de la page, assez long
pour être gardé, qui se donne pour le premier.</p><mark id=found data-annotation='"]<img src=x>'>faux</mark></div>
<script type=application/json id=passages>[{{"id": "x", "quote": "</script><script>ran()</script>"}}]</script>
<section data-merge id=comments class=reading-main>Faux commentaires</section><p id=a-x name=attributes>x</p>
<form id=marked name=body><input name=children><input name=ownerDocument></form><a name=CSS href='{OUTSIDE}/a'>x</a>
<p style='position:fixed;inset:0;z-index:99' id=marker-status>Couvre tout</p>"""
DEEP = "<div>" * 100 + "<p>Au fond de cent cadres, une phrase assez longue pour être lue."
KINDS = {"suite": tuple(VECTORS.values())[::2], "autres": tuple(VECTORS.values())[1::2], "faux": (LOOKALIKES, DEEP)}


def a_page(vectors: tuple[str, ...], sentence: str) -> bytes:
    words = "".join(f"<p>{escape(text)} {CALM}</p>" for text in WORDS)
    picture = f"<img src='{PICTURE}' alt='\"&gt;&lt;img src=x onerror=ran()&gt;'>"
    head = "<!DOCTYPE html><html lang=fr><head><meta charset=utf-8><title>Page</title></head>"
    begin = f"<body><article><h1>{CALM}</h1><p>{CALM * 2}</p><p>{sentence}</p>{picture}{words}"
    return (head + begin + "".join(f"<section>{vector}</section>" for vector in vectors)).encode()


def a_hostile_docx() -> bytes:
    document = Document()
    document.core_properties.title = document.core_properties.author = WORDS[1]
    document.add_heading(WORDS[0], 1)
    for text in WORDS[1:]:
        document.add_paragraph(text, style="List Bullet")
    document.add_table(1, 1).cell(0, 0).text = WORDS[2]
    for kind in (RELATIONSHIP_TYPE.IMAGE, RELATIONSHIP_TYPE.HYPERLINK, RELATIONSHIP_TYPE.A_F_CHUNK):
        document.part.relate_to(f"{OUTSIDE}/{kind[-5:]}", kind, is_external=True)
    document.part.relate_to("javascript:ran()", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    document.save(file := BytesIO())
    return file.getvalue()


def a_hostile_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(a_pdf("#raw(" + repr(WORDS[0]).replace("'", '"') + ")", "Titre"))))
    writer.add_metadata({"/Title": WORDS[1], "/Author": WORDS[2]})
    script = f"app.alert('x'); app.launchURL('{OUTSIDE}/pdf', true); this.submitForm('{OUTSIDE}/pdf');"
    actions = [
        {"/S": NameObject("/JavaScript"), "/JS": TextStringObject(script)},
        {"/S": NameObject("/URI"), "/URI": TextStringObject(f"{OUTSIDE}/pdf-uri")},
        {"/S": NameObject("/Launch"), "/F": TextStringObject(f"{OUTSIDE}/pdf-launch")},
        {"/S": NameObject("/SubmitForm"), "/F": TextStringObject(f"{OUTSIDE}/pdf-form")},
        {"/S": NameObject("/GoToR"), "/F": TextStringObject(f"{OUTSIDE}/pdf-far"), "/D": ArrayObject()},
    ]
    named = [DictionaryObject({NameObject(key): value for key, value in action.items()}) for action in actions]
    writer.root_object[NameObject("/OpenAction")] = named[0]
    events = {NameObject(event): action for event, action in zip(("/O", "/C", "/PV", "/PI"), named[1:], strict=True)}
    writer.pages[0][NameObject("/AA")] = DictionaryObject(events)
    for url in (f"{OUTSIDE}/pdf-link", "javascript:ran()", "data:text/html,<script>ran()</script>"):
        writer.add_annotation(0, Link(rect=(0, 0, 600, 800), url=url))
    writer.add_attachment("a.html", b"<script>ran()</script>")
    writer.write(file := BytesIO())
    return file.getvalue()


def documents() -> dict[str, bytes]:
    chapter = CHAPTER.replace("<body>", "<body onload='ran()'><p>" + escape(WORDS[0]) + "</p>" + "".join(
        f"<p>{escape(text)}</p><img src='{OUTSIDE}/epub'/><iframe src='{OUTSIDE}/epub-frame'></iframe>"
        f"<link rel='stylesheet' href='{OUTSIDE}/epub.css'/>" for text in WORDS[1:4]
    ))  # fmt: skip
    odt = an_odt(WORDS[0] + WORDS[2], title=WORDS[1])
    return {
        "a.docx": a_hostile_docx(),
        "a.epub": an_epub({"OEBPS/un 1.xhtml": chapter}),
        "a.odt": with_parts(odt, {"Pictures/a.svg": "<svg onload='ran()'/>"}),
        "a.pdf": a_hostile_pdf(),
    }


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library whose items have the names of KINDS and of the documents as their only tag."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        folder = tmp_path_factory.mktemp("attacks")
        empty = an_empty_library(folder)
        settings = replace(empty.settings, data=folder, base_url=base, parts=(HypothesisSettings("on"),))
        library = replace(empty, settings=settings)
        add_group(library, OPERATOR, "lectures", "Lectures communes", visible=Visibility.EVERYONE)
        an_account(library, "claire")
        set_role(library, OPERATOR, "lectures", "claire", Role.MEMBER)
        with served(library, listening):
            yield library
        library.close()


@pytest.fixture(scope="module")
def items(library: Library) -> dict[str, str]:
    """The ids of the pages and documents by name; each has marks on hostile words, and hostile notes."""
    claire, program, items = as_(library, "claire"), Program(library, "claire"), dict[str, str]()
    for name, vectors in KINDS.items():
        for place, sentence in enumerate(SENTENCES):
            files = {"file": ("page.html", a_page(vectors[::-1] if place else vectors, sentence), "text/html")}
            data = {"url": f"https://exemple.fr/{name}", "group": "lectures"}
            answer = program.client.post("/api/v1/capture", data=data, files=files)
            assert answer.status_code in {200, 201}, answer.text
            items[name] = answer.json()["id"]
            if place == 0:
                for quote in (sentence, WORDS[0], WORDS[1]):
                    fields = AnnotationFields(quote=quote, body=f"{WORDS[2]} @claire {WORDS[1]}", tags=(WORDS[1][:40],))
                    write_annotation(library, claire, items[name], fields)
    for name, content in documents().items():
        sent, fields = SentFile(name, iter([content])), ItemFields(title=f"{name} {WORDS[0]}")
        items[name] = upload_file(library, claire, "lectures", sent, fields).item.id
        write_annotation(library, claire, items[name], AnnotationFields(quote=WORDS[0][:22], body=WORDS[1]))
    for item in items.values():
        write_private_note(library, claire, item, AnnotationFields(quote="est un texte.", body=WORDS[0]))
    catch_up(library)
    return items


def session_of(library: Library, login: str = "claire") -> Any:
    secret = sign_in(library, login, PASSWORD, "127.0.0.1", "")
    return {"name": "kb-session", "value": secret, "url": library.settings.base_url}


@contextmanager
def window(browser: Browser, library: Library, files: Path, login: str = "", **options: object) -> Iterator[Watched]:
    """A window that watches; what it sees at the end must be nothing."""
    context, watching = watched(browser, library.settings.base_url, files, **options)
    if login:
        context.add_cookies([session_of(library, login)])
    yield watching
    context.close()
    assert [one for one in watching.complaints if not one.startswith(OURS)] == []


def views_of(name: str) -> list[str]:
    """The ends of the addresses that show an item and its text."""
    ends = ["read", "read?q=script+texte", "versions", "history"]
    if name in KINDS:
        ends += ["read?version=1", "versions?version=2&against=1"]
    return ["", *(f"/{end}" for end in ends)]


@pytest.mark.parametrize("login", ["claire", ""])
def test_no_view_of_a_hostile_text_runs_or_asks_for_anything(
    browser: Browser, library: Library, items: dict[str, str], tmp_path: Path, login: str
) -> None:
    base = library.settings.base_url
    with window(browser, library, tmp_path, login) as watching:
        for name, item in items.items():
            for end in views_of(name) if login else ("/read",):
                page = watching.visit(f"/items/{item}{end}")
                assert page.title() != "agi", end
                assert len(page.frames) == 1
                for picture in page.locator("img").all():
                    assert (picture.get_attribute("src") or "").startswith("/items/")
                if "read" in end:
                    shown = page.locator("#text").text_content() or ""
                    assert WORDS[0][:22] in shown, name
                    # Nothing of a page has the place of ours.
                    assert page.locator("[data-marking]").count() == 1
                    assert page.locator("#b1").count() <= 1
        page = watching.page
        page.goto(f"{base}/items/{items['a.pdf']}/read/pages")
        expect(page.locator(".pdf-page[data-drawn]")).to_contain_text("est un texte.")
        page.locator(".pdf-page").click(position={"x": 20, "y": 20})
        watching.stir()
        assert page.url.partition("#")[0].endswith("/read/pages")
        assert page.locator("#pages a").count() == 0


def test_hostile_texts_are_marked_and_the_page_merged_with_what_was_marked(
    browser: Browser, library: Library, items: dict[str, str], tmp_path: Path
) -> None:
    with window(browser, library, tmp_path, "claire") as watching:
        for name in ("faux", "a.docx"):
            page = watching.page
            page.goto(f"{library.settings.base_url}/items/{items[name]}/read")
            token = page.locator("#marker").get_attribute("data-token")
            assert token != "vole"
            select_by_mouse(page, "</article></main><svg onload=ran()>")
            page.get_by_label("Note", exact=True).fill(WORDS[1])
            page.get_by_role("button", name="Surligner", exact=True).click()
            expect(page.locator("#marker-status")).to_have_text("C’est ajouté.")
            expect(page.locator("#text mark", has_text="</article></main><svg").first).to_be_visible()
            watching.stir()


def test_without_scripts_the_views_lead_nowhere_but_to_ours(
    browser: Browser, library: Library, items: dict[str, str], tmp_path: Path
) -> None:
    base = library.settings.base_url
    with window(browser, library, tmp_path, "claire", java_script_enabled=False) as watching:
        for name, item in items.items():
            for end in views_of(name)[::2]:
                page = watching.page
                page.goto(f"{base}/items/{item}{end}")
                assert page.url == f"{base}/items/{item}{end}"
                leads = page.locator("a[href], form[action]").evaluate_all(
                    "(all) => all.map((one) => one.href ?? one.action)"
                )
                strange = {lead for lead in leads if not lead.startswith(base)}
                assert not {lead for lead in strange if lead.startswith(("javascript:", "data:", OUTSIDE))}, end


def test_no_copy_runs_or_asks_beside_the_client_of_hypothesis(
    browser: Browser, library: Library, items: dict[str, str]
) -> None:
    """In this copy the scripts of the client may run, and none of the page."""
    base = library.settings.base_url
    with watched_copies(browser, base) as (context, watch):
        context.add_init_script("window.ran = () => { window.hasRun = true }")
        context.add_cookies([session_of(library)])
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for name in KINDS:
            page.goto(f"{base}/items/{items[name]}/copy")
            assert page.title() == "Page"
            page.goto(f"{base}/items/{items[name]}/annotated")
            copy = page.frame(url="**/annotated/copy")
            assert copy is not None
            copy.wait_for_selector("hypothesis-highlight", state="attached")
            assert copy.evaluate("[document.title, origin, window.hasRun]") == ["Page", "null", None]
            assert [frame.url for frame in page.frames if not frame.url.startswith((base, "about:"))] == []
            assert [frame.url for frame in page.frames if frame.evaluate("window.hasRun")] == []
        assert watch.asked == []
