"""Items as one HTML page to read, print or keep: no script, no request to any site, a heading for each item.

After HTML (WHATWG, 4.4.4 `blockquote`, 4.4.12 `figure`): a passage is a `blockquote` with the address of its page in
`cite`, in a figure whose caption holds what users wrote about it. What is in another language than the page says so.
"""

import re
from collections.abc import Iterator
from html import escape

from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows, paragraphs_of
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Group
from kb.model.storable_text import one_line
from kb.model.web_pages.canonical_address import web_address

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1c1b17;background:#fff;"
    "overflow-wrap:anywhere}"
    "h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.125rem;margin:2rem 0 0}"
    ".facts{color:#5a564c;font-size:.875rem;margin:.125rem 0}.tags{list-style:none;padding:0}"
    ".tags li{display:inline;margin-right:.75rem}figure{margin:.75rem 0}figcaption p{margin:.25rem 0}"
    "blockquote{margin:0;padding-left:1rem;border-left:3px solid #c9a400}a{color:#0b5a45}"
    "@media(prefers-color-scheme:dark){body{color:#e8e4da;background:#1a1916}.facts{color:#b5b0a3}a{color:#7fd1b5}}"
    "@media print{a{color:inherit}article{break-inside:avoid}}"
)
_NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_NOT_HTML = re.compile(f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ufdd0-\\ufdef{_NONCHARACTERS}]")
"""Characters that no HTML file may hold (WHATWG, 13.2.3.5)."""


def write_html(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """The whole page."""
    title, translator = _escaped(one_line(details.title)), details.translator
    made = translator.gettext(
        "Exported from %(site)s on %(day)s", site=details.site_name, day=translator.day(details.made_at.date())
    )
    yield (
        f'<!doctype html>\n<html lang="{translator.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="facts">{_escaped(made)}</p>\n'
    ).encode()
    for item, group in rows:
        yield _article(item, group, details).encode()
    yield b"</main>\n</body>\n</html>\n"


def _article(item: Item, group: Group, details: ExportDetails) -> str:
    translator, address = details.translator, web_address(item.url)
    _ = translator.gettext
    heading = _escaped(details.heading(item))
    if address:
        heading = f'<a href="{_escaped(address)}">{heading}</a>'
    lang = _language_attribute(item, translator.language)
    tags = "".join(f"<li>{_escaped(tag)}</li>" for tag in map(one_line, item.tags) if tag)
    label = _escaped(_("Tags"))
    link = f'<a href="{_escaped(details.permalink(item))}">{_escaped(_("Permanent link"))}</a>'
    return (
        f"<article>\n<h2{lang}>{heading}</h2>\n"
        f'<p class="facts">{_escaped(details.facts(item, group))}</p>\n'
        + (f'<ul class="tags" aria-label="{label}">{tags}</ul>\n' if tags else "")
        + item_body_html(item, details)
        + f'<p class="facts">{link}</p>\n</article>\n'
    )


def item_body_html(item: Item, details: ExportDetails) -> str:
    """The description of an item, and its passages with what was said of them, as a fragment of HTML."""
    lang = _language_attribute(item, details.translator.language)
    return _paragraphs(item.description or "", lang) + "".join(
        _figure(annotation, item, lang, details) for annotation in item.annotations
    )


def _language_attribute(item: Item, of_page: str) -> str:
    """The attribute `lang` of a text of an item, with a space before it; empty if it is in the language of the page."""
    language = language_tag(item.language)
    return f' lang="{language}"' if language and language != of_page else ""


def _paragraphs(text: str, lang: str = "") -> str:
    """The paragraphs of a text, with their line breaks; `lang` is the attribute of each."""
    return "".join(f"<p{lang}>{'<br>'.join(map(_escaped, lines))}</p>\n" for lines in paragraphs_of(text))


def _figure(annotation: Annotation, item: Item, lang: str, details: ExportDetails) -> str:
    texts = _user_text(annotation, details) + "".join(_user_text(reply, details) for reply in annotation.replies)
    if not (annotation.quote and annotation.quote.strip()):
        return texts
    address = web_address(item.url)
    cite = f' cite="{_escaped(address)}"' if address else ""
    quote = f"<blockquote{cite}{lang}>{_paragraphs(annotation.quote)}</blockquote>\n"
    caption = f"<figcaption>\n{texts}</figcaption>\n" if texts else ""
    return f"<figure>\n{quote}{caption}</figure>\n"


def _user_text(part: Annotation | Reply, details: ExportDetails) -> str:
    """A user's text, after their name and its date."""
    text = _paragraphs(part.body or "")
    if not text:
        return ""
    by = (part.author.name if part.author else "", details.translator.instant(part.added) if part.added else "")
    head = _escaped(one_line(", ".join(filter(None, by))))
    return text.replace("<p>", f"<p><b>{head}</b>{_escaped(details.translator.gettext(':'))} ", 1) if head else text


def _escaped(text: str) -> str:
    return escape(_NOT_HTML.sub("\ufffd", text))


HTML_EXPORT = ExportFormat(
    "html",
    translatable("Web page (HTML)"),
    translatable("To read, print or send: one page with every passage and comment, its author and its date."),
    ".html",
    "text/html; charset=utf-8",
    write_html,
)
