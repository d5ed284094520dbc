"""The metadata that pages declare."""

import json
import re

import pytest

from kb.extraction.html_facts import declared_facts, facts_of_html, parse_html
from tests.fixtures.news_texts import TITLE, an_article


def declared(head: str = "", body: str = "") -> dict[str, object]:
    return declared_facts(parse_html(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"))


def ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


ARTICLE = {"@type": "NewsArticle", "datePublished": "2015-05-03T10:00:00+02:00"}
DATED = {
    "an article in JSON-LD": (ld(ARTICLE), "", "2015-05-03"),
    "a graph in JSON-LD": (ld({"@graph": [{"@type": "WebPage", "datePublished": "2020"}, ARTICLE]}), "", "2015-05-03"),
    "a list in JSON-LD": (ld([[{"@type": ["Article"], "datePublished": "2015-05"}]]), "", "2015-05"),
    "JSON-LD that is broken, then a meta": (
        '<script type="application/ld+json">{"datePublished": "2020-01-01"</script><meta name=date content=2014-11>',
        "",
        "2014-11",
    ),
    "Open Graph": ('<meta property="article:published_time" content="2015-05-03T22:00:00Z">', "", "2015-05-03"),
    "Dublin Core": ('<meta name="DC.date.issued" content="2015">', "", "2015"),
    "what scholars cite": ('<meta name="citation_publication_date" content="2015/05">', "", "2015-05"),
    "microdata": ("", '<span itemprop="datePublished" content="2015-05-03">hier</span>', "2015-05-03"),
    "an element of time": ("", '<article><time datetime="2015-05-03T09:12">3 mai</time></article>', "2015-05-03"),
    "an article's time before another one's": (
        "",
        '<aside><time datetime="2020-01-01">x</time></aside><article><time datetime="2015-05-03">x</time></article>',
        "2015-05-03",
    ),
    "words": ("", "<header>La Gazette</header><p>Publié le <b>3 mai</b> 2015</p>", "2015-05-03"),
    "words in a script are none": ("", "<script>x='Publié le 3 mai 2015'</script>", None),
    "nothing": ("", "<p>Le 3 mai 2015, le maire a parlé.</p>", None),
}


@pytest.mark.parametrize(("head", "body", "day"), DATED.values(), ids=DATED.keys())
def test_a_page_says_when_it_was_published(head: str, body: str, day: str | None) -> None:
    assert declared(head, body)["published"] == day


SAID = {
    "title": [
        ("<title> Bonjour\n  à tous </title>", "Bonjour\n  à tous"),
        ('<title>Long | Site</title><meta property="og:title" content="Court">', "Court"),
    ],
    "byline": [
        (
            '<meta name="author" content="Élodie Château"><meta name="author" content="Paul Ney">',
            "Élodie Château; Paul Ney",
        ),
        ('<meta property="article:author" content="https://reseau.example/elodie">', ""),
        ('<meta name="DC.creator" content="Élodie Château">', "Élodie Château"),
    ],
    "source": [('<meta property="og:site_name" content="Lagazette.fr">', "Lagazette.fr"), ("", "")],
    "canonical_url": [
        ('<link rel="canonical" href="/a">', "/a"),
        ('<link rel="alternate" href="/b"><meta property="og:url" content="https://a.example/">', "https://a.example/"),
    ],
    "keywords": [
        ('<meta name="keywords" content="a, b"><meta property="article:tag" content="c">', ["a, b", "c"]),
    ],
    "language": [('<meta property="og:locale" content="fr_FR">', "fr_FR"), ("", "")],
}


@pytest.mark.parametrize(("name", "head", "value"), [(name, *values) for name, many in SAID.items() for values in many])
def test_a_page_says_of_itself(name: str, head: str, value: object) -> None:
    assert declared(head)[name] == value


def test_the_language_is_the_one_of_the_whole() -> None:
    assert declared_facts(parse_html("<html lang=fr-CA><p lang=en>x"))["language"] == "fr-CA"


def test_the_whole_page_adds_to_its_head() -> None:
    page = re.sub(r"<meta name=\"author\"[^>]*>", "", an_article()).replace(
        "<main>", '<main><p class="author">Par Élodie Château</p>'
    )
    answers = list(facts_of_html(page.encode(), {"charset": "utf-8", "address": "https://gazette.example/1"}))
    together = {name: value for answer in answers for name, value in answer.items()}
    assert together["title"] == TITLE
    assert together["byline"] == "Élodie Château"
    assert "Hélène Cœurdoux" in together["text"]


def all_declared(page: str) -> dict[str, object]:
    answers = facts_of_html(page.encode(), {"charset": "utf-8", "address": "https://www.gazette.example/1"})
    return {name: value for answer in answers for name, value in answer.items()}


@pytest.mark.parametrize(
    ("page", "day"),
    [
        ('<abbr class="published" title="2014-12-12T08:00:00Z">vendredi 12 décembre 2014</abbr>', "2014-12-12"),
        ("<p>Modifié le 16 mai 2023</p><p>Dernière mise à jour : janvier 2016</p>", None),
        ('<meta property="article:modified_time" content="2023-05-16T10:00"><p>Le centre</p>', None),
        ("<p>Le centre de documentation depuis 2012</p><footer>© 2024 Ville</footer>", None),
    ],
)
def test_the_date_of_a_change_or_of_a_notice_is_not_the_one_of_a_page(page: str, day: str | None) -> None:
    assert (
        all_declared(f"<!DOCTYPE html><html lang=fr><title>Fiche</title><body>{page}</body></html>").get("published")
        == day
    )


def test_a_page_laid_out_by_a_table_is_read_without_its_rules() -> None:
    cell = "Les agents se sont réunis pour parler de la mutualisation des abonnements et des outils de veille partagés."
    page = f"<html><title>Compte rendu</title><body><table><tr><td><p>{cell}<p>{cell}</td></tr></table></body></html>"
    text = str(all_declared(page)["text"])
    assert cell in text
    assert "|" not in text
