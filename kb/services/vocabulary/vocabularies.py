"""A group's vocabulary: read it, import a file into it, add concepts and delete them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid, NotFound, counted
from kb.formats.skos.reader import MOST_SAME_WARNINGS, SkosFile
from kb.model.items.import_draft import RecordWarning, warning_of
from kb.model.people.group import Group
from kb.model.vocabulary import MOST_CONCEPTS, Concept, ConceptText, Vocabulary, checked_label, cyclic_links, uri_for
from kb.search.index_search import label_sort_key
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.vocabulary.concept_fields import valid_label, valid_note
from kb.services.vocabulary.concepts import VocabularyChangedMeanwhile
from kb.store import ReadSnapshot, WriteTransaction


@dataclass(frozen=True, slots=True)
class VocabularyReport:
    """The counts of an import; `removed` concepts were in the vocabulary and are not in the file."""

    read: int
    added: int
    updated: int
    unchanged: int
    removed: int
    skipped: int
    warnings: tuple[RecordWarning, ...]


@dataclass(frozen=True, slots=True)
class NewConcept:
    """The fields of a new concept; `broader`, `narrower` and `related` are labels, created if needed."""

    label: str
    language: str
    synonyms: Sequence[str] = ()
    hidden: Sequence[str] = ()
    broader: Sequence[str] = ()
    narrower: Sequence[str] = ()
    related: Sequence[str] = ()
    definition: str = ""


def group_vocabulary(library: Library, actor: Actor, group_slug: str) -> tuple[Group, Vocabulary]:
    """A group and its vocabulary, which may be empty. Raises NotFound for a group that the actor may not read."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(group_slug))
        prepared = library.vocabulary_cache.of(reading, (group,))
    return group, prepared[0].vocabulary if prepared else Vocabulary()


def vocabulary_version(library: Library, group: Group) -> str:
    """The version of the vocabulary of a group that the caller may read; each change gives another one."""
    with library.store.read() as reading:
        return _vocabulary_version(reading, group)


@dataclass(frozen=True, slots=True)
class VocabularyImportPreview:
    """The effect of a file on a vocabulary of this `version`: `added` to it, or used `instead` of it.

    `added` is None if the two together would be too large.
    """

    group: Group
    version: str
    concepts: int
    added: VocabularyReport | None
    instead: VocabularyReport


def import_vocabulary(
    library: Library,
    actor: Actor,
    group_slug: str,
    file: SkosFile,
    *,
    instead: bool = False,
    dry_run: bool = False,
    version: str | None = None,
) -> VocabularyReport:
    """Import the concepts of a file into a group's vocabulary, all or none of them, or replace it (`instead`).

    A concept with the same URI gets the file's fields; others stay. Raises NotFound or Forbidden for the group, Invalid
    if the vocabulary would be too large, VocabularyChangedMeanwhile if its `version` is another one now.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.EDIT_VOCABULARY, writing.groups.by_slug(group_slug))
        if version is not None and version != _vocabulary_version(writing, group):
            raise VocabularyChangedMeanwhile("The vocabulary has changed meanwhile.")
        before = writing.vocabularies.of_group(group.id)
        after, report = _merge_file(before, file, instead=instead)
        if not dry_run:
            _save_vocabulary(writing, actor, group, after, str(report.read), event=AuditEvent.VOCABULARY_IMPORTED)
    return report


def preview_import(library: Library, actor: Actor, group_slug: str, file: SkosFile) -> VocabularyImportPreview:
    """The effect of a file. Raises NotFound or Forbidden, and Invalid if the file alone is too large."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EDIT_VOCABULARY, reading.groups.by_slug(group_slug))
        version = _vocabulary_version(reading, group)
        before = reading.vocabularies.of_group(group.id)
    try:
        added = _merge_file(before, file, instead=False)[1]
    except Invalid:
        added = None
    instead = _merge_file(before, file, instead=True)[1]
    return VocabularyImportPreview(group, version, len(before.concepts), added, instead)


def _vocabulary_version(reading: ReadSnapshot, group: Group) -> str:
    return reading.vocabularies.versions().get(group.id, "")


def _save_vocabulary(
    writing: WriteTransaction,
    actor: Actor,
    group: Group,
    after: Vocabulary,
    detail: str,
    *,
    event: AuditEvent = AuditEvent.VOCABULARY_CHANGED,
) -> None:
    """Store the vocabulary of a group, and log it if it has changed."""
    if writing.vocabularies.set(group.id, after):
        write_audit_log(writing, actor, event, group_id=group.id, detail=detail)


def _merge_file(before: Vocabulary, file: SkosFile, *, instead: bool) -> tuple[Vocabulary, VocabularyReport]:
    """The vocabulary with the concepts of a file, or only these, and the counts. Raises Invalid."""
    concepts = () if instead else before.concepts
    whole, warnings = _without_broken_links({concept.uri: concept for concept in (*concepts, *file.concepts)}.values())
    if len(whole) > MOST_CONCEPTS:
        raise Invalid("A vocabulary has at most %(limit)s concepts.", limit=MOST_CONCEPTS)
    after = Vocabulary.of(whole, file.scheme if instead else before.scheme or file.scheme)
    ours = {concept.uri for concept in file.concepts}
    added = sum(before.get(uri) is None for uri in ours)
    unchanged = sum(before.get(uri) == after.get(uri) for uri in ours)
    return after, VocabularyReport(
        read=file.read,
        added=added,
        updated=len(ours) - added - unchanged,
        unchanged=unchanged,
        removed=sum(after.get(concept.uri) is None for concept in before.concepts),
        skipped=file.read - len(ours),
        warnings=(*file.warnings, *warnings),
    )


def add_concept(library: Library, actor: Actor, group_slug: str, adding: NewConcept) -> Concept:
    """Add a concept to a group, or extend the concept with this preferred label; returns the concept.

    Raises Invalid for an invalid label, and for a concept that would be broader than itself; Conflict if several
    concepts have the label; NotFound or Forbidden for the group.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.EDIT_VOCABULARY, writing.groups.by_slug(group_slug))
        before = writing.vocabularies.of_group(group.id)
        concepts = {concept.uri: concept for concept in before.concepts}
        uri = _concept_uri(concepts, adding.label, adding.language)
        broader, narrower, related = (
            [_concept_uri(concepts, label, adding.language) for label in labels]
            for labels in (adding.broader, adding.narrower, adding.related)
        )
        concept = concepts[uri]
        mine = {text.text for text in concept.preferred}

        def texts_of(labels: Iterable[str]) -> list[ConceptText]:
            return [ConceptText(adding.language, valid_label(label)) for label in labels]

        synonyms, hidden, note = texts_of(adding.synonyms), texts_of(adding.hidden), valid_note(adding.definition)
        concepts[uri] = replace(
            concept,
            alternative=(*concept.alternative, *(synonym for synonym in synonyms if synonym.text not in mine)),
            hidden=(*concept.hidden, *hidden),
            definition=(*concept.definition, *([ConceptText(adding.language, note)] if note else ())),
            broader=(*concept.broader, *broader),
            related=(*concept.related, *related),
        )
        for below in narrower:
            concepts[below] = replace(concepts[below], broader=(*concepts[below].broader, uri))
        if next(cyclic_links({concept.uri: concept.broader for concept in concepts.values()}), None):
            raise Invalid("“%(label)s” would be broader than itself.", label=adding.label)
        after = Vocabulary.of(concepts.values(), before.scheme)
        _save_vocabulary(writing, actor, group, after, checked_label(adding.label))
    return next(concept for concept in after.concepts if concept.uri == uri)


def remove_label(library: Library, actor: Actor, group_slug: str, label: str) -> tuple[Concept, bool]:
    """Delete the concept with this preferred label or URI, or remove a synonym from its concept.

    Returns the concept as it was, and whether all of it is deleted. Narrower concepts stay. Raises NotFound if no
    concept has this label, Conflict if several have it; as `add_concept` for the group.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.EDIT_VOCABULARY, writing.groups.by_slug(group_slug))
        before = writing.vocabularies.of_group(group.id)
        concept = before.get(label) or _single_concept(before.concepts, label, lambda concept: concept.preferred)
        if concept:
            rest = [other for other in before.concepts if other.uri != concept.uri]
            _save_vocabulary(writing, actor, group, Vocabulary.of(rest, before.scheme), concept.label())
            return concept, True
        concept = _single_concept(before.concepts, label, lambda concept: concept.labels)
        if concept is None:
            raise NotFound("No concept of this vocabulary has the label “%(label)s”.", label=label)
        less = replace(
            concept,
            alternative=tuple(text for text in concept.alternative if not _is_same_label(text.text, label)),
            hidden=tuple(text for text in concept.hidden if not _is_same_label(text.text, label)),
        )
        rest = [less if other is concept else other for other in before.concepts]
        _save_vocabulary(writing, actor, group, Vocabulary.of(rest, before.scheme), concept.label())
        return concept, False


def _without_broken_links(concepts: Iterable[Concept]) -> tuple[list[Concept], list[RecordWarning]]:
    """Concepts with valid links and without circles, and warnings on the links left out."""
    by_uri = {concept.uri: concept for concept in concepts}
    warnings: list[RecordWarning] = []
    lost = 0
    for concept in by_uri.values():
        absent = [uri for uri in (*concept.broader, *concept.related) if uri not in by_uri]
        lost += len(absent)
        if absent and len(warnings) < MOST_SAME_WARNINGS:
            name = concept.label()
            warnings.append(
                warning_of("It leads to a concept that is not there: %(address)s.", None, name, address=absent[0])
            )
    if lost > len(warnings):
        message = counted(
            "%(count)s link leads to a concept that is not there, and is left out.",
            "%(count)s links lead to concepts that are not there, and are left out.",
            lost,
        )
        warnings.append(warning_of(message, count=lost))
    links = {concept.uri: [uri for uri in concept.broader if uri in by_uri] for concept in by_uri.values()}
    for below, above in cyclic_links(links):
        concept, other = by_uri[below], by_uri[above].label()
        by_uri[below] = replace(concept, broader=tuple(uri for uri in concept.broader if uri != above))
        message = "“%(label)s” would be broader than itself: that it is narrower than “%(other)s” is left out."
        warnings.append(warning_of(message, None, concept.label(), label=concept.label(), other=other))
    return list(by_uri.values()), warnings


def _concept_uri(concepts: dict[str, Concept], label: str, language: str) -> str:
    """The URI of the concept with this preferred label, created if there is none."""
    text = valid_label(label)
    concept = _single_concept(concepts.values(), text, lambda concept: concept.preferred)
    if concept is None:
        concept = Concept(uri_for(text, language), (ConceptText(language, text),))
        concepts[concept.uri] = concept
    return concept.uri


def _single_concept(
    concepts: Iterable[Concept], label: str, labels: Callable[[Concept], Sequence[ConceptText]]
) -> Concept | None:
    """The concept with this label among its `labels`. Raises Conflict if several have it."""
    matches = [concept for concept in concepts if any(_is_same_label(text.text, label) for text in labels(concept))]
    if len(matches) > 1:
        raise Conflict(
            "Several concepts have the label “%(label)s”: name one by its address, as %(address)s.",
            label=label,
            address=matches[0].uri,
        )
    return matches[0] if matches else None


def _is_same_label(text: str, other: str) -> bool:
    return label_sort_key(text) == label_sort_key(checked_label(other))
