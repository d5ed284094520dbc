"""What a group keeps twice: items of one page, side by side, to be made one."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Refused
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.services.item_actions.duplicates import PAGE, KeptTwice, Merged, kept_twice, merge_items
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.listing.result_rows import LONGEST_MARKED_TITLE, MOST_TAG_BYTES
from kb.web.pages.moderation.moderation_layout import CarePage, care_of, status_of
from kb.web.ui.fragments import Link, beginning, foreign, title_of
from kb.web.ui.group_header import DUPLICATES
from kb.web.ui.page_weight import Budget, fitting
from kb.web.ui.pager import Pager, page_asked, pages_of
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class Twin:
    """One item of several: `facts` say who shared it, when, and what was added to it. `chosen`: the one to keep."""

    key: str
    link: Link
    language: str | None
    address: str
    description: str
    facts: str
    tags: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class TwinSet:
    """Items of one page. `merges`: the asker may make one of them."""

    name: str
    twins: tuple[Twin, ...]
    merges: bool


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """The sets of one page of the list."""

    care: CarePage
    count: str
    sets: tuple[TwinSet, ...]
    pager: Pager


def duplicates_page(context: Context) -> Response:
    """The list, for who adds to the group."""
    return _page(context)


def act_on_duplicates(context: Context) -> Response:
    """Make one item of several; what cannot be done is told above the list."""
    slug = context.path_params["group"]
    seen = kept_twice(context.library, context.actor, slug, 1)
    try:
        merged = _merged(context)
    except (Invalid, NotFound, Conflict, Refused) as error:
        return _page(context, error)
    here = context.addresses.group(seen.group.slug, DUPLICATES)
    return moved(here, "items-merged", undo=merged.undo or "")


def _merged(context: Context) -> Merged:
    kept = context.form_value("keep")
    if not kept:
        raise Invalid("Choose which of the items is to be kept.")
    others = [value for name, value in context.fields if name.startswith("item-") and value != kept]
    return merge_items(context.library, context.actor, kept, others)


def _page(context: Context, error: FlorilegeError | None = None) -> Response:
    words, addresses = context.words, context.addresses
    found = kept_twice(context.library, context.actor, context.path_params["group"], page_asked(context.param("page")))
    here = addresses.group(found.group.slug, DUPLICATES)
    joint = "&" if "?" in here else "?"
    budget = Budget()
    page = DuplicatesPage(
        care=care_of(context, found.group, DUPLICATES, error),
        count=_count(found, words),
        sets=tuple(
            _set(several, context, budget, merges=place in found.mergeable, chosen=context.form_value("keep"))
            for place, several in enumerate(found.sets)
        ),
        pager=pages_of(found.page, -(-found.total // PAGE), lambda one: f"{here}{joint}page={one}", words),
    )
    return render(context, "items/duplicates.html", page, status_of(error))


def _count(found: KeptTwice, words: Translator) -> str:
    if not found.total:
        return ""
    return words.plural("%(count)s page is kept several times.", "%(count)s pages are kept several times.", found.total)


def _set(several: Sequence[Item], context: Context, budget: Budget, *, merges: bool, chosen: str) -> TwinSet:
    """Of several, the one with most words is proposed to be kept, then the one that came first."""
    best = max(several, key=lambda one: (_words_in(one), -one.order)).id
    kept = chosen if any(one.id == chosen for one in several) else best
    twins = tuple(_twin(one, context, budget, chosen=one.id == kept) for one in several)
    return TwinSet(beginning(title_of(several[0]), LONGEST_MARKED_TITLE), twins, merges)


def _twin(item: Item, context: Context, budget: Budget, *, chosen: bool) -> Twin:
    words = context.words
    return Twin(
        key=item.id,
        link=Link(beginning(title_of(item), LONGEST_MARKED_TITLE), context.addresses.item(item.id)),
        language=foreign(item, words),
        address=budget.shown(item.url),
        description=budget.shown(item.description),
        facts=" · ".join(_facts(item, words)),
        tags=", ".join(fitting(item.tags, MOST_TAG_BYTES)),
        chosen=chosen,
    )


def _facts(item: Item, words: Translator) -> list[str]:
    """Who shared an item, when, and how much was added to it."""
    passages = sum(one.kind is not AnnotationKind.COMMENT for one in item.annotations)
    comments = len(item.annotations) - passages
    return [
        *([item.author.name] if item.author else []),
        *([words.instant(item.added)] if item.added else []),
        *([words.plural("%(count)s passage", "%(count)s passages", passages)] if passages else []),
        *([words.plural("%(count)s comment", "%(count)s comments", comments)] if comments else []),
        *([] if item.annotations else [words.say("no passage nor comment")]),
    ]


def _words_in(item: Item) -> int:
    return sum(1 + len(one.replies) for one in item.annotations)
