"""A library with a group and its owner, and the sites that receive."""

from collections.abc import Iterator

import pytest

from kb.services.core.library import Library
from tests.factories.moderation import a_moderated_library
from tests.features.webhooks.webhook_steps import Receiver


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()
