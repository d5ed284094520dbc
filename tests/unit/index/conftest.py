"""What tests of the index share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def little_to_collect() -> Iterator[None]:
    """Collecting garbage looks at what a test has made, not at all that the tests before it have imported and kept."""
    gc.freeze()
    yield
    gc.unfreeze()
