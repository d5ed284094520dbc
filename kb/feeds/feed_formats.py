"""The formats of feeds: to add one, write its file and add its line here."""

from collections.abc import Callable
from dataclasses import dataclass

from kb.feeds import atom, json_feed, rss
from kb.feeds.feed import Feed


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """A format. `key` ends the addresses of its feeds, `name` is the label of links to them."""

    key: str
    name: str
    media_type: str
    write: Callable[[Feed], bytes]


ATOM = FeedFormat("atom", "Atom", atom.MEDIA_TYPE, atom.write_atom)
"""The format with the most complete entries."""
FEED_FORMATS = {
    feed_format.key: feed_format
    for feed_format in (
        ATOM,
        FeedFormat("rss", "RSS", rss.MEDIA_TYPE, rss.write_rss),
        FeedFormat("json", "JSON Feed", json_feed.MEDIA_TYPE, json_feed.write_json_feed),
    )
}
"""By key, in the order of links."""
