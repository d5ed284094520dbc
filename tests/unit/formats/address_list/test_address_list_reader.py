"""Lists of addresses."""

import pytest

from kb.model.items.import_draft import ItemDraft
from tests.factories.import_files import drafts, warnings
from tests.factories.import_samples import ADDRESSES


@pytest.mark.parametrize(
    ("line", "url", "title"),
    [
        ("https://exemple.fr/a,101-b.html", "https://exemple.fr/a,101-b.html", None),
        ("https://exemple.fr/a;jsessionid=1, Titre", "https://exemple.fr/a;jsessionid=1", "Titre"),
        ("- <https://exemple.fr/a> — Titre - suite", "https://exemple.fr/a", "Titre - suite"),
    ],
)
def test_an_address_of_a_list_may_have_commas(line: str, url: str, title: str | None) -> None:
    assert drafts("addresses", line.encode()) == [ItemDraft(url=url, title=title)]


def test_a_list_of_addresses_gives_an_item_a_line() -> None:
    assert drafts("addresses", ADDRESSES) == [
        ItemDraft(url="https://exemple.fr/a"),
        ItemDraft(url="https://exemple.fr/b", title="Les agents"),
        ItemDraft(url="HTTP://exemple.fr/c"),
    ]
    assert warnings("addresses", ADDRESSES) == ["This line is no address."]
