import gc
from collections.abc import Iterator

import pytest

from kb.cli.garbage_collection import rare_collections


@pytest.fixture
def thresholds_of_python() -> Iterator[None]:
    """The thresholds of a new process: an earlier test may have served pages, which changes them."""
    before = gc.get_threshold()
    gc.set_threshold(2_000, 10, 0)
    gc.unfreeze()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("thresholds_of_python")
def test_collections_are_rare_in_the_block_and_as_before_after_it() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold()[0] > 10 * before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
