"""Similar items, and tags that often occur with a tag."""

from collections.abc import Iterator

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.items.related_items import log_likelihood_ratio, related_tags, similar_items
from kb.services.tags.tags import TagCount
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.cpu_time import cpu_seconds_at_most

PHYSICS, HISTORY = a_group("physique"), a_group("histoire")
CLOSED = a_group("cave", visible=Visibility.MEMBERS)
GROUPS = (PHYSICS, HISTORY, CLOSED)
HEAT = an_item(
    "Chaudière à bois et réseau de chaleur",
    id="chaleur",
    group=PHYSICS,
    tags=["énergie", "bois"],
    url="https://exemple.fr/chaleur",
    language="fr",
    annotations=[an_annotation("Les plaquettes forestières chauffent le quartier.")],
)
READABLE = (
    HEAT,
    an_item("Le bois des forêts communales", id="foret", group=HISTORY, tags=["bois"], language="fr"),
    an_item("Un réseau de chaleur pour le quartier", id="reseau", group=PHYSICS, tags=["Énergie"], language="fr"),
    an_item("Prix de la chaleur", id="prix", group=PHYSICS, language="fr"),
    an_item("Réseau et chaudière", id="ailleurs", group=HISTORY, url="http://www.exemple.fr/chaleur/", language="fr"),
    *(an_item(f"La piscine, jour {day}", group=HISTORY, language="fr", tags=["sport"]) for day in range(12)),
    *(an_item(f"Bibliothèque ouverte {day}", id=f"livres-{day}", group=PHYSICS, language="fr") for day in range(3)),
)
SECRET = (
    an_item("Chaudière à bois, réseau de chaleur", group=CLOSED, tags=["énergie", "bois", "cave"], language="fr"),
    an_item("Bois, quartier", group=CLOSED, tags=["bois", "sport"], url="https://exemple.fr/chaleur", language="fr"),
    *(an_item(f"Plaquettes forestières {day}", group=CLOSED, tags=["énergie", "sport"]) for day in range(9)),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = a_library(*READABLE, *SECRET, groups=GROUPS)
    yield opened
    opened.close()


def ids(library: Library, item_id: str, actor: Actor = ANONYMOUS, limit: int = 5) -> list[str]:
    return [view.item.id for view in similar_items(library, actor, item_id, limit)]


def test_the_same_address_comes_first_then_what_is_most_alike(library: Library) -> None:
    assert ids(library, "chaleur") == ["ailleurs", "reseau"]
    assert ids(library, "chaleur", limit=1) == ["ailleurs"]
    assert ids(library, "ailleurs")[0] == "chaleur"
    (view, *_) = similar_items(library, ANONYMOUS, "chaleur")
    assert (view.group, view.matches) == (HISTORY, ())


def test_a_single_common_word_makes_no_related_item(library: Library) -> None:
    assert "prix" not in ids(library, "chaleur")
    assert ids(library, "prix") == []


def test_a_tag_in_common_counts_as_a_word() -> None:
    def others(*tags: str) -> list[str]:
        filler = [an_item(f"Sujet {number}", tags=[f"t{number}"]) for number in range(20)]
        item = an_item("Gorges du Verdon", id="a", tags=["canyon", "été"], language="fr")
        library = a_library(item, an_item("Verdon", id="b", tags=tags, language="fr"), *filler)
        related = ids(library, "a")
        library.close()
        return related

    assert others("Canyon") == ["b"]
    assert others() == []


def test_an_item_that_says_nothing_is_like_nothing() -> None:
    library = a_library(an_item(None, id="a", url="https://exemple.fr"), an_item("Le de la", id="b"), an_item("Titre"))
    assert ids(library, "a") == ids(library, "b") == []
    library.close()


def test_similar_items_come_from_what_may_be_read_alone(library: Library) -> None:
    alone = a_library(*READABLE, groups=GROUPS)
    for item in READABLE:
        assert ids(library, item.id) == ids(alone, item.id)
    assert len(ids(library, "chaleur", OPERATOR)) > 2
    assert ids(library, "chaleur", a_member(of=CLOSED)) == ids(library, "chaleur", OPERATOR)
    alone.close()


def test_an_item_that_may_not_be_read_is_not_there(library: Library) -> None:
    for item_id in (SECRET[0].id, "nulle-part"):
        with pytest.raises(NotFound):
            similar_items(library, ANONYMOUS, item_id)


def test_items_deleted_since_indexing_are_not_shown() -> None:
    library = a_library(*READABLE, groups=GROUPS)
    assert ids(library, "chaleur") == ["ailleurs", "reseau"]
    with library.store.write() as writing:
        writing.items.remove(["reseau"])
        changed = writing.items.any_of(["ailleurs"])["ailleurs"]
        writing.items.update([Item(changed.id, changed.group_id, changed.order, title="Autre chose")])
    assert ids(library, "chaleur") == []
    library.close()


def tagged(*each: str, group: object = PHYSICS) -> list[Item]:
    return [an_item(f"Page {number}", group=group, tags=tags.split()) for number, tags in enumerate(each)]  # type: ignore[arg-type]


def test_tags_are_related_if_they_occur_together_more_often_than_by_chance() -> None:
    items = tagged("eau nappe", "Eau nappe", "eau nappe fleuve", "eau vu fleuve", "eau vu", *["vu"] * 20, "feu", "feu")
    library = a_library(*items, groups=(PHYSICS,))
    assert related_tags(library, ANONYMOUS, "physique", ["EAU"]) == (TagCount("nappe", 3), TagCount("fleuve", 2))
    assert related_tags(library, ANONYMOUS, None, ["eau"], limit=1) == (TagCount("nappe", 3),)
    assert related_tags(library, ANONYMOUS, "physique", ["eau", "nappe"]) == ()
    assert related_tags(library, ANONYMOUS, "physique", ["absent"]) == ()
    library.close()


def test_a_tag_seen_once_has_no_related_tags() -> None:
    library = a_library(*tagged("eau nappe", *["vu"] * 50), groups=(PHYSICS,))
    assert related_tags(library, ANONYMOUS, None, ["eau"]) == ()
    library.close()


def test_a_tag_of_all_items_is_not_related() -> None:
    library = a_library(*tagged("eau nappe", "eau nappe", "eau"), groups=(PHYSICS,))
    assert related_tags(library, ANONYMOUS, "physique", ["nappe"]) == ()
    library.close()


def test_related_tags_come_from_what_may_be_read_alone() -> None:
    readable = tagged("eau nappe", "eau nappe", *["vu"] * 9, "été", "ete eau", "ete eau")
    secret = tagged("eau secret", "eau secret", *["nappe"] * 50, group=CLOSED)
    alone, both = (a_library(*items, groups=GROUPS) for items in (readable, [*readable, *secret]))
    for tag in ("eau", "nappe", "secret", "ete"):
        assert related_tags(both, ANONYMOUS, None, [tag]) == related_tags(alone, ANONYMOUS, None, [tag])
    assert related_tags(both, ANONYMOUS, None, ["eau"]) == (TagCount("ete", 2), TagCount("nappe", 2))
    assert TagCount("secret", 2) in related_tags(both, OPERATOR, "cave", ["eau"])
    for group in ("cave", "nulle-part"):
        with pytest.raises(NotFound):
            related_tags(both, ANONYMOUS, group, ["eau"])
    alone.close()
    both.close()


def test_surprise_is_dunnings_log_likelihood_ratio() -> None:
    # "the swiss" in the paper's table of words, from a newspaper corpus about the Union Bank of Switzerland.
    assert log_likelihood_ratio(110, 110 + 2442, 110 + 111, 110 + 2442 + 111 + 29114) == pytest.approx(270.72, abs=0.01)
    assert log_likelihood_ratio(1, 10, 10, 100) == log_likelihood_ratio(0, 10, 10, 100) == 0


def test_a_very_long_item_costs_no_more_than_its_first_words() -> None:
    passages = [an_annotation("中" * 50_000) for _ in range(5)]
    library = a_library(an_item(id="long", annotations=passages), an_item(id="autre"))
    with cpu_seconds_at_most(1.5):
        similar_items(library, OPERATOR, "long")
        # It took 2 s, at each request of the page.
