"""Vocabularies for tests."""

from collections.abc import Sequence

from kb.model.vocabulary import Concept, ConceptText, Vocabulary, uri_for


def french(*labels: str) -> tuple[ConceptText, ...]:
    return tuple(ConceptText("fr", label) for label in labels)


def a_concept(
    label: str, *synonyms: str, broader: Sequence[str] = (), related: Sequence[str] = (), **fields: object
) -> Concept:
    """A concept with French labels; `broader` and `related` are labels of others. Other fields are given by name."""
    return Concept(
        uri=uri_for(label),
        preferred=french(label),
        alternative=french(*synonyms),
        broader=tuple(map(uri_for, broader)),
        related=tuple(map(uri_for, related)),
        **fields,  # type: ignore[arg-type]
    ).tidied()


def a_vocabulary() -> Vocabulary:
    """A vocabulary about ways of working: remotely, part-time, and in general."""
    return Vocabulary.of(
        [
            a_concept("organisation du travail", definition=french("Qui fait quoi, où et quand.")),
            a_concept(
                "télétravail",
                "travail à distance",
                broader=["organisation du travail"],
                hidden=french("teletraval"),
                notation=(ConceptText("", "303.1"),),
            ),
            a_concept("temps partiel", broader=["organisation du travail"], related=["télétravail"]),
            a_concept("télétravail occasionnel", broader=["télétravail"]),
        ]
    )
