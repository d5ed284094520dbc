"""Values of bibliographic references, common to their formats."""

import re
from collections.abc import Callable, Iterable, Iterator

from kb.citations.reference_names import REFERENCE_NAMES, ReferenceNames
from kb.errors import counted
from kb.model.bibliographic_record import RECORD_FIELDS, RecordFieldKind
from kb.model.items.import_draft import Remark, remark
from kb.model.storable_text import one_line
from kb.model.written_dates import lower_without_accents

_DOI = re.compile(r"(?:doi[: ]\s?|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S++)", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|sc|span)(?:\s[^<>]*+)?>", re.IGNORECASE)
_LANGUAGES = {
    "fr": ("french", "francais", "fre", "fra", "french (france)"),
    "en": ("english", "anglais", "eng", "american", "british", "ukenglish", "usenglish"),
    "de": ("german", "ngerman", "allemand", "ger", "deu", "deutsch"),
    "es": ("spanish", "espagnol", "spa", "espanol"),
    "it": ("italian", "italien", "ita", "italiano"),
    "nl": ("dutch", "neerlandais", "nld", "dut"),
    "pt": ("portuguese", "portugais", "por"),
}
_CODES = {name: code for code, names in _LANGUAGES.items() for name in names}
_WITH_LINE_BREAKS = frozenset(record.name for record in RECORD_FIELDS if record.kind is RecordFieldKind.TEXT)
_MOST_NAMED = 40


def address_of_doi(text: str) -> str:
    """The address of a DOI, with or without `doi:`; empty for another text."""
    match = _DOI.fullmatch(text.strip()[:2000])
    return f"https://doi.org/{match[1]}" if match else ""


def language_of_name(text: str) -> str:
    """The code of a language that is named in French or English; any other text as it is."""
    return _CODES.get(lower_without_accents(text.strip()[:40]), text)


def reference_texts(text_of: Callable[[ReferenceNames], str]) -> dict[str, str | None]:
    """The values of the fields of REFERENCE_NAMES in a reference; `text_of` reads the text under one of the names."""
    texts = {name: text_of(names).strip() for name, names in REFERENCE_NAMES.items()}
    return {name: (text if name in _WITH_LINE_BREAKS else one_line(text)) or None for name, text in texts.items()}


def natural_name(text: str) -> str:
    """A name in natural order: `Roux, Jeanne` and `von Roux, Jr, Jeanne` are persons."""
    family, *others = (one_line(part) for part in text[:2_000].split(","))
    given_name = others.pop() if others else ""
    return one_line(" ".join((given_name, family, *others)))


def to_read_remark(number: int) -> Remark:
    """The remark on bookmarks that were marked to be read."""
    message = counted(
        "%(count)s bookmark was marked to be read: this mark was left out.",
        "%(count)s bookmarks were marked to be read: this mark was left out.",
        number,
    )
    return remark(message, count=number)


def title_without_markup(text: str) -> str:
    """A title without the elements that Zotero takes for italics and the like, which its files have as they are."""
    return _MARKUP.sub("", text)


def left_out_remark(fields: Iterable[str]) -> Iterator[Remark]:
    """The remark on fields that items do not have here, if there are any."""
    if names := sorted(fields):
        yield remark("These fields were left out: %(fields)s.", fields=", ".join(names[:_MOST_NAMED]))
