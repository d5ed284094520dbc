"""The name, the colour and the legal pages of the site are set in the browser, and each change can be undone."""

import re
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO

import pytest
from PIL import Image
from starlette.testclient import TestClient

from kb.images.logo import LARGEST_LOGO
from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in, token_of

LECTURES = a_group("lectures", "Lectures")
PAGE = "/admin/site/mentions-legales"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire", administrator=True)
        an_account(library, "paul", name="Paul")
        add_items(library, an_item("Un titre", group=LECTURES), groups=(LECTURES,))
        yield library


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library))
    if login:
        sign_in(client, login)
    return client


def undo(client: TestClient, answer: object) -> None:
    """Press the undo button in the notice of a change."""
    page = client.get(answer.headers["location"])  # type: ignore[attr-defined]
    match = re.search(r'<form class="flash" method="post" action="([^"]+)"', page.text)
    assert match is not None
    response = client.post(match[1], data={"form_token": token_of(client, "/admin/site")}, follow_redirects=False)
    assert response.status_code == 303


def test_the_name_of_the_site_is_everywhere_at_once(library: Library) -> None:
    client, reader = browser(library, "claire"), browser(library)
    answer = send(client, "/admin/site", act="identity", name=" Veille <b> ", accent="#0d5c49")
    assert answer.status_code == 303
    for address in ("/", "/g/lectures", "/opensearch.xml", "/g/lectures.atom", "/aide/administrer"):
        text = reader.get(address).text
        assert "Veille &lt;b&gt;" in text, address
    assert reader.get("/manifest.webmanifest").json()["name"] == "Veille <b>"
    assert "Florilège" not in reader.get("/").text.partition("</header>")[0]
    assert "theme.css" not in reader.get("/").text
    undo(client, answer)
    assert "<title>Florilège</title>" in reader.get("/").text
    log = client.get("/admin/log").text
    assert log.count("Claire a changé le nom ou l’apparence du site.") == 2


def test_naming_the_site_is_no_first_step_any_more(library: Library) -> None:
    client = browser(library, "claire")
    assert "Donner un nom au site" in client.get("/admin").text
    send(client, "/admin/site", act="identity", name="Veille", accent="")
    assert "Donner un nom au site" not in client.get("/admin").text
    assert 'href="/admin/site/mentions-legales"' in client.get("/admin").text


def test_the_accent_is_a_style_sheet_that_is_readable(library: Library) -> None:
    client, reader = browser(library, "claire"), browser(library)
    answer = send(client, "/admin/site", act="identity", name="", accent="#ffdd00")
    assert "seraient peu lisibles sur les pages claires" in client.get(answer.headers["location"]).text
    match = re.search(r'<link rel="stylesheet" href="(/theme\.css\?v=[0-9a-f]+)">', reader.get("/").text)
    assert match is not None
    sheet = reader.get(match[1])
    assert (sheet.headers["content-type"], "immutable" in sheet.headers["cache-control"]) == (
        "text/css; charset=utf-8",
        True,
    )
    assert "--accent:#ffdd00;--on-accent:#171613" in sheet.text
    assert ":root{--accent:#ffdd00" not in sheet.text.partition("@media")[0]
    assert "no-cache" in reader.get("/theme.css").headers["cache-control"]
    undo(client, answer)
    assert "theme.css" not in reader.get("/").text
    refused = send(client, "/admin/site", act="identity", name="Nom tapé", accent="#fff}*{")
    assert (refused.status_code, 'value="Nom tapé"' in refused.text) == (400, True)


def test_a_legal_page_is_written_previewed_and_undone(library: Library) -> None:
    client, reader = browser(library, "claire"), browser(library)
    typed = "# Nos mentions\r\n\r\n## Éditeur\r\n\r\nLe **service** <script>1</script> de {site}."
    preview = send(client, PAGE, act="preview", language="fr", text=typed).text
    assert "Le <strong>service</strong> &lt;script&gt;" in preview
    assert "<strong>Nos mentions</strong>" in preview
    assert "Nos mentions" not in reader.get("/mentions-legales").text
    first = send(client, PAGE, act="save", language="fr", text=typed)
    assert first.status_code == 303
    assert "<h1>Nos mentions</h1>" in reader.get("/mentions-legales").text
    assert "de Florilège." in reader.get("/mentions-legales").text
    # English has its own text.
    send(client, PAGE, act="save", language="en", text="# Our notice\n\nText.")
    assert "<h1>Our notice</h1>" in browser(library).get("/mentions-legales?lang=en").text
    second = send(client, PAGE, act="save", language="fr", text="# Autre\n\nTexte.")
    undo(client, second)
    assert "<h1>Nos mentions</h1>" in reader.get("/mentions-legales").text
    answer = send(client, PAGE, act="reset", language="fr")
    undo(client, answer)
    assert "<h1>Nos mentions</h1>" in reader.get("/mentions-legales").text
    assert "Claire a changé un texte du site : mentions-legales (fr)." in client.get("/admin/log").text.replace(
        "\u202f", " "
    )


def test_a_refused_text_stays_in_the_form(library: Library) -> None:
    client = browser(library, "claire")
    refused = send(client, PAGE, act="save", language="en", text="# Title alone")
    assert refused.status_code == 400
    assert "# Title alone" in refused.text
    assert 'name="language" value="en"' in refused.text
    assert send(client, PAGE, act="inconnu", text="x").status_code == 400
    assert client.get("/admin/site/rien").status_code == 404


def test_the_editor_of_a_page_has_its_title_as_heading(library: Library) -> None:
    client = browser(library, "claire")
    assert '<h1 dir="auto">Mentions légales</h1>' in client.get(PAGE).text
    assert '<h1 dir="auto">Legal notice</h1>' in client.get(f"{PAGE}?lang=en").text


def test_the_home_text_is_undone(library: Library) -> None:
    client, reader = browser(library, "claire"), browser(library)
    send(client, "/admin/site", **{"text-fr": "Premier texte.", "text-en": "First text."})
    answer = send(client, "/admin/site", **{"text-fr": "Deuxième.", "text-en": ""})
    undo(client, answer)
    assert "Premier texte." in reader.get("/").text
    assert "First text." in browser(library).get("/?lang=en").text


def test_others_change_nothing(library: Library) -> None:
    for login, status in (("paul", 404), ("", 401)):
        client = browser(library, login)
        token = token_of(client, "/account" if login else "/login")
        for address, fields in (
            ("/admin/site", {"act": "identity", "name": "x", "accent": "#000000"}),
            (PAGE, {"act": "save", "language": "fr", "text": "# A\n\nB"}),
            ("/admin/undo/identity", {}),
            ("/admin/undo/mentions-legales.fr", {}),
        ):
            sent = client.post(address, data={"form_token": token, **fields}, follow_redirects=False)
            is_sent_to_login = sent.status_code == 303 and sent.headers["location"].startswith("/login")
            assert sent.status_code == status or is_sent_to_login, (login, address)
    assert "<title>Florilège</title>" in browser(library).get("/").text


def test_without_a_change_there_is_nothing_to_undo(library: Library) -> None:
    client = browser(library, "claire")
    for part in ("identity", "accueil", "mentions-legales.fr"):
        answer = send(client, "/admin/site", f"/admin/undo/{part}")
        assert answer.headers["location"].endswith("done=unchanged")
    for part in ("mentions-legales", "rien", "x" * 500, "accueil.xx"):
        assert send(client, "/admin/site", f"/admin/undo/{part}").status_code == 404


def a_logo(size: tuple[int, int] = (300, 100)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, "#c81e5a").save(stream, "PNG")
    return stream.getvalue()


def send_logo(client: TestClient, content: bytes, name: str = "logo.png", **fields: str):
    data = {"form_token": token_of(client, "/admin/site"), "act": "identity", "name": "Veille", "accent": "#0d5c49"}
    files = {"logo": (name, content)}
    return client.post("/admin/site", data=data | fields, files=files, follow_redirects=False)


def test_a_logo_is_shown_in_the_header_in_reviews_and_in_previews(library: Library) -> None:
    client, reader = browser(library, "claire"), browser(library)
    icon = reader.get("/logo.png").content
    answer = send_logo(client, a_logo())
    assert answer.status_code == 303
    page = reader.get("/g/lectures").text
    match = re.search(r'<img src="(/logo\.png\?v=[0-9a-f]+)" alt="" width="96" height="32">', page)
    assert match is not None
    image = reader.get(match[1])
    assert (image.headers["content-type"], image.content[:4]) == ("image/png", b"\x89PNG")
    assert "immutable" in image.headers["cache-control"]
    assert image.content != icon
    assert "default-src 'none'" in image.headers["content-security-policy"]
    assert re.search(rf'<meta property="og:image" content="http[^"]+{re.escape(match[1])}">', page)
    catch_up(library)
    for form, mark in (("html", b"data:image/png;base64,"), ("docx", b"PK"), ("odt", b"PK"), ("pdf", b"%PDF")):
        review = reader.get(f"/review?q=titre&format={form}")
        assert review.status_code == 200, form
        assert mark in review.content
    # A new name keeps the logo; the undo restores both.
    send(client, "/admin/site", act="identity", name="Autre", accent="#0d5c49")
    assert match[1] in reader.get("/").text
    response = send_logo(client, b"", name="", **{"no-logo": "on"})
    assert reader.get("/logo.png").content == icon
    undo(client, response)
    assert match[1] in reader.get("/").text


def test_a_logo_that_cannot_be_read_is_refused(library: Library) -> None:
    client = browser(library, "claire")
    for content in (b"<svg><script>1</script></svg>", b"GIF89a", b"x" * (LARGEST_LOGO + 1)):
        refused = send_logo(client, content)
        assert (refused.status_code, 'value="Veille"' in refused.text) == (400, True)
    assert "/logo.png" not in browser(library).get("/").text


def test_only_an_administrator_sends_a_logo(library: Library) -> None:
    client = browser(library, "paul")
    data = {"form_token": token_of(client, "/account"), "act": "identity", "name": "x", "accent": "#000000"}
    sent = client.post("/admin/site", data=data, files={"logo": ("l.png", a_logo())}, follow_redirects=False)
    assert sent.status_code == 404
    assert "/logo.png" not in browser(library).get("/").text


def test_each_button_says_what_it_saves_and_one_is_the_first(library: Library) -> None:
    page = browser(library, "claire").get("/admin/site").text.partition("<main")[2]
    buttons = re.findall(r"<button([^>]*)>([^<]+)</button>", page)
    assert [label for _, label in buttons] == ["Enregistrer nom, logo et couleur", "Enregistrer les textes"]
    assert ["plain" in attributes for attributes, _ in buttons] == [False, True]
