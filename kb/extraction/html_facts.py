"""Facts that an HTML page gives about itself. This module runs in a subprocess."""

import json
import re
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import lxml.html
from trafilatura import bare_extraction
from trafilatura.metadata import extract_metadata

from kb.extraction.charsets import decode_body
from kb.extraction.document_lines import TreeLines, bounded_lines
from kb.extraction.extraction_process import LAYOUT, ExtractedFacts, run_extraction
from kb.extraction.markup_bounds import MarkupTooLarge, require_bounded_markup
from kb.extraction.publication_date_parsing import change_dates_in, parse_page_date, publication_date_in

_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author")
_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_DESCRIPTIONS = ("description", "og:description", "dc.description", "twitter:description")
_SOURCES = ("og:site_name", "application-name", "dc.publisher", "citation_journal_title")
_KEYWORDS = ("keywords", "article:tag", "news_keywords", "dc.subject", "citation_keywords", "parsely-tags")
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "prism.publicationdate",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "dc.date.created",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "pubdate",
    "date",
)
_DATED_TIMES = (
    "//time[@pubdate]",
    "//*[@itemprop='datePublished']",
    "//article//time[@datetime]",
    "//main//time[@datetime]",
    "//time[@datetime]",
)
_BY = re.compile(r"^(?:par|by)\s+", re.IGNORECASE)
_CHANGED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
PICTURE_ADDRESS = "https://copy.invalid/"
"""Before the name of a picture of the saved copy: trafilatura keeps only pictures that have an address."""
_DEEPEST = 8
_MOST_WALKED = 5_000
_TOP = 20_000
"""Characters at the top of a page among which it says when it was published."""


def facts_of_html(body: bytes, parameters: dict[str, str]) -> Iterator[ExtractedFacts]:
    """The facts of a page, the most certain and quickest first."""
    text, is_bounded = decode_body(body, parameters["charset"]), True
    try:
        require_bounded_markup(text)
    except MarkupTooLarge:
        # Its beginning still says what it is.
        text, is_bounded = text[:_TOP], False
    tree = parse_html(text)
    if tree is None:
        return
    known = declared_facts(tree)
    yield known
    if not is_bounded:
        return
    yield inferred_facts(tree, parameters["address"], known)
    yield article_text(tree)


def parse_html(text: str) -> Any:
    """The page as a tree; None if it is empty. Nothing else is loaded for it."""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        # As bytes, because lxml refuses a text that declares an encoding.
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, ValueError):
        return None


def declared_facts(tree: Any) -> ExtractedFacts:
    """The facts of the head and of structured data: quick to read on every page."""
    metas = _meta_contents(tree)
    described = list(_json_ld_objects(tree))
    return {
        "title": _first_meta(metas, _TITLES) or _text_at_path(tree, "//head/title | //title"),
        "description": _first_meta(metas, _DESCRIPTIONS),
        "byline": _byline(metas),
        "published": _publication_date(tree, metas, described),
        "source": _first_meta(metas, _SOURCES),
        "language": _text_at_path(tree, "/html/@lang | /html/@xml:lang")
        or _first_meta(metas, ("og:locale", "language", "dc.language")),
        "canonical_url": _text_at_path(tree, "//link[@rel='canonical']/@href") or _first_meta(metas, ("og:url",)),
        "keywords": [word for key in _KEYWORDS for word in metas.get(key, ())],
    }


def inferred_facts(tree: Any, address: str, facts: ExtractedFacts) -> ExtractedFacts:
    """The facts that trafilatura infers: its titles and authors are preferred, other facts are only added."""
    document = extract_metadata(tree, default_url=address, extensive=False)
    better = {"title": document.title, "byline": _BY.sub("", document.author or "")}
    # A host is no site name: the caller has the address.
    source = document.sitename if document.sitename != document.hostname else None
    more = {
        "description": document.description,
        "published": _unless_date_of_change(tree, document.date),
        "source": source,
    }
    return {
        **{name: value for name, value in better.items() if value},
        **{name: value for name, value in more.items() if value and not facts[name]},
        "keywords": [*facts["keywords"], *(document.categories or ()), *(document.tags or ())],
    }


def article_text(tree: Any, *, with_pictures: bool = False) -> ExtractedFacts:
    """The article text of the page, one paragraph a line, with its layout. `with_pictures`: the addresses of pictures
    have been replaced by `PICTURE_ADDRESS` with their names.
    """
    _mark_preformatted(tree)
    article = bare_extraction(
        tree, with_metadata=False, include_comments=False, include_tables=True, include_images=with_pictures
    )
    body = getattr(article, "body", None)
    if body is None:
        return {"text": ""}
    walk = TreeLines(is_tei=True)
    lines = list(bounded_lines(walk.read(body)))
    pictures = [
        (place, address.removeprefix(PICTURE_ADDRESS).partition(".")[0], description)
        for place, address, description in walk.pictures
        if address.startswith(PICTURE_ADDRESS)
    ]
    kinds = "".join(kind for kind, _ in lines)
    return {"text": "\n".join(text for _, text in lines), LAYOUT: {"kinds": kinds, "pictures": pictures}}


def _mark_preformatted(tree: Any) -> None:
    """Put the content of each `pre` into a `span`: trafilatura takes others for quotations, unless they are code."""
    for element in tree.xpath("//pre[not(ancestor::li)]"):
        if len(element) == 1 and element[0].tag == "code" and not (element.text or "").strip():
            continue
        span = lxml.html.Element("span")
        span.text, element.text = element.text, None
        span.extend(list(element))
        element.append(span)


def _unless_date_of_change(tree: Any, day: str | None) -> str | None:
    """A publication date, unless it is the date of a change: no date is better than a wrong one."""
    metas = _meta_contents(tree)
    changed = {parse_page_date(metas[name][0]) for name in _CHANGED if name in metas}
    return None if day in changed | change_dates_in(_first_words(tree)) else day


def _meta_contents(tree: Any) -> dict[str, list[str]]:
    """The contents of `meta` elements, by name in lower case, in document order."""
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if (content := (meta.get("content") or "").strip()) and len(metas) < _MOST_WALKED:
            metas.setdefault(name.strip().lower(), []).append(content)
    return metas


def _first_meta(metas: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next((metas[name][0] for name in names if name in metas), "")


def _byline(metas: dict[str, list[str]]) -> str:
    """All authors of the first kind of `meta` that names some; an address is no name."""
    for kind in _AUTHORS:
        names = [name for name in metas.get(kind, ()) if "://" not in name]
        if names:
            return "; ".join(dict.fromkeys(names))
    return ""


def _text_at_path(tree: Any, path: str) -> str:
    for node in tree.xpath(path):
        text = str(node if isinstance(node, str) else node.text_content()).strip()
        if text:
            return text
    return ""


def _json_ld_objects(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD, each followed by the objects inside it; their number is limited."""
    walked = 0
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            inside = deque([(json.loads(script.text or ""), 0)])
        except (ValueError, RecursionError):
            continue
        while inside and walked < _MOST_WALKED:
            walked += 1
            value, depth = inside.popleft()
            if isinstance(value, dict):
                yield value
            if isinstance(value, dict | list) and depth < _DEEPEST:
                parts = value.values() if isinstance(value, dict) else value
                inside.extend((part, depth + 1) for part in islice(parts, _MOST_WALKED))


def _publication_date(tree: Any, metas: dict[str, list[str]], described: list[dict[str, Any]]) -> str | None:
    """The first publication date: of structured data, `meta`, `time`, then of the words at the top."""
    articles = sorted(described, key=lambda json_object: "rticle" not in str(json_object.get("@type")))
    for article in articles:
        if day := parse_page_date(str(article.get("datePublished") or "")):
            return day
    for name in _PUBLISHED:
        if name in metas and (day := parse_page_date(metas[name][0])):
            return day
    for path in _DATED_TIMES:
        for time in tree.xpath(path)[:3]:
            written = time.get("datetime") or time.get("content") or time.text_content()
            if day := parse_page_date(written):
                return day
    return publication_date_in(_first_words(tree))


def _first_words(tree: Any) -> str:
    """The first words of the page, without scripts and styles."""
    parts, length = [], 0
    for element in tree.iter():
        for text in (element.text if element.tag not in ("script", "style") else None, element.tail):
            if text and (words := text.strip()):
                parts.append(words)
                length += len(words)
        if length > _TOP:
            break
    return " ".join(parts)


if __name__ == "__main__":
    sys.exit(run_extraction(facts_of_html))
