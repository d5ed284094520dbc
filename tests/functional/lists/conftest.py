"""A library with two accounts, a group of both, and the browser of each."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.services.groups.membership import join_group
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import a_library_of, browsers_of


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        yield library


@pytest.fixture
def slug(library: Library) -> str:
    """The group of Claire, in which Paul is too."""
    group = a_shared(library)
    join_group(library, as_(library, "paul"), group.slug)
    return group.slug


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    """By login; that of nobody has none."""
    return browsers_of(library, ("claire", "paul"), follow_redirects=False)
