"""A group with a moderator, a member, a reader and a stranger, and content to moderate."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from kb.access.actor import OPERATOR, Actor
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.imports.import_export import export_items
from tests.factories.group import as_
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

ROLES = {"olga": Role.OWNER, "max": Role.MODERATOR, "claire": Role.MEMBER, "rene": Role.READER, "sam": None}


@contextmanager
def a_moderated_library(visible: Visibility = Visibility.EVERYONE) -> Iterator[Library]:
    """The group “quais” with two items; Claire shared the first, whose passages are by several users."""
    with closing(an_empty_library()) as library:
        for login in ROLES:
            an_account(library, login, name=login.title())
        group = add_group(library, OPERATOR, "quais", "Quais", visible=visible, join=JoinPolicy.INVITE)
        for login, role in ROLES.items():
            if role is not None:
                set_role(library, OPERATOR, "quais", login, role)
        claire, max_, imported = person(library, "claire"), person(library, "max"), a_user("ancien", "Paul Ancien")
        add_items(
            library,
            an_item(
                "Le port au petit matin", id="i1", group=group, order=5, author=claire, tags=["port", "Quai"],
                url="https://exemple.fr/port", added="2014-01-02", updated="2014-01-03T10:00:00Z", views=7,
                description="Un dossier.", language="fr", language_decided=True, published="2013-11",
                annotations=[
                    an_annotation("Un phare au bout du quai.", id="a1", author=claire, added="2014-01-02"),
                    an_annotation(
                        "Un chalut bleu.", id="a2", body="Beau bleu.", author=max_, color="pink",
                        replies=[
                            a_reply(f"Réponse {n}.", id=f"r{n}", author=max_ if n % 2 else claire) for n in range(4)
                        ],
                    ),
                    an_annotation("Un treuil.", id="a3", author=imported, prefix="avant ", suffix=" après"),
                    an_annotation(None, id="a4", body="Une remarque.", author=claire, added="2015-02-01"),
                ],
            ),
            an_item("La criée", id="i2", group=group, order=6, author=imported, added="2014-02-02"),
        )  # fmt: skip
        catch_up(library)
        yield library


def person(library: Library, login: str) -> User:
    with library.store.read() as reading:
        user = reading.users.by_login(login)
        assert user is not None
        return user


def actor_of(library: Library, login: str) -> Actor:
    """The actor of a logged-in user; an anonymous actor for an empty login."""
    return as_(library, login) if login else Actor()


def item_of(library: Library, item_id: str = "i1") -> Item:
    return next(item for item, _ in export_items(library, OPERATOR) if item.id == item_id)


def annotations_of(library: Library) -> list[str]:
    return [annotation.id for annotation in item_of(library).annotations]
