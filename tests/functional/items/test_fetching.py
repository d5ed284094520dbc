"""Pages of a news site are fetched and read: fast, slow, redirected, gone, in several encodings and types."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kb.fetcher import check_link_presence, fetch
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, LinkPresence, PageFacts, PageKind
from kb.settings import Settings, default_settings_in
from tests.fixtures.news_site import Press, Printed, a_press
from tests.fixtures.news_texts import DESCRIPTION, PARAGRAPHS, TITLE, an_article

F = FetchFailure


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with a_press() as press:
        yield press


@pytest.fixture(scope="module")
def settings() -> Settings:
    return replace(default_settings_in(Path("nulle-part")), fetch_loopback="allow")


def plain(text: str) -> str:
    """The same text with ordinary spaces, as page facts have them."""
    return " ".join(text.split())


@pytest.mark.parametrize("path", ["/utf-8.html", "/latin-1.html", "/latin-1-untold.html", "/compressed.html"])
def test_an_article_is_read_whatever_its_alphabet(press: Press, settings: Settings, path: str) -> None:
    facts = fetch(press.address(path), settings)
    assert facts == PageFacts(
        PageKind.HTML,
        url=press.address(path),
        title=TITLE,
        description=DESCRIPTION,
        byline="Élodie Château",
        published="2014-11-07",
        source="La Gazette des lecteurs",
        language="fr",
        text=facts.text,
        layout=facts.layout,
        keywords=("veille", "mutualisation"),
    )
    assert [line for line in facts.text.splitlines() if line in map(plain, PARAGRAPHS)] == [*map(plain, PARAGRAPHS)]
    assert "Mentions légales" not in facts.text
    assert "S’abonner" not in facts.text


def test_a_page_that_has_moved_is_found_where_it_is(press: Press, settings: Settings) -> None:
    facts = fetch(press.address("/detour"), settings)
    assert (facts.url, facts.title) == (press.address("/utf-8.html"), TITLE)
    assert press.asked[-3:] == [("GET", "/detour"), ("GET", "/ancienne.html"), ("GET", "/utf-8.html")]


def test_a_page_says_where_it_belongs(press: Press, settings: Settings) -> None:
    assert fetch(press.address("/suivie.html"), settings).canonical_url == press.address("/utf-8.html")


def test_a_pdf_is_read(press: Press, settings: Settings) -> None:
    facts = fetch(press.address("/rapport.pdf"), settings)
    assert facts == PageFacts(
        PageKind.PDF,
        url=press.address("/rapport.pdf"),
        title="Rapport d’activité du service de documentation",
        byline="Élodie Château",
        published="2015-05-03",
        language="fr",
        text=facts.text,
        layout=facts.layout,
    )
    assert plain(PARAGRAPHS[0]) in plain(facts.text)


def test_a_long_page_is_read_as_far_as_texts_are_kept(press: Press, settings: Settings) -> None:
    facts = fetch(press.address("/long.html"), settings)
    assert (facts.title, facts.published) == (TITLE, "2014-11-07")
    assert 900_000 < len(facts.text) <= 1_000_000


def test_plain_text_and_images_get_a_title(press: Press, settings: Settings) -> None:
    note = fetch(press.address("/note.txt"), settings)
    assert (note.kind, note.title) == (PageKind.TEXT, "Note de service")
    assert note.text.endswith("\nLes congés d’été se posent avant le 1er mai.")
    picture = fetch(press.address("/photo%20de%20No%C3%ABl.png"), settings)
    assert (picture.kind, picture.title, picture.text) == (PageKind.OTHER, "photo de Noël.png", "")


def test_a_page_without_anything_says_nothing(press: Press, settings: Settings) -> None:
    assert fetch(press.address("/vide.html"), settings) == PageFacts(PageKind.HTML, url=press.address("/vide.html"))


@pytest.mark.parametrize(
    ("path", "failure", "status", "passing"),
    [
        ("/absent", F.GONE, 404, False),
        ("/parti", F.GONE, 410, False),
        ("/interdit", F.FORBIDDEN, 403, False),
        ("/presse", F.TOO_OFTEN, 429, True),
        ("/panne", F.SERVER, 503, True),
        ("/boucle", F.REDIRECTS, 302, False),
    ],
)
def test_a_missing_page_is_reported_by_the_fetch_and_by_the_link_check(
    press: Press, settings: Settings, path: str, failure: FetchFailure, status: int, passing: bool
) -> None:
    with pytest.raises(FetchFailed) as failed:
        fetch(press.address(path), settings)
    assert (failed.value.failure, failed.value.status) == (failure, status)
    assert failure.is_passing is passing
    assert check_link_presence(press.address(path), settings) == LinkPresence(press.address(path), status, failure)


def test_a_page_that_is_there_is_only_looked_at(press: Press, settings: Settings) -> None:
    press.asked.clear()
    presence = check_link_presence(press.address("/ancienne.html"), settings)
    assert presence == LinkPresence(press.address("/utf-8.html"), 200)
    assert presence.is_there
    assert press.asked == [("HEAD", "/ancienne.html"), ("HEAD", "/utf-8.html")]


def test_a_server_that_has_no_heads_is_asked_for_the_page(settings: Settings) -> None:
    with a_press() as press:
        press.heads = False
        assert check_link_presence(press.address("/utf-8.html"), settings).is_there
        assert press.asked == [("HEAD", "/utf-8.html"), ("GET", "/utf-8.html")]


def test_a_file_without_content_type_is_recognised_by_its_content(press: Press, settings: Settings) -> None:
    press.pages["/telecharger"] = replace(press.pages["/rapport.pdf"], kind="application/octet-stream")
    press.pages["/page"] = Printed(an_article().encode(), "application/octet-stream")
    press.pages["/archive"] = Printed(
        b"PK\x03\x04" + bytes(100),
        "",
        headers=(("Content-Disposition", "attachment; filename*=UTF-8''%C3%A9t%C3%A9.zip"),),
    )
    press.pages["/excuse.pdf"] = Printed(b"<!DOCTYPE html><title>Document retir\xe9</title>", "application/pdf")
    assert fetch(press.address("/telecharger"), settings).kind == PageKind.PDF
    assert fetch(press.address("/page"), settings).title == TITLE
    archive = fetch(press.address("/archive"), settings)
    assert (archive.kind, archive.title) == (PageKind.OTHER, "été.zip")
    assert fetch(press.address("/excuse.pdf"), settings).title == "Document retiré"


def test_a_fetch_names_the_site_and_sends_no_cookie(press: Press, settings: Settings) -> None:
    site = replace(settings, base_url="http://127.0.0.1:8000")
    press.pages["/gateau"] = Printed(status=302, headers=(("Location", "/vide.html"), ("Set-Cookie", "a=b; Path=/")))
    fetch(press.address("/gateau"), site)
    heads = press.heads_asked[-1]
    assert heads["user-agent"].startswith("Florilege/")
    assert "(+http://127.0.0.1:8000/)" in heads["user-agent"]
    assert heads["accept-language"].startswith("fr")
    assert not {"cookie", "referer", "authorization"} & set(heads)


def test_nothing_is_asked_where_it_is_off(press: Press, settings: Settings) -> None:
    off = replace(settings, fetch="off")
    press.asked.clear()
    with pytest.raises(FetchFailed) as failed:
        fetch(press.address("/utf-8.html"), off)
    assert failed.value.failure == F.OFF
    assert check_link_presence(press.address("/utf-8.html"), off).failure == F.OFF
    assert press.asked == []


@pytest.mark.parametrize(
    "base_url", ["https://veille.example", "http://veille.example", "https://127.0.0.1", "http://0.0.0.0:8000"]
)
def test_a_site_for_others_never_asks_its_own_machine(press: Press, settings: Settings, base_url: str) -> None:
    press.asked.clear()
    for site in (replace(settings, base_url=base_url), replace(settings, fetch_loopback="refuse")):
        with pytest.raises(FetchFailed) as failed:
            fetch(press.address("/utf-8.html"), site)
        assert failed.value.failure == F.REFUSED
    assert press.asked == []
