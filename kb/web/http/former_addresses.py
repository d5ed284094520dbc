"""Redirect from the former slugs of groups, in the path and in the parameter `group`."""

import re
from collections.abc import Sequence
from functools import wraps
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from kb.access.actor import Action
from kb.errors import NotFound
from kb.services.authentication.authentication import actor_of_feed_key
from kb.services.groups.group_views import groups_of_former_slugs, require_group_permission
from kb.web.http.context import SAFE_METHODS, Handler, RequestContext
from kb.web.http.urls.feed_urls import KEY_PARAMETER, feed_address
from kb.web.http.urls.page_urls import quoted_path

_GROUP_PATH = re.compile(r"(/(?:[a-z0-9]+/)?g/|/api/v1/groups/)([a-z0-9-]+)(?=[/.]|$)", re.ASCII)


def with_former_addresses(page: Handler) -> Handler:
    """Redirect (308) to the current address of a group, if a GET request names it by a former slug.

    A visitor who may not read the group learns nothing: the answer is that of the page.
    """

    @wraps(page)
    def redirect(context: RequestContext) -> Response:
        path = _GROUP_PATH.match(context.path)
        named = dict.fromkeys(value for name, value in context.params if name == "group")
        slugs = (*((path[2],) if path else ()), *named)
        if not slugs or context.method not in SAFE_METHODS:
            return page(context)
        try:
            response = page(context)
        except NotFound:
            if moved := _redirect(context, slugs):
                return moved
            raise
        # Most pages have asked for the readable groups: nothing more is read for a current slug.
        memo = context.actor.memo
        groups = memo.readable.groups if memo is not None and memo.readable is not None else ()
        if all(any(group.slug == slug for group in groups) for slug in slugs):
            return response
        return _redirect(context, slugs) or response

    return redirect


def _redirect(context: RequestContext, slugs: Sequence[str]) -> Response | None:
    groups = groups_of_former_slugs(context.library, slugs)
    if not groups:
        return None
    current = {former: group.slug for former, group in groups.items()}
    path = _GROUP_PATH.sub(lambda match: match[1] + current.get(match[2], match[2]), context.path, count=1)
    params = tuple((name, current.get(value, value) if name == "group" else value) for name, value in context.params)
    actor = context.actor
    if key := context.param(KEY_PARAMETER):
        actor = actor_of_feed_key(context.library, key, feed_address(path, params)) or actor
    try:
        for group in groups.values():
            require_group_permission(context.library, actor, Action.READ, group.slug)
    except NotFound:
        return None
    address = quoted_path(path) + (f"?{urlencode(params)}" if params else "")
    # The group may take back its former slug: no browser may keep the redirect.
    return RedirectResponse(address, 308, headers={"Cache-Control": "no-store"})
