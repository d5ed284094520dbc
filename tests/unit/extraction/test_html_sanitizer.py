"""The content of a page copy: text, images and styles, and nothing that runs."""

import lxml.html
import pytest

from kb.extraction import html_sanitizer
from kb.extraction.html_facts import parse_html
from kb.extraction.html_sanitizer import CopyTooLarge, clean_copy
from tests.fixtures.hostile_pages import OUTSIDE, PICTURE, VECTORS

_ACTING = frozenset(
    "script noscript iframe frame frameset object embed applet form base template portal audio animate set "
    "foreignobject math meta".split()
)
_ACTING_ATTRIBUTES = frozenset(
    "ping target formaction form action autofocus http-equiv srcdoc data http-equiv imagesrcset attributionsrc".split()
)


def test_the_corpus_has_at_least_sixty_hostile_pages() -> None:
    assert len(VECTORS) >= 60


@pytest.mark.parametrize("page", [pytest.param(page, id=name) for name, page in VECTORS.items()])
def test_nothing_that_acts_stays(page: str) -> None:
    copy = clean_copy(page, parse_html(page))
    for element in lxml.html.document_fromstring(copy.replace('<meta charset="utf-8">', "", 1)).iter():
        assert element.tag not in _ACTING, copy
        names = set(element.attrib)
        assert not [name for name in names if name.startswith("on")], copy
        assert not names & _ACTING_ATTRIBUTES, copy
        for name in ("src", "srcset", "poster", "background"):
            assert element.get(name, PICTURE).startswith("data:image/"), copy
        address = element.get("href", "#").lower()
        assert not (element.tag == "a" and address.startswith(("data:", "java"))), copy
        assert not (element.tag == "link" and address != "#" and not address.startswith("data:text/css")), copy
    # A browser parses the copy again: the result must be the same.
    body = copy[copy.index("<body") : copy.rindex("</body>")].partition(">")[2]
    assert clean_copy(body) == clean_copy(page)


def test_words_pictures_styles_and_links_stay() -> None:
    page = f"""<!DOCTYPE html><html class="sombre" data-theme="nuit" lang="fr"><head><title>Vases & vases</title>
    <style>html.sombre p > a {{ color: red }}</style></head><body class="article" id="haut">
    <main><h1>Un titre</h1><p aria-label="x" style="margin:1em">Des <b>mots</b>,
    <a href="https://exemple.fr/a?b=1&c=2">un lien</a> et <a href="#haut">un autre</a>.</p>
    <img src="{PICTURE}" alt="un point">
    <svg viewBox="0 0 9 9"><defs>
    <clipPath id="c"><rect width="9" height="9"/></clipPath></defs><use xlink:href="#c"/></svg></main></body></html>"""
    copy = clean_copy(page, parse_html(page), "Vases & vases")
    for part in (
        '<html class="sombre" data-theme="nuit" lang="fr">',
        "<title>Vases &amp; vases</title>",
        "html.sombre p > a { color: red }",
        '<body class="article" id="haut">',
        '<p aria-label="x" style="margin:1em">',
        '<a href="https://exemple.fr/a?b=1&amp;c=2">un lien</a>',
        '<a href="#haut">un autre</a>',
        f'<img src="{PICTURE}" alt="un point">',
        '<svg viewBox="0 0 9 9">',
        '<clipPath id="c">',
        '<use xlink:href="#c">',
    ):
        assert part in copy


def test_the_title_and_the_attributes_of_the_root_cannot_leave_their_place() -> None:
    page = """<html class='"><script>x</script>' data-x='"&gt;' data-é=x onclick=x><body style='"><img src=x>'>x"""
    copy = clean_copy(page, parse_html(page), "</title><script>x</script>")
    assert "<script" not in copy
    assert "<img" not in copy
    assert "onclick" not in copy


def test_a_copy_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_sanitizer, "LARGEST_COPY", 100)
    with pytest.raises(CopyTooLarge):
        clean_copy("<p>" + "mot " * 100)


def test_a_text_that_changes_each_time_it_is_parsed_loses_its_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_names: list[frozenset[str]] = []

    def changing(page: str, tags: frozenset[str]) -> str:
        cut_names.append(tags)
        return page + "x"

    monkeypatch.setattr(html_sanitizer, "_clean_once", changing)
    clean_copy(f"<p>{OUTSIDE}")
    assert "svg" in cut_names[0]
    assert "svg" not in cut_names[-1]
