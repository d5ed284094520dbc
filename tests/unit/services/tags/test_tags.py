"""Tags and their counts, of one group or of all readable groups."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import NotFound
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.tags.tags import TagCount, tag_counts
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library

PHYSICS, HISTORY = a_group("physique"), a_group("histoire")
CLOSED = a_group("cave", visible=Visibility.MEMBERS)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(
        an_item(group=PHYSICS, tags=["Énergie", "eau"]),
        an_item(group=PHYSICS, tags=["énergie", "chaleur et énergie"]),
        an_item(group=PHYSICS, tags=["énergie"]),
        an_item(group=HISTORY, tags=["eau", "Égypte"]),
        an_item(group=CLOSED, tags=["eau", "secret"]),
        groups=(PHYSICS, HISTORY, CLOSED),
    )
    yield opened
    opened.close()


def counted(*pairs: tuple[str, int]) -> tuple[TagCount, ...]:
    return tuple(TagCount(*pair) for pair in pairs)


def test_tags_come_by_count_then_by_folded_label(library: Library) -> None:
    everywhere = counted(("énergie", 3), ("eau", 2), ("chaleur et énergie", 1), ("Égypte", 1))
    assert tag_counts(library, ANONYMOUS, None) == everywhere
    assert tag_counts(library, ANONYMOUS, "histoire") == counted(("eau", 1), ("Égypte", 1))
    assert tag_counts(library, OPERATOR, "histoire") == counted(("eau", 1), ("Égypte", 1))
    assert tag_counts(library, a_member(of=CLOSED), None)[:2] == counted(("eau", 3), ("énergie", 3))


def test_tags_are_narrowed_by_what_they_hold_and_those_that_begin_so_come_first(library: Library) -> None:
    assert tag_counts(library, ANONYMOUS, None, "ENER") == counted(("énergie", 3), ("chaleur et énergie", 1))
    assert tag_counts(library, ANONYMOUS, None, "é") == counted(
        ("énergie", 3), ("eau", 2), ("Égypte", 1), ("chaleur et énergie", 1)
    )
    assert tag_counts(library, ANONYMOUS, None, " secret ") == ()


def test_the_tags_of_a_group_that_may_not_be_read_are_like_those_of_one_that_does_not_exist(library: Library) -> None:
    with pytest.raises(NotFound) as closed:
        tag_counts(library, ANONYMOUS, "cave")
    with pytest.raises(NotFound) as absent:
        tag_counts(library, ANONYMOUS, "nulle-part")
    assert str(closed.value) == str(absent.value)
