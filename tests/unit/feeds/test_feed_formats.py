"""Feeds as bytes: the same feed in three formats, read back by the standard library."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.feeds.atom import write_atom
from kb.feeds.feed import BEGINNING, Feed, FeedEntry, FeedPaging
from kb.feeds.json_feed import write_json_feed
from kb.feeds.opml import OpmlOutline, write_opml
from kb.feeds.rss import write_rss
from kb.feeds.xml_writing import rfc822, rfc3339
from kb.model.storable_text import xml_safe_text

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
SHARED = datetime(2014, 11, 7, 9, 12, tzinfo=UTC)
CHANGED = datetime(2026, 3, 1, 12, 0, 1, 500_000, tzinfo=UTC)

ENTRY = FeedEntry(
    id="tag:base,2026:item/un",
    title="L'énergie & la <matière>",
    url="https://kb.example/items/un",
    updated=CHANGED,
    html="<p>Un &amp; <mark>deux</mark></p>",
    text="Un & deux",
    summary="Un & <b>deux</b>",
    external_url="https://exemple.fr/?a=1&b=2",
    published=SHARED,
    author="Claire Aubert",
    tags=("énergie", 'a"b'),
    language="fr",
)
BARE = FeedEntry("tag:base,2026:item/deux", "Deux", "https://kb.example/items/deux", SHARED, "", "", "")
FEED = Feed(
    id="tag:base,2026:feed/search?q=un",
    title="« un » – Florilège",
    page_url="https://kb.example/search?q=un&sort=recent",
    self_url="https://kb.example/search.atom?q=un&page=2",
    author="Florilège",
    language="fr",
    entries=(ENTRY, BARE),
    subtitle="Ce qu'on garde",
    paging=FeedPaging("https://kb.example/1", "https://kb.example/p", "https://kb.example/n", "https://kb.example/l"),
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def texts(element: ET.Element, name: str) -> list[str]:
    return [element.text or "" for element in element.findall(name)]


def links(element: ET.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in element.findall(f"{ATOM}link")}


def test_atom_says_all_that_the_feed_holds() -> None:
    root = ET.fromstring(write_atom(FEED))
    assert root.tag == f"{ATOM}feed"
    assert texts(root, f"{ATOM}id") == [FEED.id]
    assert texts(root, f"{ATOM}subtitle") == [FEED.subtitle]
    assert texts(root, f"{ATOM}updated") == ["2026-03-01T12:00:01Z"]
    assert links(root) == {
        "self": FEED.self_url,
        "alternate": FEED.page_url,
        "first": "https://kb.example/1",
        "previous": "https://kb.example/p",
        "next": "https://kb.example/n",
        "last": "https://kb.example/l",
    }
    first, two = root.findall(f"{ATOM}entry")
    assert texts(first, f"{ATOM}title") == [ENTRY.title]
    assert texts(first, f"{ATOM}published") == ["2014-11-07T09:12:00Z"]
    assert texts(first, f"{ATOM}summary") == [ENTRY.summary]
    assert texts(first, f"{ATOM}content") == [ENTRY.html]
    assert texts(first, f"{ATOM}author/{ATOM}name") == ["Claire Aubert"]
    assert [category.attrib["term"] for category in first.findall(f"{ATOM}category")] == list(ENTRY.tags)
    assert links(first) == {"alternate": ENTRY.url, "related": ENTRY.external_url}
    assert links(two) == {"alternate": BARE.url}
    assert [child.tag.removeprefix(ATOM) for child in two] == ["id", "title", "updated", "link", "content"]


def test_rss_says_all_that_the_feed_holds() -> None:
    channel = ET.fromstring(write_rss(FEED)).find("channel")
    assert channel is not None
    assert texts(channel, "link") == [FEED.page_url]
    assert texts(channel, "lastBuildDate") == ["Sun, 01 Mar 2026 12:00:01 GMT"]
    assert links(channel)["self"] == FEED.self_url
    first, two = channel.findall("item")
    guid = first.find("guid")
    assert guid is not None
    assert (guid.text, guid.attrib) == (ENTRY.id, {"isPermaLink": "false"})
    assert texts(first, "pubDate") == ["Fri, 07 Nov 2014 09:12:00 GMT"]
    assert texts(first, "category") == list(ENTRY.tags)
    assert texts(first, CREATOR) == ["Claire Aubert"]
    assert texts(first, CONTENT) == [ENTRY.html]
    assert unescape(texts(first, "description")[0]) == ENTRY.summary
    assert "<b>" not in texts(first, "description")[0]
    # Readers give an entry without a date the time at which they first saw it.
    assert texts(two, "pubDate") == [rfc822(BARE.updated)]
    assert texts(two, CREATOR) == []


def test_json_feed_says_all_that_the_feed_holds_and_no_more() -> None:
    feed = json.loads(write_json_feed(FEED))
    assert feed["feed_url"] == FEED.self_url
    assert feed["next_url"] == "https://kb.example/n"
    assert "authors" not in feed
    first, two = feed["items"]
    assert first == {
        "id": ENTRY.id,
        "url": ENTRY.url,
        "external_url": ENTRY.external_url,
        "title": ENTRY.title,
        "content_html": ENTRY.html,
        "content_text": ENTRY.text,
        "summary": ENTRY.summary,
        "date_published": "2014-11-07T09:12:00Z",
        "date_modified": "2026-03-01T12:00:01Z",
        "authors": [{"name": "Claire Aubert"}],
        "tags": list(ENTRY.tags),
        "language": "fr",
    }
    assert two == {
        "id": BARE.id,
        "url": BARE.url,
        "title": "Deux",
        "content_html": "",
        "date_modified": rfc3339(SHARED),
    }


@pytest.mark.parametrize("written", [write_atom, write_rss, write_json_feed])
def test_an_empty_feed_is_dated_without_a_clock(written) -> None:
    empty = replace(FEED, entries=())
    assert empty.updated == BEGINNING
    assert written(empty) == written(empty)
    assert replace(empty, since=SHARED).updated == SHARED


@given(ANYTHING)
def test_every_text_leaves_as_a_text_in_xml_and_whole_in_json(text: str) -> None:
    feed = replace(
        FEED, title=text, entries=(replace(ENTRY, title=text, html=text, author=text or None, tags=(text,)),)
    )
    # XML normalises all line ends.
    read = xml_safe_text(text).replace("\r\n", "\n").replace("\r", "\n")
    root = ET.fromstring(write_atom(feed))
    assert texts(root, f"{ATOM}title") == [read]
    assert texts(root, f"{ATOM}entry/{ATOM}content") == [read]
    assert [category.attrib["term"] for category in root.iter(f"{ATOM}category")] == [xml_safe_text(text)]
    assert texts(ET.fromstring(write_rss(feed)), "channel/item/title") == [read]
    assert json.loads(write_json_feed(feed))["title"] == text
    written = ET.fromstring(write_opml(text, (OpmlOutline(text, text or None),), language="fr"))
    assert [outline.attrib["text"] for outline in written.iter("outline")] == [xml_safe_text(text)]


def test_only_characters_that_xml_forbids_are_replaced() -> None:
    assert xml_safe_text("a\x00b\x0bc\x1fd\ufffee\uffff") == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd"
    allowed = "\t\n\r é\u2028\u202e\ud7ff\ue000\ufffd\U0001f600"
    assert xml_safe_text(allowed) == allowed


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_are_written_as_the_formats_want(instant: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(instant)) == instant.replace(microsecond=0)
    assert len(rfc3339(instant)) == len("2014-11-07T09:12:00Z")
    if instant.year >= 1000:
        assert parsedate_to_datetime(rfc822(instant)) == instant.replace(microsecond=0)


def test_a_list_of_feeds_has_folders() -> None:
    root = ET.fromstring(
        write_opml(
            "Flux",
            [OpmlOutline("Groupe", children=(OpmlOutline("Un", "https://kb.example/1.atom", "https://kb.example/1"),))],
            language="fr",
        )
    )
    assert texts(root, "head/title") == ["Flux"]
    folder = root.find("body/outline")
    assert folder is not None
    assert folder.attrib == {"text": "Groupe", "title": "Groupe"}
    assert [child.attrib for child in folder] == [
        {
            "text": "Un",
            "title": "Un",
            "type": "rss",
            "xmlUrl": "https://kb.example/1.atom",
            "htmlUrl": "https://kb.example/1",
        }
    ]
