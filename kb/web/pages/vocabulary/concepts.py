"""Adding, changing and taking away one term of a group's vocabulary, and taking that back."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.vocabulary import LONGEST_LABEL, ConceptText
from kb.services.groups.group_languages import languages_of
from kb.services.vocabulary.concept_fields import Wording
from kb.services.vocabulary.concepts import (
    Changed,
    Editing,
    Kept,
    UnknownTerms,
    drop_concept,
    edited_vocabulary,
    keep_concept,
)
from kb.web.http.context import Context
from kb.web.http.listing_scope import Pairs
from kb.web.pages.vocabulary.concept_fields import (
    Relation,
    Section,
    pairs_of,
    relations_of,
    sections_of,
    told,
    wording_of_fields,
)
from kb.web.pages.vocabulary.vocabulary import found_address, term_address
from kb.web.ui.fragments import Link
from kb.web.ui.group_header import VOCABULARY, GroupHead, form_of, head_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

LARGEST_TERM = 1 << 20
"""Bytes of a form: some hundred labels in many languages, and notes."""
MOST_CHOICES = 500
"""Terms that are proposed for links; of a larger vocabulary, those that look like what was typed."""
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as somebody else left it, and as it was sent."""

    label: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class TermPage:
    """The form of one term. `uri` is empty for a new one; `version` is that of the term which the form changes.

    `near` are terms that look like those which are not there; `differences` what somebody else has changed meanwhile.
    """

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    uri: str
    version: str
    wrong: str
    near: tuple[str, ...]
    differences: tuple[Difference, ...]
    sections: tuple[Section, ...]
    relations: tuple[Relation, ...]
    notation: str
    choices: tuple[str, ...]
    remove: str
    back: str


@dataclass(frozen=True, slots=True)
class RemovePage:
    """What taking a term away would do."""

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    uri: str
    version: str
    wrong: str
    lead: str
    back: str


@dataclass(frozen=True, slots=True)
class DonePage:
    """What was done, and the form that takes it back: `hidden` are its fields, none when nothing has changed."""

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    done: str
    hidden: Pairs
    ways: tuple[Link, ...]


def term_page(context: Context) -> Response:
    """The form of a term, or of a new one, which may have a name already."""
    editing = _edited(context)
    uri, label = context.param("id").strip(), context.param("label").strip()
    wording, languages = editing.wording(uri), languages_of(editing.group, context.library.settings)
    if uri and wording is None:
        raise NotFound("This term is not in the vocabulary.")
    if wording is None:
        wording = Wording((ConceptText(languages[0], label[:LONGEST_LABEL]),) if label else ())
    fields = pairs_of(wording, lambda one: editing.term(one, context.words.language), languages[:1])
    return _form(context, editing, uri, fields, version=editing.version(uri))


def act_on_term(context: Context) -> Response:
    """Keep what was written, or take back what was done."""
    try:
        kept = _kept(context)
    except (Invalid, Changed) as error:
        return _again(context, error)
    return _done(context, kept, undone=context.form_value("act") == "undo")


def remove_page(context: Context) -> Response:
    """What taking a term away would do, and the question whether to."""
    return _removal(context, context.param("id").strip())


def remove_term(context: Context) -> Response:
    """Take a term away, as it was when one was asked."""
    group, uri = context.path_params["group"], context.form_value("id")
    try:
        kept = drop_concept(context.library, context.actor, group, uri, version=context.form_value("version"))
    except Changed as error:
        return _removal(context, uri, error)
    return _done(context, kept)


def _kept(context: Context) -> Kept:
    library, actor, group, uri = context.library, context.actor, context.path_params["group"], context.form_value("id")
    wording, version = wording_of_fields(context.fields), context.form_value("version")
    match context.form_value("act"):
        case "save":
            return keep_concept(library, actor, group, uri, wording, version=version)
        case "undo" if context.form_value("before") == GONE:
            return drop_concept(library, actor, group, uri, version=version)
        case "undo":
            return keep_concept(library, actor, group, uri, wording, version=version, anew=True)
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _edited(context: Context) -> Editing:
    return edited_vocabulary(context.library, context.actor, context.path_params["group"])


def _again(context: Context, error: FlorilegeError) -> Response:
    """The form as it was sent, with what is wrong with it."""
    editing, uri = _edited(context), context.form_value("id")
    if not isinstance(error, Changed):
        return _form(context, editing, uri, context.fields, version=context.form_value("version"), error=error)
    theirs, mine = (
        told(one, editing, context.words)
        for one in (editing.wording(uri) or Wording(), wording_of_fields(context.fields))
    )
    differences = tuple(Difference(name, theirs[name], mine[name]) for name in theirs if theirs[name] != mine[name])
    version = editing.version(uri)
    return _form(context, editing, uri, context.fields, version=version, error=error, differences=differences)


def _form(
    context: Context,
    editing: Editing,
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
    page = TermPage(
        title=f"{name} – {group.name}",
        head=head_of(context, group, VOCABULARY, below=name),
        form=form_of(context, group),
        form_token=context.form_token,
        action=term_address(context, group.slug),
        uri=uri,
        version=version,
        wrong=words.sentence(error) if error else "",
        near=error.near if isinstance(error, UnknownTerms) else (),
        differences=differences,
        sections=sections_of(fields, words),
        relations=relations_of(fields, words),
        notation="\n".join(value for name, value in fields if name == "notation"),
        choices=tuple(sorted(choices)) if len(concepts) <= MOST_CHOICES else (),
        remove=term_address(context, group.slug, "remove", id=uri) if concept else "",
        back=_back(context, editing, uri),
    )
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return render(context, "vocabulary/concept.html", page, status)


def _removal(context: Context, uri: str, error: FlorilegeError | None = None) -> Response:
    editing, words = _edited(context), context.words
    concept, wording = editing.vocabulary.get(uri), editing.wording(uri)
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
    page = RemovePage(
        title=words.say("Remove “%(term)s”", term=name),
        head=head_of(context, editing.group, VOCABULARY, below=words.say("Remove “%(term)s”", term=name)),
        form=form_of(context, editing.group),
        form_token=context.form_token,
        action=term_address(context, editing.group.slug, "remove"),
        uri=uri,
        version=editing.version(uri),
        wrong=words.sentence(error) if error else "",
        lead=" ".join(sentences),
        back=_back(context, editing, uri),
    )
    return render(context, "vocabulary/concept_delete.html", page, 409 if error else 200)


def _done(context: Context, kept: Kept, *, undone: bool = False) -> Response:
    """What was done, with the way back: the form bears what was said before, and nothing of it is kept elsewhere."""
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
            Link(words.say("See it in the vocabulary"), found_address(context, slug, name)),
            Link(words.say("Change it again"), term_address(context, slug, id=kept.uri)),
        )
        if kept.now
        else ()
    )
    page = DonePage(
        title=f"{title} – {kept.group.name}",
        head=head_of(context, kept.group, VOCABULARY, below=title),
        form=form_of(context, kept.group),
        form_token=context.form_token,
        action=term_address(context, slug),
        done=done,
        hidden=_way_back(kept) if kept.now != kept.before else (),
        ways=(
            *here,
            Link(words.say("Add another term"), term_address(context, slug)),
            Link(words.say("The whole vocabulary"), context.addresses.group(slug, VOCABULARY)),
        ),
    )
    return render(context, "vocabulary/concept_saved.html", page)


def _way_back(kept: Kept) -> Pairs:
    fields = pairs_of(kept.before, str) if kept.before else (("before", GONE),)
    return (("id", kept.uri), ("version", kept.version), *fields)


def _back(context: Context, editing: Editing, uri: str) -> str:
    """Where one came from: the term in the vocabulary, or all of it."""
    concept, slug = editing.vocabulary.get(uri), editing.group.slug
    if concept is None:
        return context.addresses.group(slug, VOCABULARY)
    return found_address(context, slug, concept.label(context.words.language))
