"""The page of an item with its annotations and the user's actions, and the redirect to the item's own address."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.responses import RedirectResponse, Response

from kb.access.actor import Action
from kb.citations import embedded_metadata
from kb.citations.citation import citation_of
from kb.citations.schema_org import LinkedData, Quotation, schema_org_page
from kb.errors import NotFound, Unavailable
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.annotation_address import part_permalinks
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Group
from kb.model.people.mention import mentioned_logins
from kb.model.people.user import User
from kb.model.search_request import SearchRequest
from kb.model.web_pages.page_fetch import Fetch
from kb.services.annotations.private_notes import item_with_private_notes, may_write_private_note
from kb.services.groups.group_views import allowed_actions
from kb.services.item_actions.duplicates import duplicates_of_item, merged_into
from kb.services.items.items import ItemView, item_page
from kb.services.items.related_items import similar_items
from kb.services.items.view_counts import count_view, is_robot, item_without_counting
from kb.services.mentions.mentions import mark_item_mentions_seen, users_mentioned_in_item
from kb.services.page_fetch.fetch_requests import awaited_fetch
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.annotations.annotation_buttons import AnnotationActions, annotation_actions_of
from kb.web.pages.annotations.annotation_forms import AnnotationForm, AnnotationFormKind, annotation_form
from kb.web.pages.annotations.annotation_view import AnnotationBlock, AnnotationBlockBuilder, Marks
from kb.web.pages.items.item_file import ItemFileLink, item_file_link
from kb.web.pages.items.page_copy import CopyLine, copy_line
from kb.web.pages.items.reading_list import ReadingListForm, reading_list_form
from kb.web.pages.links.link_status import DeadLinkNotice, dead_link_notice, fetch_sentence
from kb.web.ui.display_text import (
    Link,
    MarkedPieces,
    TagLink,
    foreign_language,
    joined_text,
    title_or_url,
    unmarked,
    web_host,
)
from kb.web.ui.group_header import DUPLICATES, archived_notice
from kb.web.ui.item_links import ItemLine, breadcrumb, group_link, item_line
from kb.web.ui.link_preview import LinkPreview, link_preview_of
from kb.web.ui.page_weight import page_of_part, pages_of_item
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

_AFTER_TEXT = frozenset({"annotated", "annotated-sourced", "replied", "words-changed"})
"""Flash messages about a text that was just sent."""


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One note: `passage` and `body` as stored; `change` and `removal` link to the forms that edit and delete it."""

    passage: str
    body: str
    change: str
    removal: str


@dataclass(frozen=True, slots=True)
class ItemActions:
    """`edit` and `move` link to forms, `likes` is the address of the like buttons, `own` links to the user's own item,
    with the id `own_id`.

    All are empty, and forms None, for a user without the right.
    """

    edit: str
    move: str
    later: ReadingListForm | None
    likes: str
    passage: AnnotationForm | None
    comment: AnnotationForm | None
    private: AnnotationForm | None
    notes: tuple[PrivateNote, ...]
    own: str
    own_id: str


def item_actions_of(context: RequestContext, item: Item, group: Group) -> ItemActions | None:
    """The actions of a logged-in user; None for an anonymous visitor."""
    if context.actor.user_id is None:
        return None
    addresses, own = context.addresses, item_with_private_notes(context.library, context.actor, item, group)
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group)
    may_note = may_write_private_note(context.actor, group)

    def form(kind: AnnotationFormKind, part: str, slug: str = "") -> AnnotationForm:
        return annotation_form(context, kind, addresses.of_item(item.id, part), AnnotationFields(), slug, item=item)

    return ItemActions(
        edit=addresses.of_item(item.id, "edit") if contributes else "",
        move=addresses.of_item(item.id, "move"),
        later=reading_list_form(context, item),
        likes=addresses.of_item(item.id, "like") if contributes else "",
        passage=form(AnnotationFormKind.PASSAGE, "annotate", group.slug) if contributes else None,
        comment=form(AnnotationFormKind.COMMENT, "annotate", group.slug) if contributes else None,
        private=form(AnnotationFormKind.PRIVATE, "private") if may_note else None,
        notes=tuple(_note(context, own, annotation) for annotation in own.annotations) if own else (),
        own=addresses.item(own.id) if own else "",
        own_id=own.id if own else "",
    )


def _note(context: RequestContext, own: Item, annotation: Annotation) -> PrivateNote:
    change = context.addresses.of_item(own.id, "words", (("part", annotation.id),))
    is_own = annotation.author is not None and annotation.author.id == context.actor.user_id
    removal = context.addresses.moderation_action(own.id, annotation.id)
    return PrivateNote(annotation.quote or "", annotation.body or "", change if is_own else "", removal)


@dataclass(frozen=True, slots=True)
class ItemFact:
    """One line about the item; `href` links to the items of the group with the same value, if there is such a
    search.
    """

    name: str
    value: MarkedPieces
    href: str = ""


@dataclass(frozen=True, slots=True)
class ItemPage:
    """`breadcrumb` leads to the group, `back` to the list that the user came from.

    `actions` are the user's actions on the item as on any part of it, `own_actions` those of a logged-in user alone;
    `is_moderated`: there may be moderation actions on a part. `people` are the users mentioned in the texts, by login.
    `unknown_mentions` says, by the id of a text that the user has just sent, which of its mentions reach nobody.
    `page_fetch_state` says that the page is still being fetched, to users who may add to the item; a script asks
    `page_fetch_poll` for it, if the reader has asked for the page.
    `file` is the file that was uploaded, `copy` leads to the kept copy of the page. `page_matches` are parts of the
    page's own text with the query's words. `pager` links to the other pages of highlights and comments, if one page
    cannot hold them. `preview` is what other sites show of a link to this page, and `linked_data` what search engines
    read, if everyone may read it.
    """

    title: str
    heading: MarkedPieces
    language: str | None
    form: SearchForm
    breadcrumb: tuple[Link, ...]
    back: Link | None
    external_link: Link | None
    address: str
    facts: tuple[ItemFact, ...]
    description: MarkedPieces
    tags: tuple[TagLink, ...]
    passages: tuple[AnnotationBlock, ...]
    comments: tuple[AnnotationBlock, ...]
    pager: Pager
    similar: tuple[ItemLine, ...]
    id: str
    metadata: tuple[tuple[str, str], ...]
    linked_data: LinkedData | None
    preview: LinkPreview | None
    actions: AnnotationActions
    own_actions: ItemActions | None
    is_moderated: bool
    people: Mapping[str, str]
    unknown_mentions: Mapping[str, str]
    page_fetch_state: str
    page_fetch_poll: str
    file: ItemFileLink | None
    page_matches: MarkedPieces
    duplicates: Link | None
    dead_link: DeadLinkNotice | None
    copy: CopyLine | None
    archived: str


def item_view_page(context: RequestContext) -> Response:
    """The page of one item. With `q`, the words are marked."""
    request, item_id = context.search_request, context.path_params["id"]
    try:
        view = item_page(context.library, context.actor, item_id, request.q, request.vocabulary)
    except NotFound:
        into = merged_into(context.library, context.actor, item_id)
        part = context.param("part") or None
        address = context.addresses.item(into, words=request.q, annotation=part, find_page=part is not None)
        return RedirectResponse(address, status_code=303)
    return render(context, "items/item.html", _page_of(view, context, request))


def _page_of(view: ItemView, context: RequestContext, request: SearchRequest) -> ItemPage:
    item, group, translator, addresses = view.item, view.group, context.translator, context.addresses
    marks, title, host = Marks(view.matches), title_or_url(view.item), web_host(view.item.url)
    pages = pages_of_item(item)
    number = _page_number(context, item, len(pages))
    builder = AnnotationBlockBuilder(
        item, translator, partial(addresses.place, item.id, find_page=len(pages) > 1), marks
    )
    actions, own_actions = annotation_actions_of(context, item, group), item_actions_of(context, item, group)
    blocks = tuple(builder.block(annotation, actions) for annotation in pages[number - 1])
    preview = link_preview_of(context, group, "article", title, _preview_text(item))
    if context.method == "GET" and not context.is_prefetch:
        mark_item_mentions_seen(context.library, context.actor, item, pages[number - 1])
    people = users_mentioned_in_item(context.library, item, group)
    fetch, reader = _awaited_fetch(context, view), context.actor.user_id
    return ItemPage(
        title=title,
        heading=marks.of("title", None, title),
        language=foreign_language(item, translator),
        form=search_form_of(context, request),
        breadcrumb=breadcrumb(context, group_link(context, group)),
        back=_back(context, group.slug, request.q),
        external_link=Link(host, addresses.go(item.id), title) if host else None,
        address=item.url or "",
        facts=_facts(item, marks, context, ListingScope(group.slug)),
        description=marks.of("description", None, item.description or ""),
        tags=tuple(TagLink(marks.of("tag", None, tag), addresses.tag(group.slug, tag)) for tag in item.tags),
        passages=tuple(block for block in blocks if block.kind != AnnotationKind.COMMENT),
        comments=tuple(block for block in blocks if block.kind == AnnotationKind.COMMENT),
        pager=pager_of_address(context, number, len(pages), "part"),
        similar=_similar(context, item.id, own_actions.own_id if own_actions else ""),
        metadata=embedded_metadata.zotero_meta_tags(citation_of(item, context.library.settings.base_url), translator),
        id=item.id,
        linked_data=_linked_data(context, item, group) if preview else None,
        preview=preview,
        actions=actions(item.id, item.author),
        own_actions=own_actions,
        is_moderated=context.actor.user_id is not None,
        page_fetch_state=fetch_sentence(fetch, context.translator) if fetch else "",
        page_fetch_poll=context.addresses.own(f"keep/{fetch.id}/state") if fetch and fetch.user_id == reader else "",
        file=item_file_link(context, item),
        page_matches=next((match.pieces for match in view.matches if match.field == "page"), ()),
        duplicates=_duplicates_link(context, view),
        dead_link=dead_link_notice(context, view),
        copy=copy_line(context, item.id, may_edit=own_actions is not None and bool(own_actions.edit)),
        unknown_mentions=_unknown_mentions(context, item, people),
        archived=archived_notice(group, context.translator),
        people={
            login: addresses.listing(ListingScope(group.slug), SearchRequest(group=(group.slug,), author=(login,)))
            for login in people
        },
    )


def _linked_data(context: RequestContext, item: Item, group: Group) -> LinkedData:
    base_url = context.library.settings.base_url
    quoted = (annotation for annotation in item.annotations if annotation.quote and annotation.quote.strip())
    permalink = part_permalinks(item, base_url)
    return schema_org_page(
        citation_of(item, base_url),
        item.tags,
        (Quotation(annotation.quote or "", permalink(annotation.id)) for annotation in quoted),
        Quotation(group.name, base_url + Addresses().group(group.slug)),
        context.translator,
    )


def _unknown_mentions(context: RequestContext, item: Item, people: Mapping[str, User]) -> Mapping[str, str]:
    """The logins in the user's latest text that name nobody here, after that text was sent."""
    if context.actor.user_id is None or context.param("done") not in _AFTER_TEXT:
        return {}
    parts: list[Annotation | Reply] = [
        *item.annotations,
        *(reply for annotation in item.annotations for reply in annotation.replies),
    ]
    own = [part for part in parts if part.author is not None and part.author.id == context.actor.user_id]
    if context.param("done") != "words-changed":
        own = sorted(own, key=lambda part: part.added or "")[-1:]
    messages: dict[str, str] = {}
    for part in own:
        unknown = [f"@{login}" for login in mentioned_logins(part.body or "") if login not in people]
        if unknown:
            messages[part.id] = context.translator.gettext(
                "Nobody in this group has this login, so nobody was notified: %(logins)s", logins=", ".join(unknown)
            )
    return messages


def _preview_text(item: Item) -> str:
    """The description, or else the first passage."""
    return item.description or next((annotation.quote for annotation in item.annotations if annotation.quote), "")


def _page_number(context: RequestContext, item: Item, last: int) -> int:
    """The page that the address asks for: by its number, or by the id of an annotation or a reply on it."""
    number, part_id = context.param("page"), context.param("part")
    if part_id and not number:
        return page_of_part(item, part_id)
    return min(requested_page(number), last)


def redirect_to_web_page(context: RequestContext) -> Response:
    """Count a view and redirect to the page; an item without a web address redirects to its page here.

    HEAD requests, prefetches of browsers and robots are not counted.
    """
    library, actor, item_id = context.library, context.actor, context.path_params["id"]
    if context.method == "HEAD" or context.is_prefetch or is_robot(context.agent):
        item = item_without_counting(library, actor, item_id)
    else:
        item = count_view(library, actor, item_id, context.client, context.agent)
    target = item.url if item.url and web_host(item.url) else context.addresses.item(item_id)
    return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})


def _awaited_fetch(context: RequestContext, view: ItemView) -> Fetch | None:
    """The fetch that the item waits for, for those who may add to it."""
    if Action.CONTRIBUTE not in allowed_actions(context.actor, view.group):
        return None
    return awaited_fetch(context.library, view.item.id)


def _back(context: RequestContext, slug: str, q: str) -> Link | None:
    """The list that led here, unchanged; otherwise the results for the marked words, if there are any."""
    place = ListingScope(slug)
    _ = context.translator.gettext
    path = context.referrer.partition("?")[0]
    if path in (SEARCH_SCOPE.path, place.path) or path.startswith((f"{place.path}/tag/", "/saved/")):
        label = _("Results for “%(query)s”", query=q) if q else _("Back to the list")
        return Link(label, context.referrer)
    if not q:
        return None
    return Link(_("Results for “%(query)s”", query=q), context.addresses.search(SearchRequest(q=q)))


def _similar(context: RequestContext, item_id: str, own_id: str) -> tuple[ItemLine, ...]:
    """Similar items, without the copy of the page in the user's own library.

    Only this part of the page uses the index: without an index, the rest of the page still works.
    """
    try:
        views = similar_items(context.library, context.actor, item_id)
    except Unavailable:
        return ()
    return tuple(
        item_line(context, view.item, group_link(context, view.group)) for view in views if view.item.id != own_id
    )


def _sharers(item: Item, translator: Translator) -> str:
    """The first sharer, and the other users who shared it."""
    first = [item.author.shown_name] if item.author else []
    names = [*first, *(sharer.user.shown_name for sharer in item.sharers)]
    if len(names) < 2:
        return "".join(names)
    return translator.gettext("%(first)s, and by %(others)s", first=names[0], others=", ".join(names[1:]))


def _duplicates_link(context: RequestContext, view: ItemView) -> Link | None:
    """The link to the duplicates of the item in the group, for contributors."""
    translator, twins = context.translator, duplicates_of_item(context.library, context.actor, view)
    if not twins:
        return None
    label = translator.ngettext(
        "This group has %(count)s other item of the same page.",
        "This group has %(count)s other items of the same page.",
        len(twins),
    )
    return Link(label, context.addresses.group(view.group.slug, DUPLICATES))


def _facts(item: Item, marks: Marks, context: RequestContext, scope: ListingScope) -> tuple[ItemFact, ...]:
    translator = context.translator
    _ = translator.gettext

    def same(name: str, value: str | None) -> str:
        if not value:
            return ""
        return context.addresses.listing(scope, scope.cleared(SearchRequest()).with_value(name, value))

    facts = (
        ItemFact(_("Source"), marks.of("source", None, item.source or ""), same("source", item.source)),
        ItemFact(_("Author"), marks.of("byline", None, item.byline or ""), same("byline", item.byline)),
        ItemFact(_("Published"), unmarked(translator.period(item.published) if item.published else "")),
        ItemFact(
            _("Shared by"),
            unmarked(_sharers(item, translator)),
            same("author", item.author.login) if item.author and not item.sharers else "",
        ),
        ItemFact(_("Added"), unmarked(translator.instant(item.added) if item.added else "")),
        ItemFact(_("Changed"), unmarked(translator.instant(item.updated) if item.updated else "")),
        ItemFact(
            _("Language"),
            unmarked(translator.language_name(item.language) if item.language else ""),
            same("language", item.language),
        ),
        ItemFact(_("Views"), unmarked(translator.number(item.views))),
    )
    return tuple(fact for fact in facts if joined_text(fact.value))
