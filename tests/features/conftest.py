"""What the tests of features share with the functional tests of the core."""

from tests.functional.clients.conftest import served
from tests.functional.conftest import _described, backup, base, other

__all__ = ["_described", "backup", "base", "other", "served"]
