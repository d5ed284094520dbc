"""Feeds of Diigo groups, with the irregularities of real ones."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AuthorDraft, GroupDraft, ItemDraft, RecordWarning
from tests.factories.diigo_files import diigo_rss_file
from tests.factories.diigo_library import GROUP_NAME, GROUP_SLUG, DiigoBookmark, a_diigo_library
from tests.factories.diigo_strategies import bookmarks, read_facts, written_facts
from tests.factories.import_files import count_entries, drafts, read, warnings
from tests.support.cpu_time import cpu_seconds_at_most

LIBRARY = a_diigo_library(40)
FEED = diigo_rss_file(LIBRARY)
SHOWN = [bookmark for bookmark in LIBRARY if bookmark.shared]


def a_feed(description: str, title: str = "x") -> bytes:
    return (
        f"<rss version='2.0'><channel><title>Quais | Diigo Group</title><link>https://www.diigo.com/group/quais</link>"
        f"<item><title>{title}</title><link>https://exemple.fr/</link><description><![CDATA[{description}]]>"
        f"</description></item></channel></rss>"
    ).encode()


def test_a_feed_gives_what_others_see_of_its_bookmarks_with_exact_dates() -> None:
    items = drafts("diigo-rss", FEED, 4096)
    assert [read_facts(draft) for draft in items] == [written_facts(bookmark) for bookmark in SHOWN]
    assert [draft.title for draft in items] == [bookmark.title for bookmark in SHOWN]
    assert [draft.added for draft in items] == [bookmark.created.strftime("%Y-%m-%dT%H:%M:%SZ") for bookmark in SHOWN]
    assert {draft.group for draft in items} == {GroupDraft(slug=GROUP_SLUG, name=GROUP_NAME)}
    assert warnings("diigo-rss", FEED, 4096) == []


def test_a_feed_of_diigo_is_no_feed_of_a_site_but_of_bookmarks(tmp_path: Path) -> None:
    path = tmp_path / "rss.xml"
    path.write_bytes(FEED)
    items = [draft for draft in read_drafts_in_subprocess(path, "auto") if isinstance(draft, ItemDraft)]
    assert items == drafts("diigo-rss", FEED, 4096)
    other = b"<rss version='2.0'><channel><title>Le Monde</title><item><title>x</title></item></channel></rss>"
    assert [draft.diigo_file for draft in read_drafts(io.BytesIO(other)) if isinstance(draft, ItemDraft)] == [None]


@pytest.mark.parametrize("size", [1, 64, 1 << 20])
def test_the_pieces_in_which_a_feed_comes_change_nothing(size: int) -> None:
    feed = diigo_rss_file(LIBRARY[:8])
    assert read("diigo-rss", feed, size) == read("diigo-rss", feed)


@settings(max_examples=60, deadline=None)
@given(bookmarks)
def test_any_bookmark_that_a_feed_shows_is_read_as_it_was(bookmark: DiigoBookmark) -> None:
    (draft,) = drafts("diigo-rss", diigo_rss_file([bookmark]), 64)
    assert read_facts(draft) == written_facts(bookmark)


def test_an_entry_without_comments_or_tags_is_read() -> None:
    (draft,) = drafts(
        "diigo-rss", a_feed('<div class="annInner">Un passage</div><p>by <a href="/user/lise">Lise</a></p>')
    )
    assert (draft.author, draft.tags, draft.description) == (AuthorDraft(login="lise", name="Lise"), None, None)
    assert [annotation.quote for annotation in draft.annotations] == ["Un passage"]


def test_a_comment_of_the_usual_form_gives_source_and_date() -> None:
    (draft,) = drafts(
        "diigo-rss", a_feed("<p>Comments:<ul><li>- Lagazette.fr, 7 nov 2014</ul></p><p>Tags:</p><p>by:</p>")
    )
    assert (draft.source, draft.published, draft.read_from_comment) == ("Lagazette.fr", "2014-11-07", True)
    assert [annotation.kind for annotation in draft.annotations] == [AnnotationKind.COMMENT]


def test_a_cut_feed_gives_the_entries_before_the_cut_and_says_so() -> None:
    cut = FEED[: FEED.index(b"<item>", len(FEED) // 2) + 60]
    entries_read = read("diigo-rss", cut, 4096)
    assert [entry for entry in entries_read if isinstance(entry, ItemDraft)] == drafts("diigo-rss", FEED, 4096)[
        : cut.count(b"</item>")
    ]
    assert [entry.skipped for entry in entries_read if isinstance(entry, RecordWarning)] == [True]


def test_a_feed_in_latin_1_keeps_its_accents() -> None:
    text = a_feed("<p>by: <a href='/user/e'>Éléonore d’Été</a></p>").decode()
    (declared,) = drafts("diigo-rss", f'<?xml version="1.0" encoding="windows-1252"?>{text}'.encode("cp1252"))
    (undeclared,) = drafts("diigo-rss", text.encode("cp1252"))
    assert declared.author == undeclared.author == AuthorDraft(login="e", name="Éléonore d’Été")
    assert warnings("diigo-rss", text.encode("cp1252"))[0].startswith("This file is not in UTF-8")


def test_a_feed_in_utf_16_is_refused_and_broken_bytes_are_read_around() -> None:
    in_utf_16 = io.BytesIO(FEED.decode().encode("utf-16"))
    assert list(read_drafts(in_utf_16)) == list(read_drafts(io.BytesIO(FEED)))
    broken = FEED.replace(b"</title>", b"\xff\xfe\x81</title>", 2)
    assert len(drafts("diigo-rss", broken, 4096)) == len(SHOWN)


def hostile_feeds() -> Iterator[tuple[str, bytes]]:
    start = b"<rss><channel><link>https://groups.diigo.com/group/quais</link>"
    item = b"<item><title>x</title><link>https://exemple.fr/</link><description>"
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    yield "an entity bomb", f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]>'.encode() + start + item + b"&l9;"
    yield "a file of the machine", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + start + item + b"&x;"
    yield "deep elements", start + b"<item>" * 100_000
    yield "deep html", start + item + b"&lt;div class=annInner&gt;" * 50_000
    yield "a tag without end", start + b'<item a="' + b"x" * 10_000_000
    yield "a huge text", start + item + b"mot " * 3_000_000 + b"</description></item></channel></rss>"
    yield (
        "many highlights",
        start + item + b"&lt;div class='annInner'&gt;x&lt;/div&gt;" * 40_000 + b"</description></item>",
    )
    yield "many links", start + item + b"&lt;a href='/user/x'&gt;x" * 60_000 + b"</description></item>"
    yield "many paragraphs", start + item + b"&lt;p&gt;x" * 100_000 + b"</description></item>"
    yield "nul and bidi", start + item + b"a\0b\xe2\x80\xaec</description></item></channel></rss>"


@pytest.mark.parametrize(("name", "feed"), list(hostile_feeds()), ids=[name for name, _ in hostile_feeds()])
def test_a_hostile_feed_is_read_to_its_end_in_time_and_memory(name: str, feed: bytes) -> None:
    with cpu_seconds_at_most(10):
        assert (
            count_entries("diigo-rss", (feed[place : place + 65_536] for place in range(0, len(feed), 65_536))) < 20
        ), name


def test_declared_entities_are_refused_and_nothing_of_the_machine_is_read() -> None:
    bombs = dict(hostile_feeds())
    for name in ("an entity bomb", "a file of the machine"):
        assert drafts("diigo-rss", bombs[name]) == []
        assert "entities" in warnings("diigo-rss", bombs[name])[0]


def test_no_script_is_in_a_text() -> None:
    (draft,) = drafts("diigo-rss", a_feed('<div class="annInner">a<script>alert(1)</script>b</div>', "&lt;b&gt;"))
    assert (draft.title, draft.annotations[0].quote) == ("<b>", "ab")
