"""A site with a public group and a closed one, a newsletter of the public one, and a mail server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR, Actor
from kb.features.newsletters.issues import draft_issue, schedule_issue
from kb.features.newsletters.messages import MESSAGE_KINDS
from kb.features.newsletters.newsletters import LetterName, NewsletterText, create_newsletter
from kb.features.newsletters.records.newsletter_records import Issue
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, browsers_of
from tests.support.mail_server import PostOffice, a_post_office

LETTER = LetterName("eau", "crues")
LOGINS = ("claire", "paul", "zoe", "nora")


@dataclass(frozen=True)
class Editors:
    """The library, its mail server, and the actors: Claire owns the groups, Paul moderates, Zoé reads, Nora has no
    role.
    """

    library: Library
    office: PostOffice

    def actor(self, login: str) -> Actor:
        with self.library.store.read() as reading:
            account = reading.accounts.by_login(login)
            assert account is not None
            return actor_of_user(reading, account.user.id)

    def draft(self, *item_ids: str, subject: str = "Les crues de mai", login: str = "claire") -> Issue:
        parts = tuple((item_id, None) for item_id in item_ids or ("crue", "secret"))
        return draft_issue(self.library, self.actor(login), LETTER, subject, parts=parts)

    def scheduled(self, *item_ids: str, login: str = "claire") -> Issue:
        return schedule_issue(self.library, self.actor(login), LETTER, self.draft(*item_ids, login=login).id)

    def deliver(self) -> None:
        while send_due_messages(self.library):
            pass

    def browser(self, login: str) -> TestClient:
        return browsers_of(self.library, filter(None, [login]))[login]


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture
def editors(office: PostOffice) -> Iterator[Editors]:
    """The items “crue” and “pluie” are public, “secret” lies in the closed group “cave”, which Claire reads too."""
    office.taken.clear()
    office.recipients.clear()
    with closing(an_empty_library()) as empty:
        settings = replace(empty.settings, mail_url=office.url, mail_from="Florilège <florilege@exemple.fr>")
        library = replace(empty, settings=settings, message_kinds=lambda: {kind.name: kind for kind in MESSAGE_KINDS})
        eau = add_group(library, OPERATOR, "eau", "Eau et territoires")
        cave = add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        claire = an_account(library, "claire", email="claire@exemple.fr").user
        for login in LOGINS[1:]:
            an_account(library, login, email=f"{login}@exemple.fr")
        for group, login, role in (
            ("eau", "claire", Role.OWNER), ("cave", "claire", Role.OWNER), ("eau", "paul", Role.MODERATOR),
            ("eau", "zoe", Role.READER),
        ):  # fmt: skip
            set_role(library, OPERATOR, group, login, role)
        passage = an_annotation("La rivière déborde.", id="h1", author=claire)
        add_items(
            library,
            an_item("La crue de mai", id="crue", group=eau, order=1, url="https://exemple.fr/crue", author=claire,
                    source="La Gazette", annotations=[passage]),
            an_item("Pluies & orages", id="pluie", group=eau, order=2, url="https://exemple.fr/pluie", author=claire),
            an_item("Le secret", id="secret", group=cave, order=3, url="https://exemple.fr/secret", author=claire),
        )  # fmt: skip
        catch_up(library)
        made = Editors(library, office)
        text = NewsletterText("La lettre des crues", "crues", "Ce qui déborde.", "blue", "", "4 place des Lices")
        create_newsletter(library, made.actor("claire"), "eau", text)
        yield made
