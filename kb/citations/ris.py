"""A citation in RIS, for EndNote, Zotero, Mendeley and others.

Source: *RIS Format Specifications* (Research Information Systems, Thomson Reuters, 2011): a line is a tag of two
characters, two spaces, a hyphen, a space and the value, and ends with CR LF; TY comes first and ER last; a date is
`YYYY/MM/DD/` with empty parts for what is not known. Zotero's translator `RIS.js` (2023-07-28) takes ELEC for a web
page, T2 for the title of its site, AU without a comma for a body, AB for the abstract and each N1 for a note. A value
never holds a line break, so that nothing in it can be taken for a tag.
"""

import re

from kb.citations.citation import Citation
from kb.citations.metadata_crosswalk import REFERENCE_NAMES
from kb.model.storable_text import one_line
from kb.translation import Translator

_PAGES = REFERENCE_NAMES["page_range"]
_RANGE = re.compile(r"(\w{1,20})-(\w{1,20})")


def write_ris(citation: Citation, translator: Translator) -> str:
    """One record, with its end line."""
    link = translator.gettext("Permanent link: %(address)s", address=citation.permalink) if citation.url else ""
    fields = (
        ("TY", citation.type_names.ris[0]),
        ("ID", citation.key),
        ("TI", citation.named(translator)),
        *(("AU", name.inverted) for name in citation.authors),
        ("T2", citation.source or ""),
        ("PY", (citation.published or "")[:4]),
        ("DA", _ris_date(citation.published)),
        ("LA", citation.language or ""),
        *((names.ris[0], text) for names, text in citation.texts if names is not _PAGES),
        *_pages(citation.page_range or ""),
        ("N1", translator.quoted(one_line(citation.quote)) if citation.quote else ""),
        ("N1", citation.remark.line(translator) if citation.remark else ""),
        *(("N1", note) for note in citation.notes),
        ("N1", link),
        *(("KW", keyword) for keyword in citation.keywords),
        ("UR", citation.address),
        ("Y2", _ris_date(citation.accessed)),
    )
    lines = (f"{tag}  - {value}" for tag, value in fields if value)
    return "\r\n".join((*lines, "ER  - ", ""))


def _pages(pages: str) -> tuple[tuple[str, str], ...]:
    """The first and the last page have a tag each; another text stands as it is."""
    match = _RANGE.fullmatch(pages)
    return (("SP", match[1]), ("EP", match[2])) if match else (("SP", pages),)


def _ris_date(partial: str | None) -> str:
    if not partial:
        return ""
    year, month, day = (*partial.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/"
