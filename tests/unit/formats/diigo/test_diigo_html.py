"""Pages of Diigo groups as HTML, with the content of real ones around their items."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AuthorDraft, GroupDraft, ItemDraft, RecordWarning
from tests.factories.diigo_files import diigo_html_file
from tests.factories.diigo_library import GROUP_NAME, GROUP_SLUG, DiigoBookmark, a_diigo_library
from tests.factories.diigo_strategies import bookmarks, read_facts, written_facts
from tests.factories.import_files import count_entries, drafts, read, warnings
from tests.support.cpu_time import cpu_seconds_at_most

LIBRARY = a_diigo_library(40)
PAGE = diigo_html_file(LIBRARY)
GROUP = GroupDraft(slug=GROUP_SLUG, name=GROUP_NAME)


def test_a_page_gives_what_others_see_of_its_bookmarks() -> None:
    public = [bookmark for bookmark in LIBRARY if bookmark.shared]
    items = drafts("diigo-html", PAGE, 4096)
    assert [read_facts(draft) for draft in items] == [written_facts(bookmark) for bookmark in public]
    assert [draft.views for draft in items] == [bookmark.views for bookmark in public]
    assert [draft.added for draft in items] == [bookmark.created.strftime("%Y-%m-%d") for bookmark in public]
    assert {draft.group for draft in items} == {GROUP}
    assert warnings("diigo-html", PAGE, 4096) == []


def test_people_are_known_by_the_login_of_their_page_and_the_name_that_is_shown() -> None:
    items = [
        draft for draft in drafts("diigo-html", PAGE, 4096) if draft.author and draft.author.login == "sophiepoint"
    ]
    assert {draft.author for draft in items} == {AuthorDraft(login="sophiepoint", name="Sophie Point")}
    replies = [reply.author for draft in items for part in draft.annotations for reply in part.replies]
    assert AuthorDraft(login="eleonore", name="Éléonore d’Été") in replies


def test_the_sandboxed_process_recognises_a_page_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE)
    items = [draft for draft in read_drafts_in_subprocess(path, "auto") if isinstance(draft, ItemDraft)]
    assert items == drafts("diigo-html", PAGE, 4096)


@pytest.mark.parametrize("size", [1, 64, 1 << 20])
def test_the_pieces_in_which_a_page_comes_change_nothing(size: int) -> None:
    page = diigo_html_file(LIBRARY[:8])
    assert read("diigo-html", page, size) == read("diigo-html", page)


@settings(max_examples=60, deadline=None)
@given(bookmarks)
def test_any_bookmark_that_a_page_shows_is_read_as_it_was(bookmark: DiigoBookmark) -> None:
    (draft,) = drafts("diigo-html", diigo_html_file([bookmark]), 64)
    assert read_facts(draft) == written_facts(bookmark)


def test_the_tag_of_the_page_is_that_of_items_which_list_none() -> None:
    page = diigo_html_file(LIBRARY[:3], tag="données ouvertes").replace(b'id="tags_', b'id="autre_')
    assert {draft.tags for draft in drafts("diigo-html", page)} == {("données ouvertes",)}


def test_a_shortened_title_is_whole_where_the_link_says_it() -> None:
    page = (
        b'<div id="item_1"><a id="title_link_1" href="https://exemple.fr/" title="Un titre bien trop long">Un titre'
        b" bien...</a></div>"
        b'<div id="item_2"><a id="title_link_2" href="https://exemple.fr/b">Un autre...</a></div>'
    )
    first, second = drafts("diigo-html", page)
    assert (first.title, first.truncated_title) == ("Un titre bien trop long", False)
    assert (second.title, second.truncated_title) == ("Un autre...", True)


def test_a_pager_that_announces_more_items_is_reported() -> None:
    page = PAGE.replace(b"1 - 36 of 36", b"1 - 40 of 40")
    assert warnings("diigo-html", page, 4096) == ["The page announces 40 items and holds 36."]


def test_the_form_of_a_comment_gives_source_and_date() -> None:
    page = (
        b'<div id="item_1"><a id="title_link_1" href="https://exemple.fr/">x</a>'
        b'<div class="annContent"><div></div><ul><li>- Lagazette.fr, 7 nov 2014</ul></div></div>'
    )
    (draft,) = drafts("diigo-html", page)
    assert (draft.source, draft.published, draft.read_from_comment) == ("Lagazette.fr", "2014-11-07", True)
    assert [annotation.kind for annotation in draft.annotations] == [AnnotationKind.COMMENT]


def test_lists_without_end_tags_and_quotes_without_an_element_are_read() -> None:
    page = (
        b"<DIV ID=item_1><A ID=title_link_1 HREF=https://exemple.fr/>x</A>"
        b"<div class='annContent big'>Un passage<br>sur deux lignes<ul><li>un<li>deux<ul><li>trois</ul></ul></div>"
        b"<div class=annContent><div>Un <b>autre</b></div>(jaune)</div>"
    )
    (draft,) = drafts("diigo-html", page)
    first, second = draft.annotations
    assert (first.quote, [reply.body for reply in first.replies]) == (
        "Un passage\nsur deux lignes",
        ["un", "deux", "trois"],
    )
    assert second.quote == "Un autre"


def test_links_within_diigo_are_no_address_of_a_page() -> None:
    page = (
        b'<div id=item_1><a id=title_link_1 href="/item/note/3">Une note</a></div>'
        b'<a id=title_link_2 href="javascript:x">y</a>'
    )
    assert [draft.url for draft in drafts("diigo-html", page)] == [None, None]


def test_a_page_without_items_says_so() -> None:
    page = b'<html><a href="https://groups.diigo.com/group/usages/rss">Rss</a></html>'
    assert [draft.why for draft in read_drafts(io.BytesIO(page)) if isinstance(draft, RecordWarning)] == [
        "This page holds no item of a group."
    ]


def test_another_page_is_refused_in_plain_words() -> None:
    with pytest.raises(Invalid, match="neither like the bookmarks of a browser nor like a page of a Diigo group"):
        list(read_drafts(io.BytesIO(b"<!DOCTYPE html><html><p>Les quais"), "diigo-html"))


def test_a_cut_page_gives_the_items_before_the_cut() -> None:
    cut = PAGE[: PAGE.index(b'id="title_link_5"') + 200]
    items = drafts("diigo-html", cut, 4096)
    assert items[:4] == drafts("diigo-html", PAGE, 4096)[:4]
    assert len(items) == 5


def test_a_page_in_latin_1_keeps_its_accents_and_says_so() -> None:
    page = diigo_html_file(LIBRARY[:6]).decode().replace("…", "...").encode("cp1252", "xmlcharrefreplace")
    assert warnings("diigo-html", page) == [
        "This file is not in UTF-8: its text is read as Windows-1252, check the accents."
    ]
    assert [draft.url for draft in drafts("diigo-html", page)] == [
        bookmark.url for bookmark in LIBRARY[:6] if bookmark.shared
    ]
    assert any("é" in (draft.title or "") for draft in drafts("diigo-html", page))


def test_a_page_in_utf_16_is_refused_and_broken_bytes_are_read_around() -> None:
    in_utf_16 = io.BytesIO(PAGE.decode().encode("utf-16"))
    assert list(read_drafts(in_utf_16)) == list(read_drafts(io.BytesIO(PAGE)))
    broken = PAGE.replace(b"</h3>", b"\xff\xfe\x81</h3>", 1)
    assert len(drafts("diigo-html", broken, 4096)) == len(drafts("diigo-html", PAGE, 4096))


def hostile_pages() -> Iterator[tuple[str, bytes]]:
    start = b'<div id="item_1"><a id="title_link_1" href="https://exemple.fr/">x</a><div class="annContent">'
    yield "deep elements", start + b"<div>" * 200_000 + b"x"
    yield "deep lists", start + b"<ul><li>" * 100_000 + b"x"
    yield "a tag without end", start + b'<div title="' + b"x" * 3_000_000
    yield "a huge quote", start + b"<div>" + b"mot " * 1_000_000 + b"</div></div>"
    yield "many quotes", start + b'<div class="annContent">x</div>' * 50_000
    yield "many tags", start + b'</div><div id="tags_1">' + b"<a>x</a>" * 100_000
    yield "scripts", start + b"<div>avant<script>alert('</div><a id=title_link_9>')</script>" * 5_000
    yield "a script without end", start + b"<div>avant<script>" + b"<a id=title_link_9>" * 100_000
    yield "references", start + b"<div>" + b"&#" + b"9" * 500_000 + b";" + b"&amp" * 100_000
    yield "nul and bidi", start + b"<div>a\0b\xe2\x80\xaec</div></div>"


@pytest.mark.parametrize(("name", "page"), list(hostile_pages()), ids=[name for name, _ in hostile_pages()])
def test_a_hostile_page_is_read_to_its_end_in_time_and_memory(name: str, page: bytes) -> None:
    with cpu_seconds_at_most(10):
        assert (
            count_entries("diigo-html", (page[place : place + 65_536] for place in range(0, len(page), 65_536))) < 20
        ), name


def test_no_script_and_no_nul_is_in_a_text() -> None:
    page = (
        b'<div id="item_1"><a id="title_link_1" href="https://exemple.fr/">x<script>alert(1)</script></a>'
        b'<div class="annContent"><div>a\0b<style>p{}</style>&lt;script&gt;</div></div>'
    )
    (draft,) = drafts("diigo-html", page)
    assert (draft.title, draft.annotations[0].quote) == ("x", "a\ufffdb<script>")
