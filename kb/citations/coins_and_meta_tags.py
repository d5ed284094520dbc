"""The metadata in our pages that Zotero, and programs that read pages as it does, find.
Checked in Zotero's own sources: `Embedded Metadata.js` (2024-06-13) and `RDF.js` (2019-09-08) of zotero/translators
read the tags of a page about one thing; `COinS.js` (2015-06-04) and `parseContextObject` of zotero/utilities
(`openurl.js`) read one span for each thing of a list. A page has tags or spans, not both: Zotero prefers spans.

- Dublin Core tags give title, source (the title of the web site), date, language and abstract. Unless another tag
  gives a type, Zotero takes the thing for a web page. `citation_title` makes it an article of a journal, so only
  articles have it, with their volume, issue and pages; `DC.type` would be displayed, so our pages have none.
- Of the Highwire tags, all pages have two: `citation_public_url`, because no Dublin Core tag gives an address, and
  `citation_author`, one for each author. A final comma marks a name as whole, so that the name of a body is not
  split.
- A span is an OpenURL context object (ANSI/NISO Z39.88-2004, key/encoded-value): of the journal or the book format
  for a document with a type, else of the book format with `rft.type=webpage`, because some versions of Zotero fail on
  the Dublin Core format. Zotero turns each plus sign into a space, however it is encoded, so an address writes it in
  a form that survives.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from kb.citations.citation import Citation, is_on_web
from kb.model.byline_names import names_in_byline
from kb.model.document_type import DocumentType
from kb.model.items.annotation_address import permalink
from kb.model.items.item import Item
from kb.model.storable_text import one_line
from kb.model.truncation import truncate
from kb.translation import Translator

LONGEST_ABSTRACT = 300
"""Characters of an abstract in a list."""
_CONTEXT = "ctx_ver=Z39.88-2004&rft_val_fmt=info:ofi/fmt:kev:mtx:"
_WEB_PAGE = ("book&rft.type=webpage", "rft.title", "rft.source")
_ARTICLE = ("journal&rft.genre=article", "rft.atitle", "rft.jtitle")
_FORMS = {
    DocumentType.ARTICLE: _ARTICLE,
    DocumentType.NEWS: _ARTICLE,
    DocumentType.CHAPTER: ("book&rft.genre=bookitem", "rft.atitle", "rft.btitle"),
    DocumentType.CONFERENCE_PAPER: ("book&rft.genre=proceeding", "rft.atitle", "rft.btitle"),
    DocumentType.BOOK: ("book&rft.genre=book", "rft.title", "rft.source"),
    DocumentType.REPORT: ("book&rft.genre=report", "rft.title", "rft.source"),
    DocumentType.THESIS: ("dissertation", "rft.title", "rft.source"),
    DocumentType.LAW: ("book&rft.genre=document", "rft.title", "rft.source"),
}
"""The metadata format with the genre of a type of document, and the names of its title and of its host."""
_ARTICLES = frozenset({DocumentType.ARTICLE, DocumentType.NEWS})
_ENCODED_CHARACTERS = re.compile(r"[^A-Za-z0-9_.~\-:/, ]")
_percent_encode_character = lru_cache(maxsize=1024)(quote)


def zotero_meta_tags(citation: Citation, translator: Translator) -> tuple[tuple[str, str], ...]:
    """The (name, content) of each `meta` of a page about one item."""
    pairs = (
        ("DC.title", citation.named(translator)),
        *(("DC.creator", name.natural) for name in citation.authors),
        ("DC.source", citation.source or ""),
        ("DC.date", citation.published or ""),
        ("DC.language", citation.language or ""),
        ("DC.description", citation.abstract or ""),
        *(_article_tags(citation, translator) if citation.document_type in _ARTICLES else ()),
        *(("citation_author", name.inverted if name.given else f"{name.family},") for name in citation.authors),
        ("citation_public_url", (citation.url if citation.is_on_web else None) or citation.permalink),
    )
    return tuple((name, content) for name, content in pairs if content)


def _article_tags(citation: Citation, translator: Translator) -> tuple[tuple[str, str], ...]:
    """The tags by which Zotero takes a page for an article."""
    first, _, last = (citation.page_range or "").replace("–", "-").partition("-")
    return (
        ("citation_title", citation.named(translator)),
        ("citation_journal_title", citation.source or ""),
        ("citation_publisher", citation.publisher or ""),
        ("citation_volume", citation.volume or ""),
        ("citation_issue", citation.issue or ""),
        ("citation_firstpage", first),
        ("citation_lastpage", last),
    )


def coins_title(item: Item, base_url: str, translator: Translator) -> str:
    """The title of a COinS span, for one item of a list: as its citation has it, which no list needs as a whole."""
    url = one_line(item.url or "")
    path, mark, query = (url if is_on_web(url) else permalink(item, base_url)).partition("?")
    document_type = DocumentType.of(item.document_type or "")
    form, title, host = _FORMS[document_type] if document_type else _WEB_PAGE
    pairs = (
        (title, _line(item.title) or translator.gettext("[Untitled]")),
        *[("rft.au" if name.given else "rft.aucorp", name.inverted) for name in names_in_byline(item.byline)],
        (host, _line(item.source)),
        ("rft.pub", _line(item.publisher)),
        ("rft.volume", _line(item.volume)),
        ("rft.issue", _line(item.issue)),
        ("rft.pages", _line(item.page_range)),
        ("rft.date", item.published),
        ("rft.identifier", path.replace("+", "%2B") + mark + query.replace("+", "%20")),
        ("rft.language", _line(item.language)),
        ("rft.description", truncate(_line(item.description), LONGEST_ABSTRACT)),
    )
    return _CONTEXT + form + "".join([f"&{name}={_percent_encode(value)}" for name, value in pairs if value])


def _line(text: str | None) -> str:
    return one_line(text) if text else ""


def _percent_encode(text: str) -> str:
    """As `urlencode`, with `:/,` kept; `urlencode` looks at each byte, and a list of results has ten thousand."""
    return _ENCODED_CHARACTERS.sub(lambda match: _percent_encode_character(match[0]), text).replace(" ", "+")
