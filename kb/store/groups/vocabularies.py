"""The vocabularies of groups."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from kb.model.ids import new_id
from kb.model.storable_text import is_storable
from kb.model.vocabulary import FIELDS, Concept, ConceptText, TextKind, Vocabulary
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH, in_savepoint
from kb.store.database.rows import Repository, bulk_write
from kb.store.tables.group_tables import concept_links, concept_texts, concepts, vocabularies

_BROADER, _RELATED = "broader", "related"

_VERSIONS = select(vocabularies.c.group_id, vocabularies.c.version)
_OF_GROUP = concepts.c.group_id == bindparam("group")
_SCHEME = select(vocabularies.c.scheme).where(vocabularies.c.group_id == bindparam("group"))
_NUMBERS = select(concepts.c.number, concepts.c.uri).where(_OF_GROUP)
_TEXTS = (
    select(concept_texts.c.concept, concept_texts.c.kind, concept_texts.c.language, concept_texts.c.text)
    .join(concepts, concept_texts.c.concept == concepts.c.number)
    .where(_OF_GROUP)
    .order_by(concept_texts.c.concept, concept_texts.c.kind, concept_texts.c.position)
)
_LINKS = (
    select(concept_links.c.concept, concept_links.c.kind, concept_links.c.other)
    .join(concepts, concept_links.c.concept == concepts.c.number)
    .where(_OF_GROUP)
)
_ADD_CONCEPTS, _ADD_TEXTS, _ADD_LINKS = insert(concepts), insert(concept_texts), insert(concept_links)


class VocabulariesReading(Repository):
    """Vocabularies, in one transaction."""

    def versions(self) -> dict[str, str]:
        """The version of each group's vocabulary, by group id; groups without one are left out.

        Every change draws a new random version: the same version is the same vocabulary, for ever, in any database.
        """
        return dict(run_compiled_select(self.connection, _VERSIONS))

    def of_group(self, group_id: str) -> Vocabulary:
        """The whole vocabulary of a group, empty if it has none."""
        if not is_storable(group_id):
            return Vocabulary()
        mine: dict[str, str | int] = {"group": group_id}
        uris = {number: uri for uri, number in self._numbers(group_id).items()}
        fields: dict[int, dict[str, list[Any]]] = {number: {} for number in uris}
        for number, kind, language, text in run_compiled_select(self.connection, _TEXTS, mine):
            fields[number].setdefault(FIELDS[TextKind(kind)], []).append(ConceptText(language, text))
        for number, kind, other in run_compiled_select(self.connection, _LINKS, mine):
            fields[number].setdefault(kind, []).append(uris[other])
        concepts = [
            Concept(uri, **{name: tuple(sorted(values)) for name, values in fields[number].items()})
            for number, uri in uris.items()
        ]
        schemes = run_compiled_select(self.connection, _SCHEME, mine)
        return Vocabulary(tuple(sorted(concepts, key=lambda concept: concept.uri)), schemes[0][0] if schemes else None)

    def _numbers(self, group_id: str) -> dict[str, int]:
        return {uri: number for number, uri in run_compiled_select(self.connection, _NUMBERS, {"group": group_id})}


class Vocabularies(VocabulariesReading):
    """Vocabularies, in a write transaction."""

    def set(self, group_id: str, vocabulary: Vocabulary) -> bool:
        """Replace the vocabulary of a group; returns whether that changed anything.

        The date of the last change of the library stays, because feeds and saved searches do not use vocabularies.
        """
        before = self.of_group(group_id)
        if vocabulary == before or not (vocabulary.concepts or before.concepts):
            return False
        with in_savepoint(self.connection):
            self._set(group_id, before, vocabulary)
        return True

    def _set(self, group_id: str, before: Vocabulary, after: Vocabulary) -> None:
        numbers = self._numbers(group_id)
        changed = [concept for concept in before.concepts if after.get(concept.uri) != concept]
        self._forget(
            [numbers[concept.uri] for concept in changed],
            [numbers[concept.uri] for concept in changed if not after.get(concept.uri)],
        )
        row = {"group_id": group_id, "version": new_id(), "scheme": after.scheme}
        if not before.concepts:
            # A vocabulary without concepts has no row.
            self.connection.execute(insert(vocabularies), [row])
        elif after.concepts:
            self.connection.execute(vocabularies.update().where(vocabularies.c.group_id == group_id).values(**row))
        else:
            self.connection.execute(delete(vocabularies).where(vocabularies.c.group_id == group_id))
        fresh = [concept for concept in after.concepts if before.get(concept.uri) != concept]
        new = [{"group_id": group_id, "uri": concept.uri} for concept in fresh if concept.uri not in numbers]
        bulk_write(self.connection, _ADD_CONCEPTS, new)
        self._write_concepts(fresh, self._numbers(group_id))

    def _forget(self, changed: Sequence[int], removed: Sequence[int]) -> None:
        """Delete the texts and links of changed concepts, and the concepts that are gone, to which no link is left."""
        for start in range(0, len(changed), BATCH):
            part = changed[start : start + BATCH]
            self.connection.execute(delete(concept_texts).where(concept_texts.c.concept.in_(part)))
            self.connection.execute(delete(concept_links).where(concept_links.c.concept.in_(part)))
        for start in range(0, len(removed), BATCH):
            part = removed[start : start + BATCH]
            self.connection.execute(delete(concepts).where(concepts.c.number.in_(part)))

    def _write_concepts(self, fresh: Sequence[Concept], numbers: dict[str, int]) -> None:
        texts = [
            {
                "concept": numbers[concept.uri],
                "kind": kind.value,
                "position": position,
                "language": text.language,
                "text": text.text,
            }
            for concept in fresh
            for kind in TextKind
            for position, text in enumerate(concept.texts(kind))
        ]
        links = [
            {"concept": numbers[concept.uri], "kind": kind, "other": numbers[other]}
            for concept in fresh
            for kind, others in ((_BROADER, concept.broader), (_RELATED, concept.related))
            for other in others
        ]
        bulk_write(self.connection, _ADD_TEXTS, texts)
        bulk_write(self.connection, _ADD_LINKS, links)
