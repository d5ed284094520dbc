"""Every answer of `/api/` that any functional test gets is compared with the description."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.api_contract import judge


@pytest.fixture(scope="session", autouse=True)
def _described() -> Iterator[None]:
    ask = TestClient.request

    def asked(client: TestClient, *arguments: Any, **options: Any) -> Any:
        answer = ask(client, *arguments, **options)
        path = unquote(answer.request.url.raw_path.decode("ascii").partition("?")[0])
        if path.startswith("/api/"):
            headers = {name.lower(): value for name, value in answer.headers.items()}
            judge(answer.request.method, path, answer.status_code, headers, answer.content)
        return answer

    with patch.object(TestClient, "request", asked):
        yield
