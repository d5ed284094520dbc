"""Feeds of every listing: whatever a page finds, for those who would rather be told.

Pages do not know this file: it knows them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from starlette.responses import Response

from kb.errors import NotFound
from kb.feeds import atom, json_feed, rss
from kb.feeds.feed import BEGINNING, Feed, Paging
from kb.model.search_request import MATCH_ALL, MATCH_ANY, SearchRequest, Sort, View, Widening
from kb.services.search.feed_freshness import Ground, ground_of
from kb.services.search.results import Results
from kb.services.search.saved_searches import saved_search
from kb.services.search.search import find
from kb.translation import Translator
from kb.web.feeds.feed_entries import EntryMaker, moment_of
from kb.web.feeds.feed_responses import answered, words_of
from kb.web.feeds.feed_weight import within_budget
from kb.web.http.context import Context, Handler
from kb.web.http.feed_urls import KEY, feed_address, opened, with_key
from kb.web.http.listing_scope import PAGE, SEARCH, Place, tag_and_format
from kb.web.http.page_urls import Addresses
from kb.web.ui.fragments import Asked, beginning
from kb.web.ui.pager import last_page
from kb.web.ui.search_form import chips_of

LONGEST_TITLE = 200

_WRITERS: Mapping[str, tuple[str, Callable[[Feed], bytes]]] = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "rss": (rss.MEDIA_TYPE, rss.rss),
    "json": (json_feed.MEDIA_TYPE, json_feed.json_feed),
}


def search_feed(context: Context) -> Response:
    return feed_answer(opened(context), SEARCH, context.path_params["form"])


def group_feed(context: Context) -> Response:
    return feed_answer(opened(context), Place(context.path_params["group"]), context.path_params["form"])


def saved_feed(context: Context) -> Response:
    asker = opened(context)
    saved = saved_search(context.library, asker.actor, context.path_params["id"])
    return feed_answer(asker, Place(saved=saved.search), context.path_params["form"])


def or_feed_of_tag(page: Handler) -> Handler:
    """The page of a tag, or its feed where the end of the address, or `format`, asks for one."""

    def answer(context: Context) -> Response:
        tag, form = tag_and_format(context.path_params["tag"], context.params)
        if form == PAGE or not tag.strip():
            return page(context)
        return feed_answer(opened(context), Place(context.path_params["group"], tag), form)

    return answer


def feed_answer(context: Context, place: Place, form: str) -> Response:
    """The feed of a listing, in one of the formats that end its address.

    Raises NotFound for another format, and for a group that is not there for the asker; Invalid for parameters that
    spell no search.
    """
    if form not in _WRITERS:
        raise NotFound("There is nothing at this address.")
    asked = _Asked(place, place.request_of(context.params), form)
    kept_by = place.saved.group_id if place.saved else None
    ground = ground_of(context.library, context.actor, asked.spelt.group, slug=place.group, kept_by=kept_by)
    media_type, written = _WRITERS[form]

    def write() -> bytes:
        results = find(context.library, context.actor, asked.followed, whole=True, as_typed=True, followed=True)
        return written(_feed(context, asked, ground, results))

    return answered(context, ground, media_type, write, indexed=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address asks for: a place, the search that its parameters spell there, a format."""

    place: Place
    spelt: SearchRequest
    form: str

    @property
    def followed(self) -> SearchRequest:
        """The search of the feed: the most recent first, unless its own address says otherwise.

        A saved search is followed whatever order its page has, and wants of its words what its page wants.
        """
        if self.place.saved:
            match = MATCH_ALL if self.spelt.wants_all_words else MATCH_ANY
            return replace(self.spelt, sort=Sort.RECENT, match=match, facet_limit=1)
        return replace(self.spelt, sort=self.spelt.sort or Sort.RECENT, facet_limit=1)

    @property
    def name(self) -> str:
        """What tells the feed from others: the same by whichever address it is reached, and on all its pages."""
        if self.place.saved:
            return f"saved/{self.place.saved.id}"
        request = self.followed
        usual = replace(request, match=None).wants_all_words
        plain = replace(
            request,
            match=None if not request.q or request.wants_all_words == usual else request.match,
            sort=None if request.sort is Sort.RECENT else request.sort,
            page=1,
            per_page=SearchRequest().per_page,
            facet_limit=SearchRequest().facet_limit,
            vocabulary=Widening.ON,
        )
        return "search?" + urlencode(sorted(set(plain.to_params())), quote_via=quote)

    @property
    def page(self) -> str:
        """The page of the same results. Where words are asked it would be sorted by relevance, unless told."""
        spelt = self.spelt if self.place.saved or not self.spelt.q else replace(self.spelt, sort=self.followed.sort)
        return Addresses().listing(self.place, spelt.with_page(1))

    def numbered(self, page: int) -> str:
        """A page of the feed itself."""
        return Addresses().feed_page(self.place, self.spelt.with_page(page), self.form)


def _feed(context: Context, asked: _Asked, ground: Ground, results: Results) -> Feed:
    settings, words, request = context.library.settings, words_of(context), results.request
    maker = EntryMaker(ground.authority, settings.base_url, words, many_groups=len(request.group) != 1)
    here, last = request.page, last_page(results)

    def numbered(page: int) -> str:
        return settings.base_url + asked.numbered(page)

    saved, key = asked.place.saved, context.param(KEY)
    # A key opens this very address: the other pages are at others.
    alone = with_key(settings.base_url + feed_address(context.path, context.params), key) if key else ""
    return Feed(
        id=f"tag:{ground.authority},2026:feed/{asked.name}",
        title=_title(asked.place, ground, results, words, settings.site_name),
        subtitle=_subtitle(asked.place, ground, results, words),
        page_url=settings.base_url + asked.page,
        self_url=alone or numbered(here),
        author=settings.site_name,
        language=words.language,
        entries=tuple(within_budget(maker.entry(row) for row in results.rows)),
        paging=Paging()
        if alone
        else Paging(
            first=numbered(1) if last > 1 else None,
            previous=numbered(min(here - 1, last)) if here > 1 else None,
            next=numbered(here + 1) if here < last else None,
            last=numbered(last) if last > 1 else None,
        ),
        since=(moment_of(saved.created_at) if saved else None) or BEGINNING,
    )


def _title(place: Place, ground: Ground, results: Results, words: Translator, site_name: str) -> str:
    """What is followed, then the tag or the saved search, the group, the site."""
    parts = (
        "" if place.saved else _narrowed(place, results, words),
        place.saved.name if place.saved else place.tag or "",
        ground.group.name if ground.group else "",
        site_name,
    )
    return beginning(" – ".join(part for part in parts if part), LONGEST_TITLE)


def _subtitle(place: Place, ground: Ground, results: Results, words: Translator) -> str:
    if place.saved:
        return _narrowed(place, results, words)
    return (ground.group.description or "") if ground.group else ""


def _narrowed(place: Place, results: Results, words: Translator) -> str:
    """The words asked for and the values chosen, but for what the place fixes."""
    request, colon = results.request, words.say(":")
    chosen = replace(
        request,
        group=() if place.group else request.group,
        tag=tuple(tag for tag in request.tag if tag != place.tag),
    )
    chips = chips_of(results, Asked(chosen, words, Addresses(), place))
    parts = (
        words.say("“%(query)s”", query=request.q) if request.q else "",
        *(f"{chip.name}{colon} {chip.label}" for chip in chips),
        words.say("Passages") if request.view is View.PASSAGES else "",
    )
    return ", ".join(part for part in parts if part)
