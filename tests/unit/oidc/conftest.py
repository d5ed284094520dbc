"""A fake identity provider whose behaviour a test sets, and our client for it."""

from collections.abc import Iterator

import pytest

from kb.oidc.provider import OidcProvider
from tests.factories.oidc import FakeProvider, a_client, a_provider


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with a_provider() as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(fake: FakeProvider, clock: Clock) -> OidcProvider:
    return OidcProvider(a_client(fake), clock)
