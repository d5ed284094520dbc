"""A site with two public groups and a closed one, and an OAI-PMH client."""

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import Account, TokenScope
from kb.model.people.group import Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.model.search_request import SearchRequest
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.site import create_app
from tests.checkers.oai_pmh import OaiAnswer, checked_answer
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import a_library

OPEN = a_group("lectures", "Lectures <communes>")
OTHER = a_group("autres", "Autres")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
Oai = Callable[..., OaiAnswer]


def token_of_member(library: Library) -> str:
    """The token of a member of the closed group."""
    with library.store.write() as writing:
        user = writing.users.by_logins(["sophie"])["sophie"]
        writing.accounts.add(Account(user, None, False, False, "2026-01-01T00:00:00.000000Z"))
        writing.groups.set_role(user.id, SECRET.id, Role.OWNER)
    _, token = add_token(library, OPERATOR, NewToken(TokenScope.READ), "sophie")
    return token


@pytest.fixture
def library() -> Iterator[Library]:
    filled = a_library(
        *(
            an_item(f"Titre {number}", id=f"i{number}", order=number, group=OPEN, tags=["Eau", "à boire/l’été"])
            for number in range(1, 6)
        ),
        an_item(
            "Un & deux <trois>",
            id="riche",
            order=6,
            group=OTHER,
            url="https://exemple.fr/?a=1&b=2",
            byline="Claire Roy",
            source="Le Monde",
            published="2014-11",
            language="fr",
            description="Résumé\x0b.",
            author=a_user("sophie"),
            tags=["eau"],
            annotations=[an_annotation("Un passage", body="Une note", author=a_user("paul"))],
        ),
        an_item("Caché", id="cache", order=7, group=SECRET, tags=["eau", "secrets"]),
        groups=(OPEN, OTHER, SECRET),
    )
    with filled.store.write() as writing:
        for group, name in ((OPEN, "suivi"), (SECRET, "caché")):
            request = SearchRequest(q="titre 2" if group is OPEN else "caché", match="all")
            writing.saved_searches.add(SavedSearch(f"s-{group.slug}", group.id, name, request, "2026-01-01T00:00:00Z"))
    yield filled
    filled.close()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def oai(client: TestClient) -> Oai:
    """Send a request to the repository and check that the answer is valid."""

    def ask(verb: str = "", /, *pairs: tuple[str, str], **arguments: str) -> OaiAnswer:
        parameters = [*({"verb": verb} if verb else {}).items(), *pairs]
        parameters += [(name.rstrip("_"), value) for name, value in arguments.items()]
        answer = client.get("/oai", params=parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        return checked_answer(answer.content)

    return ask


@pytest.fixture
def small_parts() -> Iterator[None]:
    """Lists with two records or sets in each answer."""
    with patch("kb.features.harvest.oai.PART", 2):
        yield
