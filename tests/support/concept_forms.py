"""A group with a vocabulary, browsers of users with and without the right to edit it, and concept forms."""

import re
from html import unescape
from typing import Any

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.vocabulary.vocabularies import group_vocabulary
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.vocabulary import a_vocabulary
from tests.support.browser_sessions import an_account

LOGINS = ("claire", "paul", "luc", "sophie")
TERM = "/g/lectures/vocabulary/term"
_INPUT = re.compile(r"<input ([^>]*)>")
_TEXTAREA = re.compile(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)


def a_library_with_terms() -> Library:
    """The group “lectures” of Claire and Paul, with Luc as a member and a vocabulary; and a closed group of Sophie."""
    library = an_empty_library()
    for login in LOGINS:
        an_account(library, login, name=login.title())
    group = add_group(library, OPERATOR, "lectures", "Lectures communes")
    add_group(library, OPERATOR, "ailleurs", "Ailleurs", visible=Visibility.MEMBERS)
    roles = {"claire": Role.OWNER, "paul": Role.MODERATOR, "luc": Role.MEMBER}
    for login, role in roles.items():
        set_role(library, OPERATOR, "lectures", login, role)
    set_role(library, OPERATOR, "ailleurs", "sophie", Role.OWNER)
    add_items(
        library, an_item("Le travail de chez soi", id="chez", group=group, order=1, tags=["bureau", "TELETRAVAIL"])
    )
    with library.store.write() as writing:
        writing.vocabularies.set(group.id, a_vocabulary())
    catch_up(library)
    return library


def stored_vocabulary(library: Library) -> Vocabulary:
    return group_vocabulary(library, OPERATOR, "lectures")[1]


def fields_of(page: str) -> list[tuple[str, str]]:
    """The fields that a browser would send from the form of a page."""
    form = re.search(r'<form [^>]*method="post".*?</form>', page, re.DOTALL)
    assert form is not None
    fields = []
    for text in _INPUT.findall(form[0]):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', text))
        if "name" in attributes and attributes.get("type") != "file":
            fields.append((attributes["name"], unescape(attributes.get("value", ""))))
    return fields + [(name, unescape(value)) for name, value in _TEXTAREA.findall(form[0])]


def submit_form(
    client: TestClient, page: str, act: str = "save", *, bare: bool = False, **changed: str | list[str]
) -> Any:
    """Send the form of a page with some fields changed; `bare`, without its empty fields."""
    fields = fields_of(page)
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    remaining = [(name, value) for name, value in fields if name.partition(".")[0] not in names]
    typed = [(name, text) for name, value in names.items() for text in ([value] if isinstance(value, str) else value)]
    data: dict[str, list[str]] = {}
    for name, value in (*remaining, *typed, ("act", act)):
        if value or not bare:
            data.setdefault(name, []).append(value)
    return client.post(TERM, data=data)
