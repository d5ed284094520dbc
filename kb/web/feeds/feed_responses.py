"""Responses of feeds and OPML lists: conditional requests work, the content does not depend on the reader, no cookie is
set.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.feeds.xml_writing import rfc822
from kb.indexer import wait_for_change
from kb.services.search.feed_freshness import FeedFreshness
from kb.translation import Translator
from kb.web.http.conditional_requests import last_modified, weak_etag
from kb.web.http.context import RequestContext

INDEX_WAIT = 1.0
"""Seconds that a feed waits for an outdated index."""


def site_translator(context: RequestContext) -> Translator:
    """The translator for the site's own language: the same bytes for every reader."""
    return Translator(context.library.settings.language)


def conditional_feed_response(
    context: RequestContext,
    ground: FeedFreshness,
    media_type: str,
    write: Callable[[], bytes],
    *,
    indexed: bool = False,
) -> Response:
    """The answer that `write` gives, or 304 if the client has it. `indexed`: it comes from the index, which may be
    outdated.
    """
    now = datetime.now(UTC)
    modified = last_modified(ground.changed_at, now) if ground.changed_at else None
    if context.conditions.is_unchanged(ground.changed_at, now):
        return Response(status_code=304, headers=_headers(context, modified))
    if indexed and not wait_for_change(context.library, ground.number, INDEX_WAIT) and modified:
        # A date too early to prove anything. Without a date, a client would send that of this answer, which is later
        # than the missing content.
        modified -= timedelta(seconds=1)
    body = write()
    tag = weak_etag(body)
    headers = {**_headers(context, modified), "ETag": tag}
    if context.conditions.holds(tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={**headers, "Content-Type": f"{media_type}; charset=utf-8"})


def _headers(context: RequestContext, modified: datetime | None) -> dict[str, str]:
    headers = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if context.actor != ANONYMOUS:
        # The address may contain a key: send it to no other site.
        headers |= {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
    return {**headers, "Last-Modified": rfc822(modified)} if modified else headers
