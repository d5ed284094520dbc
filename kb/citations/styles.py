"""The styles there are, by the name that an address gives them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.citations import bibtex, html, iso690, plain_text, ris
from kb.citations.citation import Citation
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class Style:
    """`suffix` ends the name of the file that it is saved in; empty for what is only copied."""

    write: Callable[[Citation, Translator], str]
    media_type: str
    suffix: str = ""


STYLES: Mapping[str, Style] = {
    "iso690": Style(iso690.write, "text/plain"),
    "text": Style(plain_text.write, "text/plain"),
    "html": Style(html.write, "text/html"),
    "bibtex": Style(bibtex.write, "application/x-bibtex", ".bib"),
    "ris": Style(ris.write, "application/x-research-info-systems", ".ris"),
}
