"""An installed server, and users whose tokens are used by programs written for other services."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import open_library
from tests.conftest import Kb

PROGRAMS = Path(sys.prefix) / "clients" / "bin"
"""The programs that `scripts/prepare test` installs from `tests/clients/requirements.txt`."""


@dataclass(frozen=True)
class Server:
    """A running site: its address, and the tokens of its users by login and scope."""

    address: str
    tokens: dict[str, str]

    def run(self, program: str, *arguments: str, **variables: str) -> str:
        """The output of a program written for another service."""
        result = subprocess.run(
            [PROGRAMS / program, *arguments], env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    kb = Kb(folder / "données", folder, {"KB_RATE_WRITE": "0"})
    assert kb("migrate").code == 0
    tokens = people(kb)
    server = kb.start("serve", "--port", "0")
    assert server.stdout is not None
    match = re.search(r"http://\S+", server.stdout.readline())
    assert match is not None
    yield Server(match[0].rstrip("/"), tokens)
    server.terminate()
    server.communicate(timeout=20)


def people(kb: Kb) -> dict[str, str]:
    """Claire and Paul, each in a group of their own and both in a common one, and the tokens of both scopes."""
    library = open_library(kb.settings)
    try:
        for slug, visible in (("lectures", Visibility.EVERYONE), ("secret", Visibility.MEMBERS)):
            add_group(library, OPERATOR, slug, slug.capitalize(), visible=visible, join=JoinPolicy.INVITE)
        tokens = {}
        for login in ("claire", "paul"):
            add_account(library, OPERATOR, NewAccount(login))
            set_role(library, OPERATOR, "lectures", login, Role.MEMBER)
            for scope in TokenScope:
                tokens[f"{login} {scope.value}"] = add_token(library, OPERATOR, NewToken(scope), login)[1]
        set_role(library, OPERATOR, "secret", "paul", Role.OWNER)
        return tokens
    finally:
        library.close()
