"""The answers of Diigo's API v2, and those of our own: a JSON list of bookmarks.

Source: https://www.diigo.com/api_dev: `{title, url, user, desc, tags: "a,b c", shared, readlater, created_at,
updated_at, comments: [], annotations: [{content, created_at, comments: [{content}]}]}`, times as `2008/04/30 06:28:54
+0800`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from kb.errors import translatable
from kb.formats.diigo.item_blocks import with_source_of_comments
from kb.formats.diigo.tags import diigo_tags, has_tags_by_spaces
from kb.formats.shared.field_values import instant_value, text_of_html
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import Record, has_keys, json_records, records_field, text_field
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning, ReplyDraft, warning_of
from kb.model.items.import_source import DiigoFile
from kb.model.storable_text import one_line

_FIRST_RECORDS = 100


def read_diigo_json(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The bookmarks in order; a few are in memory at a time."""
    entries = json_records(chunks)
    first = list(islice(entries, _FIRST_RECORDS))
    by_spaces = has_tags_by_spaces(
        text_field(entry[1], "tags") for entry in first if not isinstance(entry, RecordWarning)
    )
    for entry in chain(first, entries):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, record = entry
        url, title = text_field(record, "url").strip(), one_line(text_field(record, "title"))
        if not url and not title:
            yield warning_of("This record has neither a title nor an address.", item=str(number), skipped=True)
            continue
        user = _author(record)
        annotations = (
            *(annotation for passage in records_field(record, "annotations") for annotation in _passage(passage, user)),
            *(annotation for comment in records_field(record, "comments") for annotation in _comment(comment)),
        )
        draft = with_source_of_comments(
            ItemDraft(
                url=url or None,
                title=title or None,
                description=text_of_html(text_field(record, "desc")).strip() or None,
                author=user,
                tags=diigo_tags(text_field(record, "tags"), by_spaces=by_spaces),
                added=instant_value(text_field(record, "created_at")),
                updated=instant_value(text_field(record, "updated_at")),
                private=record.get("shared") == "no",
                annotations=annotations,
                diigo_file=DiigoFile.DIIGO_JSON,
            )
        )
        values = {"created_at": draft.added, "updated_at": draft.updated}
        yield from draft_with_warnings(draft, *((text_field(record, name), value) for name, value in values.items()))


def _passage(record: Record, user: AuthorDraft | None) -> Iterator[AnnotationDraft]:
    replies = tuple(
        ReplyDraft(author=_author(comment), added=instant_value(text_field(comment, "created_at")), body=body)
        for comment in records_field(record, "comments")
        if (body := _words(comment))
    )
    if quote := _words(record):
        added = instant_value(text_field(record, "created_at"))
        author = _author(record) or user
        yield AnnotationDraft(AnnotationKind.HIGHLIGHT, author=author, added=added, quote=quote, replies=replies)
    else:
        # A sticky note of the page has no passage.
        yield from (
            AnnotationDraft(AnnotationKind.COMMENT, author=reply.author, added=reply.added, body=reply.body)
            for reply in replies
        )


def _comment(record: Record) -> Iterator[AnnotationDraft]:
    if body := _words(record):
        added = instant_value(text_field(record, "created_at"))
        yield AnnotationDraft(AnnotationKind.COMMENT, author=_author(record), added=added, body=body)


def _author(record: Record) -> AuthorDraft | None:
    name = one_line(text_field(record, "user"))
    return AuthorDraft(name=name) if name else None


def _words(record: Record) -> str:
    return text_of_html(text_field(record, "content")).strip()


DIIGO_JSON_IMPORT = ImportFormat(
    "diigo-json",
    translatable("Answers of the API of Diigo (JSON)"),
    (".json", "application/json"),
    has_keys("title", "url", "desc", "tags"),
    read_diigo_json,
    lacks=translatable(
        "The answers of Diigo’s API do not say which group they are from, the names of people beside their logins,"
        " the numbers of views, and the colours of passages."
    ),
)
