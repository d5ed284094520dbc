"""Edit a group's tags: list the tags to review, preview a rename or merge, and apply it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from kb.errors import FlorilegeError, Invalid, NotFound
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
from kb.web.ui.group_header import (
    TAGS,
    GroupHeader,
    GroupListHeader,
    header_of_group,
    list_header_of_group,
    search_form_of_group,
)
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

MOST_CHOOSABLE_TAGS = 500
_DELETING = "delete"


@dataclass(frozen=True, slots=True)
class TagBox:
    """A tag to choose; `href` links to the actions on it."""

    label: str
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class SimilarTagsRow:
    """Similar tags, in a row; `href` links to their merge."""

    tags: tuple[TagBox, ...]
    href: str


@dataclass(frozen=True, slots=True)
class TagChooserPage:
    """Tags to choose from; `similar_tag_groups` are groups of similar tags."""

    title: str
    top: GroupListHeader
    head: GroupHeader
    action: str
    wrong: str
    alike: tuple[SimilarTagsRow, ...]
    tags: tuple[TagBox, ...]
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

    title: str
    head: GroupHeader
    form: SearchForm
    form_token: str
    action: str
    wrong: str
    tags: tuple[EditedTag, ...]
    names: tuple[str, ...]
    typed: str
    suggest: str
    sentences: tuple[str, ...]
    searches: tuple[Link, ...]
    left: tuple[Link, ...]
    act: str
    button: str
    delete: str
    back: str


def tag_edit_address(context: RequestContext, slug: str, labels: tuple[str, ...] = (), **given: str) -> str:
    """The page that edits a group's tags; with tags, the actions on these."""
    pairs = [*(("tag", label) for label in labels), *given.items()]
    carried = context.choice.url_language
    query = urlencode([*pairs, *((("lang", carried),) if carried else ())])
    return f"{ListingScope(slug).path}/tags/edit" + (f"?{query}" if query else "")


def tag_edit_page(context: RequestContext) -> Response:
    """The tags to choose from, or the actions on those in the address. For moderators."""
    labels = _labels(context)
    if not labels:
        return _chooser_response(context)
    try:
        return _edit_response(context, labels, context.param("name"), deleting=context.param("act") == _DELETING)
    except (Invalid, NotFound) as error:
        return _page_with_error(context, labels, error)


def handle_tag_edit_post(context: RequestContext) -> Response:
    """Rename tags, or delete them; an error is shown above the form."""
    labels = tuple(dict.fromkeys(value for name, value in context.fields if name == "tag"))
    try:
        return _apply_form(context, labels)
    except (Invalid, NotFound) as error:
        return _page_with_error(context, labels, error)


def _apply_form(context: RequestContext, labels: tuple[str, ...]) -> Response:
    library, actor, slug = context.library, context.actor, context.path_params["group"]
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
    return tuple(dict.fromkeys(value for name, value in context.params if name == "tag" and value.strip()))


def _group_to_moderate(context: RequestContext) -> Group:
    return group_for_tag_edit(context.library, context.actor, context.path_params["group"])


def _page_with_error(context: RequestContext, labels: tuple[str, ...], error: FlorilegeError) -> Response:
    """The page with an error; without its tags, if they are invalid."""
    typed = context.form_value("name") or context.param("name")
    _group_to_moderate(context)
    try:
        return _edit_response(context, labels, typed, error)
    except (Invalid, NotFound):
        return _chooser_response(context, error)


def _chooser_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    group, words = _group_to_moderate(context), context.words
    top = list_header_of_group(context, group, TAGS)
    every = tag_counts(context.library, context.actor, group.slug)
    wanted = label_sort_key(top.q).strip()
    held = [one for one in every if wanted in label_sort_key(one.label)]
    left = len(held) - MOST_CHOOSABLE_TAGS
    head = header_of_group(context, group, TAGS, below=words.say("Put the tags in order"))
    page = TagChooserPage(
        title=f"{head.title} – {group.name}",
        top=top,
        head=head,
        action=tag_edit_address(context, group.slug),
        wrong=words.sentence(error) if error else "",
        alike=() if wanted else tuple(_similar_tags(one.tags, context, group) for one in similar_tag_groups(every)),
        tags=tuple(_box(one, context, group) for one in held[:MOST_CHOOSABLE_TAGS]),
        left_out=words.plural("%(count)s less used tag is not here", "%(count)s less used tags are not here", left)
        if left > 0
        else "",
    )
    return render(context, "tags/tag_management.html", page, 200 if error is None else 404 if _is_gone(error) else 400)


def _similar_tags(some: tuple[TagCount, ...], context: RequestContext, group: Group) -> SimilarTagsRow:
    labels = tuple(one.label for one in some[:MOST_MERGED])
    boxes = tuple(_box(one, context, group) for one in some[:MOST_MERGED])
    return SimilarTagsRow(boxes, tag_edit_address(context, group.slug, labels, name=labels[0]))


def _box(one: TagCount, context: RequestContext, group: Group) -> TagBox:
    return TagBox(one.label, context.words.number(one.count), tag_edit_address(context, group.slug, (one.label,)))


def _edit_response(
    context: RequestContext,
    labels: tuple[str, ...],
    typed: str,
    error: FlorilegeError | None = None,
    *,
    deleting: bool = False,
) -> Response:
    words, slug = context.words, context.path_params["group"]
    seen = tag_rename_preview(context.library, context.actor, slug, labels, "" if error else typed)
    found, group = tuple(one.label for one in seen.tags), seen.group
    asked = bool(typed.strip()) and not error
    title = _title(found, context)

    def saved(some: tuple[SavedSearch, ...]) -> tuple[Link, ...]:
        return tuple(Link(one.name, context.addresses.listing(ListingScope(saved=one), one.request)) for one in some)

    left = (*seen.searches, *seen.left) if deleting else seen.left
    page = TagEditPage(
        title=f"{title} – {group.name}",
        head=header_of_group(context, group, TAGS, below=title),
        form=search_form_of_group(context, group),
        form_token=context.form_token,
        action=tag_edit_address(context, slug),
        wrong=words.sentence(error) if error else "",
        tags=tuple(_edited_tag(one, context, group) for one in seen.tags),
        names=found,
        typed=typed or ("" if len(found) == 1 else seen.name),
        suggest=tag_autocomplete_address(slug),
        sentences=_deletion_sentences(seen, context) if deleting else _rename_sentences(seen, context) if asked else (),
        searches=saved(seen.searches) if asked and not deleting else (),
        left=saved(left) if asked or deleting else (),
        act=_DELETING if deleting else "rename",
        button=_button(seen, context, deleting=deleting),
        delete=tag_edit_address(context, slug, found, act=_DELETING),
        back=tag_edit_address(context, slug),
    )
    return render(context, "tags/tag_edit.html", page, 400 if error else 200)


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


def _rename_sentences(seen: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    """The effect of a rename, in sentences."""
    words = context.words
    said = [
        words.plural(
            "%(count)s item will bear “%(name)s”.", "%(count)s items will bear “%(name)s”.", seen.items, name=seen.name
        )
    ]
    if seen.there is not None:
        said.append(
            words.plural(
                "“%(name)s” is already on %(count)s item: they become one tag.",
                "“%(name)s” is already on %(count)s items: they become one tag.",
                seen.there.count,
                name=seen.name,
            )
        )
    if seen.searches:
        said.append(words.say("The saved searches of the group that name it will follow:"))
    said += _terms(seen, context)
    said.append(
        words.say("Feeds and bookmarks of the old tag will find nothing new; its page will lead to the new name.")
    )
    return tuple(said)


def _deletion_sentences(seen: TagRenamePreview, context: RequestContext) -> tuple[str, ...]:
    words = context.words
    return (
        words.plural(
            "%(count)s item will lose this tag; nothing else of it changes.",
            "%(count)s items will lose this tag; nothing else of them changes.",
            seen.items,
        ),
        *_terms(seen, context),
    )


def _terms(seen: TagRenamePreview, context: RequestContext) -> list[str]:
    words = context.words
    return [
        words.say("“%(term)s” is a term of the vocabulary, which stays as it is.", term=term) for term in seen.terms
    ]


def _button(seen: TagRenamePreview, context: RequestContext, *, deleting: bool) -> str:
    words = context.words
    if deleting:
        return words.say("Take it away from these items")
    return words.say("Put them together") if seen.there or len(seen.tags) > 1 else words.say("Rename")


def _is_gone(error: FlorilegeError) -> bool:
    return isinstance(error, NotFound)
