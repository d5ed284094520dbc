"""Records that are private in their file are not published by an import."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import FlorilegeError, Invalid
from kb.model.items.import_draft import PrivateRecords
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from tests.factories.exports import QUAIS, WHOLE, exported
from tests.factories.import_export import exported_lines, figures, import_data, items_in, lines_of, warning_reasons
from tests.factories.import_files import drafts
from tests.factories.items import a_group, an_item
from tests.factories.library import an_empty_library

HEAD = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
OPEN = '<DT><A HREF="https://exemple.fr/ouvert" PRIVATE="0">Ouvert</A>\n'
SECRET = '<DT><A HREF="https://exemple.fr/secret" PRIVATE="1" TAGS="secret">Secret</A>\n<DD>Une note secrète\n'
FILE = f"{HEAD}{OPEN}{SECRET}</DL><p>\n".encode()


@pytest.fixture
def library() -> Iterator[Library]:
    library = an_empty_library()
    yield library
    library.close()


def places(library: Library) -> dict[str, set[str]]:
    """The titles in each group."""
    with library.store.read() as reading:
        groups = {group.id: group.slug for group in reading.groups.all()}
    titles: dict[str, set[str]] = {}
    for item in items_in(library):
        titles.setdefault(groups[item.group_id], set()).add(item.title or "")
    return titles


@pytest.mark.parametrize("visible", [None, Visibility.EVERYONE, Visibility.SIGNED_IN])
def test_private_records_are_left_out_of_a_readable_group_and_reported(
    library: Library, visible: Visibility | None
) -> None:
    for _ in range(2):
        report = import_data(library, FILE, group_slug="quais", visible=visible)
    assert places(library) == {"quais": {"Ouvert"}}
    assert figures(report) == (2, 0, 0, 1, 1)
    assert warning_reasons(report) == ["1 private item was left out: not only the members of this group read it."]
    assert report.private == 1
    assert b"secr" not in exported_lines(library)


def test_private_records_add_nothing_to_a_shared_item(library: Library) -> None:
    import_data(library, lines_of({"group": "quais", "title": "Connu", "url": "https://exemple.fr/secret"}))
    import_data(library, FILE, group_slug="quais")
    assert b"secr\xc3\xa8te" not in exported_lines(library)
    assert [item.tags for item in items_in(library) if item.title == "Connu"] == [()]


def test_a_group_of_members_gets_them_and_the_report_says_so(library: Library) -> None:
    report = import_data(library, FILE, group_slug="quais", visible=Visibility.MEMBERS)
    assert places(library) == {"quais": {"Ouvert", "Secret"}}
    assert warning_reasons(report) == ["1 private item: here, the readers of the group read it too."]


def test_private_records_are_shared_or_put_into_an_own_library_by_choice(library: Library) -> None:
    report = import_data(library, FILE, group_slug="quais", private=PrivateRecords.OWN, own_library="prives")
    assert places(library) == {"quais": {"Ouvert"}, "prives": {"Secret"}}
    assert warning_reasons(report) == ["1 private item goes to the library prives."]
    with library.store.read() as reading:
        own_group = reading.groups.by_slug("prives")
    assert own_group is not None
    assert own_group.visible is Visibility.MEMBERS
    report = import_data(library, FILE, group_slug="quais", private=PrivateRecords.SHARE)
    assert places(library)["quais"] == {"Ouvert", "Secret"}
    assert warning_reasons(report) == ["1 private item: here, the readers of the group read it too."]


@pytest.mark.parametrize("options", [{"own_library": "quais"}, {"own_library": "neuf", "visible": Visibility.EVERYONE}])
def test_nothing_private_goes_where_others_read_whatever_the_options_are(library: Library, options: dict) -> None:  # type: ignore[type-arg]
    import_data(library, lines_of({"group": "quais", "title": "Connu"}))
    report = import_data(library, FILE, group_slug="quais", private=PrivateRecords.OWN, **options)
    assert "Secret" not in set().union(*places(library).values())
    assert report.skipped == 1


def test_a_library_that_is_no_address_is_refused(library: Library) -> None:
    with pytest.raises(Invalid):
        import_data(library, FILE, group_slug="quais", private=PrivateRecords.OWN, own_library="Mes Secrets")
    assert issubclass(Invalid, FlorilegeError)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.lists(st.text(st.sampled_from("aé&<>\"' _"), min_size=1, max_size=6), max_size=3),
            st.none() | st.text(st.sampled_from("aé&<>\"'\n "), max_size=20),
        ),
        max_size=5,
    )
)
def test_every_fact_of_a_file_of_bookmarks_survives_a_round_trip(
    entries: list[tuple[bool, list[str], str | None]],
) -> None:
    """Address, title, folders as tags, tags, dates, notes, and the private flag (a members-only group is private)."""
    members = a_group("prive", visible=Visibility.MEMBERS)
    items = [
        an_item(
            f"Titre {place} & <b>",
            id=f"i-{place}",
            group=members if private else QUAIS,
            url=f"https://exemple.fr/{place}?a=1&b=2",
            description=note,
            tags=tuple(tags),
            added="2014-11-07T09:12:00Z",
            updated="2014-11-08T09:12:00Z",
        )
        for place, (private, tags, note) in enumerate(entries)
    ]
    files = [
        exported("netscape", *(item for item in items if item.group_id == group.id), group=group)
        for group in (members, QUAIS)
    ]
    first = [drafts("netscape", data, 1 << 16) for data in files]
    assert [
        {draft.private for draft in drafts} <= {private} for drafts, private in zip(first, (True, False), strict=True)
    ]
    library = an_empty_library()
    for data, visible in zip(files, (Visibility.MEMBERS, Visibility.EVERYONE), strict=True):
        import_data(library, data, group_slug=f"g-{visible.value}", visible=visible)
    with library.store.read() as reading:
        groups = {group.id: group for group in reading.groups.all()}
    items_saved = items_in(library)
    second = [
        drafts(
            "netscape",
            exported(
                "netscape", *(item for item in items_saved if groups[item.group_id].visible is visible), group=group
            ),
            1 << 16,
        )
        for visible, group in ((Visibility.MEMBERS, members), (Visibility.EVERYONE, QUAIS))
    ]
    library.close()
    assert second == first


def test_a_whole_item_keeps_what_bookmarks_carry() -> None:
    (draft,) = drafts("netscape", exported("netscape", WHOLE))
    assert draft.private is False
    (draft,) = drafts("netscape", exported("netscape", WHOLE, group=a_group("x", visible=Visibility.MEMBERS)))
    assert draft.private is True
