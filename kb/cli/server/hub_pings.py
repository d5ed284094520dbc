"""Tell the WebSub hub of the site which public feeds have changed (https://www.w3.org/TR/websub/).

The time of the last change of each public group, as the hub was told it, is in the database: nothing is forgotten after
an outage. A change that is not told to the hub, since the group is not public, leaves no trace there.
"""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from kb.access.actor import ANONYMOUS
from kb.fetcher import post
from kb.indexer import wait_for_change
from kb.model.web_pages.page_facts import FetchFailed
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.settings import OFF, Settings
from kb.web.feeds.hub_topics import hub_topics

_KEY = "websub"
"""The key, in the table `meta`, of the times that the hub was told."""
_TOPICS_AT_ONCE = 30
_INDEX_WAIT = 5.0
_RETRY_SECONDS = 60.0
_SHORTEST_WAIT, _LONGEST_WAIT = 1.0, 300.0
_HEADERS = (("Content-Type", "application/x-www-form-urlencoded"),)

_log = logging.getLogger(__name__)

Poster = Callable[[str, bytes, Sequence[tuple[str, str]], Settings], int]


def ping_hub_until_stopped(library: Library, stop: threading.Event, poster: Poster = post) -> None:
    """Tell the hub of changes, until `stop` is set; end at once without a hub."""
    if not library.settings.websub_hub or library.settings.fetch == OFF:
        return
    with library.store.listen() as commits:
        while not stop.is_set():
            if ping_hub(library, poster):
                commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)
            else:
                stop.wait(_RETRY_SECONDS)


def ping_hub(library: Library, poster: Poster = post) -> bool:
    """Tell the hub which feeds have changed since it was last told; return whether it knows them now.

    The first time, nothing has changed.
    """
    with library.store.read() as reading:
        groups = [group for group in readable_groups(reading, ANONYMOUS).groups if group.feeds]
        times = reading.groups.change_times(group.id for group in groups)
        stored = reading.meta.get(_KEY)
        number = reading.changes.newest()
    told: dict[str, str] = json.loads(stored) if stored else times
    changed = [group for group in groups if told.get(group.id) != times[group.id]]
    if changed and not wait_for_change(library, number, _INDEX_WAIT):
        # The hub would fetch the feeds as they were.
        return False
    topics = hub_topics(library, changed) if changed or told.keys() - times.keys() else []
    for start in range(0, len(topics), _TOPICS_AT_ONCE):
        if not _send_ping(library, topics[start : start + _TOPICS_AT_ONCE], poster):
            return False
    if stored is None or told != times:
        with library.store.write() as writing:
            writing.meta.set(_KEY, json.dumps(times))
    return True


def _send_ping(library: Library, topics: Sequence[str], poster: Poster) -> bool:
    """Name changed feeds to the hub; return whether it accepted them."""
    body = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
    try:
        status = poster(library.settings.websub_hub, body, _HEADERS, library.settings)
    except FetchFailed as failed:
        _log.warning("The WebSub hub was not told of changes: %s", failed)
        return False
    if not 200 <= status < 300:
        _log.warning("The WebSub hub answered %d", status)
        return False
    return True
