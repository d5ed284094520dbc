"""Every answer of `/api/` in any functional test is checked against the API description; databases for backups."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.checkers.api_contract import check_answer
from tests.conftest import Kb, database_variables
from tests.factories.backup import LINES
from tests.support.remembered_reading import remembered_reading


@pytest.fixture(scope="module", autouse=True)
def _described() -> Iterator[None]:
    ask = TestClient.request

    def answer_of(client: TestClient, *arguments: Any, **options: Any) -> Any:
        answer = ask(client, *arguments, **options)
        path = unquote(answer.request.url.raw_path.decode("ascii").partition("?")[0])
        if path.startswith("/api/v1/"):
            headers = {name.lower(): value for name, value in answer.headers.items()}
            check_answer(answer.request.method, path, answer.status_code, headers, answer.content)
        # Each request has its own id; all other headers of two answers are compared.
        answer.headers.pop("x-request-id", None)
        return answer

    with patch.object(TestClient, "request", answer_of):
        yield


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    with remembered_reading():
        yield


@pytest.fixture
def base(kb: Kb) -> Kb:
    """The command over a database of three items."""
    assert kb("import", "-", stdin=LINES).code == 0
    return kb


@pytest.fixture
def backup(base: Kb, tmp_path: Path) -> Path:
    path = tmp_path / "sauvegarde.zip"
    assert base("backup", path).code == 0
    return path


@pytest.fixture
def other(kb: Kb, tmp_path: Path) -> Kb:
    """The command over another data folder."""
    return replace(kb, folder=tmp_path / "ailleurs", variables=kb.variables | database_variables())
