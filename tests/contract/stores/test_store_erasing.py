"""Erasing one person changes no row that belongs to others, and no search names the person."""

import json
from collections.abc import Iterator
from operator import eq, ne
from typing import Any

import pytest
from sqlalchemy import Column

from kb.model.items.item import Sharing
from kb.model.items.moderation import RemovedContent
from kb.model.people.account import Invitation, LinkPurpose
from kb.model.people.group import Role
from kb.model.people.secret import secret_hash
from kb.store import Store
from kb.store.database.json_values import value_of
from kb.store.groups.moderation import removed_content_text
from kb.store.personal_data.erased_texts import without_author, without_person
from kb.store.tables.table_columns import Number, StorableText, metadata
from tests.factories.items import a_base, a_group, a_reply, a_user, an_annotation, an_item

NOW, LATER = "2026-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
GROUP = a_group("lectures")
LINKS = (
    Invitation("first", LinkPurpose.ADMINISTRATOR, NOW, LATER),
    Invitation("group", LinkPurpose.ACCOUNT, NOW, LATER, group_id=GROUP.id, role=Role.MEMBER),
    Invitation("letter", LinkPurpose.ACCOUNT, NOW, LATER, group_id=GROUP.id, role=Role.MEMBER, email="paul@exemple.fr"),
    Invitation("site", LinkPurpose.ACCOUNT, NOW, LATER),
)

NULLABLE = [
    column
    for table in metadata.sorted_tables
    for column in table.c
    if column.nullable and isinstance(column.type, StorableText | type(Number))
]
"""The other columns are a role, a total and two booleans, which no query compares."""


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_erasing_a_person_without_an_address_keeps_the_links_of_others(store: Store) -> None:
    odilon = a_user("odilon")
    with store.write() as writing:
        writing.groups.add(GROUP)
        writing.users.add([odilon])
        for link in LINKS:
            writing.invitations.add(link, secret_hash(link.id))
    with store.write() as writing:
        writing.erasure.person(odilon, None)
    with store.read() as reading:
        invitations = [reading.invitations.by_hash(secret_hash(link.id)) for link in LINKS]
    assert invitations == list(LINKS)


def test_the_tags_of_a_text_go_with_its_words(store: Store) -> None:
    odilon, other = a_user("odilon"), a_user("claire")
    texts = [
        an_annotation(quote, body="Mien.", author=odilon, tags=("privé",), replies=[a_reply(author=other)])
        for quote in ("Un passage.", None)
    ]
    with store.write() as writing:
        writing.users.add([odilon])
        writing.items.add([an_item(id="i", order=1, annotations=texts)])
    with store.write() as writing:
        writing.erasure.words(odilon.id)
        (item,) = writing.items.any_of(["i"]).values()
    assert [(part.author, part.tags, len(part.replies)) for part in item.annotations] == [(None, None, 1)] * 2


@pytest.mark.parametrize("column", NULLABLE, ids=str)
@pytest.mark.parametrize("compare", [eq, ne])
def test_no_column_is_compared_with_a_value_that_may_be_none(column: Column[Any], compare: Any) -> None:
    """SQLAlchemy compiles `== None` to `IS NULL`, which matches every row without a value."""
    with pytest.raises(TypeError, match="is_"):
        compare(column, None)
    assert "IS NULL" in str(column.is_(None))


@pytest.mark.parametrize(
    "field", ["auteur", "author", "Partagé-par", "partagé-par", "partagepar", "shared-by", "SharedBy"]
)
def test_a_stored_search_that_names_an_erased_person_in_its_words_goes(field: str) -> None:
    assert without_author(f"q=eau+{field}:odilon", "odilon", in_words=True) is None
    assert without_author(f"q=eau+{field}:odilon-b", "odilon", in_words=True) is not None


@pytest.mark.parametrize("words", [False, True])
def test_removed_content_keeps_no_id_of_an_erased_person(words: bool) -> None:
    odilon, paul = a_user("odilon"), a_user("paul")
    mine = an_annotation(body="Sa note.", author=odilon, replies=[a_reply("Sa réponse.", author=paul)])
    item = an_item(author=odilon, sharers=(Sharing(odilon), Sharing(paul)), annotations=[mine])
    text = without_person(removed_content_text(RemovedContent(item=item)), odilon.id, words=words)
    assert text is not None
    assert odilon.id not in text
    kept = value_of(RemovedContent, json.loads(text), {paul.id: paul, odilon.id: odilon}).item
    assert kept is not None
    assert (kept.author, kept.sharers) == (None, (Sharing(paul),))
    assert [part.author for part in kept.parts] == [None, paul]
