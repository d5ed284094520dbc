"""The JSON export of wallabag, and the answers of its API (`_embedded.items`).

Source: wallabag's `EntriesExport` and https://doc.wallabag.org: `{url, given_url, origin_url, title, tags: ["a"] or
[{label}], annotations: [{user, text, quote, created_at, updated_at}], user_name, created_at, updated_at, published_at,
published_by: ["name"], language, domain_name, content}`. The content of the page is not kept: it is no fact that the
user wrote.
"""

from collections.abc import Iterable, Iterator

from kb.errors import counted, translatable
from kb.formats.shared.field_values import (
    instant_value,
    is_web_address,
    language_value,
    local_day_value,
    tag_values,
)
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import (
    Record,
    has_keys,
    json_records,
    record_field,
    records_field,
    text_field,
    texts_field,
)
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.model.byline_names import byline_of_names
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line

_NO_TITLE = "No title found"


def read_wallabag(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The articles in order; one is in memory at a time."""
    contents = 0
    for entry in json_records(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, record = entry
        url, title = text_field(record, "url", "given_url").strip(), one_line(text_field(record, "title"))
        if not is_web_address(url):
            yield warning_of("This bookmark does not lead to a page.", item=title[:200] or str(number), skipped=True)
            continue
        contents += bool(text_field(record, "content"))
        tags = (text_field(tag, "label", "slug") for tag in records_field(record, "tags"))
        draft = ItemDraft(
            url=url,
            title=title if title and title != _NO_TITLE else None,
            byline=byline_of_names(texts_field(record, "published_by")),
            published=local_day_value(text_field(record, "published_at")),
            source=one_line(text_field(record, "domain_name").removeprefix("www.")) or None,
            language=language_value(text_field(record, "language")),
            author=_person(record, "user_name"),
            tags=tag_values(*texts_field(record, "tags"), *tags),
            added=instant_value(text_field(record, "created_at")),
            updated=instant_value(text_field(record, "updated_at")),
            annotations=tuple(filter(None, map(_annotation, records_field(record, "annotations")))),
        )
        values = {"created_at": draft.added, "updated_at": draft.updated, "published_at": draft.published}
        yield from draft_with_warnings(draft, *((text_field(record, name), value) for name, value in values.items()))
    if contents:
        message = counted(
            "The text of %(count)s page was left out: only what readers wrote is imported.",
            "The texts of %(count)s pages were left out: only what readers wrote is imported.",
            contents,
        )
        yield warning_of(message, count=contents)


def _annotation(record: Record) -> AnnotationDraft | None:
    """A passage with the reader's text on it; None without either."""
    quote, body = text_field(record, "quote").strip(), text_field(record, "text").strip()
    if not quote and not body:
        return None
    kind = AnnotationKind.of(quote, body)
    added, updated = (instant_value(text_field(record, name)) for name in ("created_at", "updated_at"))
    return AnnotationDraft(
        kind,
        author=_person(record, "user"),
        added=added,
        quote=quote or None,
        body=body or None,
        updated=None if updated == added else updated,
    )


def _person(record: Record, name: str) -> AuthorDraft | None:
    """The person whose user name is in a field, as a text or as that of an object."""
    user = text_field(record, name) or text_field(record_field(record, name), "username", "name")
    return AuthorDraft(name=one_line(user)) if user else None


WALLABAG_IMPORT = ImportFormat(
    "wallabag",
    translatable("Export of wallabag (JSON)"),
    (".json", "application/json"),
    has_keys("is_archived", "title", "url"),
    read_wallabag,
)
