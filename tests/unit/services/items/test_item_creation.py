"""Saving items: a form sent twice saves once, and an already saved page is completed."""

from collections.abc import Iterator

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.items.item_fields import MOST_TAGS, AnnotationFields, ItemFields
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.items.item_creation import AlreadySaved, readable_items_with_url, save_item
from kb.services.items.item_edit import add_to_item
from kb.services.moderation.moderation_actions import remove_content
from kb.services.undo.undo import undo_action
from tests.factories.group import as_
from tests.support.browser_sessions import a_library_of

PAGE = ItemFields(url="https://exemple.fr/page", title="Une page", tags=("agents",))
MEETING = ItemFields(title="Réunion du mardi", source="Atelier", published="2014-11-07")


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul", "sophie") as library:
        for slug, visible in (("lectures", Visibility.EVERYONE), ("cave", Visibility.MEMBERS)):
            add_group(library, OPERATOR, slug, slug.title(), visible=visible)
            set_role(library, OPERATOR, slug, "claire", Role.MEMBER)
        set_role(library, OPERATOR, "lectures", "paul", Role.MEMBER)
        set_role(library, OPERATOR, "lectures", "sophie", Role.READER)
        yield library


@pytest.fixture
def claire(library: Library) -> Actor:
    return as_(library, "claire")


def test_the_same_form_sent_twice_keeps_one_item(library: Library, claire: Actor) -> None:
    for fields in (PAGE, MEETING):
        first, second = (
            save_item(library, claire, "lectures", fields, (AnnotationFields("Un passage"),), once="o") for _ in "ab"
        )
        assert (first.item, second.undo) == (second.item, None)


def test_a_different_form_saves_a_different_item(library: Library, claire: Actor) -> None:
    ids = {
        save_item(library, claire, "lectures", MEETING, once="o").item.id,
        save_item(library, claire, "lectures", MEETING, once="p").item.id,
        save_item(library, claire, "lectures", MEETING, (AnnotationFields(body="À suivre."),), once="o").item.id,
        save_item(library, claire, "cave", MEETING, once="o").item.id,
        save_item(library, as_(library, "paul"), "lectures", MEETING, once="o").item.id,
        save_item(library, claire, "lectures", MEETING).item.id,
    }
    assert len(ids) == 6


def test_saving_after_a_removal_makes_an_item_with_another_id(library: Library, claire: Actor) -> None:
    first = save_item(library, claire, "lectures", MEETING, once="o").item
    remove_content(library, claire, first.id, None, "")
    assert save_item(library, claire, "lectures", MEETING, once="o").item.id != first.id
    page = save_item(library, claire, "lectures", PAGE, once="o").item
    remove_content(library, claire, page.id, None, "")
    with pytest.raises(Conflict, match="in the trash"):
        save_item(library, claire, "lectures", PAGE, once="o")


def test_saving_a_known_page_adds_fields_and_keeps_those_of_others(library: Library, claire: Actor) -> None:
    item = save_item(library, claire, "lectures", PAGE, (AnnotationFields("Un passage"),)).item
    brought = ItemFields(url=PAGE.url, title="Mon titre", description="Ma description", tags=("AGENTS", "réseau"))
    paul = as_(library, "paul")
    added = add_to_item(
        library, paul, item.id, brought, (AnnotationFields("Un passage"), AnnotationFields("Un autre", "Très juste."))
    )
    after = added.item
    assert (after.title, after.description, after.tags) == ("Une page", "Ma description", ("agents", "réseau"))
    authors = [(part.quote, part.author.login if part.author else "") for part in after.annotations]
    assert authors == [("Un passage", "claire"), ("Un passage", "paul"), ("Un autre", "paul")]
    again = add_to_item(library, paul, item.id, brought, (AnnotationFields("Un autre", "Très juste."),))
    assert (again.item, again.undo) == (after, None)
    assert added.undo is not None
    undo_action(library, paul, added.undo)
    with library.store.read() as reading:
        back = reading.items.any_of([item.id])[item.id]
    assert (back.tags, len(back.annotations), back.description) == (("agents",), 1, None)


def test_too_many_tags_are_refused_and_nothing_is_lost_in_silence(library: Library, claire: Actor) -> None:
    item = save_item(library, claire, "lectures", PAGE).item
    many = ItemFields(title="x", tags=tuple(f"t{n}" for n in range(MOST_TAGS)))
    with pytest.raises(Invalid, match="at most"):
        add_to_item(library, claire, item.id, many)


def test_only_contributors_save_and_a_closed_group_answers_as_missing(library: Library, claire: Actor) -> None:
    item, closed = (save_item(library, claire, slug, PAGE).item for slug in ("lectures", "cave"))
    with pytest.raises(Forbidden):
        add_to_item(library, as_(library, "sophie"), item.id, PAGE)
    for item_id in (closed.id, "rien"):
        with pytest.raises(NotFound, match="does not exist"):
            add_to_item(library, as_(library, "paul"), item_id, PAGE)


def test_items_with_the_same_address_are_shown_only_if_readable(library: Library, claire: Actor) -> None:
    for slug in ("lectures", "cave", "~claire"):
        save_item(library, claire, slug, PAGE)
    slugs = {
        login: [
            item.group.slug
            for item in readable_items_with_url(library, as_(library, login), slug, "http://www.exemple.fr/page/#x", 5)
        ]
        for login, slug in (("claire", "cave"), ("paul", "lectures"))
    }
    assert slugs["claire"][0] == "cave"
    assert set(slugs["claire"]) == {"lectures", "cave", "~claire"}
    assert slugs["paul"] == ["lectures"]
    assert readable_items_with_url(library, claire, "cave", "", 5) == ()
    with pytest.raises(AlreadySaved):
        save_item(library, claire, "cave", PAGE, once="autre")
