"""The fields of one concept in a form: their values when shown, and when sent."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb.model.vocabulary import ConceptText
from kb.services.vocabulary.concept_fields import ConceptFields
from kb.services.vocabulary.concepts import EditableVocabulary
from kb.translation import Translator
from kb.web.http.urls.listing_scope import Pairs

NO_LANGUAGE = "und"
"""The BCP 47 code of an unknown language; an empty code means that none was given."""
MOST_INPUTS = 12
"""Links with a field each, with suggestions; more of them are lines of one text field."""
_NOT_GIVEN = "?"
"""Placeholder for a language code that the user has not given: it is invalid, and reported."""
_SECTION = re.compile(r"(?:lang|new)-(\d{1,3})")
_TEXTS = (("synonyms", "alternative"), ("hidden", "hidden"))
_NOTES = (("definition", "definition"), ("note", "scope_note"))
RELATION_NAMES = ("broader", "narrower", "related")


@dataclass(frozen=True, slots=True)
class LanguageSection:
    """The labels and notes of a concept in one language; `asks`: the form asks for the language.

    `more`: some fields in the collapsed section have values.
    """

    number: str
    language: str
    legend: str
    asks: bool
    preferred: str
    synonyms: str
    hidden: str
    definitions: tuple[str, ...]
    notes: tuple[str, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class RelationFields:
    """Links of one kind: `terms` have a field each, `lines` are many in one text field."""

    name: str
    label: str
    hint: str
    terms: tuple[str, ...]
    lines: str


def concept_form_fields(concept: ConceptFields, term: Callable[[str], str], languages: Sequence[str] = ()) -> Pairs:
    """The form fields for a concept, with sections for these further languages; `term` gives the text of a link."""
    labels = (*concept.preferred, *concept.alternative, *concept.hidden, *concept.definition, *concept.scope_note)
    used = sorted({label.language for label in labels})
    known = [language for language in languages if language in used]
    others = [language for language in used if language not in languages]
    empty = [language for language in languages if language not in used]
    return (
        *_sections((*known, *others, *empty), concept),
        ("notation", _lines(concept.notation)),
        *((name, "\n".join(map(term, getattr(concept, name)))) for name in RELATION_NAMES),
    )


def concept_of_fields(fields: Pairs) -> ConceptFields:
    """The concept in the fields of a form."""
    texts: dict[str, list[ConceptText]] = {"preferred": []}
    for number, language in _numbered(fields):
        texts["preferred"] += [ConceptText(language, value) for value in _values(fields, f"preferred-{number}")]
        for name, kind in _TEXTS:
            texts.setdefault(kind, []).extend(
                ConceptText(language, line)
                for value in _values(fields, f"{name}-{number}")
                for line in value.split("\n")
            )
        for name, kind in _NOTES:
            texts.setdefault(kind, []).extend(
                ConceptText(language, value) for value in _values(fields, f"{name}-{number}")
            )
    texts["notation"] = [ConceptText("", line) for value in _values(fields, "notation") for line in value.split("\n")]
    # An empty section has no invalid language.
    written = {
        kind: tuple(text for text in concept_texts if text.text.strip()) for kind, concept_texts in texts.items()
    }
    return ConceptFields(**written, **{name: _terms(fields, name) for name in RELATION_NAMES})  # type: ignore[arg-type]


def language_sections(fields: Pairs, translator: Translator) -> tuple[LanguageSection, ...]:
    """The sections with values, and an empty one for another language."""
    sections, has_new = [], False
    for number, language in _numbered(fields):
        preferred, synonyms, hidden, definitions, notes = (
            _values(fields, f"{name}-{number}") for name in ("preferred", "synonyms", "hidden", "definition", "note")
        )
        is_new = (f"new-{number}", "1") in fields
        has_new = has_new or is_new
        sections.append(
            LanguageSection(
                number,
                "" if language == _NOT_GIVEN else language or NO_LANGUAGE,
                translator.gettext("In another language") if is_new else _legend(language, translator),
                is_new,
                "".join(preferred[:1]),
                "\n".join(synonyms),
                "\n".join(hidden),
                definitions or ("",),
                notes or ("",),
                bool("".join((*hidden, *notes)).strip()),
            )
        )
    if not has_new:
        number = str(max((int(section.number) for section in sections), default=-1) + 1)
        sections.append(
            LanguageSection(
                number, "", translator.gettext("In another language"), True, "", "", "", ("",), ("",), False
            )
        )
    return tuple(sections)


def relation_fields(fields: Pairs, translator: Translator) -> tuple[RelationFields, ...]:
    """The links in the fields, with room for more."""
    _ = translator.gettext
    labels = {
        "broader": (_("Broader terms"), _("What includes it: “work” for “telework”.")),
        "narrower": (_("Narrower terms"), _("What it includes.")),
        "related": (_("See also"), _("What goes with it, without one including the other.")),
    }
    relations = []
    for name, (label, hint) in labels.items():
        terms = _terms(fields, name)
        few = len(terms) <= MOST_INPUTS
        shown = (*terms, "", "") if few else ("",)
        relations.append(RelationFields(name, label, hint, shown, "" if few else "\n".join(terms)))
    return tuple(relations)


def concept_field_texts(concept: ConceptFields, editing: EditableVocabulary, translator: Translator) -> dict[str, str]:
    """The fields of a concept as text, by name, to show beside another user's version."""
    _ = translator.gettext
    names = {
        "preferred": _("Preferred term"),
        "alternative": _("Synonyms"),
        "hidden": _("Common mistakes"),
        "definition": _("Definition"),
        "scope_note": _("How to use it"),
        "notation": _("Codes"),
        "broader": _("Broader terms"),
        "narrower": _("Narrower terms"),
        "related": _("See also"),
    }
    texts = {}
    for name, label in names.items():
        value = getattr(concept, name)
        if name in RELATION_NAMES:
            parts = [editing.term(uri, translator.language) for uri in value]
        else:
            parts = [f"{text.text} ({text.language})" if text.language else text.text for text in value]
        texts[label] = "\n".join(sorted(parts))
    return texts


def _sections(languages: Sequence[str], concept: ConceptFields) -> Iterator[tuple[str, str]]:
    for number, language in enumerate(languages):
        yield f"lang-{number}", language or NO_LANGUAGE
        yield from ((f"preferred-{number}", text.text) for text in concept.preferred if text.language == language)
        for name, kind in _TEXTS:
            yield f"{name}-{number}", _lines(text for text in getattr(concept, kind) if text.language == language)
        for name, kind in _NOTES:
            notes = [text.text for text in getattr(concept, kind) if text.language == language]
            yield from ((f"{name}-{number}.{place}", note) for place, note in enumerate(notes))


def _numbered(fields: Pairs) -> Iterator[tuple[str, str]]:
    """The number and the language of each section."""
    for number in dict.fromkeys(match[1] for name, _ in fields if (match := _SECTION.fullmatch(name))):
        # An empty field may be missing from the form's data.
        language = "".join(_values(fields, f"lang-{number}")[:1]).strip().lower() or _NOT_GIVEN
        yield number, "" if language == NO_LANGUAGE else language


def _values(fields: Pairs, field_name: str) -> tuple[str, ...]:
    """The values of a field, and of its numbered ones: `broader`, `broader.1`, `broader.2`."""
    return tuple(value for name, value in fields if name.partition(".")[0] == field_name)


def _terms(fields: Pairs, field_name: str) -> tuple[str, ...]:
    """Terms in their written order, without duplicates."""
    lines = (line.strip() for value in _values(fields, field_name) for line in value.split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


def _lines(texts: Iterable[ConceptText]) -> str:
    return "\n".join(text.text for text in texts)


def _legend(language: str, translator: Translator) -> str:
    name = translator.language_name(language) if language else translator.gettext("Without a language")
    return name[:1].upper() + name[1:]
