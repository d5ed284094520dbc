"""The addresses of all pages, built in one place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from urllib.parse import quote, quote_plus

from kb.model.items.annotation_address import may_have_several_pages
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest, View, VocabularyMode
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope, Pairs

VALUE_PLACEHOLDER = "\0open\0"
"""Placeholder for a value that is filled in later; no request contains such characters."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Links that keep the language given in the address, for browsers without our cookie.

    `here` is the page with the links: a search page has a hundred links to itself, written short.
    """

    language: str | None = None
    here: str = ""

    def home(self) -> str:
        return "/" + self._query(())

    def current(self) -> str:
        """The page with the links, without its parameters."""
        return quoted_path(self.here) + self._query(())

    def search(self, request: SearchRequest) -> str:
        """A search on the search page."""
        return self.listing(SEARCH_SCOPE, request)

    def listing(self, place: ListingScope, request: SearchRequest, **changes: object) -> str:
        """A search, with other values of some fields, in the narrowest scope that fits."""
        path, pairs = place.address_of(request, changes)
        return self._short(path, self._query(pairs))

    def listing_by_value(self, place: ListingScope, request: SearchRequest) -> Callable[[str], str]:
        """The addresses of searches that differ in one value, which is OPEN in the request, at any place."""
        path, pairs = place.address_of(request)
        parts: list[list[tuple[str, str]]] = [[]]
        for name, value in (*pairs, *self._language_pairs):
            if value == VALUE_PLACEHOLDER:
                parts[-1].append((name, ""))
                parts.append([])
            else:
                parts[-1].append((name, value))
        first, *others = (_encoded(part) for part in parts)
        before = self._short(path, "?" + first)
        after = ["&" * bool(part) + part for part in others]
        if len(after) == 1:
            (end,) = after
            return lambda value: f"{before}{_value(value)}{end}"
        return lambda value: before + "".join([_value(value) + part for part in after])

    def _short(self, path: str, query: str) -> str:
        return query if query and _path(self.here) == path else path + query

    def feed(self, place: ListingScope, request: SearchRequest, form: str) -> str:
        """The feed of the results on a request's page; feeds are in the language of the site."""
        return _url(*place.feed_of(request, form))

    def feed_page(self, place: ListingScope, request: SearchRequest, form: str) -> str:
        return _url(*place.feed_page(request, form))

    def group(self, slug: str, part: str = "", pairs: Pairs = ()) -> str:
        """A group's library, or a part of it: `tags`, `members`, `vocabulary`."""
        return ListingScope(slug).path + (f"/{part}" if part else "") + self._query(pairs)

    def login(self, onward: str = "") -> str:
        """The login page, and the address to continue at."""
        pairs = (("next", onward),) if onward not in {"", "/"} else ()
        return "/login" + self._query(pairs)

    def provider(self, onward: str = "", invitation: str = "") -> str:
        """The start of an OIDC login, possibly with an invitation link."""
        pairs = (("next", "" if onward == "/" else onward), ("invitation", invitation))
        return "/login/provider" + self._query(tuple(pair for pair in pairs if pair[1]))

    def own(self, name: str, pairs: Pairs = ()) -> str:
        """A page with a fixed path, such as `account` or `saved/new`."""
        return f"/{name}" + self._query(pairs)

    def help(self, name: str = "") -> str:
        """The help, or its page about one job."""
        return self.own(f"aide/{name}" if name else "aide")

    def save(self, *, group: str = "") -> str:
        """The form that saves a page, in a group."""
        return "/keep" + self._query((("group", group),) if group else ())

    def admin(self, part: str = "", name: str = "", pairs: Pairs = ()) -> str:
        """A page for administrators: `accounts`, `groups` …, or one entry of these."""
        path = "/".join(("/admin", *filter(None, (part, _part(name)))))
        return path + self._query(pairs)

    def feed_key(self, feed: str) -> str:
        """The page that creates a key for a feed."""
        return "/account/feeds" + self._query((("feed", feed),))

    def welcome(self, secret: str) -> str:
        """The page of an invitation link."""
        return f"/welcome/{_part(secret)}" + self._query(())

    def reset(self, secret: str) -> str:
        """The page of a password link."""
        return f"/reset/{_part(secret)}" + self._query(())

    def tag(self, slug: str, tag: str) -> str:
        """The items of a group with a tag."""
        return self.listing(ListingScope(slug, tag), SearchRequest(group=(slug,), tag=(tag,)))

    def bulk(self, request: SearchRequest) -> str:
        """The bulk actions on the results of a search."""
        return "/bulk" + self._query(request.to_params())

    def export(self, request: SearchRequest) -> str:
        """The page that exports all items of a search."""
        usual = SearchRequest()
        whole = replace(request, view=View.ITEMS, page=1, per_page=usual.per_page, facet_limit=usual.facet_limit)
        return "/export" + self._query(whole.to_params())

    def search_review(self, request: SearchRequest) -> str:
        """A press review of the results of a search."""
        return "/review" + self._query(request.to_params())

    def item(
        self,
        item_id: str,
        *,
        words: str = "",
        vocabulary: VocabularyMode = VocabularyMode.ON,
        annotation: str | None = None,
        find_page: bool = False,
    ) -> str:
        """An item's page, its words marked as the vocabulary of its group knows them, at one of its annotations.

        `find_page`: the item may have several pages, and the address leads to the one that holds the annotation.
        """
        return self.items(words=words, vocabulary=vocabulary)(item_id, annotation, find_page)

    def annotation(self, item: Item, part_id: str | None) -> str:
        """An annotation or a reply on the page of its item that holds it; the item itself for None."""
        find_page = part_id is not None and may_have_several_pages(item)
        return self.item(item.id, annotation=part_id, find_page=find_page)

    def items(
        self, *, words: str = "", vocabulary: VocabularyMode = VocabularyMode.ON
    ) -> Callable[[str, str | None, bool], str]:
        """The same for any item and annotation: a list has a hundred such links, which differ only in these."""
        pairs = SearchRequest(q=words, vocabulary=vocabulary).to_params() if words else ()
        query = self._query(pairs)

        def address(item_id: str, annotation: str | None, find_page: bool) -> str:
            if annotation and find_page:
                return f"/items/{_part(item_id)}{self._query((*pairs, ('part', annotation)))}#a-{annotation}"
            anchor = f"#a-{annotation}" if annotation else ""
            return f"/items/{_part(item_id)}{query}{anchor}"

        return address

    def permalink(self, item_id: str, annotation: str, *, find_page: bool = False) -> str:
        """The address of an annotation or a reply, the same for everybody; `find_page`: the item has several pages."""
        query = f"?part={_part(annotation)}" if find_page else ""
        return f"/items/{_part(item_id)}{query}#a-{annotation}"

    def cite(self, item_id: str, passage: str | None = None, style: str = "") -> str:
        """The citations of an item, or of one of its annotations or replies; one style only, if it is given."""
        pairs = (("passage", passage or ""), ("format", style))
        return f"/items/{_part(item_id)}/cite" + self._query(tuple(pair for pair in pairs if pair[1]))

    def moderation_action(self, item_id: str, part: str | None = None) -> str:
        """The page that reports, hides or removes an item, or an annotation or a reply of it."""
        return f"/items/{_part(item_id)}/moderation" + self._query((("part", part),) if part else ())

    def reading_list(self, pairs: Pairs = ()) -> str:
        """The user's reading list."""
        return "/later" + self._query(pairs)

    def of_item(self, item_id: str, part: str, pairs: Pairs = ()) -> str:
        """A page about an item: `annotate`, `reply`, `words`, `like`, `private`."""
        return f"/items/{_part(item_id)}/{part}" + self._query(pairs)

    def restore(self, removed_id: str) -> str:
        """The address that restores hidden or removed content."""
        return f"/restore/{_part(removed_id)}" + self._query(())

    def go(self, item_id: str) -> str:
        return f"/items/{_part(item_id)}/go"

    @property
    def _language_pairs(self) -> Pairs:
        return (("lang", self.language),) if self.language else ()

    def item_list(self, list_id: str, part: str = "", pairs: Pairs = ()) -> str:
        """A list, or one of its pages."""
        return f"/lists/{_part(list_id)}{'/' * bool(part)}{part}" + self._query(pairs)

    def list_add(self, item_id: str, annotation_id: str = "") -> str:
        """The page that adds an item, or a highlight of it, to a list."""
        pairs = (("item", item_id), *((("annotation", annotation_id),) if annotation_id else ()))
        return "/lists/add" + self._query(pairs)

    def import_job(self, job_id: str) -> str:
        return f"/imports/{_part(job_id)}" + self._query(())

    def _query(self, pairs: Pairs) -> str:
        all_pairs = pairs + self._language_pairs
        return "?" + _encoded(all_pairs) if all_pairs else ""


# Pages have the same values many times: one item is in ten addresses of a page.
_value = lru_cache(maxsize=4096)(quote_plus)
_part = lru_cache(maxsize=4096)(partial(quote, safe=""))
_path = lru_cache(maxsize=256)(partial(quote, safe="/~"))


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """As `urlencode`, which encodes each name and each value anew."""
    return "&".join([f"{_value(name)}={_value(value)}" for name, value in pairs])


def _url(path: str, pairs: Pairs) -> str:
    return path + ("?" + _encoded(pairs) if pairs else "")


def url_in_language(path: str, pairs: Pairs, language: str) -> str:
    """The same page in another language."""
    remaining = tuple((name, value) for name, value in pairs if name not in _ONE_TIME_PARAMETERS)
    return quoted_path(path) + "?" + _encoded((*remaining, ("lang", language)))


def url_with_query(path: str, pairs: Pairs) -> str:
    """The address of this page, to return to."""
    return _url(quoted_path(path), tuple(pair for pair in pairs if pair[0] not in _ONE_TIME_PARAMETERS))


def quoted_path(path: str) -> str:
    """A path for a link: one that begins with `//` would lead to another host."""
    quoted = quote(path, safe="/~:@!$&'()*+,;=")
    return f"/%2F{quoted[2:]}" if quoted.startswith("//") else quoted if quoted.startswith("/") else f"/{quoted}"


_ONE_TIME_PARAMETERS = frozenset({"lang", "done", "undo"})
"""Parameters that apply to one page view only."""
