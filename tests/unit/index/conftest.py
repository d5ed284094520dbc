"""Fixtures for all tests of the index."""

import gc

import pytest


@pytest.fixture
def little_to_collect() -> None:
    """Garbage collection only examines the objects of the test, and not those of earlier tests and imports."""
    gc.freeze()
