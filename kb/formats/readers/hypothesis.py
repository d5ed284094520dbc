"""The annotations of Hypothesis, as its API answers a search: `{"total": 2, "rows": [...]}`, or the list alone.

Source: https://h.readthedocs.io/en/latest/api-reference/v1/: `id, created, user, uri, text, tags, document: {title:
[...]}, target: [{selector: [{type: "TextQuoteSelector", exact, prefix, suffix}]}], permissions: {read: [...]},
user_info: {display_name}`. Each annotation is a record of its page: the import joins the records of a page.
"""

import re
from collections.abc import Iterable, Iterator

from kb.formats.readers.field_values import instant_value, is_web_address, tag_values
from kb.formats.readers.json_records import (
    Record,
    first_keys,
    json_records,
    record_field,
    records_field,
    text_field,
    texts_field,
)
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, Remark, remark
from kb.model.storable_text import one_line

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACCOUNT = re.compile(r"acct:([^@]{1,200})@")


def is_hypothesis(head: bytes) -> bool:
    """Whether a file that begins with these bytes holds annotations of Hypothesis."""
    return first_keys(head) >= {"uri", "target", "user"}


def read_hypothesis(chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
    """A record for each annotation, in order; one is in memory at a time."""
    private = 0
    for entry in json_records(chunks):
        if isinstance(entry, Remark):
            yield entry
            continue
        number, record = entry
        url, annotation = text_field(record, "uri").strip(), _annotation(record)
        if not is_web_address(url) or annotation is None:
            yield remark("This annotation has no page, or no text.", item=str(number), skipped=True)
            continue
        readers = texts_field(record_field(record, "permissions"), "read")
        private += bool(readers) and not any(one.startswith("group:") for one in readers)
        yield ItemDraft(
            url=url,
            title=one_line(next(iter(texts_field(record_field(record, "document"), "title")), "")) or None,
            author=annotation.author,
            tags=tag_values(*texts_field(record, "tags")),
            added=annotation.added,
            annotations=(annotation,),
        )
    if private:
        yield remark("%(count)s private annotations: here, the readers of the group read them too.", count=private)


def _annotation(record: Record) -> AnnotationDraft | None:
    """The annotation; None if it has no words."""
    selectors = (one for target in records_field(record, "target") for one in records_field(target, "selector"))
    selector = next((one for one in selectors if one.get("type") == "TextQuoteSelector"), {})
    quote, body, id_ = text_field(selector, "exact"), text_field(record, "text"), text_field(record, "id")
    if not quote and not body:
        return None
    kind = AnnotationKind.COMMENT if not quote else AnnotationKind.NOTE if body else AnnotationKind.HIGHLIGHT
    return AnnotationDraft(
        kind,
        id=id_ if _ID.fullmatch(id_) else None,
        author=_author(record),
        added=instant_value(text_field(record, "created")),
        quote=quote or None,
        body=body or None,
        prefix=text_field(selector, "prefix") or None if quote else None,
        suffix=text_field(selector, "suffix") or None if quote else None,
    )


def _author(record: Record) -> AuthorDraft | None:
    account = _ACCOUNT.match(text_field(record, "user"))
    name = one_line(text_field(record_field(record, "user_info"), "display_name")) or (account[1] if account else "")
    return AuthorDraft(name=name) if name else None
