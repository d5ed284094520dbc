"""The fields of one concept (labels, notes, links) as a user enters them, and their validation."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from kb.errors import Invalid
from kb.model.text_rules import is_keepable
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
    narrower = tuple(one.uri for one in vocabulary.concepts if uri in one.broader)
    fields = {
        name: value for name in ConceptFields.__slots__ if name != "narrower" and (value := getattr(concept, name))
    }
    return ConceptFields(**fields, narrower=narrower)


def concept_version(wording: ConceptFields | None) -> str:
    """A version that changes with any field; empty for no concept."""
    if wording is None:
        return ""
    return sha256(json.dumps(asdict(wording), sort_keys=True).encode()).hexdigest()[:32]


def checked_concept_fields(wording: ConceptFields, held: ConceptFields | None = None) -> ConceptFields:
    """The fields without duplicates, in the form to store. Raises Invalid.

    The values `held` already may exceed the limits, or have rarer languages, because files bring such concepts.
    """
    _check_languages(wording, held or ConceptFields())
    preferred, alternative, hidden = map(_checked_labels, (wording.preferred, wording.alternative, wording.hidden))
    if not preferred:
        raise Invalid("A term has a preferred label in one language at least.")
    if len({one.language for one in preferred}) < len(preferred):
        raise Invalid("A term has one preferred label in each language, and no more.")
    alternative = tuple(one for one in alternative if one not in preferred)
    checked = replace(
        wording,
        preferred=preferred,
        alternative=alternative,
        hidden=tuple(one for one in hidden if one not in (*preferred, *alternative)),
        notation=_checked_labels(wording.notation),
        definition=_checked_notes(wording.definition),
        scope_note=_checked_notes(wording.scope_note),
    )
    if _size(checked) > max(MOST_TEXTS, _size(held or ConceptFields())):
        raise Invalid("That is too much for one term: at most %(limit)s labels and notes.", limit=MOST_TEXTS)
    return checked


def _checked_labels(texts: Iterable[ConceptText]) -> tuple[ConceptText, ...]:
    cleaned = (ConceptText(one.language, checked_label(one.text)) for one in texts)
    found = tuple(sorted({one for one in cleaned if one.text}))
    for one in found:
        if len(one.text) > LONGEST_LABEL:
            raise Invalid("A label has 1 to %(limit)s characters.", limit=LONGEST_LABEL)
        require_plain_text(one.text)
    return found


def _checked_notes(texts: Iterable[ConceptText]) -> tuple[ConceptText, ...]:
    found = tuple(sorted({ConceptText(one.language, one.text.strip()) for one in texts if one.text.strip()}))
    for one in found:
        if len(one.text) > LONGEST_NOTE:
            raise Invalid("A definition has at most %(limit)s characters.", limit=LONGEST_NOTE)
        require_plain_text(one.text)
    return found


def _size(wording: ConceptFields) -> int:
    return sum(len(getattr(wording, name)) for name in FIELDS.values())


def _languages(wording: ConceptFields) -> set[str]:
    return {text.language for kind in FIELDS.values() for text in getattr(wording, kind)}


def _check_languages(wording: ConceptFields, held: ConceptFields) -> None:
    for code in sorted(_languages(wording) - _languages(held)):
        if not is_language_tag(code):
            raise Invalid("“%(language)s” is no code of a language: one as fr or en was expected.", language=code[:20])


def require_plain_text(text: str) -> None:
    """Raise Invalid for a text with characters that XML or the database cannot hold."""
    if not is_keepable(text) or not is_xml_text(text):
        raise Invalid("“%(text)s” holds characters that cannot be kept.", text=text[:100])
