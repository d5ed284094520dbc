"""Edit a group's tags: list the tags to review, preview a rename or merge, and apply it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.group import Group
from kb.model.saved_search import SavedSearch
from kb.search.index_search import label_sort_key
from kb.services.tags.similar_tags import similar_tag_groups
from kb.services.tags.tag_edit import (
    MOST_MERGED,
    TagRenamePreview,
    TagSpellings,
    delete_tags,
    group_for_tag_edit,
    rename_tags,
    tag_rename_preview,
)
from kb.services.tags.tags import TagCount, tag_counts
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.listing_scope import ListingScope
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group, list_filter
from kb.web.ui.rendering import render

MOST_CHOOSABLE_TAGS = 500
_DELETING = "delete"


@dataclass(frozen=True, slots=True)
class SimilarTagsRow:
    """Similar tags with their counts, in a row; `href` links to their merge."""

    tags: tuple[Link, ...]
    href: str


@dataclass(frozen=True, slots=True)
class TagChooserPage:
    """Tags to choose from, filtered by `q`; `similar` are groups of similar tags."""

    head: GroupHeader
    q: str
    similar: tuple[SimilarTagsRow, ...]
    tags: tuple[Link, ...]
    left_out: str


@dataclass(frozen=True, slots=True)
class EditedTag:
    """A tag, and its items; `ways` lists its spellings, if there are several."""

    link: Link
    ways: str


@dataclass(frozen=True, slots=True)
class TagEditPage:
    """The actions on some tags. `sentences` describe the effect, once it is known: then `act` does it.

    `names` are the tags that the form sends again; `typed` is the typed name.
    """

    head: GroupHeader
    tags: tuple[EditedTag, ...]
    names: tuple[str, ...]
    typed: str
    suggest: str
    sentences: tuple[str, ...]
    searches: tuple[Link, ...]
    left: tuple[Link, ...]
    act: str
    merges: bool
    delete: str


def tag_edit_address(context: RequestContext, slug: str, labels: tuple[str, ...] = (), **given: str) -> str:
    """The page that edits a group's tags; with tags, the actions on these."""
    pairs = (*(("tag", label) for label in labels), *given.items())
    return context.addresses.group(slug, f"{TAGS}/edit", pairs)


def _chooser_page(context: RequestContext) -> Response:
    group = group_for_tag_edit(context.library, context.actor, context.path_params["group"])
    words, q = context.words, list_filter(context)
    every = tag_counts(context.library, context.actor, group.slug)
    wanted = label_sort_key(q).strip()
    found = [one for one in every if wanted in label_sort_key(one.label)]
    left = len(found) - MOST_CHOOSABLE_TAGS
    title = words.say("Put the tags in order")
    page = TagChooserPage(
        head=header_of_group(context, group, TAGS, below=title),
        q=q,
        similar=() if wanted else tuple(_similar_tags(one.tags, context, group) for one in similar_tag_groups(every)),
        tags=tuple(_tag_link(one, context, group) for one in found[:MOST_CHOOSABLE_TAGS]),
        left_out=words.plural("%(count)s less used tag is not here", "%(count)s less used tags are not here", left)
        if left > 0
        else "",
    )
    return render(context, "tags/tag_management.html", page)


def _edit_response(context: RequestContext) -> Response:
    """The actions on the tags of the request; with an error, without a preview."""
    slug, labels, failed = context.path_params["group"], _labels(context), context.form_error
    typed = context.form_value("name") or context.param("name")
    deleting = not failed and context.param("act") == _DELETING
    preview = tag_rename_preview(context.library, context.actor, slug, labels, "" if failed else typed)
    found, group = tuple(one.label for one in preview.tags), preview.group
    asked = bool(typed.strip()) and not failed
    title = _title(found, context)

    def links(some: tuple[SavedSearch, ...]) -> tuple[Link, ...]:
        return tuple(Link(one.name, context.addresses.listing(ListingScope(saved=one), one.request)) for one in some)

    left = (*preview.searches, *preview.left) if deleting else preview.left
    page = TagEditPage(
        head=header_of_group(context, group, TAGS, below=title),
        tags=tuple(_edited_tag(one, context, group) for one in preview.tags),
        names=found,
        typed=typed or ("" if len(found) == 1 else preview.name),
        suggest=tag_autocomplete_address(slug),
        sentences=_deletion_sentences(preview, context)
        if deleting
        else _rename_sentences(preview, context)
        if asked
        else (),
        searches=links(preview.searches) if asked and not deleting else (),
        left=links(left) if asked or deleting else (),
        act=_DELETING if deleting else "rename",
        merges=bool(preview.there) or len(preview.tags) > 1,
        delete=tag_edit_address(context, slug, found, act=_DELETING),
    )
    return render(context, "tags/tag_edit.html", page)


_edit_page = handle_form(_chooser_page, {NotFound: 404})(_edit_response)
"""The actions on the tags; the tags to choose from, if the tags are invalid."""


@handle_form(_edit_page, {NotFound: 404})
def tag_edit_page(context: RequestContext) -> Response:
    """The tags to choose from, or the actions on those in the address. For moderators."""
    return _edit_response(context) if _labels(context) else _chooser_page(context)


@handle_form(_edit_page, {NotFound: 404})
def handle_tag_edit_post(context: RequestContext) -> Response:
    """Rename tags, or delete them."""
    library, actor, slug, labels = context.library, context.actor, context.path_params["group"], _labels(context)
    match context.form_value("act"):
        case "rename":
            done = rename_tags(library, actor, slug, labels, context.form_value("name"))
            key = "tag-renamed" if len(labels) == 1 else "tags-merged"
            return redirect_with_flash(context.addresses.tag(slug, done.name), key, done.undo or "")
        case "delete":
            done = delete_tags(library, actor, slug, labels)
            return redirect_with_flash(context.addresses.group(slug, TAGS), "tag-deleted", done.undo or "")
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _labels(context: RequestContext) -> tuple[str, ...]:
    """The chosen tags, in the form or in the address."""
    pairs = context.fields or context.params
    return tuple(dict.fromkeys(value for name, value in pairs if name == "tag" and value.strip()))


def _similar_tags(some: tuple[TagCount, ...], context: RequestContext, group: Group) -> SimilarTagsRow:
    labels = tuple(one.label for one in some[:MOST_MERGED])
    boxes = tuple(_tag_link(one, context, group) for one in some[:MOST_MERGED])
    return SimilarTagsRow(boxes, tag_edit_address(context, group.slug, labels, name=labels[0]))


def _tag_link(one: TagCount, context: RequestContext, group: Group) -> Link:
    return Link(one.label, tag_edit_address(context, group.slug, (one.label,)), context.words.number(one.count))


def _title(labels: tuple[str, ...], context: RequestContext) -> str:
    words = context.words
    if len(labels) == 1:
        return words.say("The tag “%(tag)s”", tag=labels[0])
    return words.plural("%(count)s tag to be put together", "%(count)s tags to be put together", len(labels))


def _edited_tag(one: TagSpellings, context: RequestContext, group: Group) -> EditedTag:
    words = context.words
    count = words.plural("%(count)s item", "%(count)s items", one.count)
    written = ", ".join(f"{tag} ({words.number(number)})" for tag, number in one.ways)
    ways = words.say("written in several ways: %(ways)s", ways=written) if len(one.ways) > 1 else ""
    return EditedTag(Link(one.label, context.addresses.tag(group.slug, one.label), count), ways)


def _rename_sentences(preview: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    """The effect of a rename, in sentences."""
    words = context.words
    sentences = [
        words.plural(
            "%(count)s item will bear “%(name)s”.",
            "%(count)s items will bear “%(name)s”.",
            preview.items,
            name=preview.name,
        )
    ]
    if preview.there is not None:
        sentences.append(
            words.plural(
                "“%(name)s” is already on %(count)s item: they become one tag.",
                "“%(name)s” is already on %(count)s items: they become one tag.",
                preview.there.count,
                name=preview.name,
            )
        )
    if preview.searches:
        sentences.append(words.say("The saved searches of the group that name it will follow:"))
    sentences += _terms(preview, context)
    sentences.append(
        words.say("Feeds and bookmarks of the old tag will find nothing new; its page will lead to the new name.")
    )
    return tuple(sentences)


def _deletion_sentences(preview: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    words = context.words
    return (
        words.plural(
            "%(count)s item will lose this tag; nothing else of it changes.",
            "%(count)s items will lose this tag; nothing else of them changes.",
            preview.items,
        ),
        *_terms(preview, context),
    )


def _terms(preview: TagRenamePreview, context: RequestContext) -> list[str]:
    words = context.words
    return [
        words.say("“%(term)s” is a term of the vocabulary, which stays as it is.", term=term) for term in preview.terms
    ]
