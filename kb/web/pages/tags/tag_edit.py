"""Edit some tags of a group: preview a rename or merge, and apply it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.group import Group
from kb.model.saved_search import SavedSearch
from kb.services.tags.tag_edit import (
    TagRenamePreview,
    TagSpellings,
    delete_tags,
    rename_tags,
    tag_rename_preview,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.pages.tags.tag_management import (
    PAGE_BEFORE,
    place_before,
    tag_edit_address,
    tag_list_address,
    tag_management_page,
)
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group
from kb.web.ui.rendering import render

_DELETING = "delete"


@dataclass(frozen=True, slots=True)
class EditedTag:
    """A tag, and its items; `ways` lists its spellings, if there are several."""

    link: Link
    ways: str


@dataclass(frozen=True, slots=True)
class TagEditPage:
    """The actions on some tags. `sentences` describe the effect, once it is known: then `act` does it.

    `names` are the tags that the form sends again; `typed` is the typed name. `place` is the place in the list of tags
    from which the user comes, and `back` its address.
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
    place: Pairs
    back: str


def _edit_response(context: RequestContext) -> Response:
    """The actions on the tags of the request; with an error, without a preview."""
    slug, labels, failed = context.path_params["group"], _labels(context), context.form_error
    before = place_before(context)
    place = before.pairs(PAGE_BEFORE) if before else ()
    typed = context.form_value("name") or context.param("name")
    deleting = not failed and context.param("act") == _DELETING
    preview = tag_rename_preview(context.library, context.actor, slug, labels, "" if failed else typed)
    names, group = tuple(tag.label for tag in preview.tags), preview.group
    has_name = bool(typed.strip()) and not failed and not _is_unchanged(preview.tags, typed)
    title = _title(names, context)

    def links(some: tuple[SavedSearch, ...]) -> tuple[Link, ...]:
        return tuple(
            Link(search.name, context.addresses.listing(ListingScope(saved=search), search.request)) for search in some
        )

    searches = (*preview.searches, *preview.left) if deleting else preview.left
    page = TagEditPage(
        head=header_of_group(context, group, TAGS, below=title),
        tags=tuple(_edited_tag(tag, context, group) for tag in preview.tags),
        names=names,
        typed=typed or preview.name,
        suggest=tag_autocomplete_address(slug),
        sentences=_deletion_sentences(preview, context)
        if deleting
        else _rename_sentences(preview, context)
        if has_name
        else (),
        searches=links(preview.searches) if has_name and not deleting else (),
        left=links(searches) if has_name or deleting else (),
        act=_DELETING if deleting else "rename",
        merges=bool(preview.there) or len(preview.tags) > 1,
        delete=tag_edit_address(context, slug, names, (("act", _DELETING), *place)),
        place=place,
        back=tag_list_address(context, slug, before),
    )
    return render(context, "tags/tag_edit.html", page)


_edit_page = handle_form(tag_management_page, {NotFound: 404})(_edit_response)
"""The actions on the tags; the tags to choose from, if the tags are invalid."""


@handle_form(_edit_page, {NotFound: 404})
def tag_edit_page(context: RequestContext) -> Response:
    """The tags to choose from, or the actions on those in the address. For moderators.

    A page of the list is asked for with the tags that are ticked already: these stay ticked.
    """
    choosing = context.param("page") or not _labels(context)
    return tag_management_page(context) if choosing else _edit_response(context)


@handle_form(_edit_page, {NotFound: 404})
def handle_tag_edit_post(context: RequestContext) -> Response:
    """Rename tags, or delete them; then the user is where they came from, or at what is left of the tags."""
    library, actor, slug, labels = context.library, context.actor, context.path_params["group"], _labels(context)
    before = place_before(context)
    match context.form_value("act"):
        case "rename":
            done = rename_tags(library, actor, slug, labels, context.form_value("name"))
            key = "tag-renamed" if len(labels) == 1 else "tags-merged"
            after = tag_list_address(context, slug, before) if before else context.addresses.tag(slug, done.name)
            return redirect_with_flash(after, key, done.undo or "")
        case "delete":
            done = delete_tags(library, actor, slug, labels)
            after = tag_list_address(context, slug, before) if before else context.addresses.group(slug, TAGS)
            return redirect_with_flash(after, "tag-deleted", done.undo or "")
        case _:
            raise Invalid("The request is not a form of this site.")


def _labels(context: RequestContext) -> tuple[str, ...]:
    """The chosen tags, in the form or in the address."""
    pairs = context.fields or context.params
    return tuple(dict.fromkeys(value for name, value in pairs if name == "tag" and value.strip()))


def _is_unchanged(tags: tuple[TagSpellings, ...], typed: str) -> bool:
    """Whether the name is that of the only tag, on all items that have it."""
    return [tag.label for tag in tags] == [typed.strip()] and len(tags[0].ways) == 1


def _title(labels: tuple[str, ...], context: RequestContext) -> str:
    translator = context.translator
    if len(labels) == 1:
        return translator.gettext("The tag “%(tag)s”", tag=labels[0])
    return translator.ngettext("%(count)s tag to merge", "%(count)s tags to merge", len(labels))


def _edited_tag(tag_spellings: TagSpellings, context: RequestContext, group: Group) -> EditedTag:
    translator = context.translator
    count = translator.ngettext("%(count)s item", "%(count)s items", tag_spellings.count)
    written = ", ".join(f"{tag} ({translator.number(number)})" for tag, number in tag_spellings.ways)
    ways = translator.gettext("written in several ways: %(ways)s", ways=written) if len(tag_spellings.ways) > 1 else ""
    return EditedTag(Link(tag_spellings.label, context.addresses.tag(group.slug, tag_spellings.label), count), ways)


def _rename_sentences(preview: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    """The effect of a rename, in sentences."""
    translator = context.translator
    sentences = [
        translator.ngettext(
            "%(count)s item will have the tag “%(name)s”.",
            "%(count)s items will have the tag “%(name)s”.",
            preview.items,
            name=preview.name,
        )
    ]
    if preview.there is not None:
        sentences.append(
            translator.ngettext(
                "“%(name)s” is already on %(count)s item: they become one tag.",
                "“%(name)s” is already on %(count)s items: they become one tag.",
                preview.there.count,
                name=preview.name,
            )
        )
    if preview.searches:
        sentences.append(translator.gettext("The saved searches of the group that name it will follow:"))
    sentences += _terms(preview, context)
    sentences.append(
        translator.gettext(
            "Feeds and bookmarks of the old tag will find nothing new; its page will lead to the new name."
        )
    )
    return tuple(sentences)


def _deletion_sentences(preview: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    translator = context.translator
    return (
        translator.ngettext(
            "%(count)s item will lose this tag; nothing else of it changes.",
            "%(count)s items will lose this tag; nothing else of them changes.",
            preview.items,
        ),
        *_terms(preview, context),
    )


def _terms(preview: TagRenamePreview, context: RequestContext) -> list[str]:
    translator = context.translator
    return [
        translator.gettext("“%(term)s” is a term of the vocabulary, which stays as it is.", term=term)
        for term in preview.terms
    ]
