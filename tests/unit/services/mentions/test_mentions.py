"""Mentions of users in texts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Visibility
from kb.model.people.mention import MOST_NAMED, mentioned_logins
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.mentions.mentions import (
    mention_completions,
    mentioned_users,
    users_mentioned_in_item,
)
from tests.factories.moderation import a_moderated_library, actor_of, item_of, person


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@claire", ("claire",)),
        ("Pour @Claire, et @max : voir.", ("claire", "max")),
        ("(@claire) « @max »", ("claire", "max")),
        ("@sophie-point.", ("sophie-point",)),
        ("claire@exemple.fr", ()),
        ("https://exemple.fr/@claire", ()),
        ("@claire@exemple.social", ()),
        ("@@claire", ()),
        ("@ claire", ()),
        ("@-claire-", ()),
        ("@" + "a" * 65, ()),
        ("@claire @claire", ("claire",)),
        ("@élodie", ()),
    ],
)
def test_mentions_are_found_in_a_text(text: str, logins: tuple[str, ...]) -> None:
    assert mentioned_logins(text) == logins


def test_a_text_names_so_many_people_at_most() -> None:
    assert len(mentioned_logins(" ".join(f"@p{number}" for number in range(1_000)))) == MOST_NAMED


def test_only_users_who_may_read_the_item_are_mentioned(library: Library) -> None:
    write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(body="@sam @ancien @personne @max"))
    item = item_of(library)
    with library.store.read() as reading:
        group = reading.groups.by_ids([item.group_id])[item.group_id]
    assert set(users_mentioned_in_item(library, item, group)) == {"max"}


def test_the_sharer_is_mentioned_as_long_as_they_may_read_the_item(library: Library) -> None:
    item = item_of(library)
    with library.store.write() as writing:
        writing.groups.drop_member(person(library, "claire").id, item.group_id)
    for visible, logins in ((Visibility.EVERYONE, {"claire"}), (Visibility.MEMBERS, set())):
        with library.store.write() as writing:
            group = writing.groups.by_ids([item.group_id])[item.group_id]
            writing.groups.update(replace(group, visible=visible))
            group = writing.groups.by_ids([item.group_id])[item.group_id]
            assert set(mentioned_users(writing, item, group, ["claire", "sam"])) == logins


def test_logins_are_completed_for_users_who_may_write(library: Library) -> None:
    def completions(login: str, start: str) -> list[str]:
        return [user.login for user in mention_completions(library, actor_of(library, login), "quais", start)]

    assert completions("claire", "@M") == ["max"]
    assert completions("claire", "") == ["claire", "max", "olga", "rene"]
    assert completions("claire", "sam") == []
    for login, error in (("", LoginNeeded), ("sam", Forbidden), ("rene", Forbidden)):
        with pytest.raises(error):
            completions(login, "m")
    with pytest.raises(NotFound):
        mention_completions(library, actor_of(library, "claire"), "rien", "m")
