"""A citation in plain text, for an e-mail message or a chat: the passage, its author and page, and the addresses."""

from kb.citations.byline_names import BylineName
from kb.citations.citation import Citation, nonblank_lines, with_full_stop
from kb.translation import Translator


def write_text_citation(citation: Citation, words: Translator) -> str:
    """Lines without markup: the address of the page second to last, our own address last."""
    origin = (author_names(citation.authors, words), words.quoted(citation.named(words)), citation.source)
    lines = (
        words.quoted("\n".join(nonblank_lines(citation.quote))) if citation.quote else "",
        citation.remark.line(words) if citation.remark else "",
        with_full_stop(", ".join(part for part in (*origin, citation.dated(words)) if part)),
        citation.url or "",
        words.say("Permanent link: %(address)s", address=citation.permalink),
    )
    return "\n".join(filter(None, lines))


def author_names(authors: tuple[BylineName, ...], words: Translator) -> str:
    """The authors in natural order: Jeanne Roux, Paul Blanc et Anne Noir."""
    *first, last = (author.natural for author in authors) if authors else ("",)
    return words.say("%(first)s and %(last)s", first=", ".join(first), last=last) if first else last
