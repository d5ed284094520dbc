"""The page of an item with its annotations and the user's actions, and the redirect to the item's own address."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from kb.access.actor import Action
from kb.citations import coins_and_meta_tags
from kb.citations.citation import citation_of
from kb.citations.schema_org_markup import LinkedData, Quotation, schema_org_page
from kb.errors import NotFound, Unavailable
from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.annotation_address import part_permalinks
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.item_file import ItemFile
from kb.model.items.reading_list import ReadingListEntry
from kb.model.people.group import Group
from kb.model.people.mention import mentioned_logins
from kb.model.people.user import User
from kb.model.search_request import REPEATABLE_PARAMETERS, SearchRequest
from kb.model.web_pages.link_check import LinkCheck
from kb.services.annotations.private_notes import item_with_private_notes, may_write_private_note
from kb.services.captures.page_capture import PageCopy, copy_of_item
from kb.services.groups.group_views import allowed_actions
from kb.services.item_actions.duplicates import duplicates_of_item, merged_into
from kb.services.items.items import ItemView, has_page_text, item_page
from kb.services.items.reading_list import reading_list_entries
from kb.services.items.related_items import similar_items
from kb.services.items.view_counts import count_view, is_robot, item_without_counting
from kb.services.links.link_status import visible_link_check
from kb.services.mentions.mentions import users_mentioned_in_item
from kb.services.page_fetch.fetch_requests import awaited_fetch
from kb.web.http.context import LinkLocation, PanelLocation, RequestContext
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.annotations.annotation_buttons import AnnotationActions, annotation_actions_of
from kb.web.pages.annotations.annotation_forms import AnnotationForm, AnnotationFormKind, annotation_form
from kb.web.pages.annotations.annotation_view import AnnotationBlock, AnnotationBlockBuilder, Marks
from kb.web.pages.items.item_file import item_file_with_name
from kb.web.pages.links.link_status import archive_address, fetch_sentence
from kb.web.ui.display_text import (
    Link,
    MarkedPieces,
    TagLink,
    foreign_language,
    joined_text,
    title_or_url,
    web_host,
)
from kb.web.ui.form_options import document_type_name
from kb.web.ui.group_header import archived_notice
from kb.web.ui.item_links import ItemLine, breadcrumb, group_link, item_line
from kb.web.ui.link_preview import LinkPreview, link_preview_of
from kb.web.ui.page_weight import page_of_part, pages_of_item
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import feature_panels, render
from kb.web.ui.search_form import SearchForm, search_form_of

_AFTER_TEXT = frozenset({"annotated", "annotated-sourced", "replied", "words-changed"})
"""Flash messages about a text that was just sent."""
_SHOWN_FIELDS = sorted(
    (record for record in RECORD_FIELDS if record.name not in {"url", "title", "description"}),
    key=lambda record: record.name != "source",
)
"""The fields in the list of facts: the others stand elsewhere on the page."""


@dataclass(frozen=True, slots=True)
class OwnActions:
    """What a logged-in user may do with an item; forms are None without the right. `contributes`: to its group.
    `can_list`: the user may change their reading list, in which the item has an `entry`, or none.

    `own` is the user's own item of the page, with their private notes.
    """

    contributes: bool
    can_list: bool
    entry: ReadingListEntry | None
    passage: AnnotationForm | None
    comment: AnnotationForm | None
    private: AnnotationForm | None
    own: Item | None


def own_actions_of(context: RequestContext, item: Item, group: Group) -> OwnActions | None:
    """The actions of a logged-in user; None for an anonymous visitor."""
    if context.actor.user_id is None:
        return None
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group)

    def form(kind: AnnotationFormKind, part: str, slug: str = "") -> AnnotationForm:
        return annotation_form(
            context, kind, context.addresses.of_item(item.id, part), AnnotationFields(), slug, item=item
        )

    return OwnActions(
        contributes,
        can_list=not context.actor.read_only,
        entry=reading_list_entries(context.library, context.actor, [item.id]).get(item.id),
        passage=form(AnnotationFormKind.PASSAGE, "annotate", group.slug) if contributes else None,
        comment=form(AnnotationFormKind.COMMENT, "annotate", group.slug) if contributes else None,
        private=form(AnnotationFormKind.PRIVATE, "private") if may_write_private_note(context.actor, group) else None,
        own=item_with_private_notes(context.library, context.actor, item, group),
    )


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
    """`back` leads to the list that the user came from, `host` is that of the page itself.

    `actions` are the user's actions on the item as on any part of it, `own_actions` those of a logged-in user alone.
    `people` are the users mentioned in the texts, by login. `unknown_mentions` says, by the id of a text that the user
    has just sent, which of its mentions reach nobody. `page_fetch_state` says that the page is still being fetched, to
    users who may add to the item; a script asks `page_fetch_poll` for it, if the reader has asked for the page.
    `opens_passage_form`: there is no text to mark passages in, and none is awaited.
    `file` is the file that was uploaded, with its name, `copy` the saved copy of the page. `page_matches` are parts
    of the page's own text with the query's words; `text_links` lead to the pages that show it. `panels` are those
    of features. `duplicates` counts the other items of the page in the group, for users who may add to it.
    `dead_link` is the check of a dead address, with that of old copies. `pager` links to other pages of highlights
    and comments, if one page cannot hold them. `preview` is what other sites show of a link to this page, and
    `linked_data` what search engines read, if everyone may read it. `feature_links` lead to pages of features about
    the item.
    """

    item: Item
    group: Group
    heading: MarkedPieces
    language: str | None
    form: SearchForm
    breadcrumb: tuple[Link, ...]
    back: Link | None
    host: str | None
    facts: tuple[ItemFact, ...]
    description: MarkedPieces
    tags: tuple[TagLink, ...]
    passages: tuple[AnnotationBlock, ...]
    comments: tuple[AnnotationBlock, ...]
    pager: Pager
    similar: tuple[ItemLine, ...]
    metadata: tuple[tuple[str, str], ...]
    linked_data: LinkedData | None
    preview: LinkPreview | None
    actions: AnnotationActions
    own_actions: OwnActions | None
    people: Mapping[str, str]
    unknown_mentions: Mapping[str, str]
    page_fetch_state: str
    page_fetch_poll: str
    opens_passage_form: bool
    file: tuple[ItemFile, str] | None
    page_matches: MarkedPieces
    text_links: tuple[Link, ...]
    panels: Markup
    duplicates: int
    dead_link: tuple[LinkCheck, str] | None
    copy: PageCopy | None
    feature_links: tuple[Link, ...]
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
    marks, title, pages = Marks(view.matches), title_or_url(view.item), pages_of_item(view.item)
    number = min(requested_page(context.param("page")), len(pages))
    if context.param("part") and not context.param("page"):
        number = page_of_part(item, context.param("part"))
    builder = AnnotationBlockBuilder(
        item, translator, partial(addresses.permalink, item.id, find_page=len(pages) > 1), marks
    )
    actions, own_actions = annotation_actions_of(context, item, group), own_actions_of(context, item, group)
    blocks = tuple(builder.block(annotation, actions) for annotation in pages[number - 1])
    first_passage = next((annotation.quote for annotation in item.annotations if annotation.quote), "")
    preview = link_preview_of(context, group, "article", title, item.description or first_passage)
    context.mark_seen(item, pages[number - 1])
    people = users_mentioned_in_item(context.library, item, group)
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group)
    fetch = awaited_fetch(context.library, item.id) if contributes else None
    check = visible_link_check(context.library, context.actor, item, group)
    own, file = own_actions.own if own_actions else None, item_file_with_name(context, item)
    copy = copy_of_item(context.library, context.actor, item.id)
    has_text = file is not None or has_page_text(context.library, item.id)
    return ItemPage(
        item=item,
        group=group,
        heading=marks.of("title", None, title),
        language=foreign_language(item, translator),
        form=search_form_of(context, request),
        breadcrumb=breadcrumb(context, group_link(context, group)),
        back=_back(context, group.slug, request.q),
        host=web_host(item.url),
        facts=_facts(item, marks, context, ListingScope(group.slug)),
        description=marks.of("description", None, item.description or ""),
        tags=tuple(TagLink(marks.of("tag", None, tag), addresses.tag(group.slug, tag)) for tag in item.tags),
        passages=tuple(block for block in blocks if block.kind != AnnotationKind.COMMENT),
        comments=tuple(block for block in blocks if block.kind == AnnotationKind.COMMENT),
        pager=pager_of_address(context, number, len(pages), "part"),
        similar=_similar(context, item.id, own.id if own else ""),
        metadata=coins_and_meta_tags.zotero_meta_tags(citation_of(item, context.library.settings.base_url), translator),
        linked_data=_linked_data(context, item, group) if preview else None,
        preview=preview,
        actions=actions(item.id, item.author),
        own_actions=own_actions,
        page_fetch_state=fetch_sentence(fetch, translator) if fetch else "",
        page_fetch_poll=addresses.own(f"keep/{fetch.id}/state")
        if fetch and fetch.user_id == context.actor.user_id
        else "",
        opens_passage_form=not has_text and fetch is None and not any(part.quote for part in item.annotations),
        file=file,
        page_matches=next((match.pieces for match in view.matches if match.field == "page"), ()),
        text_links=_text_links(context, item.id, request.q) if has_text else (),
        panels=feature_panels(context, PanelLocation.ITEM.name, item.id),
        duplicates=len(duplicates_of_item(context.library, context.actor, view)),
        dead_link=(check, archive_address(item.url or "")) if check and check.is_dead else None,
        copy=copy,
        feature_links=tuple(
            Link(translator.gettext(link.label), addresses.of_item(item.id, link.path))
            for location in (LinkLocation.ITEM, *([LinkLocation.ITEM_COPY] if copy is not None else []))
            for link in context.feature_links(location)
        ),
        unknown_mentions=_unknown_mentions(context, item, people),
        archived=archived_notice(group, translator),
        people={
            login: addresses.listing(ListingScope(group.slug), SearchRequest(group=(group.slug,), author=(login,)))
            for login in people
        },
    )


def _text_links(context: RequestContext, item_id: str, words: str) -> tuple[Link, ...]:
    return tuple(Link(label, address) for label, address in context.text_links(item_id, words))


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


def _facts(item: Item, marks: Marks, context: RequestContext, scope: ListingScope) -> tuple[ItemFact, ...]:
    """The bibliographic fields that stand nowhere else on the page, and what is known of the item here."""
    translator = context.translator
    _ = translator.gettext

    def fact(name: str, value: str, filter_name: str = "", filter_value: str | None = None) -> ItemFact:
        request = scope.cleared(SearchRequest())
        href = (
            context.addresses.listing(scope, request.with_value(filter_name, filter_value))
            if filter_value and filter_name in REPEATABLE_PARAMETERS
            else ""
        )
        return ItemFact(name, marks.of(filter_name, None, value), href)

    def record_fact(record: RecordField) -> ItemFact:
        value: str = getattr(item, record.name) or ""
        match record.kind:
            case RecordFieldKind.DATE:
                shown = translator.period(value) if value else ""
            case RecordFieldKind.TYPE:
                shown = document_type_name(value, translator) if value else ""
            case RecordFieldKind.LANGUAGE:
                shown = translator.language_name(value) if value else ""
            case _:
                shown = value
        return fact(_(record.label), shown, record.name, value)

    names = [person.shown_name for person in (item.author, *(sharing.user for sharing in item.sharers)) if person]
    contributors = "".join(names)
    if len(names) > 1:
        contributors = _("%(first)s, and by %(others)s", first=names[0], others=", ".join(names[1:]))
    facts = (
        *(record_fact(record) for record in _SHOWN_FIELDS if record.kind is not RecordFieldKind.LANGUAGE),
        fact(_("Shared by"), contributors, "author", item.author.login if item.author and not item.sharers else None),
        fact(_("Added"), translator.instant(item.added) if item.added else ""),
        fact(_("Changed"), translator.instant(item.updated) if item.updated else ""),
        *(record_fact(record) for record in _SHOWN_FIELDS if record.kind is RecordFieldKind.LANGUAGE),
        fact(_("Views"), translator.number(item.views) if item.views else ""),
    )
    return tuple(fact for fact in facts if joined_text(fact.value))
