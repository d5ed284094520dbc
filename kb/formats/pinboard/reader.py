"""The JSON export of Pinboard: a list of `{href, description, extended, time, shared, toread, tags}`.

Source: https://pinboard.in/api (`posts/all`): `description` is the title, `extended` the note, tags are separated by
spaces.
"""

from collections.abc import Iterable, Iterator

from kb.errors import translatable
from kb.formats.shared.field_values import instant_value, is_web_address, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import has_keys, json_records, text_field
from kb.formats.shared.record_warnings import draft_with_warnings, to_read_warning
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line


def read_pinboard(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The bookmarks in order; one is in memory at a time."""
    unread = 0
    for entry in json_records(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, record = entry
        url, title = text_field(record, "href").strip(), one_line(text_field(record, "description"))
        if not is_web_address(url):
            yield warning_of("This bookmark does not lead to a page.", item=title[:200] or str(number), skipped=True)
            continue
        unread += record.get("toread") == "yes"
        draft = ItemDraft(
            url=url,
            title=title or None,
            description=text_field(record, "extended").strip() or None,
            tags=tag_values(*text_field(record, "tags").split()),
            added=instant_value(text_field(record, "time")),
            private=record.get("shared") == "no",
        )
        yield from draft_with_warnings(draft, (text_field(record, "time"), draft.added))
    if unread:
        yield to_read_warning(unread)


PINBOARD_IMPORT = ImportFormat(
    "pinboard",
    translatable("Export of Pinboard (JSON)"),
    (".json", "application/json"),
    has_keys("href", "description", "time"),
    read_pinboard,
)
