"""API clients for tests of `/api/v1`."""

from typing import Any

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.site import create_app


class Program:
    """A client with a user's API token, in English."""

    def __init__(self, library: Library, login: str, scope: TokenScope = TokenScope.WRITE) -> None:
        self.client = TestClient(create_app(library), raise_server_exceptions=True)
        _, secret = add_token(library, OPERATOR, NewToken(scope), login)
        self.client.headers["Authorization"] = f"Bearer {secret}"

    def __call__(self, method: str, address: str, sent: object = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, f"{address}?lang=en", json=sent, headers=named)
