"""The registry of citation styles, by the name that URLs use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.citations import bibtex, html, iso690, plain_text, ris
from kb.citations.citation import Citation
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class CitationStyle:
    """A citation style. `suffix` is that of its download file; empty for a style that is only copied."""

    write: Callable[[Citation, Translator], str]
    media_type: str
    suffix: str = ""


CITATION_STYLES: Mapping[str, CitationStyle] = {
    "iso690": CitationStyle(iso690.write_iso690, "text/plain"),
    "text": CitationStyle(plain_text.write_text_citation, "text/plain"),
    "html": CitationStyle(html.write_html_citation, "text/html"),
    "bibtex": CitationStyle(bibtex.write_bibtex, "application/x-bibtex", ".bib"),
    "ris": CitationStyle(ris.write_ris, "application/x-research-info-systems", ".ris"),
}
