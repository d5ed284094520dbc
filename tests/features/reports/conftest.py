"""The library that the pages of reports tell of."""

from collections.abc import Iterator

import pytest

from kb.services.core.library import Library
from tests.factories.moderation import a_moderated_library


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library
