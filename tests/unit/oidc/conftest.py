"""A fake identity provider whose behaviour a test sets, and our client for it."""

from collections.abc import Iterator

import pytest

from kb.oidc.provider import OidcProvider
from tests.factories.oidc import FakeProvider, a_client, a_provider
from tests.support.stopped_clock import StoppedClock


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with a_provider() as provider:
        yield provider


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def provider(fake: FakeProvider, clock: StoppedClock) -> OidcProvider:
    return OidcProvider(a_client(fake), clock)
