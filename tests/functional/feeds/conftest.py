"""A library of closed groups, with the browser of a member and a feed reader."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.feeds.private_feeds import a_browser, a_closed_shelf


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_closed_shelf()) as library:
        yield library


@pytest.fixture
def claire(library: Library) -> TestClient:
    return a_browser(library, "claire")


@pytest.fixture
def reader(library: Library) -> TestClient:
    """A feed reader, which is not logged in and keeps no cookie."""
    return TestClient(create_app(library), follow_redirects=False)
