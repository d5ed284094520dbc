"""An item, with all that people added to it; and the way out to the page itself."""

from dataclasses import dataclass
from functools import partial

from starlette.responses import RedirectResponse, Response

from kb.citing import zotero
from kb.citing.citation import cite
from kb.errors import Unavailable
from kb.library.items import ItemView, item_page
from kb.library.related import see_also
from kb.library.viewing import count_view, is_robot, seen_item
from kb.model.annotation import AnnotationKind
from kb.model.item import Item
from kb.model.search import SearchRequest
from kb.translating import Translator
from kb.web.context import Context
from kb.web.pages.blocks import AnnotationBlock, BlockMaker, Marks, with_deeds
from kb.web.pages.deeds import DeedForm, deed_maker
from kb.web.pages.forms import SearchForm, search_form
from kb.web.pages.pieces import (
    Link,
    Pieces,
    TagLink,
    beginning,
    dated,
    foreign,
    host_of,
    plain,
    text_of,
    title_of,
)
from kb.web.pages.rows import LONGEST_TITLE
from kb.web.places import SEARCH, Place
from kb.web.render import render


@dataclass(frozen=True, slots=True)
class SimilarItem:
    """An item like the one that is shown; `about` says where it is from, plain where there is no address."""

    link: Link
    language: str | None
    about: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """`facts` are (name, value) pairs; `trail` leads to the group, `back` to the list that one came from.

    `deed` is what one may do about the item itself; `has_deeds`: about it, or something in it.
    """

    title: str
    heading: Pieces
    language: str | None
    form: SearchForm
    trail: tuple[Link, ...]
    back: Link | None
    outside: Link | None
    address: str
    group: Link
    facts: tuple[tuple[str, Pieces], ...]
    description: Pieces
    tags: tuple[TagLink, ...]
    passages: tuple[AnnotationBlock, ...]
    comments: tuple[AnnotationBlock, ...]
    similar: tuple[SimilarItem, ...]
    cite: str
    metadata: tuple[tuple[str, str], ...]
    deed: DeedForm | None = None
    has_deeds: bool = False

    @classmethod
    def of(cls, view: ItemView, context: Context, request: SearchRequest) -> "ItemPage":
        item, words, addresses = view.item, context.words, context.addresses
        marks = Marks(view.matches)
        host = host_of(item.url)
        maker = BlockMaker(item, words, partial(addresses.place, item.id), marks)
        deed = deed_maker(context, item, view.group)
        blocks = tuple(
            with_deeds(maker.block(annotation, partial(addresses.cite, item.id)), deed)
            for annotation in item.annotations
        )
        group = Link(view.group.name, addresses.group(view.group.slug))
        return cls(
            title=title_of(item),
            heading=marks.of("title", None, title_of(item)),
            language=foreign(item, words),
            form=search_form(request, words, lang=context.choice.carried),
            trail=(Link(words.say("First page"), addresses.home()), group),
            back=_back(context, view.group.slug, request.q),
            outside=Link(host, addresses.go(item.id), title_of(item)) if host else None,
            address=item.url or "",
            group=group,
            facts=_facts(item, marks, words),
            description=marks.of("description", None, item.description or ""),
            tags=tuple(TagLink(marks.of("tag", None, tag), addresses.tag(view.group.slug, tag)) for tag in item.tags),
            passages=tuple(block for block in blocks if block.kind != AnnotationKind.COMMENT),
            comments=tuple(block for block in blocks if block.kind == AnnotationKind.COMMENT),
            similar=_similar(context, item.id),
            cite=addresses.cite(item.id),
            metadata=zotero.tags(cite(item, context.library.settings.base_url), words),
            deed=deed(None),
            has_deeds=context.actor.user_id is not None,
        )


def item(context: Context) -> Response:
    """One item's page. With `q`, the words are marked."""
    request = context.search_request
    view = item_page(context.library, context.actor, context.path_params["id"], request.q, request.vocabulary)
    return render(context, "item.html", ItemPage.of(view, context, request))


def go(context: Context) -> Response:
    """Count a view and leave for the page; an item without a web address keeps its reader here.

    HEAD only asks where the way leads, a browser that fetches ahead shows nothing yet, and a robot reads nothing: they
    are nobody's view.
    """
    library, actor, item_id = context.library, context.actor, context.path_params["id"]
    if context.method == "HEAD" or context.ahead or is_robot(context.agent):
        seen = seen_item(library, actor, item_id)
    else:
        seen = count_view(library, actor, item_id, context.client, context.agent)
    target = seen.url if seen.url and host_of(seen.url) else context.addresses.item(item_id)
    return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})


def _back(context: Context, slug: str, q: str) -> Link | None:
    """The list that led here, as it was; else the results for the words that are marked, if any are."""
    words, place = context.words, Place(slug)
    path = context.came_from.partition("?")[0]
    if path in (SEARCH.path, place.path) or path.startswith((f"{place.path}/tag/", "/saved/")):
        label = words.say("Results for “%(query)s”", query=q) if q else words.say("Back to the list")
        return Link(label, context.came_from)
    if not q:
        return None
    return Link(words.say("Results for “%(query)s”", query=q), context.addresses.search(SearchRequest(q=q)))


def _similar(context: Context, item_id: str) -> tuple[SimilarItem, ...]:
    """What one may read next. Only this part of the page asks the index: without it, the item is still there."""
    words, addresses = context.words, context.addresses
    try:
        views = see_also(context.library, context.actor, item_id)
    except Unavailable:
        return ()
    return tuple(
        SimilarItem(
            Link(beginning(title_of(view.item), LONGEST_TITLE), addresses.item(view.item.id)),
            foreign(view.item, words),
            tuple(
                part
                for part in (
                    Link(view.item.source or "", ""),
                    Link(dated(view.item, words), ""),
                    Link(view.group.name, addresses.group(view.group.slug)),
                )
                if part.label
            ),
        )
        for view in views
    )


def _facts(item: Item, marks: Marks, words: Translator) -> tuple[tuple[str, Pieces], ...]:
    named = (
        (words.say("Source"), marks.of("source", None, item.source or "")),
        (words.say("Written by"), plain(item.byline or "")),
        (words.say("Published"), plain(words.period(item.published) if item.published else "")),
        (words.say("Shared by"), plain(item.author.name if item.author else "")),
        (words.say("Added"), plain(words.instant(item.added) if item.added else "")),
        (words.say("Changed"), plain(words.instant(item.updated) if item.updated else "")),
        (words.say("Language"), plain(words.language_name(item.language) if item.language else "")),
        (words.say("Views"), plain(words.number(item.views))),
    )
    return tuple((name, value) for name, value in named if text_of(value))
