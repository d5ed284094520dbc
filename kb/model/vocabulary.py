"""The vocabulary of a group: concepts, their labels and synonyms, and broader concepts.

The model is the part of SKOS (W3C, 2009) that a search can use. A URI identifies a concept and never changes.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter

LONGEST_LABEL = 500
LONGEST_NOTE = 10_000
LONGEST_URI = 2_000
LONGEST_TAG = 35
MOST_CONCEPTS = 50_000

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\x7f-\xa0\ud800-\udfff\ufffe\uffff]+")
_NOT_PLAIN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_SUBTAG = re.compile("[a-z0-9]{1,8}")
_OURS = uuid.UUID("3c5ce0b2-6d3f-4d6e-8f43-6b1f0a4c7c11")
"""Drawn once: new concepts get their URI from their label, the same in every database."""


class TextKind(StrEnum):
    """The kind of a concept's text. `HIDDEN` is a label to recognize but never show: a common misspelling."""

    PREFERRED = "preferred"
    ALTERNATIVE = "alternative"
    HIDDEN = "hidden"
    DEFINITION = "definition"
    SCOPE_NOTE = "scope-note"
    NOTATION = "notation"


LABELS = (TextKind.PREFERRED, TextKind.ALTERNATIVE, TextKind.HIDDEN)


@dataclass(frozen=True, slots=True, order=True)
class ConceptText:
    """A text in a language, as a BCP 47 tag in lower case; empty if the language is unknown."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept and its labels.

    At most one preferred label in each language, and one at least in all. `broader` and `related` are URIs of concepts
    of the same vocabulary; narrower concepts are derived from them. Everything is sorted (`tidied`).
    """

    uri: str
    preferred: tuple[ConceptText, ...]
    alternative: tuple[ConceptText, ...] = ()
    hidden: tuple[ConceptText, ...] = ()
    definition: tuple[ConceptText, ...] = ()
    scope_note: tuple[ConceptText, ...] = ()
    notation: tuple[ConceptText, ...] = ()
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    def texts(self, kind: TextKind) -> tuple[ConceptText, ...]:
        """The texts of one kind."""
        texts: tuple[ConceptText, ...] = getattr(self, FIELDS[kind])
        return texts

    @property
    def labels(self) -> tuple[ConceptText, ...]:
        """All labels: preferred, alternative, hidden."""
        return self.preferred + self.alternative + self.hidden

    def label(self, language: str = "") -> str:
        """The label to show in a language: the preferred label there, else in no language, else the first one."""
        by_language = {text.language: text.text for text in self.preferred}
        return by_language.get(language) or by_language.get("") or self.preferred[0].text

    def tidied(self) -> "Concept":
        """The same with everything sorted and without repetition, so that equal concepts are equal."""
        texts = {name: tuple(sorted(set(getattr(self, name)))) for name in FIELDS.values()}
        return Concept(
            self.uri, **texts, broader=tuple(sorted(set(self.broader))), related=tuple(sorted(set(self.related)))
        )


FIELDS: Mapping[TextKind, str] = {kind: kind.value.replace("-", "_") for kind in TextKind}
"""The field of a concept that holds the texts of a kind."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The concepts of a group, by URI; `scheme` is the URI of the whole, if it has one."""

    concepts: tuple[Concept, ...] = ()
    scheme: str | None = None
    _by_uri: dict[str, Concept] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_uri.update((concept.uri, concept) for concept in self.concepts)

    @classmethod
    def of(cls, concepts: Iterable[Concept], scheme: str | None = None) -> "Vocabulary":
        """A vocabulary of concepts in any order: related concepts become related both ways, and links out of it are
        dropped.
        """
        by_uri = {concept.uri: concept for concept in concepts}
        related: dict[str, set[str]] = {uri: set() for uri in by_uri}
        for uri, concept in by_uri.items():
            for other in concept.related:
                if other in related and other != uri:
                    related[uri].add(other)
                    related[other].add(uri)
        whole = (
            replace(
                concept,
                broader=tuple(other for other in concept.broader if other in by_uri),
                related=tuple(related[uri]),
            ).tidied()
            for uri, concept in by_uri.items()
        )
        return cls(tuple(sorted(whole, key=attrgetter("uri"))), scheme)

    def get(self, uri: str) -> Concept | None:
        return self._by_uri.get(uri)

    def narrower(self) -> dict[str, tuple[str, ...]]:
        """URIs of the concepts directly narrower than each concept that has some."""
        narrower: dict[str, list[str]] = {}
        for concept in self.concepts:
            for uri in concept.broader:
                narrower.setdefault(uri, []).append(concept.uri)
        return {uri: tuple(uris) for uri, uris in narrower.items()}


def is_uri(text: str) -> bool:
    """Whether a text can be the URI (or IRI) of a concept."""
    return len(text) <= LONGEST_URI and _URI.fullmatch(text) is not None


def uri_for(label: str, language: str = "") -> str:
    """The URI of a concept that is made here: the same label always has the same URI."""
    return uuid.uuid5(_OURS, f"{language}:{label}").urn


def checked_label(text: str) -> str:
    """A label as it is stored: one line, single spaces; empty if there is nothing in it."""
    # Only ordinary spaces are joined: the narrow ones that French puts before a colon belong to the text.
    return re.sub("[\x00-\x20\x7f-\x9f]+", " ", text).strip()


def is_xml_text(text: str) -> bool:
    """Whether XML can hold a text: no control characters but line ends and tabs."""
    return _NOT_PLAIN.search(text) is None


def is_language_tag(code: str) -> bool:
    """Whether this is a language tag, as `fr` or `pt-br`, in lower case; an empty text means an unknown language."""
    return not code or (
        len(code) <= LONGEST_TAG and code.islower() and all(_SUBTAG.fullmatch(part) for part in code.split("-"))
    )


def cyclic_links(broader: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Links (narrower, broader) whose removal leaves no cycle; always the same for the same vocabulary."""
    done: set[str] = set()
    for start in sorted(broader):
        if start in done:
            continue
        path: dict[str, Iterator[str]] = {start: iter(sorted(broader[start]))}
        while path:
            here, ahead = next(reversed(path.items()))
            following = next(ahead, None)
            if following is None:
                done.add(here)
                del path[here]
            elif following in path:
                yield here, following
            elif following not in done:
                path[following] = iter(sorted(broader.get(following, ())))
