"""The notes of a bibliographic reference: comments, and passages in the form in which our own exports write them.

`kb.citations` writes the annotations of an item as notes of one line: « quote » Note (Paul Roy, 1er décembre 2014) :
« text ». Such a note becomes the annotation that it was; our permanent link is no note.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.formats.shared.field_values import text_of_html
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ReplyDraft
from kb.model.written_dates import parse_written_date

UNTITLED = frozenset({"[Untitled]", "[Sans titre]"})
"""The titles that our exports write for an item without one."""
_LINK = re.compile(r"(?:Permanent link|Lien permanent)\s?:\s(\S++)")
_LABEL = re.compile(
    r"(?:^|(?<=[»”])\s)(Note|Comment|Commentaire|Reply|Réponse)(?:\s\(([^\n]{1,300}?)\))?\s?:\s(?=[«“])"
)
_MARKS = (("«", "»"), ("“", "”"))
_REPLIES = frozenset({"Reply", "Réponse"})
_HTML_NOTE = re.compile(r"\s*+<(?:p|div|h[1-6]|ul|ol|blockquote|span|strong|em|b|i|a|br|table)\b", re.IGNORECASE)


def is_permanent_link(note: str) -> bool:
    """Whether a note is the permanent link of an item, as our exports write it."""
    return _LINK.fullmatch(note.strip()) is not None


def is_our_page(address: str, key: str) -> bool:
    """Whether an address is that of our page about the item with this id: the item has no address of its own."""
    return bool(key) and address.endswith(f"/items/{key}")


def annotations_of_notes(notes: Iterable[str]) -> tuple[AnnotationDraft, ...]:
    """The annotations in order; a reply belongs to the one before it."""
    annotations = list[AnnotationDraft]()
    for note in notes:
        text = (text_of_html(note) if _HTML_NOTE.match(note) else note).strip()
        if not text or is_permanent_link(text):
            continue
        part = _annotation(text)
        if isinstance(part, ReplyDraft) and annotations:
            annotations[-1] = replace(annotations[-1], replies=(*annotations[-1].replies, part))
        elif isinstance(part, AnnotationDraft):
            annotations.append(part)
        else:
            annotations.append(AnnotationDraft(AnnotationKind.COMMENT, body=text))
    return tuple(annotations)


def own_notes(text: str) -> Iterator[str]:
    """The notes of a text that has one on each line, if all are in the form of our exports; else the text."""
    lines = [line for line in text.split("\n") if line.strip()]
    if all(_unquoted(line.strip()) is not None or _LABEL.search(line) for line in lines):
        yield from lines
    else:
        yield text


def _annotation(text: str) -> AnnotationDraft | ReplyDraft | None:
    if (quote := _unquoted(text)) is not None and _LABEL.search(text) is None:
        return AnnotationDraft(AnnotationKind.HIGHLIGHT, quote=quote)
    if (label := _LABEL.search(text)) is None or (body := _unquoted(text[label.end() :])) is None:
        return None
    author, added = _origin(label[2] or "")
    if label[1] in _REPLIES and not label.start():
        return ReplyDraft(author=author, added=added, body=body)
    quote = _unquoted(text[: label.start()]) if label.start() else None
    if label.start() and quote is None:
        return None
    kind = AnnotationKind.NOTE if quote else AnnotationKind.COMMENT
    return AnnotationDraft(kind, author=author, added=added, quote=quote, body=body)


def _unquoted(text: str) -> str | None:
    """The text without the quotation marks around it; None for a text without them."""
    text = text.strip(" ")
    for start, end in _MARKS:
        if text.startswith(start) and text.endswith(end) and len(text) > 2:
            return text[1:-1].strip("\u202f\u00a0 ")
    return None


def _origin(text: str) -> tuple[AuthorDraft | None, str | None]:
    """The person and the day of `Paul Roy, December 1, 2014`, either of which may be missing."""
    parts = text.split(", ")
    for count in (1, 2):
        if len(parts) >= count and (day := parse_written_date(", ".join(parts[-count:]))):
            name = ", ".join(parts[:-count])
            return AuthorDraft(name=name) if name else None, day if len(day) == 10 else None
    return AuthorDraft(name=text) if text else None, None
