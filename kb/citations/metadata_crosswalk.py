"""The bibliographic fields that formats of references carry as a text under a name of their own, and the types of
documents, declared once.

Citations, writers and readers of RIS, BibTeX, CSL-JSON, Dublin Core and UNIMARC read this module. Fields that a format
divides or converts (authors, dates, languages, the site) have their own code in it.

Types: *RIS Format Specifications* (2011), `TY`; *The biblatex Package*, section 2.1.1; the schema of CSL (1.0.2),
`type`; schema.org. A format knows more types than we do: those that are read for the same type follow the one that is
written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.model.document_type import DocumentType


@dataclass(frozen=True, slots=True)
class ReferenceNames:
    """The names of one field. `ris`: tags that are read; the first is written. `unimarc`: tag, indicators, subfield.

    `dublin_core` and `unimarc` are empty for what these formats join with other fields.
    """

    ris: tuple[str, ...]
    bibtex: str
    csl: str
    dublin_core: str = ""
    unimarc: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class TypeNames:
    """The names of a type of document, the one that is written first."""

    ris: tuple[str, ...]
    bibtex: tuple[str, ...]
    csl: tuple[str, ...]
    schema_org: str


REFERENCE_NAMES: Mapping[str, ReferenceNames] = {
    "description": ReferenceNames(("AB", "N2"), "abstract", "abstract", "description", ("330", "  ", "a")),
    "publisher": ReferenceNames(("PB",), "publisher", "publisher"),
    "volume": ReferenceNames(("VL",), "volume", "volume"),
    "issue": ReferenceNames(("IS", "CP"), "number", "issue"),
    "page_range": ReferenceNames(("SP",), "pages", "page"),
}
"""By the field of BibliographicRecord."""

WEB_PAGE = TypeNames(("ELEC",), ("online",), ("webpage",), "CreativeWork")
"""What has no type."""
TYPE_NAMES: Mapping[DocumentType, TypeNames] = {
    DocumentType.ARTICLE: TypeNames(
        ("JOUR", "EJOUR", "JFULL", "ABST", "INPR"),
        ("article", "periodical"),
        ("article-journal", "article", "review"),
        "ScholarlyArticle",
    ),
    DocumentType.NEWS: TypeNames(
        ("NEWS", "MGZN"), ("article",), ("article-newspaper", "article-magazine"), "NewsArticle"
    ),
    DocumentType.BOOK: TypeNames(
        ("BOOK", "EBOOK", "EDBOOK"), ("book", "mvbook", "collection", "proceedings"), ("book",), "Book"
    ),
    DocumentType.CHAPTER: TypeNames(
        ("CHAP", "ECHAP"), ("incollection", "inbook"), ("chapter", "entry-encyclopedia"), "Chapter"
    ),
    DocumentType.REPORT: TypeNames(("RPRT", "GOVDOC"), ("report", "techreport", "manual"), ("report",), "Report"),
    DocumentType.THESIS: TypeNames(("THES",), ("thesis", "phdthesis", "mastersthesis"), ("thesis",), "Thesis"),
    DocumentType.CONFERENCE_PAPER: TypeNames(
        ("CPAPER", "CONF"), ("inproceedings", "conference"), ("paper-conference", "speech"), "ScholarlyArticle"
    ),
    DocumentType.LAW: TypeNames(
        ("STAT", "BILL", "CASE", "LEGAL"),
        ("legislation", "jurisdiction"),
        ("legislation", "bill", "legal_case"),
        "Legislation",
    ),
}


def type_of_name(name: str, names_of: Callable[[TypeNames], tuple[str, ...]]) -> str | None:
    """The type of document that has this name among those of a format; None for another."""
    wanted = name.strip().casefold()
    found = (known.value for known, names in TYPE_NAMES.items() if wanted in map(str.casefold, names_of(names)))
    return next(found, None)
