"""References in CSL-JSON, as Zotero, Pandoc and our own export write them: a JSON list, or one in `{"items": […]}`.

Source: `csl-data.json` of the Citation Style Language, version 1.0.2. A name is `family` and `given`, or `literal`; a
date has `date-parts` of one to three numbers, or is `raw`; `keyword` is one text with commas, `note` a text.
"""

from collections.abc import Iterable, Iterator

from kb.citations.metadata_crosswalk import type_of_name
from kb.errors import translatable
from kb.formats.shared.decoded_text import decode_head
from kb.formats.shared.field_values import day_value, language_value, published_value, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import (
    Record,
    first_keys,
    is_json_document,
    json_records,
    record_field,
    records_field,
    text_field,
)
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.formats.shared.references import address_of_doi, is_our_page, own_notes, reference_draft, title_without_markup
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.storable_text import one_line

_KEYS = frozenset({"author", "issued", "container-title", "URL", "accessed", "publisher"})


def is_csl_json(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a list of references."""
    keys = first_keys(head)
    is_list = decode_head(head).lstrip()[:1] == "[" or is_json_document(head)
    return is_list and keys >= {"id", "type", "title"} and not keys.isdisjoint(_KEYS)


def read_csl_json(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The references in order; one is in memory at a time."""
    for entry in json_records(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, record = entry
        draft = _draft(record)
        issued, accessed = (_written_date(record_field(record, name)) for name in ("issued", "accessed"))
        yield from draft_with_warnings(draft, (issued, draft.published), (accessed, draft.added), item=str(number))


def _draft(record: Record) -> ItemDraft:
    url = text_field(record, "URL").strip() or address_of_doi(text_field(record, "DOI"))
    title, note = text_field(record, "title"), text_field(record, "note").strip()
    is_page_here = is_our_page(url, text_field(record, "id"))
    is_own = is_page_here or "/items/" in text_field(record, "archive_location")
    return reference_draft(
        lambda names: text_field(record, names.csl),
        one_line(title if is_own else title_without_markup(title)),
        map(_name, records_field(record, "author") or records_field(record, "editor")),
        note.split("\n") if is_own else own_notes(note),
        is_own=is_own,
        url=url if url and not is_page_here else None,
        published=published_value(_written_date(record_field(record, "issued"))),
        source=one_line(text_field(record, "container-title")) or None,
        document_type=type_of_name(text_field(record, "type"), lambda names: names.csl),
        language=language_value(text_field(record, "language")),
        tags=tag_values(*text_field(record, "keyword").replace(";", ",").split(",")),
        added=day_value(_written_date(record_field(record, "accessed"))),
    )


def _name(record: Record) -> str:
    parts = (text_field(record, "given"), text_field(record, "non-dropping-particle"), text_field(record, "family"))
    return one_line(text_field(record, "literal") or " ".join(filter(None, parts)))


def _written_date(record: Record) -> str:
    """A date as it is written; its parts with hyphens between them."""
    parts = record.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(first, list):
        return "-".join(str(part)[:4].zfill(2) for part in first[:3])
    return text_field(record, "raw", "literal")


CSL_IMPORT = ImportFormat(
    "csl", translatable("References of Zotero (CSL-JSON)"), (".json", "application/json"), is_csl_json, read_csl_json
)
