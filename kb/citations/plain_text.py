"""A citation in plain text, for an e-mail message or a chat: the passage, its author and page, and the addresses."""

from kb.citations.citation import Citation, nonblank_lines, with_full_stop
from kb.model.byline_names import BylineName
from kb.translation import Translator


def write_text_citation(citation: Citation, translator: Translator) -> str:
    """Lines without markup: the address of the page second to last, our own address last."""
    origin = (
        author_names(citation.authors, translator),
        translator.quoted(citation.named(translator)),
        citation.source,
    )
    issued = (citation.publisher, citation.numbering(translator), citation.dated(translator))
    lines = (
        translator.quoted("\n".join(nonblank_lines(citation.quote))) if citation.quote else "",
        citation.remark.line(translator) if citation.remark else "",
        with_full_stop(", ".join(part for part in (*origin, *issued) if part)),
        citation.url or "",
        translator.gettext("Permanent link: %(address)s", address=citation.permalink),
    )
    return "\n".join(filter(None, lines))


def author_names(authors: tuple[BylineName, ...], translator: Translator) -> str:
    """The authors in natural order: Jeanne Roux, Paul Blanc et Anne Noir."""
    *first, last = (author.natural for author in authors) if authors else ("",)
    return translator.gettext("%(first)s and %(last)s", first=", ".join(first), last=last) if first else last
