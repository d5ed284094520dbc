"""E-mail messages with an HTML part: one value gives the HTML and a plain text of the same content.

600 pixels wide and made of tables, as old mail programs need it, with the styles in the elements, because some mail
programs drop style sheets; what cannot stand there (dark mode, narrow windows) is in a sheet that the others read. No
script, nothing that is fetched, a logo is a part of the message: nobody learns whether a message was opened.
"""

from binascii import b2a_qp
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import assert_never

from css_inline import CSSInliner

from kb.model.accent_colour import DARK_PAPER, DEFAULT_ACCENT, LIGHT_PAPER, AccentColours, accent_colours
from kb.model.items.item_fields import HighlightColor
from kb.model.storable_text import one_line
from kb.model.truncation import truncate, truncate_marked_text
from kb.translation import Translator

MOST_BYTES = 97_000
"""Of both parts as they are sent: with its header fields, and without a logo, a message has at most 100 kB. Gmail shows
no more than 102 kB.
"""
MOST_BLOCKS = 400
"""Blocks of a message; those beyond are left out, as those that are too long for it."""
LONGEST_TEXT, LONGEST_QUOTE, LONGEST_LINE = 5_000, 1_500, 500
"""Characters of a paragraph, of a quotation, and of a title, a name or a line of facts."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a message. Only http, https and mailto addresses are links, else the label alone is shown."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text, and perhaps a link after them."""

    text: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of the entries that follow."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage, as pieces of text, each with whether it is marked as found by a search."""

    pieces: tuple[tuple[str, bool], ...]
    color: HighlightColor = HighlightColor.YELLOW


@dataclass(frozen=True, slots=True)
class Entry:
    """An item: its title, the line of its source, passages, and a text about it. `language` is that of its texts."""

    title: str
    url: str
    source: str = ""
    quotes: tuple[Quote, ...] = ()
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """The link that stands out."""

    label: str
    url: str


Block = Paragraph | Heading | Entry | Button


@dataclass(frozen=True, slots=True)
class FooterLine:
    """A line at the end of a message: a sentence, and links after it."""

    text: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class EmailLogo:
    """An image that is a part of the message, by its `Content-ID`; `text` stands for it. The size is in pixels."""

    content_id: str
    text: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class HtmlEmail:
    """A message. `lead` stands above the title, `preview` is what mail programs show beside the subject.

    `rest_url` has all entries: a message that would be too long ends with a link to it. `accent` is a colour as
    `#rrggbb`, empty for that of the site's style sheet.
    """

    language: str
    title: str
    blocks: tuple[Block, ...]
    footer: tuple[FooterLine, ...]
    rest_url: str
    lead: FooterLine = FooterLine()
    introduction: str = ""
    preview: str = ""
    accent: str = ""
    logo: EmailLogo | None = None


@dataclass(frozen=True, slots=True)
class WrittenEmail:
    """The two parts of a message, of equal content; `left_out` are the entries that did not find room."""

    text: str
    html: str
    left_out: int


def write_html_email(email: HtmlEmail) -> WrittenEmail:
    """The HTML and the text of a message, of `MOST_BYTES` at most together: the last entries are left out for it."""
    blocks = email.blocks[:MOST_BLOCKS]
    written = _written(email, blocks)
    if _size(written) > MOST_BYTES:
        sizes = range(len(blocks))
        fitting = bisect_right(sizes, MOST_BYTES, key=lambda count: _size(_written(email, blocks[:count])))
        written = _written(email, blocks[: max(fitting - 1, 0)])
    return written


def _size(written: WrittenEmail) -> int:
    return sum(len(b2a_qp(part.encode(), istext=True)) for part in (written.html, written.text))


def _written(email: HtmlEmail, blocks: Sequence[Block]) -> WrittenEmail:
    while blocks and isinstance(blocks[-1], Heading):
        blocks = blocks[:-1]
    left_out = sum(isinstance(block, Entry) for block in email.blocks[len(blocks) :])
    translator = Translator(email.language)
    if left_out:
        more = translator.ngettext("%(count)s more entry", "%(count)s more entries", left_out)
        ends = [block for block in email.blocks[len(blocks) :] if isinstance(block, Button)]
        blocks = (*blocks, Paragraph("", Link(more, email.rest_url)), *ends[:1])
    text = "\n\n".join(filter(None, _text_paragraphs(email, blocks, translator))) + "\n"
    return WrittenEmail(
        text, _inliner(email.accent).inline("".join(_html_fragments(email, blocks, translator))), left_out
    )


def _text_paragraphs(email: HtmlEmail, blocks: Sequence[Block], translator: Translator) -> Iterator[str]:
    yield _footer_text(email.lead)
    title = _line(email.title)
    yield f"{title}\n{'=' * min(len(title), 72)}"
    yield truncate(email.introduction, LONGEST_TEXT)
    for block in blocks:
        match block:
            case Paragraph():
                link = _text_link(block.link) if block.link else ""
                yield "\n".join(filter(None, (truncate(block.text, LONGEST_TEXT), link)))
            case Heading():
                heading = _line(block.text)
                yield "\n".join(filter(None, (f"{heading}\n{'-' * min(len(heading), 72)}", _address(block.url))))
            case Entry():
                quotes = (_quote_text(quote, translator) for quote in block.quotes)
                text = "\n  ".join(truncate(block.text, LONGEST_TEXT).splitlines())
                lines = (f"* {_line(block.title)}", _line(block.source), *quotes, text)
                yield "\n  ".join(filter(None, (*lines, _address(block.url))))
            case Button():
                yield _text_link(Link(block.label, block.url))
            case _:
                assert_never(block)
    yield "-- \n" + "\n".join(map(_footer_text, email.footer))


def _quote_text(quote: Quote, translator: Translator) -> str:
    pieces = truncate_marked_text(quote.pieces, LONGEST_QUOTE)
    text = "".join(f"*{piece}*" if marked else piece for piece, marked in pieces)
    return translator.quotation(" ".join(text.split()))


def _footer_text(line: FooterLine) -> str:
    return "\n".join(filter(None, (_line(line.text), *map(_text_link, line.links))))


def _text_link(link: Link) -> str:
    return "\n".join(filter(None, (_line(link.label), _address(link.url))))


def _html_fragments(email: HtmlEmail, blocks: Sequence[Block], translator: Translator) -> Iterator[str]:
    title = escape(_line(email.title))
    yield (
        f'<!DOCTYPE html><html lang="{escape(email.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f'<title>{title}</title></head><body class="paper">'
        f'<div class="preview">{escape(_line(email.preview))}</div>'
        f'<div role="main" aria-label="{title}"><table class="paper whole" {_TABLE}><tr><td align="center">'
        f'<table class="sheet" {_TABLE_600}><tr><td class="pad top">'
    )
    if email.lead != FooterLine():
        yield f'<p class="quiet">{_footer_html(email.lead)}</p>'
    if email.logo:
        yield _logo(email.logo)
    yield f'<h1 class="ink">{title}</h1>'
    yield from (f'<p class="ink intro">{part}</p>' for part in _paragraphs(email.introduction))
    yield "</td></tr>"
    level = 2
    for block in blocks:
        match block:
            case Paragraph():
                texts = (*_paragraphs(block.text), *([_html_link(block.link)] if block.link else []))
                yield _row("part", *(f'<p class="ink text">{text}</p>' for text in texts))
            case Heading():
                level = 3
                yield _row("part", f'<h2 class="ink heading" dir="auto">{_linked_title(block.text, block.url)}</h2>')
            case Entry():
                yield _row("entry", *_entry_html(block, level, translator))
            case Button():
                yield _row("part", _button(block))
            case _:
                assert_never(block)
    yield '<tr><td class="pad end"><div class="line">'
    yield from (f'<p class="quiet footer">{_footer_html(line)}</p>' for line in email.footer)
    yield "</div></td></tr></table></td></tr></table></div></body></html>"


def _logo(logo: EmailLogo) -> str:
    return (
        f'<p class="logo"><img src="cid:{escape(logo.content_id)}" alt="{escape(_line(logo.text))}" '
        f'width="{logo.width}" height="{logo.height}" border="0"></p>'
    )


_TABLE = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
_TABLE_600 = 'role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"'


def _row(kind: str, *parts: str) -> str:
    return f'<tr><td class="pad {kind}">{"".join(parts)}</td></tr>'


def _entry_html(entry: Entry, level: int, translator: Translator) -> Iterator[str]:
    lang = f' lang="{escape(entry.language)}"' if entry.language else ""
    yield f'<h{level} class="ink title"{lang} dir="auto">{_linked_title(entry.title, entry.url)}</h{level}>'
    if entry.source:
        yield f'<p class="quiet source">{escape(_line(entry.source))}</p>'
    for quote in entry.quotes:
        pieces = "".join(
            f'<mark class="mark">{escape(piece)}</mark>' if marked else escape(piece)
            for piece, marked in truncate_marked_text(quote.pieces, LONGEST_QUOTE)
        )
        text = "".join(piece for piece, _ in quote.pieces)
        is_quoted = translator.quotation(text) == text
        opening, _, closing = ("", "", "") if is_quoted else translator.quotation("\0").partition("\0")
        yield (
            f'<table class="quote" {_TABLE}><tr><td class="bar {quote.color.value}">&nbsp;</td>'
            f'<td class="ink words"{lang} dir="auto">{escape(opening)}{pieces}{escape(closing)}</td></tr></table>'
        )
    yield from (f'<p class="ink text"{lang} dir="auto">{part}</p>' for part in _paragraphs(entry.text))


def _button(button: Button) -> str:
    link = Link(button.label, button.url)
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td class="button">'
        f"{_html_link(link, 'press')}</td></tr></table>"
    )


def _footer_html(line: FooterLine) -> str:
    links = " · ".join(_html_link(link) for link in line.links)
    return " · ".join(filter(None, (escape(_line(line.text)), links)))


def _html_link(link: Link, class_: str = "link") -> str:
    label, address = escape(_line(link.label)), escape(_address(link.url))
    return f'<a class="{class_}" href="{address}">{label}</a>' if address else label


def _linked_title(text: str, url: str) -> str:
    return _html_link(Link(text, url), "ink plain")


def _paragraphs(text: str) -> Iterator[str]:
    return (escape(line) for line in truncate(text, LONGEST_TEXT).splitlines() if line.strip())


def _line(text: str) -> str:
    return truncate(one_line(text[: 2 * LONGEST_TEXT]), LONGEST_LINE)


def _address(url: str) -> str:
    """The address, if a mail program may open it."""
    is_link = url.startswith(("https://", "http://", "mailto:")) and url.isprintable() and " " not in url
    return url if is_link else ""


_SITE_ACCENT = AccentColours(DEFAULT_ACCENT, "#8fcdb4")
_SANS = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_SERIF = "Charter,'Bitstream Charter','Iowan Old Style',Cambria,Georgia,serif"


@cache
def _inliner(accent: str) -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, extra_css=_sheet(accent))


def _sheet(accent: str) -> str:
    """The style sheet: the colours of the site (`kb.css`)."""
    colours = _SITE_ACCENT if accent in ("", DEFAULT_ACCENT) else accent_colours(accent)
    return f"""
body {{ margin: 0; padding: 0 }}
.paper {{ background: {LIGHT_PAPER} }}
.preview {{ display: none; max-height: 0; overflow: hidden }}
.sheet {{ width: 600px; max-width: 100%; text-align: left }}
.pad {{ padding: 16px 32px 0; overflow-wrap: anywhere }}
.top, .part {{ padding-top: 32px }}
.end {{ padding: 32px 32px 48px }}
p, h1, h2, h3 {{ margin: 0 }}
.ink {{ color: #211e1a }}
.quiet {{ color: #625b51; font: 13px/1.5 {_SANS} }}
h1 {{ margin-top: 4px; font: 400 34px/1.2 {_SERIF} }}
.logo {{ margin-top: 8px; color: #625b51; font: 13px/1.5 {_SANS} }}
.logo img {{ max-width: 100%; height: auto; background: #ffffff }}
.intro, .words {{ font: 18px/1.55 {_SERIF} }}
.intro {{ margin-top: 12px }}
.heading {{ font: 400 22px/1.3 {_SERIF} }}
.title {{ font: 600 18px/1.35 {_SANS} }}
.plain {{ text-decoration: none }}
.title .plain {{ display: block }}
.source {{ margin-top: 4px }}
.text {{ margin-top: 8px; font: 15px/1.5 {_SANS} }}
.quote {{ margin-top: 8px }}
.bar {{ width: 3px; font-size: 0 }}
.yellow {{ background: #dfae00 }}
.blue {{ background: #3f8fd0 }}
.green {{ background: #5c9c3a }}
.pink {{ background: #d8678f }}
.words {{ padding-left: 13px }}
.mark {{ background: #ffe27d; color: #211e1a; border-radius: 2px }}
.link {{ color: {colours.light} }}
.button {{ background: {colours.light}; border-radius: 4px }}
.press {{ display: inline-block; padding: 12px 16px; font: 600 15px/20px {_SANS}; color: {LIGHT_PAPER}; \
text-decoration: none }}
.line {{ border-top: 1px solid #ddd6c8; padding-top: 8px }}
.footer {{ margin-top: 8px; line-height: 1.7 }}
@media (max-width: 620px) {{
.sheet {{ width: 100% !important }}
.pad {{ padding-left: 16px !important; padding-right: 16px !important }}
h1 {{ font-size: 28px !important }}
}}
@media (prefers-color-scheme: dark) {{
.paper {{ background: {DARK_PAPER} !important }}
.ink {{ color: #e8e2d6 !important }}
.quiet {{ color: #a59d8f !important }}
.mark {{ background: #6b5410 !important; color: #fff2c6 !important }}
.link {{ color: {colours.dark} !important }}
.line {{ border-color: #38342d !important }}
.button {{ background: {colours.dark} !important }}
.press {{ color: {DARK_PAPER} !important }}
}}
"""
