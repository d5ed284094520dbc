"""Our Atom archive, read by another parser."""

from xml.etree import ElementTree as ET

import feedparser

from tests.factories.exports import BARE, WHOLE, exported


def test_an_archive_is_a_complete_feed_with_the_ids_of_our_feeds():
    data = exported("atom", WHOLE, BARE)
    feed = feedparser.parse(data)
    assert not feed.bozo
    assert feed.feed.title == "Les quais"
    assert b"<fh:complete />" in data
    assert b'xmlns:fh="http://purl.org/syndication/history/1.0"' in data
    first, second = feed.entries
    assert (first.id, second.id) == ("tag:autorite,2026:item/archive", "tag:autorite,2026:item/bare")
    assert ET.fromstring(data).find(".//{*}entry/{*}title").text == "L’archive et le <réseau>"
    assert [tag.term for tag in first.tags] == ["agents", "santé/social", "données ouvertes"]
    assert "Vraiment à tous." in first.content[0].value
