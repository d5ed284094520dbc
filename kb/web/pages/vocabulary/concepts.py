"""Add, change, delete and restore one concept of a group's vocabulary."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound, translatable
from kb.model.vocabulary import LONGEST_LABEL, ConceptText
from kb.services.groups.group_languages import effective_languages
from kb.services.vocabulary.concept_fields import ConceptFields
from kb.services.vocabulary.concepts import (
    EditableVocabulary,
    SavedConcept,
    UnknownTerms,
    VocabularyChangedMeanwhile,
    editable_vocabulary,
    remove_concept,
    save_concept,
)
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.vocabulary.concept_fields import (
    LanguageSection,
    RelationFields,
    concept_field_texts,
    concept_form_fields,
    concept_of_fields,
    language_sections,
    relation_fields,
)
from kb.web.pages.vocabulary.vocabulary import concept_address, label_address
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import VOCABULARY, GroupHeader, header_of_group
from kb.web.ui.rendering import render

LARGEST_CONCEPT_FORM = 1 << 20
"""Bytes of a form: some hundred labels in many languages, and notes."""
MOST_CHOICES = 500
"""Terms suggested for links; of a larger vocabulary, those similar to the typed text."""
REMOVED_CONCEPT = "gone"
_UNCHANGED = translatable("Unchanged"), translatable("“%(term)s” is as it was: nothing has changed.")
_UNDONE = translatable("Taken back"), translatable("What was done to “%(term)s” is taken back.")
_REMOVED = translatable("Term removed"), translatable("“%(term)s” is no longer in the vocabulary.")
_ADDED = translatable("Term added"), translatable("“%(term)s” is in the vocabulary: searches know it.")
_CHANGED = translatable("Term changed"), translatable("“%(term)s” is changed: searches know it.")


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """The form of one concept. `uri` is empty for a new one; `version` is that of the concept before the edit.

    `near` are terms similar to unknown ones; `differences` are the fields that another user has changed meanwhile: the
    label, that user's version, and the sent one.
    """

    head: GroupHeader
    uri: str
    version: str
    near: tuple[str, ...]
    differences: tuple[tuple[str, str, str], ...]
    sections: tuple[LanguageSection, ...]
    relations: tuple[RelationFields, ...]
    notation: str
    choices: tuple[str, ...]
    remove: str
    back: str


@dataclass(frozen=True, slots=True)
class ConceptRemovalPage:
    """The effect of deleting a concept, which has so many `narrower` ones."""

    head: GroupHeader
    uri: str
    version: str
    narrower: int
    back: str


@dataclass(frozen=True, slots=True)
class ConceptDonePage:
    """The result, and the form that reverses it: `undo` are its fields, none if nothing has changed."""

    head: GroupHeader
    saved: SavedConcept
    done: str
    undo: Pairs


def concept_page(context: RequestContext) -> Response:
    """The form of a concept, or of a new one, which may have a name already."""
    translator, editing = context.translator, _edited_vocabulary(context)
    error = context.form_error.error if context.form_error else None
    differences: tuple[tuple[str, str, str], ...] = ()
    if error is None:
        uri = context.param("id").strip()
        fields, version = _stored_fields(context, editing, uri), editing.version(uri)
    else:
        uri, fields, version = context.form_value("id"), context.fields, context.form_value("version")
    if isinstance(error, VocabularyChangedMeanwhile):
        differences, version = _differences(context, editing, uri), editing.version(uri)
    concept, concepts = editing.vocabulary.get(uri), editing.vocabulary.concepts
    name = concept.label(translator.language) if concept else translator.gettext("Add a term")
    choices = (editing.term(concept.uri, translator.language) for concept in concepts if concept.uri != uri)
    page = ConceptPage(
        head=header_of_group(context, editing.group, VOCABULARY, below=name),
        uri=uri,
        version=version,
        near=error.near if isinstance(error, UnknownTerms) else (),
        differences=differences,
        sections=language_sections(fields, translator),
        relations=relation_fields(fields, translator),
        notation="\n".join(value for name, value in fields if name == "notation"),
        choices=tuple(sorted(choices)) if len(concepts) <= MOST_CHOICES else (),
        remove=concept_address(context, editing.group.slug, "remove", id=uri) if concept else "",
        back=_back(context, editing, uri),
    )
    return render(context, "vocabulary/concept_edit.html", page)


@handle_form(concept_page)
def handle_concept_post(context: RequestContext) -> Response:
    """Save the fields, or undo the last change."""
    library, actor, group, uri = context.library, context.actor, context.path_params["group"], context.form_value("id")
    fields, version = concept_of_fields(context.fields), context.form_value("version")
    match context.form_value("act"):
        case "save":
            return _done_response(context, save_concept(library, actor, group, uri, fields, version=version))
        case "undo" if context.form_value("before") == REMOVED_CONCEPT:
            saved = remove_concept(library, actor, group, uri, version=version)
        case "undo":
            saved = save_concept(library, actor, group, uri, fields, version=version, restoring=True)
        case _:
            raise Invalid("The request is not a form of this site.")
    return _done_response(context, saved, undone=True)


def concept_removal_page(context: RequestContext) -> Response:
    """The effect of deleting a concept, and the confirmation."""
    translator, editing = context.translator, _edited_vocabulary(context)
    uri = context.typed_value("id", context.param("id").strip())
    concept, fields = editing.vocabulary.get(uri), editing.fields_of_concept(uri)
    if concept is None or fields is None:
        raise NotFound("This term is not in the vocabulary.")
    title = translator.gettext("Remove “%(term)s”", term=concept.label(translator.language))
    page = ConceptRemovalPage(
        head=header_of_group(context, editing.group, VOCABULARY, below=title),
        uri=uri,
        version=editing.version(uri),
        narrower=len(fields.narrower),
        back=_back(context, editing, uri),
    )
    return render(context, "vocabulary/concept_delete.html", page)


@handle_form(concept_removal_page)
def handle_concept_removal_post(context: RequestContext) -> Response:
    """Delete a concept, if it is still as it was when the user was asked."""
    group, uri, version = context.path_params["group"], context.form_value("id"), context.form_value("version")
    return _done_response(context, remove_concept(context.library, context.actor, group, uri, version=version))


def _edited_vocabulary(context: RequestContext) -> EditableVocabulary:
    return editable_vocabulary(context.library, context.actor, context.path_params["group"])


def _stored_fields(context: RequestContext, editing: EditableVocabulary, uri: str) -> Pairs:
    fields, label = editing.fields_of_concept(uri), context.param("label").strip()
    languages = effective_languages(editing.group, context.library.settings)
    if fields is None:
        if uri:
            raise NotFound("This term is not in the vocabulary.")
        fields = ConceptFields((ConceptText(languages[0], label[:LONGEST_LABEL]),) if label else ())
    return concept_form_fields(
        fields, lambda linked_uri: editing.term(linked_uri, context.translator.language), languages[:1]
    )


def _differences(context: RequestContext, editing: EditableVocabulary, uri: str) -> tuple[tuple[str, str, str], ...]:
    theirs, mine = (
        concept_field_texts(field, editing, context.translator)
        for field in (editing.fields_of_concept(uri) or ConceptFields(), concept_of_fields(context.fields))
    )
    return tuple((name, theirs[name], mine[name]) for name in theirs if theirs[name] != mine[name])


def _done_response(context: RequestContext, saved: SavedConcept, *, undone: bool = False) -> Response:
    """The result, with the undo form: the form contains the fields from before, which are stored nowhere else."""
    if saved.now == saved.before:
        outcome = _UNCHANGED
    elif undone:
        outcome = _UNDONE
    elif saved.now is None:
        outcome = _REMOVED
    else:
        outcome = _ADDED if saved.before is None else _CHANGED
    title, done = outcome
    undo: Pairs = ()
    if saved.now != saved.before:
        before = concept_form_fields(saved.before, str) if saved.before else (("before", REMOVED_CONCEPT),)
        undo = (("id", saved.uri), ("version", saved.version), *before)
    head = header_of_group(context, saved.group, VOCABULARY, below=context.translator.gettext(title))
    page = ConceptDonePage(head, saved, context.translator.gettext(done, term=saved.name.text), undo)
    return render(context, "vocabulary/concept_saved.html", page)


def _back(context: RequestContext, editing: EditableVocabulary, uri: str) -> str:
    """The previous page: the concept in the vocabulary, or the whole vocabulary."""
    concept, slug = editing.vocabulary.get(uri), editing.group.slug
    if concept is None:
        return context.addresses.group(slug, VOCABULARY)
    return label_address(context, slug, concept.label(context.translator.language))
