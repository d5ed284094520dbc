"""Tag suggestions for a page that a user saves."""

from collections.abc import Iterator

import pytest

from kb.access.actor import Actor
from kb.errors import Forbidden, NotFound
from kb.model.people.group import Role, Visibility
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.tags.tag_suggestions import (
    MOST_SUGGESTED_TAGS,
    PageToTag,
    SuggestionReason,
    TagSuggestion,
    suggested_tags,
)
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library
from tests.factories.vocabulary import a_concept

GROUP = a_group("lectures")
CAVE = a_group("cave", visible=Visibility.MEMBERS)
ITEMS = (
    *(an_item(f"Les agents et le courrier {n}", group=GROUP, tags=["Agents publics", "réseau"]) for n in range(3)),
    *(an_item(f"Chaudière à bois, plaquettes forestières {n}", group=GROUP, tags=["Énergie"]) for n in range(3)),
    an_item("Une seule fois", group=GROUP, tags=["courrier"]),
    *(an_item(f"Les agents de la cave {n}", group=CAVE, tags=["agents secrets"]) for n in range(4)),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(*ITEMS, groups=(GROUP, CAVE))
    with opened.store.write() as writing:
        writing.vocabularies.set(GROUP.id, Vocabulary.of([a_concept("télétravail", "travail à distance")]))
    yield opened
    opened.close()


@pytest.fixture
def claire() -> Actor:
    return a_member("claire", of=GROUP)


def labels(library: Library, actor: Actor, slug: str = "lectures", **fields: object) -> list[str]:
    return [tag.label for tag in suggested_tags(library, actor, slug, PageToTag(**fields))]  # type: ignore[arg-type]


def test_terms_of_the_vocabulary_come_first_by_whatever_label_the_page_names_them(
    library: Library, claire: Actor
) -> None:
    about = PageToTag(title="Un agent public raconte le travail à distance", text="Le réseau est lent.")
    assert suggested_tags(library, claire, "lectures", about)[:3] == (
        TagSuggestion("télétravail", SuggestionReason.TERM),
        TagSuggestion("Agents publics", SuggestionReason.PAGE),
        TagSuggestion("réseau", SuggestionReason.PAGE),
    )


def test_keywords_of_the_page_are_the_tags_of_the_group_as_the_group_writes_them(
    library: Library, claire: Actor
) -> None:
    assert labels(library, claire, keywords=("ENERGIE", "inconnu")) == ["Énergie"]


def test_items_like_it_lend_their_tags(library: Library, claire: Actor) -> None:
    about = PageToTag(title="Des plaquettes forestières pour une chaudière à bois")
    assert suggested_tags(library, claire, "lectures", about) == (TagSuggestion("Énergie", SuggestionReason.LIKE),)


def test_chosen_tags_are_not_suggested(library: Library, claire: Actor) -> None:
    assert labels(library, claire, title="Le réseau des agents publics", selected=("agents publics",)) == ["réseau"]


def test_tags_of_other_groups_are_not_suggested_and_only_contributors_get_suggestions(
    library: Library, claire: Actor
) -> None:
    assert "agents secrets" not in labels(library, claire, title="Les agents secrets de la cave")
    for slug in ("cave", "rien"):
        with pytest.raises(NotFound):
            labels(library, claire, slug, title="Les agents")
    with pytest.raises(Forbidden):
        labels(library, a_member("sophie", Role.READER, of=GROUP), title="Les agents")


def test_nothing_is_proposed_for_nothing_and_never_too_much(library: Library, claire: Actor) -> None:
    assert labels(library, claire) == []
    assert len(labels(library, claire, text="agents publics réseau télétravail " * 5_000)) <= MOST_SUGGESTED_TAGS
