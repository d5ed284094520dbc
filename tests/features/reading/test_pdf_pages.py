"""The pages of a PDF as they look: the page, the passages on it, and the files of pdf.js."""

import json
import re
import runpy
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.features.reading.pdf_pages import pdfjs_version
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.item_file import FileKind, FileRole, ItemFile, TextState
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.text_layout import TextLayout
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from tests.factories.group import as_
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, browsers_of

ROOT = Path(__file__).resolve().parents[3]
PDFJS = ROOT / "kb" / "features" / "reading" / "pdfjs"
LECTURES, CERCLE = a_group("lectures"), a_group("cercle", visible=Visibility.MEMBERS)
DAY = "2026-12-01T09:00:00.000000Z"
QUOTE = "</script><b>Le circuit"


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    passage = an_annotation(QUOTE, id="p1", prefix="avant ", color="blue")
    comment = an_annotation(None, id="c1", body="Bien.")
    items = [
        an_item("Rapport", id="rapport", group=LECTURES, annotations=[passage, comment]),
        an_item("Secret", id="secret", group=CERCLE),
        an_item("Note", id="note", group=LECTURES),
        an_item("Page", id="page", group=LECTURES),
    ]
    with closing(a_library(*items, groups=(LECTURES, CERCLE))) as filled:
        for login in ("claire", "zoe"):
            an_account(filled, login)
        with filled.store.write() as writing:
            claire = writing.users.by_logins(["claire"])["claire"]
            writing.groups.set_role(claire.id, CERCLE.id, Role.MEMBER)
            for item, kind in (("rapport", FileKind.PDF), ("secret", FileKind.PDF), ("note", FileKind.DOCX)):
                writing.item_files.put(
                    ItemFile(item, FileRole.FILE, "a" * 64, 9, kind.media_type, "a", 2, TextState.READ, DAY)
                )
            layout = TextLayout("pp", pages=(0, 1))
            writing.page_texts.put("rapport", f"La première page.\nPuis avant {QUOTE} de signature.", layout)
        write_private_note(filled, as_(filled, "zoe"), "rapport", AnnotationFields(quote="Pour moi.", color="pink"))
        yield filled


@pytest.fixture(scope="module")
def browsers(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, ["claire", "zoe"])


def passages_on(page: str) -> list[dict[str, Any]]:
    (text,) = re.findall(r'<script type="application/json" id="passages">(.*?)</script>', page)
    found: list[dict[str, Any]] = json.loads(text)
    return found


def test_the_script_gets_the_passages_and_each_reader_their_own_alone(browsers: dict[str, TestClient]) -> None:
    page = browsers["claire"].get("/items/rapport/read/pages").text
    assert passages_on(page) == [
        {"id": "p1", "quote": QUOTE, "prefix": "avant ", "suffix": "", "color": "blue", "page": 2}
    ]
    assert 'data-file="/items/rapport/file"' in page
    assert 'href="/items/rapport/read/pages" aria-current="page"' in page
    assert '<a href="#page-2">Page 2</a>' in page
    own = passages_on(browsers["zoe"].get("/items/rapport/read/pages").text)
    assert [(passage["quote"], passage["color"]) for passage in own] == [(QUOTE, "blue"), ("Pour moi.", "pink")]


def test_the_policy_of_the_site_holds_for_the_pages_of_a_pdf(browsers: dict[str, TestClient]) -> None:
    pages, home = (browsers["zoe"].get(address) for address in ("/items/rapport/read/pages", "/"))
    assert pages.headers["content-security-policy"] == home.headers["content-security-policy"]


@pytest.mark.parametrize(("login", "item", "status"), [
    ("claire", "secret", 200), ("zoe", "secret", 404), ("zoe", "note", 404), ("zoe", "page", 404), ("zoe", "rien", 404)
])  # fmt: skip
def test_only_readers_of_a_pdf_see_its_pages(
    browsers: dict[str, TestClient], login: str, item: str, status: int
) -> None:
    assert browsers[login].get(f"/items/{item}/read/pages").status_code == status


def test_pdfjs_is_served_under_its_version_for_ever_and_nothing_else_of_the_disk(
    browsers: dict[str, TestClient],
) -> None:
    zoe, base = browsers["zoe"], "/static/reading/pdfjs"
    answer = zoe.get(f"{base}/{pdfjs_version()}/pdf.worker.min.mjs")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "set-cookie" not in answer.headers
    assert zoe.get(f"{base}/pdf.min.mjs").headers["cache-control"] == "no-cache"
    for path in ("", "VERSIO", "..%2Froutes.py", "%2e%2e/routes.py", "1.0/pdf.min.mjs", "wasm", "cmaps/..%2FLICENSE"):
        assert zoe.get(f"{base}/{path}").status_code == 404, path


def test_the_shipped_files_are_those_that_the_script_fetched() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "fetch-pdfjs"))
    assert (PDFJS / "VERSION").read_text(encoding="ascii").strip() == script["VERSION"]
    assert (PDFJS / "SHA256SUMS").read_text(encoding="ascii") == script["sums_of"](PDFJS)
    assert {*script["FILES"].values()} <= {
        path.relative_to(PDFJS).as_posix() for path in PDFJS.rglob("*") if path.is_file()
    }
