"""What the tests of features share with the functional tests of the core."""

from tests.functional.clients.conftest import served
from tests.functional.conftest import _described, _read_once, backup, base, other

__all__ = ["_described", "_read_once", "backup", "base", "other", "served"]
