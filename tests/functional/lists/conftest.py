"""A library with two accounts, a group with both of them, and a browser for each."""

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
    """The group of Claire, in which Paul is a member."""
    group = a_shared(library)
    join_group(library, as_(library, "paul"), group.slug)
    return group.slug


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    """The browsers by login; an anonymous visitor has the empty login."""
    return browsers_of(library, ("claire", "paul"), follow_redirects=False)
