"""Bibliographic references, common to their formats: names, DOIs, languages, and notes.

`kb.citations` writes the annotations of an item as notes of one line: « quote » Note (Paul Roy, 1er décembre 2014) :
« text ». Such a note becomes the annotation that it was; our permanent link is no note.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from kb.citations.metadata_crosswalk import REFERENCE_NAMES, ReferenceNames
from kb.formats.shared.field_values import is_web_address, language_value, text_of_html
from kb.model.bibliographic_record import RECORD_FIELDS, RecordFieldKind, with_record_values
from kb.model.byline_names import byline_of_names
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft
from kb.model.storable_text import one_line
from kb.model.written_dates import lower_without_accents, parse_written_date

_UNTITLED = frozenset({"[Untitled]", "[Sans titre]"})
"""The titles that our exports write for an item without one."""
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
_LINK = re.compile(r"(?:Permanent link|Lien permanent)\s?:\s(\S++)")
_LABEL = re.compile(
    r"(?:^|(?<=[»”])\s)(Note|Comment|Commentaire|Reply|Réponse)(?:\s\(([^\n]{1,300}?)\))?\s?:\s(?=[«“])"
)
_MARKS = (("«", "»"), ("“", "”"))
_REPLIES = frozenset({"Reply", "Réponse"})
_HTML_NOTE = re.compile(r"\s*+<(?:p|div|h[1-6]|ul|ol|blockquote|span|strong|em|b|i|a|br|table)\b", re.IGNORECASE)


def url_of_reference(addresses: Iterable[str], key: str, notes: Iterable[str]) -> tuple[str | None, bool]:
    """The first address that may lead to a document, None if it is that of our page about the item with this id; and
    whether our export wrote the reference.
    """
    url = next(filter(is_web_address, addresses), None)
    is_ours = url is not None and is_our_page(url, key)
    return None if is_ours else url, is_ours or any(map(is_permanent_link, notes))


def reference_draft(
    text_of: Callable[[ReferenceNames], str],
    title: str,
    names: Iterable[str],
    notes: Iterable[str],
    *,
    is_own: bool,
    **values: Any,
) -> ItemDraft:
    """The draft of a reference; `is_own`: our export wrote it. `text_of` reads the text under one of the names of a
    field, `names` are in natural order, `values` are the other fields of the draft.
    """
    draft = ItemDraft(
        title=title if title and not (is_own and title in _UNTITLED) else None,
        byline=byline_of_names(names),
        annotations=annotations_of_notes(notes),
        **values,
    )
    return with_record_values(draft, reference_texts(text_of))


def address_of_doi(text: str) -> str:
    """The address of a DOI, with or without `doi:`; empty for another text."""
    match = _DOI.fullmatch(text.strip()[:2000])
    return f"https://doi.org/{match[1]}" if match else ""


def language_of(text: str) -> str | None:
    """The language of a code, or of a name in French or English; None for another text."""
    return language_value(_CODES.get(lower_without_accents(text.strip()[:40]), text))


def reference_texts(text_of: Callable[[ReferenceNames], str]) -> dict[str, str | None]:
    """The values of the fields of REFERENCE_NAMES in a reference; `text_of` reads the text under one of the names."""
    texts = {name: text_of(names).strip() for name, names in REFERENCE_NAMES.items()}
    return {name: (text if name in _WITH_LINE_BREAKS else one_line(text)) or None for name, text in texts.items()}


def natural_name(text: str) -> str:
    """A name in natural order: `Roux, Jeanne` and `von Roux, Jr, Jeanne` are persons."""
    family, *others = (one_line(part) for part in text[:2_000].split(","))
    given_name = others.pop() if others else ""
    return one_line(" ".join((given_name, family, *others)))


def title_without_markup(text: str) -> str:
    """A title without the elements that Zotero takes for italics and the like, which its files have as they are."""
    return _MARKUP.sub("", text)


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
