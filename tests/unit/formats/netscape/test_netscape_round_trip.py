"""Every fact of a bookmark file survives import and export; the report names a fact that does not, and only then."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.model.people.group import Visibility
from kb.model.storable_text import one_line
from tests.factories.exports import exported
from tests.factories.import_export import import_data, items_in, warning_reasons
from tests.factories.import_files import drafts
from tests.factories.items import a_group
from tests.factories.library import an_empty_library

LEFT_OUT = {
    "LAST_VISIT": "When pages were last visited",
    "LAST_CHARSET": "The encodings of pages",
    "ICON": "Icons",
    "ICON_URI": "Icons",
    "SHORTCUTURL": "Keywords that open a bookmark",
    "FEEDURL": "The addresses of feeds",
    "WEB_PANEL": "These fields were left out: web_panel.",
    "TOREAD": "to be read",
}
"""Attributes that items do not have, with the report's name of each."""
OF_FOLDERS = {
    "folder": "Folders became tags",
    "bar": "The folders that each browser has",
    "note": "on a folder",
    "separator": "Separators between bookmarks",
    "date": "Dates that are none",
}
TOLD = {*LEFT_OUT.values(), *OF_FOLDERS.values()}

characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\x85")
lines = st.text(characters, min_size=1, max_size=20).map(one_line).map(str.strip).filter(bool)
# In a tag, and so in the name of a folder, any space is an ordinary one.
tag_names = lines.filter(lambda name: "," not in name).map(lambda name: " ".join(name.split()))
tags = st.lists(tag_names, max_size=3, unique_by=str.casefold)
seconds = st.none() | st.integers(10**8, 4 * 10**9)


@dataclass(frozen=True)
class Bookmark:
    title: str
    note: str | None
    tags: tuple[str, ...]
    added: int | None
    updated: int | None
    left_out: frozenset[str] = frozenset()
    has_wrong_date: bool = False
    is_private: bool = False


@dataclass(frozen=True)
class Folder:
    name: str | None
    """None for the bookmarks bar of a browser."""
    has_note: bool
    parts: tuple["Bookmark | Folder | None", ...]
    """None is a separator."""


bookmarks = st.builds(
    Bookmark,
    title=lines,
    note=st.none() | lines,
    tags=tags.map(tuple),
    added=seconds,
    updated=seconds,
    left_out=st.frozensets(st.sampled_from(sorted(LEFT_OUT)), max_size=2),
    has_wrong_date=st.sampled_from([False, False, False, True]),
    is_private=st.booleans(),
)
parts = st.recursive(
    st.none() | bookmarks,
    lambda inner: st.builds(
        Folder,
        name=st.none() | tag_names,
        has_note=st.booleans(),
        parts=st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=6,
)
files = st.lists(parts, min_size=1, max_size=4)


def file_of(every: list[Bookmark | Folder | None]) -> tuple[str, dict[str, tuple[Bookmark, tuple[str, ...]]], set[str]]:
    """A file, its bookmarks by address with the folders around each, and the warnings that its report must contain."""
    bookmarks: dict[str, tuple[Bookmark, tuple[str, ...]]] = {}
    folder_names: set[str] = set()

    def text_of(part: Bookmark | Folder | None, around: tuple[str, ...]) -> str:
        match part:
            case None:
                folder_names.add(OF_FOLDERS["separator"])
                return "<HR>\n"
            case Folder():
                folder_names.add(OF_FOLDERS["bar" if part.name is None else "folder"])
                folder_names.update([OF_FOLDERS["note"]] if part.has_note else [])
                bar = ' PERSONAL_TOOLBAR_FOLDER="true"' if part.name is None else ""
                note = "<DD>Une note\n" if part.has_note else ""
                inner = (*around, part.name) if part.name is not None else around
                inner_text = "".join(text_of(part, inner) for part in part.parts)
                head = f'<DT><H3 ADD_DATE="1400000000"{bar}>{escape(part.name or "Barre")}</H3>'
                return f"{head}\n{note}<DL><p>\n{inner_text}</DL><p>\n"
            case Bookmark():
                address = f"https://exemple.fr/{len(bookmarks)}?a=1&b=2"
                bookmarks[address] = (part, around)
                folder_names.update(LEFT_OUT[name] for name in part.left_out)
                folder_names.update([OF_FOLDERS["date"]] if part.has_wrong_date else [])
                added = "hier" if part.has_wrong_date else part.added
                pairs = [
                    ("HREF", address),
                    ("ADD_DATE", added),
                    ("LAST_MODIFIED", part.updated),
                    ("PRIVATE", int(part.is_private)),
                    ("TAGS", ",".join(part.tags)),
                    *((name, "1") for name in sorted(part.left_out)),
                ]
                written = " ".join(f'{name}="{escape(str(value))}"' for name, value in pairs if value is not None)
                note = f"<DD>{escape(part.note)}\n" if part.note else ""
                return f"<DT><A {written}>{escape(part.title)}</A>\n{note}"

    body = "".join(text_of(part, ()) for part in every)
    return f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{body}</DL><p>\n", bookmarks, folder_names


@settings(max_examples=40)
@given(files)
def test_every_fact_survives_or_is_named(every: list[Bookmark | Folder | None]) -> None:
    text, bookmarks, folder_names = file_of(every)
    with closing(an_empty_library()) as library:
        for _ in range(2):
            report = import_data(library, text.encode(), group_slug="quais", visible=Visibility.MEMBERS)
        assert (report.added, report.updated) == (0, 0)
        assert report.private == sum(bookmark.is_private for bookmark, _ in bookmarks.values())
        items = items_in(library)
        reasons = [reason.replace("on folders", "on a folder") for reason in warning_reasons(report)]
        assert {name for name in TOLD if any(name in reason for reason in reasons)} == folder_names
    for visible in Visibility:
        data = exported("netscape", *items, group=a_group("quais", visible=visible))
        back = {draft.url: draft for draft in drafts("netscape", data, 4096)}
        assert back.keys() == bookmarks.keys()
        for address, (bookmark, around) in bookmarks.items():
            draft = back[address]
            assert (draft.title, draft.description) == (bookmark.title, bookmark.note)
            # The group decides who may read.
            assert draft.private == (visible is not Visibility.EVERYONE)
            folded = {tag.casefold() for tag in draft.tags or ()}
            assert folded == {tag.casefold() for tag in (*bookmark.tags, *around)}
            assert seconds_of(draft.added) == (None if bookmark.has_wrong_date else bookmark.added)
            assert seconds_of(draft.updated) == bookmark.updated


def seconds_of(date: str | None) -> int | None:
    return int(datetime.fromisoformat(date).timestamp()) if date else None
