"""The bibliographic fields that formats of references carry as a text under a name of their own, declared once.

Citations, writers and readers of RIS, BibTeX, CSL-JSON, Dublin Core and UNIMARC read this list. Fields that a format
divides or converts (authors, dates, languages, the site) have their own code in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferenceNames:
    """The names of one field. `ris`: tags that are read; the first is written. `unimarc`: tag, indicators, subfield."""

    ris: tuple[str, ...]
    bibtex: str
    csl: str
    dublin_core: str
    unimarc: tuple[str, str, str]


REFERENCE_NAMES: Mapping[str, ReferenceNames] = {
    "description": ReferenceNames(("AB", "N2"), "abstract", "abstract", "description", ("330", "  ", "a"))
}
"""By the field of BibliographicRecord."""
