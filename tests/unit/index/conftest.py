"""Fixtures for all tests of the index."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def little_to_collect() -> Iterator[None]:
    """Garbage collection only examines the objects of the test, and not those of earlier tests and imports."""
    gc.freeze()
    yield
    gc.unfreeze()
