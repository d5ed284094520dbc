"""Every promise is held by every engine: each test that asks for `engine` runs once on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Engine
from tests.factories.index import an_engine


@pytest.fixture(params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine of the tests' schema."""
    place = tmp_path / "index" if request.param == "whoosh" else ""
    opened = an_engine(f"{request.param}:{place}")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """The address of an index that outlives the engine that wrote it."""
    return f"whoosh:{tmp_path / 'kept'}"
