"""Annotations of the W3C (Web Annotation Data Model, 2017) in JSON-LD: our own export, and collections of others.

Annotations of one page that follow each other are one record: in our export, the one with the motivation `bookmarking`,
whose bodies are title, description and tags, then those of the passages, comments and replies. A reply has the
annotation that it answers as its target. Files of others have only annotations with a page as their target.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from kb.errors import counted, translatable
from kb.formats.shared.decoded_text import decode_head, with_first_bytes
from kb.formats.shared.field_values import instant_value, is_web_address, language_value, tag_values, text_of_html
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import Record, json_records, record_field, text_field
from kb.formats.web_annotations.selectors import selector_values
from kb.model.ids import is_id
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning, ReplyDraft, warning_of
from kb.model.slugs import is_login
from kb.model.storable_text import one_line

_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_LOOKED_AT = 4_000
_OWN_PART = re.compile(r".{1,2000}#a-([A-Za-z0-9_%-]{1,200})")
_OWN_PAGE = re.compile(r".{1,2000}/items/[A-Za-z0-9_%-]{1,200}")
_MOST_PARTS = 20_000
_MOST_CHARACTERS = 16_000_000
"""Of one page in memory: what follows is another record of the same page."""


def is_web_annotations(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a list, a page or a collection of annotations."""
    text = decode_head(head)
    start = text[:_LOOKED_AT].replace("\\/", "/").lstrip()
    return _CONTEXT in start and (start[:1] == "[" or (start[:1] == "{" and '"items"' in text))


def read_web_annotations(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The pages in order, each with its annotations; one is in memory at a time."""
    head, chunks = with_first_bytes(chunks)
    is_list = decode_head(head).lstrip()[:1] == "["
    page, left_out = _Page(), 0
    for entry in json_records(chunks, is_in_items=not is_list):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        _, record = entry
        if page.is_followed_by(record):
            yield from page.drafts()
            page = page.rest() if page.is_full and _source(record) == page.source else _Page()
        left_out += not page.take(record)
    yield from page.drafts()
    if left_out:
        message = counted(
            "%(count)s annotation is about no page and no text of this file: it was left out.",
            "%(count)s annotations are about no page and no text of this file: they were left out.",
            left_out,
        )
        yield warning_of(message, count=left_out)


@dataclass(slots=True)
class _Page:
    """The annotations of one page that were read so far."""

    id: str = ""
    source: str = ""
    draft: ItemDraft = field(default_factory=ItemDraft)
    annotations: list[AnnotationDraft] = field(default_factory=list)
    replies: list[list[ReplyDraft]] = field(default_factory=list)
    positions: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """By the address of an annotation or a reply: the index of the annotation, and the id of the reply."""
    tags: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.annotations) + len(self.positions) >= _MOST_PARTS or self.size > _MOST_CHARACTERS

    def is_followed_by(self, record: Record) -> bool:
        """Whether an annotation begins the record of another page."""
        target = _source(record)
        is_of_page = target == self.source or target in self.positions
        return self.is_full or _motivation(record) == "bookmarking" or not is_of_page

    def rest(self) -> "_Page":
        """A further record of the same page."""
        return _Page(self.id, self.source, ItemDraft(url=self.draft.url, title=self.draft.title))

    def take(self, record: Record) -> bool:
        """Add an annotation; False if it is about nothing that is known."""
        target = _source(record)
        self.size += sum(len(value) for value in _texts(record)) + 100
        if _motivation(record) == "bookmarking":
            self.id, self.source, self.draft = text_field(record, "id"), target, _bookmark(record, target)
            return True
        if target in self.positions:
            self._add_reply(record, target)
            return True
        if not self.source and (not is_web_address(target) or _motivation(record) == "replying"):
            return False
        if not self.source:
            self.source, self.draft = target, ItemDraft(url=None if _OWN_PAGE.fullmatch(target) else target)
        self._add_annotation(record)
        return True

    def drafts(self) -> Iterator[ItemDraft]:
        """The record of the page; none if nothing was read."""
        annotations = (
            replace(annotation, replies=tuple(replies))
            for annotation, replies in zip(self.annotations, self.replies, strict=True)
        )
        draft = replace(
            self.draft,
            tags=tag_values(*(self.draft.tags or ()), *self.tags),
            annotations=tuple(annotations),
        )
        if draft.url or draft.title:
            yield draft

    def _add_annotation(self, record: Record) -> None:
        body, tags = "\n\n".join(_words(record)), tuple(_tags(record))
        words, selectors = selector_values(_target(record))
        quote = text_field(words, "exact")
        if not quote and not body:
            # It says only that the page has tags.
            self.tags.extend(tags)
            return
        added, updated = _dates(record)
        self._remember(record, len(self.annotations), None)
        self.annotations.append(
            AnnotationDraft(
                AnnotationKind.of(quote, body),
                id=_own_id(record),
                author=_person(record),
                added=added,
                quote=quote or None,
                body=body or None,
                prefix=text_field(words, "prefix") or None if quote else None,
                suffix=text_field(words, "suffix") or None if quote else None,
                updated=updated,
                tags=tag_values(*tags),
                selectors=selectors,
            )
        )
        self.replies.append([])

    def _remember(self, record: Record, index: int, reply: str | None) -> None:
        if address := text_field(record, "id"):
            self.positions[address] = index, reply

    def _add_reply(self, record: Record, target: str) -> None:
        index, answered = self.positions[target]
        added, updated = _dates(record)
        id_ = _own_id(record)
        self._remember(record, index, id_)
        self.replies[index].append(
            ReplyDraft(
                id=id_,
                author=_person(record),
                added=added,
                body="\n\n".join(_words(record)),
                reply_to=answered,
                updated=updated,
                tags=tag_values(*_tags(record)),
            )
        )


def _bookmark(record: Record, target: str) -> ItemDraft:
    """The item of an annotation with the motivation `bookmarking`."""
    bodies = list(_bodies(record))
    titles = [body for body in bodies if body.get("purpose") == "identifying"]
    added, updated = _dates(record)
    return ItemDraft(
        # The address of our page about an item stands where the item has none.
        url=target if is_web_address(target) and target != text_field(record, "id") else None,
        title=one_line(next(map(_text, titles), "")) or None,
        description="\n\n".join(_text(body) for body in bodies if body.get("purpose") in {None, "describing"}) or None,
        language=language_value(next((text_field(body, "language") for body in titles), "")),
        author=_person(record),
        tags=tag_values(*_tags(record)),
        added=added,
        updated=updated,
    )


def _first(value: object) -> object:
    """The first of several values, where JSON-LD allows one or a list."""
    return value[0] if isinstance(value, list) and value else value


def _motivation(record: Record) -> str:
    motivation = _first(record.get("motivation"))
    return motivation if isinstance(motivation, str) else ""


def _target(record: Record) -> Record:
    """The first target, as an object."""
    target = _first(record.get("target"))
    return target if isinstance(target, dict) else {"source": target}


def _source(record: Record) -> str:
    """The address of what an annotation is about; empty if it has none."""
    target = _target(record)
    return (text_field(target, "source", "id") or text_field(record_field(target, "source"), "id")).strip()


def _bodies(record: Record) -> Iterator[Record]:
    """The bodies with a text; a body may be an object, a list, or a text in `bodyValue`."""
    body = record.get("body")
    if text := text_field(record, "bodyValue"):
        yield {"value": text}
    for text_body in body if isinstance(body, list) else [body]:
        if isinstance(text_body, dict) and text_field(text_body, "value"):
            yield text_body


def _words(record: Record) -> Iterator[str]:
    return (text for body in _bodies(record) if body.get("purpose") != "tagging" and (text := _text(body)))


def _tags(record: Record) -> Iterator[str]:
    return (_text(body) for body in _bodies(record) if body.get("purpose") == "tagging")


def _texts(record: Record) -> Iterator[str]:
    yield from map(_text, _bodies(record))
    yield from (text_field(words, "exact", "prefix") for words, _ in [selector_values(_target(record))])


def _text(body: Record) -> str:
    text = text_field(body, "value")
    return text_of_html(text).strip() if text_field(body, "format").startswith("text/html") else text


def _dates(record: Record) -> tuple[str | None, str | None]:
    """When an annotation was made, and when it was changed afterwards."""
    added, updated = (instant_value(text_field(record, name), is_exact=True) for name in ("created", "modified"))
    return added, None if updated == added else updated


def _own_id(record: Record) -> str | None:
    """The id that an annotation has here, at the end of its address."""
    match = _OWN_PART.fullmatch(text_field(record, "id"))
    id_ = unquote(match[1]) if match else ""
    return id_ if is_id(id_) else None


def _person(record: Record) -> AuthorDraft | None:
    creator = _first(record.get("creator"))
    person = creator if isinstance(creator, dict) else {}
    login = one_line(text_field(person, "nickname"))
    name = one_line(text_field(person, "name")) or login
    return AuthorDraft(login if is_login(login) else None, name) if name else None


WEB_ANNOTATIONS_IMPORT = ImportFormat(
    "annotations",
    translatable("Annotations of the W3C (Web Annotation, JSON-LD)"),
    (".jsonld", ".json", "application/ld+json"),
    is_web_annotations,
    read_web_annotations,
    lacks=translatable(
        "Annotations of the W3C do not say which group they are from, who wrote a page, its source, its date of"
        " publication and its number of views, and the colours of passages."
    ),
)
