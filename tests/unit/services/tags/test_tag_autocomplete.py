"""A tag field suggests the preferred labels of the group's vocabulary, then the tags of the group."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import ANONYMOUS
from kb.errors import NotFound
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.tags.tag_autocomplete import MOST_COMPLETIONS, tag_completions
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library
from tests.factories.vocabulary import a_vocabulary

LECTURES = a_group("lectures", visible=Visibility.MEMBERS)
MEMBER = a_member(of=LECTURES)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    items = [
        an_item(group=LECTURES, tags=["Télétravail", "télé", "Ancien télégraphe"]),
        an_item(group=LECTURES, tags=["télétravail", "eau"]),
        *(an_item(group=LECTURES, tags=[f"zone {number:02}"]) for number in range(15)),
    ]
    with closing(a_library(*items, groups=[LECTURES])) as library:
        with library.store.write() as writing:
            writing.vocabularies.set(LECTURES.id, a_vocabulary())
        yield library


def labels(library: Library, text: str) -> list[tuple[str, int, bool, str]]:
    completions = tag_completions(library, MEMBER, "lectures", text)
    return [
        (completion.label, completion.count, completion.recommended, completion.meant) for completion in completions
    ]


def test_vocabulary_labels_come_first_each_with_its_number_of_items(library: Library) -> None:
    assert labels(library, "TELE") == [
        ("télétravail", 2, True, ""),
        ("télétravail occasionnel", 0, True, ""),
        ("télé", 1, False, ""),
        ("Ancien télégraphe", 1, False, ""),
    ]


def test_another_label_leads_to_the_preferred_one(library: Library) -> None:
    assert labels(library, "travail à") == [("télétravail", 2, True, "travail à distance")]


def test_without_letters_the_most_used_are_proposed_and_never_too_many(library: Library) -> None:
    assert labels(library, " ")[0] == ("Télétravail", 2, False, "")
    assert len(labels(library, "zone")) == MOST_COMPLETIONS
    assert labels(library, "rien de tel") == []


def test_tags_of_an_unreadable_group_are_not_revealed(library: Library) -> None:
    with pytest.raises(NotFound):
        tag_completions(library, ANONYMOUS, "lectures", "télé")
