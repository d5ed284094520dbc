"""A library with two accounts, a group with both of them, and a browser of one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.group import a_shared
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, sign_in


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = an_empty_library(tmp_path)
    for login in ("claire", "paul"):
        an_account(library, login)
    yield library
    library.close()


@pytest.fixture
def slug(library: Library) -> str:
    return a_shared(library).slug


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        yield client
