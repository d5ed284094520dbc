"""Add, change, delete and restore one concept of a group's vocabulary."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
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
from kb.web.http.listing_scope import Pairs
from kb.web.pages.vocabulary.concept_fields import (
    LanguageSection,
    RelationFields,
    concept_field_texts,
    concept_form_fields,
    language_sections,
    relation_fields,
    wording_of_fields,
)
from kb.web.pages.vocabulary.vocabulary import concept_address, label_address
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import VOCABULARY, GroupHeader, header_of_group, search_form_of_group
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

LARGEST_CONCEPT_FORM = 1 << 20
"""Bytes of a form: some hundred labels in many languages, and notes."""
MOST_CHOICES = 500
"""Terms suggested for links; of a larger vocabulary, those similar to the typed text."""
REMOVED_CONCEPT = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in another user's version, and as it was sent."""

    label: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """The form of one concept. `uri` is empty for a new one; `version` is that of the concept before the edit.

    `near` are terms similar to unknown ones; `differences` are another user's changes meanwhile.
    """

    title: str
    head: GroupHeader
    form: SearchForm
    form_token: str
    action: str
    uri: str
    version: str
    wrong: str
    near: tuple[str, ...]
    differences: tuple[Difference, ...]
    sections: tuple[LanguageSection, ...]
    relations: tuple[RelationFields, ...]
    notation: str
    choices: tuple[str, ...]
    remove: str
    back: str


@dataclass(frozen=True, slots=True)
class ConceptRemovalPage:
    """The effect of deleting a concept."""

    title: str
    head: GroupHeader
    form: SearchForm
    form_token: str
    action: str
    uri: str
    version: str
    wrong: str
    lead: str
    back: str


@dataclass(frozen=True, slots=True)
class ConceptDonePage:
    """The result, and the form that reverses it: `hidden` are its fields, none if nothing has changed."""

    title: str
    head: GroupHeader
    form: SearchForm
    form_token: str
    action: str
    done: str
    hidden: Pairs
    ways: tuple[Link, ...]


def concept_page(context: RequestContext) -> Response:
    """The form of a concept, or of a new one, which may have a name already."""
    editing = _edited_vocabulary(context)
    uri, label = context.param("id").strip(), context.param("label").strip()
    wording, languages = editing.fields_of_concept(uri), effective_languages(editing.group, context.library.settings)
    if uri and wording is None:
        raise NotFound("This term is not in the vocabulary.")
    if wording is None:
        wording = ConceptFields((ConceptText(languages[0], label[:LONGEST_LABEL]),) if label else ())
    fields = concept_form_fields(wording, lambda one: editing.term(one, context.words.language), languages[:1])
    return _form(context, editing, uri, fields, version=editing.version(uri))


def handle_concept_post(context: RequestContext) -> Response:
    """Save the fields, or undo the last change."""
    try:
        kept = _apply_form(context)
    except (Invalid, VocabularyChangedMeanwhile) as error:
        return _page_with_error(context, error)
    return _done_response(context, kept, undone=context.form_value("act") == "undo")


def concept_removal_page(context: RequestContext) -> Response:
    """The effect of deleting a concept, and the confirmation."""
    return _removal_response(context, context.param("id").strip())


def handle_concept_removal_post(context: RequestContext) -> Response:
    """Delete a concept, if it is still as it was when the user was asked."""
    group, uri = context.path_params["group"], context.form_value("id")
    try:
        kept = remove_concept(context.library, context.actor, group, uri, version=context.form_value("version"))
    except VocabularyChangedMeanwhile as error:
        return _removal_response(context, uri, error)
    return _done_response(context, kept)


def _apply_form(context: RequestContext) -> SavedConcept:
    library, actor, group, uri = context.library, context.actor, context.path_params["group"], context.form_value("id")
    wording, version = wording_of_fields(context.fields), context.form_value("version")
    match context.form_value("act"):
        case "save":
            return save_concept(library, actor, group, uri, wording, version=version)
        case "undo" if context.form_value("before") == REMOVED_CONCEPT:
            return remove_concept(library, actor, group, uri, version=version)
        case "undo":
            return save_concept(library, actor, group, uri, wording, version=version, anew=True)
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _edited_vocabulary(context: RequestContext) -> EditableVocabulary:
    return editable_vocabulary(context.library, context.actor, context.path_params["group"])


def _page_with_error(context: RequestContext, error: FlorilegeError) -> Response:
    """The form as it was sent, with its error."""
    editing, uri = _edited_vocabulary(context), context.form_value("id")
    if not isinstance(error, VocabularyChangedMeanwhile):
        return _form(context, editing, uri, context.fields, version=context.form_value("version"), error=error)
    theirs, mine = (
        concept_field_texts(one, editing, context.words)
        for one in (editing.fields_of_concept(uri) or ConceptFields(), wording_of_fields(context.fields))
    )
    differences = tuple(Difference(name, theirs[name], mine[name]) for name in theirs if theirs[name] != mine[name])
    version = editing.version(uri)
    return _form(context, editing, uri, context.fields, version=version, error=error, differences=differences)


def _form(
    context: RequestContext,
    editing: EditableVocabulary,
    uri: str,
    fields: Pairs,
    *,
    version: str,
    error: FlorilegeError | None = None,
    differences: tuple[Difference, ...] = (),
) -> Response:
    words, group, concept = context.words, editing.group, editing.vocabulary.get(uri)
    name = concept.label(words.language) if concept else words.say("Add a term")
    concepts = editing.vocabulary.concepts
    choices = (editing.term(one.uri, words.language) for one in concepts if one.uri != uri)
    page = ConceptPage(
        title=f"{name} – {group.name}",
        head=header_of_group(context, group, VOCABULARY, below=name),
        form=search_form_of_group(context, group),
        form_token=context.form_token,
        action=concept_address(context, group.slug),
        uri=uri,
        version=version,
        wrong=words.sentence(error) if error else "",
        near=error.near if isinstance(error, UnknownTerms) else (),
        differences=differences,
        sections=language_sections(fields, words),
        relations=relation_fields(fields, words),
        notation="\n".join(value for name, value in fields if name == "notation"),
        choices=tuple(sorted(choices)) if len(concepts) <= MOST_CHOICES else (),
        remove=concept_address(context, group.slug, "remove", id=uri) if concept else "",
        back=_back(context, editing, uri),
    )
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return render(context, "vocabulary/concept_edit.html", page, status)


def _removal_response(context: RequestContext, uri: str, error: FlorilegeError | None = None) -> Response:
    editing, words = _edited_vocabulary(context), context.words
    concept, wording = editing.vocabulary.get(uri), editing.fields_of_concept(uri)
    if concept is None or wording is None:
        raise NotFound("This term is not in the vocabulary.")
    name = concept.label(words.language)
    sentences = [words.say("Searches for one of its labels will find what bears that label, and no more the others.")]
    if wording.narrower:
        sentences.append(
            words.plural(
                "%(count)s narrower term stays, without this one above it.",
                "%(count)s narrower terms stay, without this one above them.",
                len(wording.narrower),
            )
        )
    page = ConceptRemovalPage(
        title=words.say("Remove “%(term)s”", term=name),
        head=header_of_group(context, editing.group, VOCABULARY, below=words.say("Remove “%(term)s”", term=name)),
        form=search_form_of_group(context, editing.group),
        form_token=context.form_token,
        action=concept_address(context, editing.group.slug, "remove"),
        uri=uri,
        version=editing.version(uri),
        wrong=words.sentence(error) if error else "",
        lead=" ".join(sentences),
        back=_back(context, editing, uri),
    )
    return render(context, "vocabulary/concept_delete.html", page, 409 if error else 200)


def _done_response(context: RequestContext, kept: SavedConcept, *, undone: bool = False) -> Response:
    """The result, with the undo form: the form contains the fields from before, which are stored nowhere else."""
    words, slug, name = context.words, kept.group.slug, kept.name.text
    if kept.now == kept.before:
        done, title = words.say("“%(term)s” is as it was: nothing has changed.", term=name), words.say("Unchanged")
    elif undone:
        done, title = words.say("What was done to “%(term)s” is taken back.", term=name), words.say("Taken back")
    elif kept.now is None:
        done, title = words.say("“%(term)s” is no longer in the vocabulary.", term=name), words.say("Term removed")
    elif kept.before is None:
        done, title = (
            words.say("“%(term)s” is in the vocabulary: searches know it.", term=name),
            words.say("Term added"),
        )
    else:
        done, title = words.say("“%(term)s” is changed: searches know it.", term=name), words.say("Term changed")
    here = (
        (
            Link(words.say("See it in the vocabulary"), label_address(context, slug, name)),
            Link(words.say("Change it again"), concept_address(context, slug, id=kept.uri)),
        )
        if kept.now
        else ()
    )
    page = ConceptDonePage(
        title=f"{title} – {kept.group.name}",
        head=header_of_group(context, kept.group, VOCABULARY, below=title),
        form=search_form_of_group(context, kept.group),
        form_token=context.form_token,
        action=concept_address(context, slug),
        done=done,
        hidden=_undo_fields(kept) if kept.now != kept.before else (),
        ways=(
            *here,
            Link(words.say("Add another term"), concept_address(context, slug)),
            Link(words.say("The whole vocabulary"), context.addresses.group(slug, VOCABULARY)),
        ),
    )
    return render(context, "vocabulary/concept_saved.html", page)


def _undo_fields(kept: SavedConcept) -> Pairs:
    fields = concept_form_fields(kept.before, str) if kept.before else (("before", REMOVED_CONCEPT),)
    return (("id", kept.uri), ("version", kept.version), *fields)


def _back(context: RequestContext, editing: EditableVocabulary, uri: str) -> str:
    """The previous page: the concept in the vocabulary, or the whole vocabulary."""
    concept, slug = editing.vocabulary.get(uri), editing.group.slug
    if concept is None:
        return context.addresses.group(slug, VOCABULARY)
    return label_address(context, slug, concept.label(context.words.language))
