"""The index of the API, the links of the site, groups and profile, as the client of Hypothesis asks for them."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from kb.features.hypothesis.annotation_objects import authority, group_object
from kb.model.people.group import Group
from kb.services.clients.listings import readable_group_list
from kb.services.clients.passage_listings import page_address
from kb.services.groups.group_views import readable_group
from kb.web.http.context import RequestContext

API = "/hypothesis/api"
_LINKS: Mapping[str, tuple[str, str, str]] = {
    "annotation.create": ("POST", "/annotations", "Create an annotation"),
    "annotation.read": ("GET", "/annotations/:id", "Fetch an annotation"),
    "annotation.update": ("PATCH", "/annotations/:id", "Update an annotation"),
    "annotation.delete": ("DELETE", "/annotations/:id", "Delete an annotation"),
    "annotation.flag": ("PUT", "/annotations/:id/flag", "Flag an annotation for review"),
    "annotation.hide": ("PUT", "/annotations/:id/hide", "Hide an annotation as a group moderator"),
    "annotation.unhide": ("DELETE", "/annotations/:id/hide", "Unhide an annotation as a group moderator"),
    "search": ("GET", "/search", "Search for annotations"),
    "groups.read": ("GET", "/groups", "Fetch the groups that the user may read"),
    "group.read": ("GET", "/groups/:id", "Fetch a group"),
    "profile.read": ("GET", "/profile", "Fetch the user's profile"),
    "profile.update": ("PATCH", "/profile", "Update a user's preferences"),
    "profile.groups.read": ("GET", "/profile/groups", "Fetch the groups of the user"),
    "links": ("GET", "/links", "URL templates for generating URLs for HTML pages"),
}


def get_index(context: RequestContext) -> Response:
    """The routes of the API, by their names in Hypothesis."""
    base, index = f"{context.library.settings.base_url}{API}", dict[str, Any]()
    for name, (method, path, description) in _LINKS.items():
        *above, last = name.split(".")
        place = index
        for part in above:
            place = place.setdefault(part, {})
        place[last] = {"method": method, "url": base + path, "desc": description}
    return JSONResponse({"links": index})


def get_links(context: RequestContext) -> Response:
    """The pages of this site to which the client links."""
    base = context.library.settings.base_url
    return JSONResponse(
        {
            "account.settings": f"{base}/account",
            "forgot-password": f"{base}/login",
            "groups.new": f"{base}/groups/new",
            "help": f"{base}/aide/surligner",
            "oauth.authorize": f"{base}/hypothesis/authorize",
            "oauth.revoke": f"{base}{API}/token/revoke",
            "search.tag": f"{base}/search?tag=:tag",
            "signup": f"{base}/login",
            "user": f"{base}/search?author=:user",
        }
    )


def list_groups(context: RequestContext) -> Response:
    """The groups that the user may read; with `document_uri`, those of the user and those that have the page."""
    groups = readable_group_list(context.library, context.actor)
    if url := context.param("document_uri"):
        page, mine = page_address(context.library, context.actor, url), _own_group_ids(context)
        with context.library.store.read() as reading:
            others = {group.id: group for group in groups if group.id not in mine}
            items = [item for address in page.addresses for item in reading.items.at_address(address, others, 100)]
        having = {item.group_id for item in items}
        groups = tuple(group for group in groups if group.id in mine or group.id in having)
    return JSONResponse([group_object(context, group) for group in groups])


def get_group(context: RequestContext) -> Response:
    """One group. Raises NotFound."""
    return JSONResponse(
        group_object(context, readable_group(context.library, context.actor, context.path_params["id"]))
    )


def list_own_groups(context: RequestContext) -> Response:
    """The groups of the user of the token."""
    return JSONResponse([group_object(context, group) for group in _own_groups(context)])


def get_profile(context: RequestContext) -> Response:
    """The user of the token; nobody without one."""
    actor = context.actor
    is_known = actor.user_id is not None
    return JSONResponse(
        {
            "userid": f"acct:{actor.login}@{authority(context)}" if is_known else None,
            "authority": authority(context),
            "groups": [group_object(context, group) for group in _own_groups(context)],
            "features": {},
            "preferences": {},
            **({"user_info": {"display_name": actor.name}} if is_known else {}),
        }
    )


def patch_profile(context: RequestContext) -> Response:
    """Preferences of the client are not stored: the profile is answered as it is."""
    return get_profile(context)


def _own_group_ids(context: RequestContext) -> frozenset[str]:
    return frozenset(membership.group_id for membership in context.actor.memberships)


def _own_groups(context: RequestContext) -> tuple[Group, ...]:
    mine = _own_group_ids(context)
    return tuple(group for group in readable_group_list(context.library, context.actor) if group.id in mine)
