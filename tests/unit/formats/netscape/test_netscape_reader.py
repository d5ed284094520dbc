"""Bookmark files of browsers, with the irregularities of real ones."""

import io
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft
from kb.model.items.item import Item
from tests.factories.exports import WHOLE, exported, odd_items
from tests.factories.import_files import count_entries, drafts, read, warnings

FIREFOX = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file. <DT><A HREF="https://faux.fr">Non</A> -->
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'self'; script-src 'none'; img-src data: *; object-src 'none'"></meta>
<TITLE>Bookmarks</TITLE>
<H1>Menu des marque-pages</H1>

<DL><p>
    <DT><A HREF="place:sort=8&maxResults=10" ADD_DATE="1415400000">Les plus visités</A>
    <HR>    <DT><H3 ADD_DATE="1415400000" LAST_MODIFIED="1415400001">Numérique &amp; usages</H3>
    <DD>Un dossier, et sa note
    <DL><p>
        <DT><H3>Agents</H3>
        <DL><p>
            <DT><A HREF="https://exemple.fr/a?x=1&amp;y=2&amp;q=%22" ADD_DATE="1415400000" LAST_MODIFIED="1415486400"
                   ICON_URI="fake" ICON="data:image/png;base64,AAAA>BB" SHORTCUTURL="a"
                   TAGS="vélo,Agents,données ouvertes">L&#39;agent &lt;public&gt; &amp; l’élu</A>
            <DD>Une note &amp; sa suite,
sur deux lignes.
        </DL><p>
        <DT><A HREF="HTTPS://Exemple.fr/b" ADD_DATE="1415400000000000" PRIVATE="1"></A>
    </DL><p>
    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Barre personnelle</H3>
    <DL><p>
        <DT><A HREF="https://exemple.fr/c" ADD_DATE="0">C</A>
        <DT><A HREF="javascript:alert(1)">Un signapplet</A>
    </DL><p>
</DL>
"""


def test_a_file_of_firefox_gives_titles_folders_tags_dates_and_notes() -> None:
    first, second, third = drafts("netscape", FIREFOX.encode())
    assert first == ItemDraft(
        url="https://exemple.fr/a?x=1&y=2&q=%22",
        title="L'agent <public> & l’élu",
        description="Une note & sa suite,\nsur deux lignes.",
        tags=("vélo", "Agents", "données ouvertes", "Numérique & usages"),
        added="2014-11-07T22:40:00Z",
        updated="2014-11-08T22:40:00Z",
    )
    assert second == ItemDraft(
        url="HTTPS://Exemple.fr/b", tags=("Numérique & usages",), added="2014-11-07T22:40:00Z", private=True
    )
    assert third == ItemDraft(url="https://exemple.fr/c", title="C")
    assert warnings("netscape", FIREFOX.encode()) == [
        "This bookmark does not lead to a page.",
        "This bookmark does not lead to a page.",
        "1 note on a folder was left out.",
        "Separators between bookmarks were left out: items are sorted by date, not by hand.",
        "Folders became tags: which folder is in which, their order and their dates were left out.",
        "Icons were left out: lists of items show none.",
        "Keywords that open a bookmark were left out: only a browser has an address bar.",
        "The folders that each browser has, such as the bookmarks bar, became no tags: they say nothing about a page.",
    ]


@pytest.mark.parametrize("size", [1, 3, 64, 1 << 16])
def test_the_pieces_in_which_a_file_comes_change_nothing(size: int) -> None:
    assert read("netscape", FIREFOX.encode(), size) == read("netscape", FIREFOX.encode())


def test_a_bookmark_file_is_recognized_by_its_content() -> None:
    for data in (FIREFOX, f"\ufeff{FIREFOX}", FIREFOX.replace("<!DOCTYPE NETSCAPE-Bookmark-file-1>", "<html>")):
        items = [draft for draft in read_drafts(io.BytesIO(data.encode())) if isinstance(draft, ItemDraft)]
        assert len(items) == 3


def test_a_cut_file_gives_its_whole_bookmarks_and_says_so() -> None:
    cut = FIREFOX[: FIREFOX.index('<DT><A HREF="HTTPS') + 30].encode()
    assert [draft.title for draft in drafts("netscape", cut)] == ["L'agent <public> & l’élu"]
    assert "This file ends before its last folder does: bookmarks may be missing." in warnings("netscape", cut)


def test_a_file_in_windows_1252_keeps_its_accents_and_says_so() -> None:
    data = FIREFOX.encode("cp1252")
    assert [draft.title for draft in drafts("netscape", data)] == [
        draft.title for draft in drafts("netscape", FIREFOX.encode())
    ]
    assert warnings("netscape", data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize(
    "data",
    [
        b'<DT><A HREF="' * 50_000,
        b"<!--" * 60_000,
        b"<DL>" * 60_000 + b"<DT><A HREF=https://exemple.fr>x</A>",
        b"<DT><A " + b"a='" * 300_000,
        b"<DT><A HREF=https://exemple.fr>" + b"&#9" + b"9" * 100_000 + b";" + b"\x00&" * 100_000,
        b"<A HREF=https://exemple.fr><DD>" + b"<br>x" * 60_000,
    ],
)
def test_a_hostile_file_is_read_to_its_end(data: bytes) -> None:
    for draft in drafts("netscape", b"<!DOCTYPE NETSCAPE-Bookmark-file-1>" + data, 1 << 16):
        assert draft.url in {"https://exemple.fr", "<DT><A HREF="}
        assert len(draft.description or "") <= 2_000_000
        assert "\0" not in (draft.title or "")


def test_a_large_file_is_read_in_bounded_memory() -> None:
    line = b'<DT><A HREF="https://exemple.fr/%d" ADD_DATE="1415400000" TAGS="a,b">Un titre</A>\n<DD>Une note.\n'
    chunks = (b"".join(line % (start + place) for place in range(500)) for start in range(0, 6_000, 500))
    tracemalloc.start()
    assert count_entries("netscape", chunks) == 6_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


@settings(max_examples=60)
@given(odd_items)
def test_our_bookmark_files_are_read_back_equal(item: Item) -> None:
    data = exported("netscape", item)
    (draft,) = drafts("netscape", data, 64)
    (again,) = drafts("netscape", exported("netscape", item_of_draft(draft)), 64)
    assert again == draft
    # A bookmark file contains no script address: it is replaced by the address of the item's page.
    is_page = item.url and item.url != "javascript:alert(1)"
    assert draft.url == (item.url if is_page else "https://lire.exemple.fr/items/i-1")
    assert draft.added == "2014-11-08T22:30:00Z"


def item_of_draft(draft: ItemDraft) -> Item:
    """An item with the content of a draft."""
    return replace(
        WHOLE,
        url=draft.url,
        title=draft.title,
        description=draft.description,
        tags=draft.tags or (),
        added=draft.added or WHOLE.added,
        updated=draft.updated,
        annotations=(),
    )


def test_our_own_file_comes_back() -> None:
    assert drafts("netscape", exported("netscape", WHOLE)) == [
        ItemDraft(
            url=WHOLE.url,
            title=WHOLE.title,
            description=WHOLE.description,
            tags=WHOLE.tags,
            added="2014-11-08T22:30:00Z",
            updated="2014-12-01T08:00:00Z",
        )
    ]
