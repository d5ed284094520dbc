"""Content hidden or removed before an account deletion is restored without a name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import FlorilegeError
from kb.services.accounts.account_deletion import AnnotationHandling
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import hide_content, remove_content, restore_content
from tests.factories.account_deletion import (
    LOGIN,
    NAME,
    a_whole_library,
    delete_own_account,
    items_of,
    traces,
    words_of,
    zephyrine,
)
from tests.factories.group import as_


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_whole_library(tmp_path) as library:
        yield library


def test_restored_content_of_a_deleted_account_has_no_name(library: Library) -> None:
    claire = as_(library, "claire")
    item, comment = remove_content(library, claire, "hers"), hide_content(library, claire, "shared", "c-1")
    her_id = zephyrine(library).user_id or ""
    delete_own_account(library, AnnotationHandling.KEEP)
    assert traces(library, LOGIN, NAME, her_id) == []
    for removal in (item, comment):
        restore_content(library, claire, removal.id)
    after = items_of(library)
    assert after["hers"]["author"] is None
    assert [word[:3] for word in words_of(after["hers"])] == [("h-1", "highlight", None)]
    assert ("c-1", "comment", None, None, "Son commentaire.", [("r-4", "claire")]) in words_of(after["shared"])


def test_content_that_was_deleted_with_an_account_is_not_restored(library: Library) -> None:
    claire = as_(library, "claire")
    item, comment = remove_content(library, claire, "hers"), hide_content(library, claire, "shared", "c-2")
    answer = hide_content(library, claire, "shared", "r-4")
    delete_own_account(library, AnnotationHandling.REMOVED)
    restore_content(library, claire, item.id)
    with pytest.raises(FlorilegeError):
        restore_content(library, claire, comment.id)
    after = items_of(library)
    assert words_of(after["hers"]) == []
    assert "c-2" not in [word[0] for word in words_of(after["shared"])]
    assert traces(library, "Un autre commentaire", "Elle se répond") == []
    # Hidden replies of others belong to them: they are restored if their parent still exists, or not at all.
    try:
        restore_content(library, claire, answer.id)
    except FlorilegeError:
        assert "r-4" not in str(items_of(library)["shared"])
    else:
        assert "r-4" in str(items_of(library)["shared"])
