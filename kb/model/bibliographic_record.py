"""The fields that describe a page or a document in a bibliography; forms, tables, imports and exports derive theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto
from typing import Any, TypeVar

from kb.errors import translatable

LONGEST_ADDRESS = 8_000
"""Characters of an address that is parsed: browsers and servers take no more. A longer text is no address."""
LONGEST_TITLE = 2_000
LONGEST_LINE = 500
"""Characters of a byline, of a source, and of any other field on one line."""
LONGEST_DESCRIPTION = 20_000
LONGEST_DATE = 10
_LONGEST_NUMBER = 100
"""Characters of a volume, an issue or a range of pages."""
_LONGEST_TYPE = 40


class RecordFieldKind(Enum):
    """The form of a value: how users may give it, and how an import checks it."""

    ADDRESS = auto()
    LINE = auto()
    TEXT = auto()
    """With line breaks."""
    DATE = auto()
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    LANGUAGE = auto()
    """A BCP 47 tag."""
    TYPE = auto()
    """A value of `DocumentType`."""


def _field(
    label: str,
    kind: RecordFieldKind = RecordFieldKind.LINE,
    longest: int = LONGEST_LINE,
    *,
    of_reference: bool = False,
) -> Any:
    metadata = {"label": label, "kind": kind, "longest": longest, "of_reference": of_reference}
    return field(default=None, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class BibliographicRecord:
    """What is known of a page or a document; None for what is not.

    `byline` names its authors as it does itself, `source` where it was published. To add a field: docs/tour.md.
    """

    url: str | None = _field(translatable("Address"), RecordFieldKind.ADDRESS, LONGEST_ADDRESS)
    title: str | None = _field(translatable("Title"), longest=LONGEST_TITLE)
    description: str | None = _field(translatable("Description"), RecordFieldKind.TEXT, LONGEST_DESCRIPTION)
    byline: str | None = _field(translatable("Author"))
    published: str | None = _field(translatable("Published"), RecordFieldKind.DATE, LONGEST_DATE)
    source: str | None = _field(translatable("Source"))
    language: str | None = _field(translatable("Language"), RecordFieldKind.LANGUAGE)
    document_type: str | None = _field(
        translatable("Type of document"), RecordFieldKind.TYPE, _LONGEST_TYPE, of_reference=True
    )
    publisher: str | None = _field(translatable("Publisher"), of_reference=True)
    volume: str | None = _field(translatable("Volume"), longest=_LONGEST_NUMBER, of_reference=True)
    issue: str | None = _field(translatable("Issue"), longest=_LONGEST_NUMBER, of_reference=True)
    page_range: str | None = _field(translatable("Pages"), longest=_LONGEST_NUMBER, of_reference=True)


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of BibliographicRecord; `label` names it on pages, translated; `longest` in characters. `of_reference`:
    what only references have; forms fold it.
    """

    name: str
    label: str
    kind: RecordFieldKind
    longest: int
    of_reference: bool = False

    @property
    def has_fixed_form(self) -> bool:
        """Whether a program sends the value without spaces around it."""
        return self.kind in {RecordFieldKind.DATE, RecordFieldKind.LANGUAGE, RecordFieldKind.TYPE}


RECORD_FIELDS = tuple(RecordField(known.name, **known.metadata) for known in fields(BibliographicRecord))
RECORD_NAMES = tuple(record.name for record in RECORD_FIELDS)

Record = TypeVar("Record", bound=BibliographicRecord)


def record_values(record: BibliographicRecord) -> dict[str, str | None]:
    """The bibliographic fields of a record by name."""
    return {name: getattr(record, name) for name in RECORD_NAMES}


def with_record_values(record: Record, values: Mapping[str, str | None]) -> Record:
    """The same record with other values of these bibliographic fields."""
    return replace(record, **values)
