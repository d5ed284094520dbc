"""Likes of items and annotations."""

from collections.abc import Iterator

import pytest

from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.services.admin.expired_data import purge_expired_data
from kb.services.annotations.likes import like, likes_of, unlike
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import delete_content_permanently, remove_content, restore_content
from tests.factories.moderation import a_moderated_library, actor_of, item_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def liked(library: Library) -> dict[str, list[str]]:
    return {
        subject: [person.login for person in people] for subject, people in likes_of(library, item_of(library)).items()
    }


def test_a_user_likes_content_once_and_can_withdraw_the_like(library: Library) -> None:
    version = item_of(library).version
    for login in ("claire", "claire", "max"):
        for subject in ("i1", "a2", "r0"):
            like(library, actor_of(library, login), "i1", subject)
    assert liked(library) == {"i1": ["claire", "max"], "a2": ["claire", "max"], "r0": ["claire", "max"]}
    for _ in range(2):
        unlike(library, actor_of(library, "claire"), "i1", "a2")
    assert liked(library)["a2"] == ["max"]
    assert item_of(library).version == version


def test_only_members_like(library: Library) -> None:
    for login, error in (("", LoginNeeded), ("sam", Forbidden), ("rene", Forbidden)):
        for act in (like, unlike):
            with pytest.raises(error):
                act(library, actor_of(library, login), "i1", "a1")
    for item_id, subject in (("i1", "rien"), ("i1", "i2"), ("rien", "rien"), ("i2", "a1")):
        with pytest.raises(NotFound):
            like(library, actor_of(library, "claire"), item_id, subject)


def test_likes_come_back_with_what_was_removed_and_go_with_what_is_gone(library: Library) -> None:
    like(library, actor_of(library, "claire"), "i1", "a3")
    removal = remove_content(library, actor_of(library, "max"), "i1")
    purge_expired_data(library)
    restore_content(library, actor_of(library, "max"), removal.id)
    assert liked(library) == {"a3": ["claire"]}
    removal = remove_content(library, actor_of(library, "max"), "i1")
    delete_content_permanently(library, actor_of(library, "olga"), removal.id)
    purge_expired_data(library)
    with library.store.read() as reading:
        assert reading.likes.of_item("i1") == {}
