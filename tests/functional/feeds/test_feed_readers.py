"""Our feeds as others read them: feedparser, the schema of JSON Feed and feedsmith, on each feed of a site."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import jsonschema
import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS
from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.search_request import SearchRequest
from kb.model.storable_text import xml_safe_text
from kb.services.core.library import Library
from kb.services.search.saved_searches import readable_saved_searches
from kb.settings import default_settings_in
from kb.site import create_app, open_library
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.http.urls.page_urls import Addresses
from tests.feeds.feed_library import ATELIER, HOSTILE, LECTURES, ODD_TAGS, a_shelf

HERE = Path(__file__).resolve().parents[2] / "feeds"
PACKAGES = HERE / "node_modules"


@dataclass(frozen=True)
class ReadFeed:
    """One response of the site, and the result of feedsmith for it."""

    address: str
    form: str
    body: bytes
    seen: dict

    @property
    def ours(self) -> dict:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def packages() -> Path:
    """The checkers from npm, in the versions that `package-lock.json` pins."""
    if not (PACKAGES / "feedsmith").is_dir():
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE)]
        subprocess.run(command, check=True, timeout=120)
    return PACKAGES


def addresses_of(
    library: Library, slugs: list[str], tags: list[tuple[str, str]], words: str
) -> Iterator[tuple[str, str]]:
    """Every kind of feed and feed list of a site: (address, format)."""
    links = Addresses()
    for form in FEED_FORMATS:
        yield f"/search.{form}", form
        yield f"/search.{form}?q={words}&view=passages", form
        yield f"/search.{form}?q={words}&match=any&per_page=5&page=2", form
        yield f"/search.{form}?q=introuvable", form
        yield f"/search.{form}?page=99", form
        for slug in slugs:
            yield f"/g/{slug}.{form}?per_page=100", form
        for slug, tag in tags:
            yield links.feed(ListingScope(slug, tag), SearchRequest(group=(slug,), tag=(tag,)), form), form
        for saved in readable_saved_searches(library, ANONYMOUS):
            yield links.feed(ListingScope(saved=saved.search), saved.search.request, form), form
    yield "/saved.opml", "opml"
    for slug in slugs:
        yield f"/g/{slug}.opml", "opml"


def feeds_read(library: Library, addresses: Iterator[tuple[str, str]], folder: Path) -> tuple[ReadFeed, ...]:
    answers = []
    with TestClient(create_app(library)) as client:
        for number, (address, form) in enumerate(addresses):
            answer = client.get(address)
            assert answer.status_code == 200, address
            (folder / f"{number:04}.{form}").write_bytes(answer.content)
            answers.append((address, form, answer.content))
    command = ["node", str(HERE / "check.mjs"), str(folder)]
    results = json.loads(subprocess.run(command, check=True, timeout=120, capture_output=True).stdout)
    return tuple(
        ReadFeed(address, form, body, results[f"{number:04}.{form}"])
        for number, (address, form, body) in enumerate(answers)
    )


@pytest.fixture(scope="module")
def shelf(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ReadFeed, ...]:
    with closing(a_shelf()) as library:
        tags = [(group.slug, tag) for group in (LECTURES, ATELIER) for tag in (*ODD_TAGS, "inconnu")]
        addresses = addresses_of(library, ["lectures", "atelier"], tags, "agents")
        return feeds_read(library, addresses, tmp_path_factory.mktemp("feeds"))


@pytest.fixture(scope="module")
def demo(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ReadFeed, ...]:
    """The feeds of the sample library, which the command has loaded."""
    data = tmp_path_factory.mktemp("demo") / "data"
    loading = [sys.executable, "-P", "-m", "kb", "--data", str(data), "demo", "--no-serve"]
    subprocess.run(loading, check=True, timeout=120, capture_output=True)
    with closing(open_library(default_settings_in(data))) as library:
        with library.store.read() as reading:
            slugs = [group.slug for group in reading.groups.all()]
        assert len(readable_saved_searches(library, ANONYMOUS)) > len(slugs)
        tags = [(slug, "formation") for slug in slugs]
        return feeds_read(library, addresses_of(library, slugs, tags, "eau"), tmp_path_factory.mktemp("feeds"))


@pytest.fixture(params=["shelf", "demo"])
def feeds(request: pytest.FixtureRequest) -> tuple[ReadFeed, ...]:
    return request.getfixturevalue(request.param)


def of(feeds: tuple[ReadFeed, ...], *forms: str) -> list[ReadFeed]:
    chosen = [feed for feed in feeds if feed.form in forms]
    assert chosen
    return chosen


def test_feedparser_finds_nothing_wrong(feeds: tuple[ReadFeed, ...]) -> None:
    for feed in of(feeds, "atom", "rss"):
        read = feedparser.parse(feed.body)
        assert not read.bozo, (feed.address, read.get("bozo_exception"))
        assert read.version == {"atom": "atom10", "rss": "rss20"}[feed.form]
        assert read.feed.title
        assert read.feed.id.startswith("tag:")
        assert read.feed.updated_parsed
        for entry in read.entries:
            assert entry.id.startswith("tag:")
            assert entry.link.startswith("http://127.0.0.1:8000/items/")
            assert urlsplit(entry.link).path.isascii()
            assert "updated_parsed" in entry
            assert "content" in entry


def test_feedparser_reads_the_same_entries_in_both_formats(feeds: tuple[ReadFeed, ...]) -> None:
    atoms, rsses = of(feeds, "atom"), of(feeds, "rss")
    assert len(atoms) == len(rsses)
    for first_body, other in zip(atoms, rsses, strict=True):
        in_atom, in_rss = feedparser.parse(first_body.body), feedparser.parse(other.body)
        for name in ("id", "link", "title", "author", "tags"):
            assert [entry.get(name) for entry in in_atom.entries] == [entry.get(name) for entry in in_rss.entries]


def test_the_schema_of_json_feed_holds(feeds: tuple[ReadFeed, ...], packages: Path) -> None:
    schema = json.loads((packages / "jsonfeed-schema" / "schema-v1.1.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    assert not validator.is_valid({"version": "https://jsonfeed.org/version/1.1", "title": "", "items": [{"id": 1}]})
    for feed in of(feeds, "json"):
        assert [error.message for error in validator.iter_errors(feed.ours)] == [], feed.address
        for item in feed.ours["items"]:
            addresses = [item["url"], *([item["external_url"]] if "external_url" in item else [])]
            assert all(address.isascii() and not set(address) & set(' <>"') for address in addresses)


@pytest.mark.parametrize("form", FEED_FORMATS)
def test_feedsmith_reads_what_we_wrote(feeds: tuple[ReadFeed, ...], form: str) -> None:
    for feed, same in zip(of(feeds, form), of(feeds, "json"), strict=True):
        assert "error" not in feed.seen, (feed.address, feed.seen)
        items = same.ours["items"]
        assert [entry["id"] for entry in feed.seen["entries"]] == [item["id"] for item in items], feed.address
        assert [entry["url"] for entry in feed.seen["entries"]] == [item["url"] for item in items]
        assert [entry["updated"] for entry in feed.seen["entries"]] == [item["date_modified"] for item in items]


def test_feedsmith_reads_every_list_of_feeds(feeds: tuple[ReadFeed, ...]) -> None:
    for feed in of(feeds, "opml"):
        assert "error" not in feed.seen, (feed.address, feed.seen)
        ours = [outline.attrib for outline in ET.fromstring(feed.body).iter("outline")]
        assert [entry["title"] for entry in feed.seen["entries"]] == [outline["text"] for outline in ours]
        assert [entry.get("url") for entry in feed.seen["entries"]] == [outline.get("xmlUrl") for outline in ours]


def test_texts_come_through_every_reader(shelf: tuple[ReadFeed, ...]) -> None:
    """Readers show the hostile item's title as text: no markup and no character of it is lost."""
    for feed in of(shelf, *FEED_FORMATS):
        for entry in feed.seen["entries"]:
            if entry["id"].endswith(":item/hostile"):
                assert xml_safe_text(entry["title"]).split() == xml_safe_text(HOSTILE).split(), feed.address
                assert "<script" not in entry["content"]
