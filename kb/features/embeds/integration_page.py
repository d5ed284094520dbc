"""The page for owners on how to show a group in pages of another site (`/g/<group>/embed`): the code to copy, a
preview, and the sites that may show it.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from kb.access.actor import ANONYMOUS, Action
from kb.access.permissions import is_allowed
from kb.features.embeds.embedded_pages import COUNT, EMBED, MOST_ITEMS, MOST_TAGS, USUAL_ITEMS, USUAL_TAGS
from kb.features.embeds.origins import change_origins, origins_of_group
from kb.model.people.group import Group
from kb.services.groups.group_views import require_group_permission
from kb.services.lists.lists import lists_of_group
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import PAGE_POLICY
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

_LATEST, _TAGS = "latest", "tags"
_MOST_LISTS = 200


@dataclass(frozen=True, slots=True)
class IntegrationPage:
    """`code` shows the frame at `address`, which has the title `title`; all are empty unless everyone may read it.
    `filters` are the parameters of the search, `summary` is its name.
    """

    head: GroupHeader
    is_public: bool
    kinds: tuple[FormOption, ...]
    count: str
    most: int
    filters: Pairs
    code: str
    address: str
    title: str
    origins: str


def integration_page(context: RequestContext) -> Response:
    """The code of the frame that the address asks for. Raises NotFound, LoginNeeded, Forbidden, Invalid."""
    group = require_group_permission(context.library, context.actor, Action.MANAGE, context.path_params["group"])
    is_public = is_allowed(ANONYMOUS, Action.READ, group)
    kinds = _kinds(context, group)
    what = next((kind.value for kind in kinds if kind.selected), _LATEST)
    filters = _filters(context, group)
    of_tags = what == _TAGS
    count = min(parse_whole_number(context.param(COUNT), 0), MOST_TAGS if of_tags else MOST_ITEMS)
    path = _path(group, what)
    pairs = (*(filters if what == _LATEST else ()), *(((COUNT, str(count)),) if count else ()), *_language(context))
    address = context.library.settings.base_url + path + (f"?{urlencode(pairs)}" if pairs else "")
    title = f"{group.name} – {context.site_name}"
    page = IntegrationPage(
        head=header_of_group(context, group, EMBED),
        is_public=is_public,
        kinds=kinds,
        count=str(count or (USUAL_TAGS if of_tags else USUAL_ITEMS)),
        most=MOST_TAGS,
        filters=filters,
        code=_code(address, title) if is_public else "",
        address=path + (f"?{urlencode(pairs)}" if pairs else ""),
        title=title,
        origins=context.typed_value("origins", "\n".join(origins_of_group(context.library, group.id))),
    )
    response = render(context, "embeds/integration.html", page)
    response.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src 'self'"
    return response


@handle_form(integration_page)
def handle_integration_post(context: RequestContext) -> Response:
    """Store the sites that may show the frames of the group."""
    slug = context.path_params["group"]
    change_origins(context.library, context.actor, slug, context.form_value("origins"))
    return redirect_with_flash(context.addresses.group(slug, EMBED), "kept")


def _kinds(context: RequestContext, group: Group) -> tuple[FormOption, ...]:
    """What can be shown: items, tags, and the lists that everyone may read. `list` names one in links of this site."""
    _ = context.translator.gettext
    is_public = is_allowed(ANONYMOUS, Action.READ, group)
    lists = lists_of_group(context.library, ANONYMOUS, group.slug)[1][:_MOST_LISTS] if is_public else ()
    labels = {
        _LATEST: _("Latest items"),
        _TAGS: _("Tags"),
        **{one.id: _("List “%(name)s”", name=one.name) for one, _count in lists},
    }
    chosen = context.param("what") or context.param("list")
    chosen = chosen if chosen in labels else _LATEST
    return tuple(FormOption(value, label, selected=value == chosen) for value, label in labels.items())


def _filters(context: RequestContext, group: Group) -> Pairs:
    """The search that the address gives, without what says how it is shown."""
    own = frozenset({"what", "list", COUNT, "lang", "page", "per_page", "since"})
    scope = ListingScope(group.slug)
    path, pairs = scope.address_of(scope.request_of(tuple(pair for pair in context.params if pair[0] not in own)))
    return pairs if path == scope.path else ()


def _path(group: Group, what: str) -> str:
    match what:
        case "latest":
            return f"/{EMBED}{ListingScope(group.slug).path}"
        case "tags":
            return f"/{EMBED}{ListingScope(group.slug).path}/tags"
        case _:
            return f"/{EMBED}/lists/{what}"


def _language(context: RequestContext) -> Pairs:
    language = context.choice.language
    return () if language == context.library.settings.language else (("lang", language),)


def _code(address: str, title: str) -> str:
    code = Markup('<iframe src="{}" title="{}" width="100%" height="480" loading="lazy" style="border:0"></iframe>')
    return str(code.format(address, title))
