"""Records of the library for tests, with defaults: a test gives only the values that it is about."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

from kb.access.actor import Actor
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.item import Item
from kb.model.people.group import Group, Membership, Role, Visibility
from kb.model.people.user import User
from kb.site import migrate, open_store
from kb.store import Store, WriteTransaction
from tests.support.databases import new_database_url

_numbers = count(1)


def a_user(login: str = "claire", name: str | None = None, *, id: str | None = None) -> User:  # noqa: A002
    return User(id=id or f"u-{login}", login=login, name=name or login.replace("-", " ").title())


def a_group(
    slug: str = "physique",
    name: str | None = None,
    *,
    id: str | None = None,  # noqa: A002
    description: str | None = None,
    visible: Visibility = Visibility.EVERYONE,
) -> Group:
    return Group(
        id=id or f"g-{slug}", slug=slug, name=name or slug.capitalize(), description=description, visible=visible
    )


def a_member(login: str = "claire", role: Role = Role.MEMBER, *, of: Group | None = None) -> Actor:
    """The actor of a logged-in user with a role in one group."""
    user = a_user(login)
    return Actor(user_id=user.id, memberships=(Membership(user.id, (of or a_group()).id, role),))


def a_reply(body: str = "Tout à fait d'accord.", **fields: object) -> Reply:
    values: dict[str, object] = {"id": f"r-{next(_numbers)}", "author": None, "added": None, "body": body}
    return Reply(**(values | fields))  # type: ignore[arg-type]


def an_annotation(
    quote: str | None = "L'énergie se conserve.",
    *,
    kind: AnnotationKind | None = None,
    id: str | None = None,  # noqa: A002
    author: User | None = None,
    added: str | None = None,
    body: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    color: str | None = None,
    replies: Sequence[Reply] = (),
    **fields: object,
) -> Annotation:
    """A highlight; with a body, a note; with a body and `quote=None`, a comment."""
    if kind is None:
        kind = AnnotationKind.COMMENT if quote is None else AnnotationKind.NOTE if body else AnnotationKind.HIGHLIGHT
    return Annotation(
        id=id or f"a-{next(_numbers)}",
        kind=kind,
        author=author,
        added=added,
        quote=quote,
        body=body,
        prefix=prefix,
        suffix=suffix,
        color=color,
        replies=tuple(replies),
        **fields,  # type: ignore[arg-type]
    )


def an_item(
    title: str | None = "L'énergie et la matière",
    *,
    id: str | None = None,  # noqa: A002
    group: Group | str | None = None,
    order: int | None = None,
    tags: Sequence[str] = (),
    annotations: Sequence[Annotation] = (),
    **fields: object,
) -> Item:
    """An item of the group "physique"; `group` is a Group or its id. Other fields of Item are given by name."""
    number = next(_numbers)
    return Item(
        id=id or f"i-{number}",
        group_id=group if isinstance(group, str) else (group or a_group()).id,
        order=number if order is None else order,
        title=title,
        tags=tuple(tags),
        annotations=tuple(annotations),
        **fields,  # type: ignore[arg-type]
    )


def a_base(*groups: Group, people: Sequence[User] = (), url: str | None = None) -> Store:
    """A store with some groups (by default physique and histoire) and users (claire and sophie); the caller closes
    it.
    """
    url = url or new_database_url()
    migrate(url)
    store = open_store(url)
    with store.write() as writing:
        writing.users.add(tuple(people) or (a_user("claire"), a_user("sophie")))
        for group in groups or (a_group("physique"), a_group("histoire")):
            writing.groups.add(group)
    return store


class Undo(Exception):
    """The exception that rolls a transaction back."""


@contextmanager
def rolled_back(store: Store) -> Iterator[WriteTransaction]:
    """A write transaction that is rolled back at its end."""
    with suppress(Undo), store.write() as writing:
        yield writing
        raise Undo
