"""A library with two accounts, a group of both, and the browser of each."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.services.groups.membership import join_group
from kb.web.app import create_app
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, sign_in


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul"):
            an_account(library, login)
        yield library


@pytest.fixture
def slug(library: Library) -> str:
    """The group of Claire, in which Paul is too."""
    group = a_shared(library)
    join_group(library, as_(library, "paul"), group.slug)
    return group.slug


@pytest.fixture
def browser(library: Library) -> Iterator[dict[str, TestClient]]:
    """By login; that of nobody has none."""
    app = create_app(library)
    with ExitStack() as opened:
        found = {name: opened.enter_context(TestClient(app, follow_redirects=False)) for name in ("claire", "paul", "")}
        for name in ("claire", "paul"):
            sign_in(found[name], name, PASSWORD)
        yield found
