"""What was uploaded or captured is read in the view: pages, Word and OpenDocument texts, books, PDF."""

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
import typst
from docx import Document
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.items.item_fields import ItemFields
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.documents import a_scanned_pdf, an_epub, an_odt
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.factories.page_copies import PICTURE
from tests.support.browser_sessions import an_account, browsers_of

CAPTURED = f"""<html lang="fr"><head><title>Le guichet</title></head><body><article><h1>Le guichet unique</h1>
<p>Les agents de la mairie ont relu leurs habitudes, et ils racontent ici ce que le guichet unique a changé pour eux.
<p>&lt;script&gt;alert(1)&lt;/script&gt; est un texte, et il le reste, comme tous les autres mots de cette page longue.
<img src="{PICTURE}" alt="Un plan"><img src="https://ailleurs.example/espion.png">
<ul><li>Accueillir</li><li>Orienter</li></ul><script>alert(2)</script></article></body></html>"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path)) as library:
        add_group(library, OPERATOR, "lectures", "Lectures communes", visible=Visibility.MEMBERS)
        an_account(library, "claire")
        set_role(library, OPERATOR, "lectures", "claire", Role.MEMBER)
        yield library


@pytest.fixture
def claire(library: Library) -> TestClient:
    return browsers_of(library, ["claire"])["claire"]


def a_word_document() -> bytes:
    document = Document()
    document.add_heading("Le constat", 1)
    document.add_paragraph("Un paragraphe sur les canards.")
    document.add_paragraph("Une puce", style="List Bullet")
    document.save(file := BytesIO())
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.docx", a_word_document(), ("<h2", ">Le constat</h2>", "Une puce</p>", "<li>")),
        ("a.odt", an_odt(), (">Ordre du jour</h2>", "Un paragraphe sur les cygnes.")),
        ("a.epub", an_epub(), ("L’été", "Un gros héron gris</p>")),
        (
            "a.pdf",
            typst.compile(b"= Le bilan\nUn paragraphe.\n#pagebreak()\n= Les suites\nUn autre."),
            (">Le bilan</h2>", 'id="page-2"', ">Les suites</h2>", "Un autre.</p>"),
        ),
        ("b.pdf", a_scanned_pdf(), ("numérisées", "OCR")),
    ],
)
def test_an_uploaded_document_is_read(
    library: Library, claire: TestClient, name: str, content: bytes, shown: tuple[str, ...]
) -> None:
    saved = upload_file(
        library, as_(library, "claire"), "lectures", SentFile(name, iter([content])), ItemFields(title=name)
    )
    page = claire.get(f"/items/{saved.item.id}/read?lang=fr").text
    for part in shown:
        assert part in page


def test_a_captured_page_is_read_with_its_pictures_and_its_markup_stays_text(
    library: Library, claire: TestClient
) -> None:
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group="lectures"), "claire")
    files = {"file": ("page.html", CAPTURED.encode(), "text/html")}
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    data = {"url": "https://exemple.fr/guichet"}
    item_id = claire.post("/api/v1/capture", data=data, files=files, headers=headers).json()["id"]
    page = claire.get(f"/items/{item_id}/read?lang=fr").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; est un texte" in page
    assert "<script>alert" not in page
    assert "ailleurs.example" not in page
    assert '<li><div class="block"><p' in page
    address = page.partition('<img src="')[2].partition('"')[0]
    assert claire.get(address).headers["content-type"] == "image/png"
    assert 'href="/items/' + item_id + "/copy" in page
