"""What stands around every page is read in one transaction, and its template asks the database nothing.

Panels of features read what they show by themselves: `test_notices.py` counts what the header asks for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from kb.model.people.group import Role
from kb.services.admin.page_frame import frame_facts
from kb.store import Store
from kb.web.ui import rendering
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, browsers_of

GROUP = a_group("lectures", "Lectures", id="lectures")
ADDRESSES = ("/", "/search?q=eau", "/g/lectures", "/items/eau", "/aide", "/lists", "/accessibilite", "/perdu")


@contextmanager
def recorded_reads() -> Iterator[list[str]]:
    """“read” for each transaction that reads, with “facts” where the facts of a frame are complete."""
    record: list[str] = []
    read = Store.read

    def recorded_read(store: Store) -> Any:
        record.append("read")
        return read(store)

    def recorded_facts(*arguments: Any) -> Any:
        record.append("frame")
        facts = frame_facts(*arguments)
        record.append("facts")
        return facts

    with patch.object(Store, "read", recorded_read), patch.object(rendering, "frame_facts", recorded_facts):
        yield record


@pytest.mark.parametrize("login", ["", "claire"])
def test_the_frame_is_read_once_and_the_template_reads_nothing(login: str) -> None:
    library = a_library(an_item("L'eau", id="eau", group=GROUP), groups=[GROUP])
    library = replace(library, settings=replace(library.settings, features="w3c"))
    claire = an_account(library, "claire")
    with library.store.write() as writing:
        writing.groups.set_role(claire.user.id, GROUP.id, Role.OWNER)
    browser = browsers_of(library, ["claire"])[login]
    for address in ADDRESSES:
        with recorded_reads() as record:
            browser.get(address)
        assert record[record.index("frame") :] == ["frame", "read", "facts"], address
