"""A citation as an HTML fragment for any page. Everything that users wrote is escaped.

After HTML (WHATWG, sections 4.4.4 `blockquote`, 4.4.12 `figure` and 4.5.6 `cite`): the credit of a quotation stands
outside of it, in the caption; `cite` holds the title of a work, never the name of a person.
"""

from html import escape

from kb.citations.citation import Citation, nonblank_lines, with_full_stop
from kb.citations.plain_text import author_names
from kb.model.items.language_tag import language_tag
from kb.translation import Translator


def write_html_citation(citation: Citation, translator: Translator) -> str:
    """A figure if there is a quotation or a remark, else a paragraph."""
    credit = _credit(citation, translator)
    remark = (f"<p>{escape(citation.remark.line(translator), quote=False)}</p>",) if citation.remark else ()
    parts = (*((_quotation(citation, citation.quote),) if citation.quote else ()), *remark)
    if not parts:
        return f"<p>{credit}</p>\n"
    return "\n".join(("<figure>", *parts, f"<figcaption>{credit}</figcaption>", "</figure>", ""))


def _quotation(citation: Citation, quote: str) -> str:
    address = f' cite="{escape(citation.address)}"' if citation.is_on_web else ""
    language = f' lang="{tag}"' if (tag := language_tag(citation.language)) else ""
    text = "<br>\n".join(escape(line, quote=False) for line in nonblank_lines(quote))
    return f"<blockquote{address}{language}><p>{text}</p></blockquote>"


def _credit(citation: Citation, translator: Translator) -> str:
    title = f"<cite>{escape(citation.named(translator), quote=False)}</cite>"
    if citation.url and citation.is_on_web:
        title = f'<a href="{escape(citation.url)}">{title}</a>'
    date = escape(citation.dated(translator), quote=False)
    if citation.published:
        date = f'<time datetime="{escape(citation.published)}">{date}</time>'
    parts = (
        escape(author_names(citation.authors, translator), quote=False),
        title,
        escape(citation.source or "", quote=False),
        escape(citation.publisher or "", quote=False),
        escape(citation.numbering(translator), quote=False),
        date,
    )
    link = f'<a href="{escape(citation.permalink)}">{escape(translator.gettext("Permanent link"), quote=False)}</a>.'
    return f"{with_full_stop(', '.join(filter(None, parts)))} {link}"
