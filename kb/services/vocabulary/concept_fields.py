"""The fields of one concept (labels, notes, links) as a user enters them, and their validation."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from kb.errors import Invalid
from kb.model.storable_text import is_storable
from kb.model.vocabulary import (
    FIELDS,
    LONGEST_LABEL,
    LONGEST_NOTE,
    ConceptText,
    Vocabulary,
    checked_label,
    is_language_tag,
    is_xml_text,
)

MOST_TEXTS = 500
"""Limits of the form for one concept: its texts, and its links to existing concepts."""


@dataclass(frozen=True, slots=True)
class ConceptFields:
    """All fields of a concept. Links are preferred terms, or URIs, of existing concepts."""

    preferred: tuple[ConceptText, ...] = ()
    alternative: tuple[ConceptText, ...] = ()
    hidden: tuple[ConceptText, ...] = ()
    definition: tuple[ConceptText, ...] = ()
    scope_note: tuple[ConceptText, ...] = ()
    notation: tuple[ConceptText, ...] = ()
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


def concept_fields_of(vocabulary: Vocabulary, uri: str) -> ConceptFields | None:
    """The fields of a concept, with links as URIs; None if it does not exist."""
    concept = vocabulary.get(uri)
    if concept is None:
        return None
    narrower = tuple(concept.uri for concept in vocabulary.concepts if uri in concept.broader)
    fields = {
        name: value for name in ConceptFields.__slots__ if name != "narrower" and (value := getattr(concept, name))
    }
    return ConceptFields(**fields, narrower=narrower)


def concept_version(fields: ConceptFields | None) -> str:
    """A version that changes with any field; empty for no concept."""
    if fields is None:
        return ""
    return sha256(json.dumps(asdict(fields), sort_keys=True).encode()).hexdigest()[:32]


def checked_concept_fields(fields: ConceptFields, concept_fields: ConceptFields | None = None) -> ConceptFields:
    """The fields without duplicates, in the form to store. Raises Invalid.

    The values that `concept_fields` has may exceed the limits, or have rarer languages: files bring such concepts.
    """
    _check_languages(fields, concept_fields or ConceptFields())
    preferred, alternative, hidden = map(_checked_labels, (fields.preferred, fields.alternative, fields.hidden))
    if not preferred:
        raise Invalid("A term has a preferred label in one language at least.")
    if len({text.language for text in preferred}) < len(preferred):
        raise Invalid("A term has one preferred label in each language, and no more.")
    alternative = tuple(text for text in alternative if text not in preferred)
    checked = replace(
        fields,
        preferred=preferred,
        alternative=alternative,
        hidden=tuple(text for text in hidden if text not in (*preferred, *alternative)),
        notation=_checked_labels(fields.notation),
        definition=_checked_notes(fields.definition),
        scope_note=_checked_notes(fields.scope_note),
    )
    if len(_texts(checked)) > max(MOST_TEXTS, len(_texts(concept_fields or ConceptFields()))):
        raise Invalid("That is too much for one term: at most %(limit)s labels and notes.", limit=MOST_TEXTS)
    return checked


def _checked_labels(texts: Iterable[ConceptText]) -> tuple[ConceptText, ...]:
    concept_texts = sorted({ConceptText(text.language, checked_label(text.text)) for text in texts})
    return tuple(replace(text, text=valid_label(text.text)) for text in concept_texts if text.text)


def _checked_notes(texts: Iterable[ConceptText]) -> tuple[ConceptText, ...]:
    concept_texts = sorted({ConceptText(text.language, text.text.strip()) for text in texts})
    return tuple(replace(text, text=valid_note(text.text)) for text in concept_texts if text.text)


def valid_label(text: str) -> str:
    """A label in the form to store. Raises Invalid."""
    label = checked_label(text)
    if not 0 < len(label) <= LONGEST_LABEL:
        raise Invalid("A label has 1 to %(limit)s characters.", limit=LONGEST_LABEL)
    return _require_plain_text(label)


def valid_note(text: str) -> str:
    """A definition or another note in the form to store, which may be empty. Raises Invalid."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid("A definition has at most %(limit)s characters.", limit=LONGEST_NOTE)
    return _require_plain_text(note)


def _texts(fields: ConceptFields) -> list[ConceptText]:
    return [text for kind in FIELDS.values() for text in getattr(fields, kind)]


def _check_languages(fields: ConceptFields, concept_fields: ConceptFields) -> None:
    for code in sorted({text.language for text in _texts(fields)} - {text.language for text in _texts(concept_fields)}):
        if not is_language_tag(code):
            raise Invalid("“%(language)s” is no code of a language: one as fr or en was expected.", language=code[:20])


def _require_plain_text(text: str) -> str:
    """The text, if XML and the database can hold its characters. Raises Invalid."""
    if not is_storable(text) or not is_xml_text(text):
        raise Invalid("“%(text)s” holds characters that cannot be kept.", text=text[:100])
    return text
