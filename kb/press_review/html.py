"""A press review as one self-contained HTML page: no script, no request to any site. Mail programs can show it too."""

from base64 import b64encode
from html import escape

from kb.press_review.review import (
    PressReview,
    ReviewedItem,
    attributed_comment,
    origin_facts,
    split_paragraphs,
)
from kb.translation import Translator

_STYLE = (
    "body{font:1rem/1.5 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1c1b17;background:#fff}"
    "h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.25rem;margin-top:2rem}"
    "h3{font-size:1.0625rem;margin:1.5rem 0 0}"
    ".facts{color:#5a564c;font-size:.875rem;margin:.125rem 0}"
    "blockquote{margin:.75rem 0;padding-left:1rem;border-left:3px solid #c9a400}a{color:#0b5a45}"
    '@media print{a::after{content:" (" attr(href) ")"}}'
)


def write_html_review(review: PressReview, translator: Translator) -> str:
    """The whole page."""
    title = escape(review.title)
    sections = "".join(
        (f"<h2>{escape(section.heading)}</h2>\n" if section.heading else "")
        + _paragraphs(section.text)
        + "".join(_entry(entry, 3 if section.heading else 2, translator) for entry in section.entries)
        for section in review.sections
    )
    return (
        f'<!doctype html>\n<html lang="{escape(review.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{_logo(review.logo)}<h1>{title}</h1>\n"
        + "".join(f'<p class="facts">{escape(line)}</p>\n' for line in (review.publisher, review.dated) if line)
        + "".join(f"<p>{escape(line)}</p>\n" for line in review.introduction_lines)
        + sections
        + "</body>\n</html>\n"
    )


def _logo(png: bytes) -> str:
    """The logo inside the page, which asks no site for anything; the name of the publisher follows as text."""
    address = f"data:image/png;base64,{b64encode(png).decode()}"
    return f'<p><img src="{address}" alt="" height="48"></p>\n' if png else ""


def _entry(item: ReviewedItem, level: int, translator: Translator) -> str:
    lang = f' lang="{escape(item.language)}"' if item.language else ""
    title = escape(item.title)
    if item.address:
        title = f'<a href="{escape(item.address)}">{title}</a>'
    label = translator.gettext("permanent link")
    permalink = f'<a href="{escape(item.link)}">{escape(label)}</a>' if item.link else ""
    facts = " · ".join(filter(None, (escape(", ".join(origin_facts(item))), permalink)))
    quotes = "".join(
        f"<blockquote{lang}><p>{escape(translator.quotation(quote.text))}</p></blockquote>\n" for quote in item.quotes
    )
    comments = "".join(f"<p>{escape(attributed_comment(comment, translator))}</p>\n" for comment in item.comments)
    return (
        f"<h{level}{lang}>{title}</h{level}>\n"
        + (f'<p class="facts">{facts}</p>\n' if facts else "")
        + _paragraphs(item.words)
        + "".join(f"<p{lang}>{escape(part)}</p>\n" for part in split_paragraphs(item.description))
        + quotes
        + comments
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>\n" for part in split_paragraphs(text))
