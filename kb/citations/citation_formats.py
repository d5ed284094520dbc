"""The registry of citation styles, by the name that URLs use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.citations import bibtex, html, iso690, plain_text, ris
from kb.citations.citation import Citation
from kb.errors import translatable
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class CitationStyle:
    """A citation style. `label` names it on pages, translated. `suffix` is that of its download file; empty for a style
    that is only copied.
    """

    label: str
    write: Callable[[Citation, Translator], str]
    media_type: str
    suffix: str = ""


CITATION_STYLES: Mapping[str, CitationStyle] = {
    "iso690": CitationStyle("ISO 690", iso690.write_iso690, "text/plain"),
    "text": CitationStyle(translatable("Plain text"), plain_text.write_text_citation, "text/plain"),
    "html": CitationStyle("HTML", html.write_html_citation, "text/html"),
    "bibtex": CitationStyle("BibTeX", bibtex.write_bibtex, "application/x-bibtex", ".bib"),
    "ris": CitationStyle("RIS", ris.write_ris, "application/x-research-info-systems", ".ris"),
}
