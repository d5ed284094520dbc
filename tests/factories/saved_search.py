"""Users who save searches, each in a browser, and the form for it."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

PEOPLE = {"claire": Role.OWNER, "paul": Role.MEMBER, "sophie": Role.READER}
LOGINS = (*PEOPLE, "luc")
NEW = "/saved/new"
SEARCH = "/g/lectures?q=agents&tag=rh&page=1"


@contextmanager
def a_library_of_lectures() -> Iterator[Library]:
    """One item in the group “lectures”. PEOPLE are its members, and Luc is not."""
    with closing(an_empty_library()) as library:
        for login in LOGINS:
            an_account(library, login, name=login.title())
        group = add_group(library, OPERATOR, "lectures", "Lectures communes")
        for login, role in PEOPLE.items():
            set_role(library, OPERATOR, "lectures", login, role)
        add_items(library, an_item("Les agents", id="un", group=group, tags=["rh"], added="2015-01-01"))
        catch_up(library)
        yield library


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form that saves a search, as a browser sends them when the user changes nothing."""
    form = page[page.index('action="/saved/new"') :].partition("</form>")[0]
    hidden_fields = dict(re.findall(r'<input[^>]* name="(\w+)"(?: type="text")? value="([^"]*)"', form))
    chosen = re.search(r'<option value="([^"]*)" selected', form)
    return {
        **{name: value.replace("&amp;", "&") for name, value in hidden_fields.items()},
        "group": chosen[1] if chosen else "",
    }


def save_form_page(client: TestClient, address: str = SEARCH) -> str:
    """The page on how to follow what a page finds, which has the form that saves the search."""
    link = re.search(r'href="(/follow\?[^"]+)"', client.get(address).text)
    assert link, address
    return client.get(unescape(link[1])).text


def save_search_as(client: TestClient, address: str = SEARCH, **typed: str) -> Any:
    fields = {**fields_of(save_form_page(client, address)), **typed}
    return client.post(NEW, data=fields)


def id_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["location"]).path.rpartition("/")[2]
