"""The request context that each handler receives: the request, read and checked once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.access.actor import ANONYMOUS, Action, Actor, RequestMemo
from kb.errors import FlorilegeError, Invalid
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.core.site_identity import site_identity
from kb.translation import Translator
from kb.web.http.authentication import RequestCredentials, is_prefetch
from kb.web.http.client_tokens import ClientProtocol
from kb.web.http.conditional_requests import Conditions
from kb.web.http.forms.form_requests import safe_next
from kb.web.http.limits.multipart_forms import Upload
from kb.web.http.locale_negotiation import LocaleChoice, negotiate_locale
from kb.web.http.urls.listing_scope import MAX_PARAMETERS, Pairs
from kb.web.http.urls.page_urls import Addresses

SAFE_METHODS = frozenset({"GET", "HEAD"})
"""The methods of requests that only read."""


@dataclass(frozen=True, slots=True)
class FormError:
    """The error of a form that is shown again, and the status of the answer."""

    error: FlorilegeError
    status: int


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request to the site. `path_params` are the variable parts of the address; `conditions` are the client's
    versions.

    `referrer` is the page of this site that led here, as path and parameters; empty if the browser does not send it.
    `fields` and `files` are those of a form, `body` is what a program sent. `client` is the network address, `agent`
    the User-Agent: neither is stored unless `kb.services` says so. `is_prefetch`: a browser fetches the page before
    the user asks for it; `is_in_window`: a browser says that it opens the answer in a window. `form_error`: the page
    shows the sent form again, because of an error. `unread_dates` are name, typed value and sentence of the dates of
    the address that are left out of the search. `features` are those that are on. `headers` are the header fields, for
    protocols of programs that have some of their own.
    """

    library: Library
    actor: Actor
    choice: LocaleChoice
    method: str
    path: str
    params: Pairs
    path_params: dict[str, str]
    conditions: Conditions
    referrer: str = ""
    credentials: RequestCredentials = field(default_factory=RequestCredentials)
    client: str = ""
    agent: str = ""
    fields: Pairs = ()
    files: tuple[Upload, ...] = ()
    body: bytes = b""
    headers: Headers = field(default_factory=Headers, compare=False, repr=False)
    is_prefetch: bool = False
    accepts_gzip: bool = False
    is_in_window: bool = False
    form_error: FormError | None = None
    unread_dates: tuple[tuple[str, str, str], ...] = ()
    features: "tuple[FeatureWeb, ...]" = ()

    def feature_links(self, location: "LinkLocation") -> "tuple[FeatureLink, ...]":
        """The links of the features that are on, for a location, whatever the actor may do."""
        links = (link for feature in self.features for link in feature.links)
        return tuple(link for link in links if link.location is location and link.is_on(self))

    def text_links(self, item_id: str, words: str = "") -> "tuple[tuple[str, str], ...]":
        """Labels and addresses of the pages that show the text of an item, at the words of a search."""
        pairs, anchor = ((("q", words),), f"#{FOUND}") if words.strip() else ((), "")
        return tuple(
            (self.translator.gettext(link.label), self.addresses.of_item(item_id, link.path, pairs) + anchor)
            for link in self.feature_links(LinkLocation.ITEM_TEXT)
        )

    def annotation_facts(self, item: Item) -> "AnnotationFacts":
        """What the features that are on know of the annotations of an item that the actor may read."""
        facts: dict[str, dict[str, object]] = {}
        for feature in self.features:
            for annotation_id, members in feature.annotation_facts(self.library, item).items():
                facts.setdefault(annotation_id, {}).update(members)
        return facts

    def mark_seen(self, item: Item, annotations: Iterable[Annotation]) -> None:
        """Let the features that are on know that the user sees an item on this page, with these annotations of it and
        their replies. A prefetch of a browser is not seen.
        """
        if self.method == "GET" and not self.is_prefetch:
            part_ids = (id_ for part in annotations for id_ in (part.id, *(reply.id for reply in part.replies)))
            self.mark_item_parts_seen(item.id, ["", *part_ids])

    def mark_item_parts_seen(self, item_id: str, part_ids: Sequence[str]) -> None:
        """The same of annotations and replies of an item, by their ids, and of the item itself for an empty one; also
        of what the user answers with a form.
        """
        if self.actor.user_id is not None and not self.actor.read_only:
            for feature in self.features:
                feature.seen(self, item_id, part_ids)

    def unseen(self, request: SearchRequest) -> "Unseen | None":
        """What the user has not seen of what a search finds, if a feature knows it."""
        return next(filter(None, (feature.unseen(self, request) for feature in self.features)), None)

    def param(self, name: str) -> str:
        """A parameter of the address, the first with its name; empty without one."""
        return next((value for param_name, value in self.params if param_name == name), "")

    def form_value(self, name: str) -> str:
        """A field of the form; empty without one."""
        return next((value for field_name, value in self.fields if field_name == name), "")

    def typed_value(self, name: str, stored: str = "") -> str:
        """The value of a field to show: the sent one, if the form is shown again and has the field, else the stored."""
        sent = (value for field_name, value in self.fields if field_name == name)
        return next(sent, stored) if self.form_error else stored

    def file(self, name: str) -> Upload | None:
        """A file of the form; None without one, or for an empty one without a name."""
        uploads = (upload for upload in self.files if upload.field == name and (upload.name or upload.size))
        return next(uploads, None)

    @property
    def site_name(self) -> str:
        """The name that the administrators gave the site, else that of the settings."""
        return site_identity(self.library).name

    @property
    def translator(self) -> Translator:
        return _translator(self.choice.language)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.choice.url_language, self.path)

    @property
    def search_request(self) -> SearchRequest:
        """The search given by the address. Raises Invalid."""
        return SearchRequest.from_params(self.params)


_translator = cache(Translator)
Handler = Callable[[RequestContext], Response]
Call = Callable[[RequestContext, Headers], Response]


class PanelLocation(Enum):
    """Where a page shows the panels of features. The argument of a panel on the page of an item is the item's id."""

    ITEM_HEAD = "head of an item's page"
    ITEM = "an item's page"
    HEADER = "the header of every page, before the links to save and to the account"
    HOME_WAITING = "lines of a list: what waits for a user, on the home page"
    OWN_TITLE = "beside the notice that another user changed a title; the argument is the item's id"
    SITE_WARNINGS = "the warnings of the administration's overview"
    SITE_STATE = "the list of how the site is, there"
    HOME = "beside the home page of a user"
    REVIEW_FORM = (
        "buttons that send the form of the press review of a list (`review-form`) to an address of the feature, which "
        "changes the review first; the argument is the id of the list"
    )
    FOLLOW = (
        "the page on how to follow a listing or a list; the argument has its parameters, and `name`, which names it"
    )


@dataclass(frozen=True, slots=True)
class Panel:
    """What a feature shows on a page of the core; `render` answers nothing where there is nothing to show."""

    location: PanelLocation
    render: Callable[[RequestContext, str], Markup]


FOUND = "found"
"""The id, in a page of a feature about the text of an item, of the place with the words of a search."""


class LinkLocation(Enum):
    """Where pages of the core link to those of a feature."""

    SHARED_GROUP = "the header of a group that users share: pages about its content"
    SHARED_GROUP_OUTPUT = "the same: pages by which its content is passed on"
    ADMINISTRATION = "the header of the administration"
    ITEM = "the actions on an item's page"
    ITEM_COPY = "the same, of an item with a saved copy of its page"
    FOLLOW = "the page on how to follow a group; with the parameters of the search, or `list` for one of its lists"
    OWN_MENU = "the menu of a user who is logged in; the path is the whole address"
    ITEM_CHANGES = "beside the title of an item that was changed: what was changed, and by whom"
    ACCOUNT = "a user's account"
    HOME_WAITING = "beside the heading of what waits for a user, on the home page"
    REVIEW_OF_LIST = "the page of the press review of a list; the path is the end of the address of the list"
    ITEM_TEXT = "beside items whose page or file has a text; with `q`, the page has the words found at FOUND"


@dataclass(frozen=True, slots=True)
class FeatureLink:
    """A link to a page of a feature: `path` is the end of its address, after that of the group, of the item, of
    `/admin` or of the site. It is shown to users with the right to `action`, in a group, if there is one, and where
    `is_on`. `label` is in English.
    """

    location: LinkLocation
    path: str
    label: str
    action: Action | None = None
    is_on: Callable[[RequestContext], bool] = lambda _context: True


@dataclass(frozen=True, slots=True)
class HelpSection:
    """Text at the end of a help topic: `help.<language>.md` of a folder."""

    topic: str
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class FeatureApi:
    """Operations that a feature adds to the API (`kb.web.api.operations`), and the folder of `openapi_texts.json`,
    which has their words.
    """

    operations: tuple[Any, ...]
    folder: Path


AnnotationFacts = Mapping[str, Mapping[str, object]]
"""Members that features add to annotations in answers of the API, by the ids of the annotations."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a user has not seen of what a listing finds: the ids of items, some of `total`, and the page that has them
    alone.
    """

    item_ids: frozenset[str]
    total: int
    address: str


@dataclass(frozen=True, slots=True)
class FeatureWeb:
    """What a feature adds to the pages of the site while it is on.

    `label` names it for administrators, in English. `program_paths` are the addresses where programs ask: errors are
    problem documents there, and no crawler reads them. `annotation_facts` gives what it knows of the annotations of an
    item, which the actor may read, for the API. `seen` is told what a user sees of an item: the ids of annotations and
    replies, an empty one for the item itself; it must not fail while the database cannot be written. `unseen` says what
    the user has not seen of what a search finds.
    """

    label: str
    routes: tuple[Route, ...] = ()
    program_paths: tuple[str, ...] = ()
    client: ClientProtocol | None = None
    links: tuple[FeatureLink, ...] = ()
    panels: tuple[Panel, ...] = ()
    help: HelpSection | None = None
    api: FeatureApi | None = None
    annotation_facts: Callable[[Library, Item], AnnotationFacts] = lambda _library, _item: {}
    seen: Callable[[RequestContext, str, Sequence[str]], None] = lambda _context, _item_id, _part_ids: None
    unseen: Callable[[RequestContext, SearchRequest], Unseen | None] = lambda _context, _request: None
    name: str = ""
    """That of the feature, which gives it."""


def known_actor(request: Request) -> Actor:
    """The actor known so far. A request that only reads asks once for the groups that it may read."""
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    return replace(actor, memo=RequestMemo()) if request.method in SAFE_METHODS else actor


def context_of(request: Request, params: Pairs, *, of_stranger: bool = False) -> RequestContext:
    """What handlers know of a request. `of_stranger`: its credentials and the languages of its browser do not count."""
    library: Library = request.app.state.library
    return RequestContext(
        library,
        known_actor(request),
        negotiate_locale(
            params,
            {} if of_stranger else request.cookies,
            "" if of_stranger else request.headers.get("accept-language", ""),
            library.settings,
        ),
        request.method,
        # Not `request.url`, which fails for an address that is not UTF-8.
        request.scope["path"],
        params,
        {name: str(value) for name, value in request.path_params.items()},
        Conditions.of(request.headers),
        _referrer(request),
        RequestCredentials() if of_stranger else RequestCredentials.of(request, library.settings),
        request.client.host if request.client else "",
        request.headers.get("user-agent", ""),
        headers=request.headers,
        is_prefetch=is_prefetch(request),
        accepts_gzip="gzip" in request.headers.get("accept-encoding", ""),
        is_in_window=request.headers.get("sec-fetch-dest") == "document",
        features=request.app.state.features,
    )


def parse_params(request: Request) -> Pairs:
    """The parameters of the address. Raises Invalid if they are not UTF-8, or too many."""
    query: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeError:
        raise Invalid("The address holds characters that are not UTF-8.") from None
    except ValueError:
        raise Invalid(
            "The address holds too many parameters: at most %(limit)s are read.", limit=MAX_PARAMETERS
        ) from None
    return tuple(pairs)


def _referrer(request: Request) -> str:
    """Path and parameters of the `Referer`, if it is a page of the requested host."""
    try:
        link = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if not link.netloc or link.netloc != request.headers.get("host"):
        return ""
    address = link.path + (f"?{link.query}" if link.query else "")
    # A path that begins with `//` would be another host: `safe_next` replaces it by the home page.
    return address if safe_next(address) == address else ""
