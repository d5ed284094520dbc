"""Edit one concept of a group's vocabulary: read it with its version, save, delete and restore it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid, NotFound
from kb.model.people.group import Group
from kb.model.vocabulary import (
    LONGEST_LABEL,
    MOST_CONCEPTS,
    Concept,
    ConceptText,
    Vocabulary,
    checked_label,
    cyclic_links,
    is_uri,
    uri_for,
)
from kb.search.index_search import label_sort_key
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.vocabulary.concept_fields import (
    ConceptFields,
    checked_concept_fields,
    concept_fields_of,
    concept_version,
)
from kb.store import WriteTransaction

_MOST_SIMILAR_LABELS = 5
"""Suggested terms for an unknown one."""
_MOST_UNKNOWN_NAMED = 5
"""Unknown terms named in one message."""


class VocabularyChangedMeanwhile(Conflict):
    """The concept has changed since the user began to edit it."""


class UnknownTerms(Invalid):
    """Terms that no concept of the vocabulary has; `near` are similar terms of the vocabulary."""

    def __init__(self, message: str, near: tuple[str, ...], **values: object) -> None:
        super().__init__(message, **values)
        self.near = near


@dataclass(frozen=True, slots=True)
class SavedConcept:
    """The change of a concept: its fields now, and its fields before; None if it does not, or did not, exist.

    Links are URIs. `version` is that of `now`.
    """

    group: Group
    uri: str
    now: ConceptFields | None
    before: ConceptFields | None
    version: str

    @property
    def name(self) -> ConceptText:
        """The name of the concept, or the last name of a deleted one."""
        fields = self.now or self.before
        assert fields is not None  # noqa: S101 - a change changes something
        return fields.preferred[0]


@dataclass(frozen=True, slots=True)
class EditableVocabulary:
    """A group's vocabulary, for an actor who may change it."""

    group: Group
    vocabulary: Vocabulary
    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    """URIs by folded preferred label."""

    @classmethod
    def of(cls, group: Group, vocabulary: Vocabulary) -> "EditableVocabulary":
        names: dict[str, dict[str, None]] = {}
        for concept in vocabulary.concepts:
            for text in concept.preferred:
                names.setdefault(label_sort_key(text.text), {})[concept.uri] = None
        return cls(group, vocabulary, {name: tuple(uris) for name, uris in names.items()})

    def fields_of_concept(self, uri: str) -> ConceptFields | None:
        """The fields of a concept; None if it does not exist."""
        return concept_fields_of(self.vocabulary, uri)

    def version(self, uri: str) -> str:
        """A version that changes with any field of a concept; empty if it does not exist."""
        return concept_version(self.fields_of_concept(uri))

    def term(self, uri: str, language: str) -> str:
        """The text for a concept in a form: its preferred label, or its URI if others have the same label."""
        concept = self.vocabulary.get(uri)
        label = concept.label(language) if concept else ""
        return label if label and self.names[label_sort_key(label)] == (uri,) else uri


def editable_vocabulary(library: Library, actor: Actor, group_slug: str) -> EditableVocabulary:
    """The vocabulary of a group, for an actor who may change it. Raises NotFound or Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EDIT_VOCABULARY, reading.groups.by_slug(group_slug))
        return EditableVocabulary.of(group, reading.vocabularies.of_group(group.id))


def save_concept(
    library: Library,
    actor: Actor,
    group_slug: str,
    uri: str,
    fields: ConceptFields,
    *,
    version: str,
    restoring: bool = False,
) -> SavedConcept:
    """Set all fields of a concept; without a `uri`, create one.

    `version` is the version that the user read before the change, empty for a new concept. `restoring` restores earlier
    fields, and does not look for other concepts with the same name. Raises VocabularyChangedMeanwhile if the version is
    another one now; Invalid, with a message, for invalid fields; NotFound or Forbidden for the group.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.EDIT_VOCABULARY, writing.groups.by_slug(group_slug))
        editing = EditableVocabulary.of(group, writing.vocabularies.of_group(group.id))
        before = editing.fields_of_concept(uri)
        concept_fields = checked_concept_fields(fields, fields if restoring else before)
        links = _ConceptLinks(editing, uri)
        concept_fields = replace(
            concept_fields,
            broader=links.of(concept_fields.broader),
            narrower=links.of(concept_fields.narrower),
            related=links.of(concept_fields.related),
        )
        links.require_known()
        drawn = uri or uri_for(concept_fields.preferred[0].text, concept_fields.preferred[0].language)
        if concept_fields == editing.fields_of_concept(drawn):
            # Another user has made the same change, or the form was sent twice.
            return SavedConcept(group, drawn, concept_fields, concept_fields, concept_version(concept_fields))
        if concept_version(before) != version:
            raise VocabularyChangedMeanwhile("Another user has changed this term meanwhile.")
        if not restoring:
            _require_unique_labels(editing, uri, concept_fields, before)
        # A concept that was renamed since may have the URI of the label.
        uri = uri or (drawn if editing.vocabulary.get(drawn) is None else uuid4().urn)
        after = _with_concept(editing.vocabulary, uri, concept_fields)
        now = concept_fields_of(after, uri)
        return _save(writing, actor, after, SavedConcept(group, uri, now, before, concept_version(now)))


def remove_concept(library: Library, actor: Actor, group_slug: str, uri: str, *, version: str) -> SavedConcept:
    """Delete a concept; its narrower concepts stay. Raises as `save_concept`, and NotFound."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.EDIT_VOCABULARY, writing.groups.by_slug(group_slug))
        vocabulary = writing.vocabularies.of_group(group.id)
        before = concept_fields_of(vocabulary, uri)
        if before is None:
            raise NotFound("This term is not in the vocabulary.")
        if concept_version(before) != version:
            raise VocabularyChangedMeanwhile("Another user has changed this term meanwhile.")
        rest = (concept for concept in vocabulary.concepts if concept.uri != uri)
        after = Vocabulary.of(rest, vocabulary.scheme)
        return _save(writing, actor, after, SavedConcept(group, uri, None, before, ""))


def _save(writing: WriteTransaction, actor: Actor, after: Vocabulary, saved: SavedConcept) -> SavedConcept:
    writing.vocabularies.set(saved.group.id, after)
    event, name = AuditEvent.VOCABULARY_CHANGED, saved.name.text
    write_audit_log(writing, actor, event, group_id=saved.group.id, subject=saved.uri, detail=name)
    return saved


@dataclass(slots=True)
class _ConceptLinks:
    editing: EditableVocabulary
    uri: str
    unknown: list[str] = field(default_factory=list)

    def of(self, terms: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({uri for term in terms if (uri := self._uri_of(term))}))

    def _uri_of(self, term: str) -> str:
        editing, name = self.editing, label_sort_key(checked_label(term))
        uris = (term,) if editing.vocabulary.get(term) else editing.names.get(name, ())
        if len(uris) > 1:
            message = "Several concepts have the label “%(label)s”: name one by its address, as %(address)s."
            raise Invalid(message, label=term, address=uris[0])
        if not uris:
            self.unknown.append(term)
            return ""
        if uris[0] == self.uri:
            raise Invalid("A term cannot be broader or narrower than itself, nor go with itself.")
        return uris[0]

    def require_known(self) -> None:
        if self.unknown:
            terms = tuple(dict.fromkeys(term[:LONGEST_LABEL] for term in self.unknown))[:_MOST_UNKNOWN_NAMED]
            near = _similar_labels(self.editing.vocabulary, terms)
            raise UnknownTerms("No term of this vocabulary is called: %(terms)s.", near, terms=", ".join(terms))


def _similar_labels(vocabulary: Vocabulary, terms: Iterable[str]) -> tuple[str, ...]:
    """Preferred labels that contain one of these terms, or of a concept with such a label."""
    similar: dict[str, None] = {}
    for term in terms:
        typed = label_sort_key(checked_label(term))
        near = [
            concept.label()
            for concept in vocabulary.concepts
            if typed and any(typed in label_sort_key(label.text) for label in concept.labels)
        ]
        similar.update(dict.fromkeys(sorted(near, key=lambda label: (len(label), label))[:_MOST_SIMILAR_LABELS]))
    return tuple(similar)[: 2 * _MOST_SIMILAR_LABELS]


def _require_unique_labels(
    editing: EditableVocabulary, uri: str, fields: ConceptFields, before: ConceptFields | None
) -> None:
    """Raise Invalid for a new preferred label that another concept has in the same language."""
    texts = before.preferred if before else ()
    for text in fields.preferred:
        others = (other_uri for other_uri in editing.names.get(label_sort_key(text.text), ()) if other_uri != uri)
        for other in others:
            concept = editing.vocabulary.get(other)
            is_duplicate = concept and any(
                label.language == text.language and label_sort_key(label.text) == label_sort_key(text.text)
                for label in concept.preferred
            )
            if is_duplicate and text not in texts:
                raise Invalid("Another term is called “%(label)s” already.", label=text.text)


def _with_concept(vocabulary: Vocabulary, uri: str, concept_fields: ConceptFields) -> Vocabulary:
    """The vocabulary with these fields of a concept. Raises Invalid."""
    if not is_uri(uri):
        raise Invalid("The request is not a form of this site.")
    fields = {name: getattr(concept_fields, name) for name in ConceptFields.__slots__ if name != "narrower"}
    concepts = {uri: Concept(uri, **fields)}
    for concept in vocabulary.concepts:
        if concept.uri == uri:
            continue
        broader = {*concept.broader, uri} if concept.uri in concept_fields.narrower else set(concept.broader) - {uri}
        related = set(concept.related) - {uri}
        concepts[concept.uri] = replace(concept, broader=tuple(broader), related=tuple(related))
    if len(concepts) > MOST_CONCEPTS:
        raise Invalid("A vocabulary has at most %(limit)s concepts.", limit=MOST_CONCEPTS)
    link = next(cyclic_links({concept.uri: concept.broader for concept in concepts.values()}), None)
    if link:
        raise Invalid(
            "“%(label)s” would be broader than itself, by way of “%(other)s”.",
            label=concepts[link[1]].label(),
            other=concepts[link[0]].label(),
        )
    return Vocabulary.of(concepts.values(), vocabulary.scheme)
