"""Items are read back unchanged."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.access.actor import AccessScope
from kb.errors import Conflict, Invalid, NotFound
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.import_source import sources_of
from kb.model.items.item import Item
from kb.model.items.moderation import RemovedContent
from kb.model.items.undo import ItemChange, Undo
from kb.model.people.account import Account
from kb.store import Store
from kb.store.database.json_values import value_of
from kb.store.groups.moderation import removed_content_text
from tests.factories.items import a_base, a_group, a_reply, a_user, an_annotation, an_item, rolled_back

EVERYTHING = AccessScope(everything=True)
CLAIRE, SOPHIE = a_user("claire"), a_user("sophie")

SOURCES = sources_of(
    {"diigo-csv", "diigo-html"}, {"2014-11-07T09:12:00Z": "2014-11-07", "2014-11-08T10:00:00Z": None, "2014": ""}
)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_store() -> Iterator[Store]:
    """A store for property tests, whose examples are rolled back."""
    opened = a_base()
    yield opened
    opened.close()


def a_full_item() -> Item:
    """An item with every field, and with texts that are easily corrupted."""
    return an_item(
        "« L’énergie… »\u00a0: cœur, Été",
        url="https://www.exemple.fr/É?a=1#x",
        description="",
        author=CLAIRE,
        byline="Émilie du Châtelet",
        tags=("Énergie", "agents", "énergie", "agents", " a, b "),
        added="2014-11-07T09:12:00+01:00",
        updated="2014-11-07",
        published="2014-11",
        source="Lagazette.fr",
        language="fr",
        views=3,
        import_sources=SOURCES,
        annotations=(
            an_annotation("un\nun", author=SOPHIE, prefix="", suffix="\u202f!", color="yellow"),
            an_annotation("deux", body="à revoir", replies=(a_reply("oui", author=CLAIRE, added="2015"), a_reply(""))),
            an_annotation(None, body="Lagazette.fr, 7 nov 2014", replies=(a_reply("trois"),)),
        ),
    )


def test_a_stored_item_is_read_back_equal(store: Store) -> None:
    item = a_full_item()
    with store.write() as writing:
        writing.items.add([item])
    with store.read() as reading:
        assert reading.items.any_of([item.id]) == {item.id: item}


def test_none_and_the_empty_text_are_stored_differently(store: Store) -> None:
    nothing, empty = an_item(None, url="https://a.fr", byline=None), an_item("", url="", byline="")
    with store.write() as writing:
        writing.items.add([nothing, empty])
        items_found = writing.items.any_of([nothing.id, empty.id])
    assert items_found == {nothing.id: nothing, empty.id: empty}


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
perhaps = st.none() | texts
people = st.sampled_from([None, CLAIRE, SOPHIE])
ids = st.uuids(version=4).map(str)
own_tags = st.none() | st.lists(texts, max_size=3).map(tuple)
replies = st.builds(
    Reply,
    id=ids,
    author=people,
    added=perhaps,
    body=texts,
    reply_to=st.none() | ids,
    updated=perhaps,
    tags=own_tags,
)
annotations = st.builds(
    Annotation,
    id=ids,
    kind=st.sampled_from(AnnotationKind),
    author=people,
    added=perhaps,
    quote=perhaps,
    body=perhaps,
    prefix=perhaps,
    suffix=perhaps,
    color=perhaps,
    replies=st.lists(replies, max_size=3).map(tuple),
    updated=perhaps,
    tags=own_tags,
    selectors=perhaps,
)
contents = st.fixed_dictionaries(
    {
        "title": perhaps,
        "url": perhaps,
        "description": perhaps,
        "author": people,
        "byline": perhaps,
        "tags": st.lists(texts, max_size=4).map(tuple),
        "added": perhaps,
        "updated": perhaps,
        "published": perhaps,
        "source": perhaps,
        "language": perhaps,
        "views": st.integers(0, 2**53),
        "annotations": st.lists(annotations, max_size=4).map(tuple),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(contents, min_size=1, max_size=4), st.data())
def test_any_items_added_then_rewritten_are_equal(
    shared_store: Store, many: list[dict[str, object]], data: st.DataObject
) -> None:
    new = [an_item(**fields) for fields in many]  # type: ignore[arg-type]
    with rolled_back(shared_store) as writing:
        writing.items.add(new)
        assert list(writing.items.any_of([item.id for item in new]).values()) == new
        changed = [an_item(id=item.id, order=item.order, **data.draw(contents)) for item in new]
        writing.items.update(changed)
        assert list(writing.items.stream(EVERYTHING)) == changed


@pytest.mark.parametrize("spoilt", ["a\0b", "\ud83d", "\udc00 fin"])
@pytest.mark.parametrize("field", ["title", "url", "description", "source"])
def test_an_item_that_no_database_can_hold_is_refused_and_the_others_are_saved(
    store: Store, field: str, spoilt: str
) -> None:
    good, bad = an_item(), an_item(**{field: spoilt})
    with store.write() as writing:
        with pytest.raises(Invalid, match=r"U\+"):
            writing.items.add([good, bad])
        writing.items.add([good])
    with store.read() as reading:
        assert list(reading.items.ids()) == [good.id]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"tags": ("bonne", "a\0b")},
        {"annotations": (an_annotation("\ud83d"),)},
        {"annotations": (an_annotation(replies=[a_reply("\0")]),)},
    ],
)
def test_an_unstorable_text_is_refused_in_each_part_of_an_item(store: Store, spoilt: dict[str, object]) -> None:
    good = an_item()
    with store.write() as writing:
        writing.items.add([good])
        for refused in (
            lambda: writing.items.add([an_item(**spoilt)]),
            lambda: writing.items.update([replace(good, **spoilt)]),
        ):
            with pytest.raises(Invalid, match=r"U\+"):
                refused()
    with store.read() as reading:
        assert list(reading.items.stream(EVERYTHING)) == [good]


@pytest.mark.parametrize("views", [-1, 2**53 + 1, 10**30])
def test_views_that_cannot_be_counted_are_refused(store: Store, views: int) -> None:
    with store.write() as writing, pytest.raises(Invalid):
        writing.items.add([an_item(views=views)])


def test_an_act_that_is_refused_leaves_nothing_in_a_transaction_that_goes_on(store: Store) -> None:
    first = an_item(annotations=[an_annotation(id="a1")])
    with store.write() as writing:
        writing.items.add([first])
        before = writing.changes.newest()
        for refused in (
            an_item(id=first.id),
            an_item(order=first.order),
            an_item(annotations=[an_annotation(id="a1")]),
            an_item(annotations=[an_annotation(replies=[a_reply(id="a1")])]),
        ):
            with pytest.raises(Conflict):
                writing.items.add([an_item(), refused])
        assert writing.changes.newest() == before
    with store.read() as reading:
        assert list(reading.items.stream(EVERYTHING)) == [first]


def test_rewriting_takes_away_what_is_no_longer_there(store: Store) -> None:
    item = a_full_item()
    bare = an_item("Seul", id=item.id, order=item.order)
    with store.write() as writing:
        writing.items.add([item])
        writing.items.update([bare])
    with store.read() as reading:
        assert reading.items.any_of([item.id]) == {item.id: bare}
        assert reading.items.taken_annotation_ids([annotation.id for annotation in item.annotations]) == {}


def test_an_annotation_may_go_from_one_rewritten_item_to_another(store: Store) -> None:
    moving = an_annotation("Rien ne se perd", replies=[a_reply()])
    first, two = an_item(annotations=[moving]), an_item()
    one_after = an_item(id=first.id, order=first.order)
    two_after = an_item(id=two.id, order=two.order, annotations=[moving])
    with store.write() as writing:
        writing.items.add([first, two])
        writing.items.update([two_after, one_after])
        assert list(writing.items.stream(EVERYTHING)) == [one_after, two_after]


def test_rewriting_what_is_not_there_or_changing_an_order_is_refused(store: Store) -> None:
    item = an_item()
    with store.write() as writing:
        writing.items.add([item])
        with pytest.raises(NotFound):
            writing.items.update([an_item("Autre", id=item.id, order=item.order), an_item()])
        with pytest.raises(ValueError, match="order"):
            writing.items.update([an_item(id=item.id)])
        assert list(writing.items.stream(EVERYTHING)) == [item]


def test_a_removed_item_is_gone_with_all_its_parts(store: Store) -> None:
    removed, remaining = a_full_item(), an_item(annotations=[an_annotation()])
    with store.write() as writing:
        writing.items.add([removed, remaining])
        writing.items.remove([removed.id, "jamais-vu"])
        writing.items.remove([])
    with store.write() as writing:
        assert list(writing.items.ids()) == [remaining.id]
        # Its ids and its order are free again.
        writing.items.add([removed])
        assert writing.items.any_of([removed.id]) == {removed.id: removed}


def test_the_import_sources_of_an_item_come_back_from_the_trash_and_with_an_undo(store: Store) -> None:
    item = a_full_item()
    bare = replace(item, import_sources=())
    record = json.loads(removed_content_text(RemovedContent(item=item)))
    assert value_of(RemovedContent, record, {CLAIRE.id: CLAIRE, SOPHIE.id: SOPHIE}) == RemovedContent(item=item)
    with store.write() as writing:
        writing.accounts.add(Account(CLAIRE, None, False, False, "2014-11-07"))
        writing.items.add([item])
        for undo_id, change in (("cut", ItemChange(item, bare)), ("gone", ItemChange(item, None))):
            writing.undos.add(Undo(undo_id, CLAIRE.id, "2999", (change,)))
            stored = writing.undos.by_id(undo_id)
            assert stored is not None
            assert stored.changed == (change,)
        writing.items.update([bare])
        assert writing.items.any_of([item.id]) == {item.id: bare}


def test_views_are_counted_one_by_one_and_stop_at_the_largest(store: Store) -> None:
    item, full = an_item(views=41), an_item(views=2**53)
    with store.write() as writing:
        writing.items.add([item, full])
        writing.items.count_view(item.id)
        writing.items.count_view(full.id)
        with pytest.raises(NotFound):
            writing.items.count_view("jamais-vu")
        items_found = writing.items.any_of([item.id, full.id])
    assert [item.views for item in items_found.values()] == [42, 2**53]


def test_orders_follow_each_other(store: Store) -> None:
    with store.write() as writing:
        assert writing.items.next_order() == 1
        writing.items.add([an_item(order=1), an_item(order=2)])
        assert writing.items.next_order() == 3


def test_the_order_of_an_item_that_is_gone_is_not_given_again(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(id="un", order=1), an_item(id="deux", order=2)])
        writing.items.remove(["deux"])
        writing.items.remove(["un"])
        assert writing.items.next_order() == 3


def test_more_items_than_a_statement_has_variables(store: Store) -> None:
    many = [an_item(f"Titre {number}", tags=["a"], annotations=[an_annotation()]) for number in range(33_000)]
    ids_of_many = [item.id for item in many]
    with store.write() as writing:
        writing.items.add(many)
        writing.items.update(many)
    with store.read() as reading:
        assert list(reading.items.any_of(ids_of_many).values()) == many
        assert len(reading.items.with_titles(a_group().id, [f"Titre {n}" for n in range(33_000)])) == 33_000
        assert len(reading.items.taken_annotation_ids(item.annotations[0].id for item in many)) == 33_000
    with store.write() as writing:
        writing.items.remove(ids_of_many)
        assert writing.items.count(EVERYTHING) == 0


def test_ids_that_nothing_can_have_find_nothing(store: Store) -> None:
    with store.read() as reading:
        odd = ["", "\0", "\ud800", "'; DROP TABLE items; --", "é" * 10_000]
        assert reading.items.any_of(odd) == {}
        assert reading.items.visible(odd, EVERYTHING) == {}
        assert reading.items.of_annotations(odd, EVERYTHING) == {}
        assert reading.users.by_logins(odd) == {}
        assert [reading.groups.by_slug(text) for text in odd] == [None] * 5
        assert [reading.groups.memberships(text) for text in odd] == [()] * 5
