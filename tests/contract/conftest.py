"""Each test that uses the fixture `engine` runs once on every engine, so that all engines keep the same contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Engine
from tests.factories.index import an_engine


@pytest.fixture(params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine with the schema of the tests."""
    place = tmp_path / "index" if request.param == "whoosh" else ""
    opened = an_engine(f"{request.param}:{place}")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """The address of an index that still exists when the engine that wrote it is closed."""
    return f"whoosh:{tmp_path / 'kept'}"
