"""A restored backup sends nothing that was on its way when it was made: it may have been sent since."""

from pathlib import Path

from sqlalchemy import Table, insert, select

from kb.features.digests.tables import digest_readers, digest_subscriptions, digests
from kb.features.newsletters.tables import newsletter_issues, newsletter_recipients
from kb.features.webhooks.tables import webhooks
from kb.model.people.delivery import DeliveryState
from kb.site import feature_stores, open_store
from kb.store import OutboxMessage, Store
from kb.store.database.clock import timestamp_in
from kb.store.maintenance.database_restore import prepare_database
from kb.store.tables.followed_search_tables import followed_searches
from tests.factories.items import a_base, an_item

PAST, COMING = "2026-01-01T08:00:00.000000Z", timestamp_in(days=3)


def rows(store: Store, table: Table, *columns: str) -> list[tuple[object, ...]]:
    with store.database.reading() as connection:
        chosen = select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
        return [tuple(row) for row in connection.execute(chosen)]


def an_issue(id_: str, state: str, scheduled_at: str) -> dict[str, object]:
    empty = dict.fromkeys(("newsletter", "subject", "introduction", "item_list", "scheduled_by"), None)
    texts = {name: "" for name in empty if name != "scheduled_by"}
    times = {"created_at": PAST, "scheduled_at": scheduled_at}
    return {**empty, **texts, **times, "id": id_, "group_id": "g", "state": state, "version": 1}


def fill(store: Store) -> None:
    with store.write() as writing:
        writing.items.add([an_item(id="i1"), an_item(id="i2", order=2)])
        for id_ in ("waits", "lost"):
            writing.outbox.add(OutboxMessage(id_, "zoe@exemple.org", "Bonjour", "Bonjour", PAST, PAST))
        writing.outbox.record("lost", DeliveryState.REFUSED, "550", is_final=True)
        search = {"id": "s", "digest": "d", "parameters": "q=port", "began_at": PAST}
        reader = {"id": "r", "key": "k", "language": "fr", "weekday": 0, "hour": 8, "consent": "", "refusal": ""}
        follow = {"reader_id": "r", "search_id": "s", "title": "Ports", "rhythm": "daily", "position": 0}
        hook = dict.fromkeys(("address", "shape", "language", "secret", "failure", "name"), "")
        states = {"is_on": True, "with_passages": True, "position": 0, "created_at": PAST}
        for table, values in (
            (followed_searches, [search]),
            (digest_readers, [reader]),
            (digest_subscriptions, [{**follow, "due_at": PAST, "created_at": PAST}]),
            (digests, [{"id": "d", "reader_id": "r", "content": "[]", "created_at": PAST}]),
            (webhooks, [{**hook, **states, "id": "w", "group_id": "g", "search_id": "s"}]),
            (
                newsletter_issues,
                [
                    an_issue("1", "scheduled", PAST),
                    an_issue("2", "scheduled", COMING),
                    an_issue("3", "sending", PAST),
                ],
            ),
            (
                newsletter_recipients,
                [
                    {"issue": "3", "subscriber": name, "group_id": "g", "state": name}
                    for name in ("left-out", "queued", "sent")
                ],
            ),
        ):
            writing.connection.execute(insert(table), values)


def test_nothing_that_was_on_its_way_is_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "base"
    store = a_base(url=f"sqlite:///{path}")
    fill(store)
    store.close()
    prepare_database(path, feature_stores())
    store = open_store(f"sqlite:///{path}")
    try:
        with store.read() as reading:
            assert (reading.outbox.waiting()[0], reading.outbox.counts()[DeliveryState.REFUSED]) == (0, 1)
            newest = reading.changes.newest()
        assert newest == 2
        assert rows(store, digests, "id") == []
        assert rows(store, digest_subscriptions, "position") == [(newest,)]
        assert rows(store, webhooks, "position") == [(newest,)]
        assert rows(store, newsletter_issues, "state", "scheduled_at", "version") == [
            ("draft", None, 2),
            ("scheduled", COMING, 1),
            ("sent", PAST, 2),
        ]
        assert rows(store, newsletter_recipients, "state") == [("left-out",), ("failed",), ("sent",)]
    finally:
        store.close()
