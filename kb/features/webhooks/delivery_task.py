"""Queue the messages of webhooks, and send them.

What a followed search found since the last message, and the passages that wait, become one message: while it waits or
is tried again, nothing else is sent to that address. The texts are read when the message is sent, in the group alone.
Each site gets one message at a time, from a thread of its own, so that a dead site holds up no other, however many
webhooks have its address.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from kb.access.actor import AccessScope
from kb.errors import FlorilegeError
from kb.features.webhooks.message import MessageWriter, News
from kb.features.webhooks.records import DueDelivery, Webhooks, WebhooksReading
from kb.features.webhooks.webhook import (
    MOST_NAMED,
    RETRY_DELAYS,
    SENT_NOTHING,
    Delivery,
    Webhook,
    signature_headers,
)
from kb.fetcher import post
from kb.indexer.indexer_context import with_page_texts
from kb.model.followed_search import FollowedSearch
from kb.model.ids import new_id
from kb.model.people.group import GroupState
from kb.model.web_pages.page_facts import FetchFailed
from kb.search.percolator import ChangedItems, KnownPlans
from kb.services.core.library import Library
from kb.services.core.site_identity import site_identity
from kb.services.followed_searches.following import new_matches_in
from kb.services.lists.press_review import quotation_rules
from kb.settings import OFF, Settings
from kb.store import ReadSnapshot, host_of
from kb.store.database.clock import seconds_until, timestamp_in, timestamp_now
from kb.translation import Translator

MOST_CONCURRENT = 8
"""Messages sent at the same time."""
MOST_OF_GROUP = 2
"""Those of one group among them, so that its slow sites leave room for those of others."""
LEASE_SECONDS = 60.0
"""Seconds for which a message is claimed: more than sending can take."""
QUIET_SECONDS = 60.0
"""Seconds between two messages of a webhook, so that an import is a few messages and not hundreds."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_LAST_PAUSE = 1.0
_GONE = 410

_log = logging.getLogger(__name__)

Poster = Callable[[str, bytes, Sequence[tuple[str, str]], Settings], int]
"""A function that sends one message, and raises FetchFailed: `kb.fetcher.post`."""


def deliver_until_stopped(library: Library, stop: threading.Event, poster: Poster = post) -> None:
    """Queue and send messages, until `stop` is set. Raises Unavailable."""
    if library.settings.fetch == OFF:
        return
    busy: dict[str, tuple[str, threading.Thread]] = {}
    plans = KnownPlans()
    with library.store.listen() as commits:
        while not stop.is_set():
            queue_messages(library, plans)
            busy = {host: sending for host, sending in busy.items() if sending[1].is_alive()}
            groups = {host: group_id for host, (group_id, _) in busy.items()}
            for delivery, address in claim_due(library, groups, MOST_CONCURRENT - len(busy)):
                thread = threading.Thread(target=_send_in_thread, args=(library, delivery, poster), daemon=True)
                busy[host_of(address)] = delivery.group_id, thread
                thread.start()
            with library.store.read() as reading:
                seconds = seconds_until(WebhooksReading(reading.connection).next_due(), _LONGEST_WAIT)
            commits.wait(stop, max(_SHORTEST_WAIT, seconds), _SHORTEST_WAIT)
    for _, thread in busy.values():
        # What was received just now is recorded, so that it is not sent again.
        thread.join(_LAST_PAUSE)


def queue_messages(library: Library, plans: KnownPlans, quiet: float = QUIET_SECONDS) -> int:
    """Make a message for each webhook with something new; returns their number."""
    with library.store.read() as reading:
        idle = WebhooksReading(reading.connection).idle(timestamp_in(seconds=-quiet))
        messages = [made for webhook in idle if (made := _next_message(library, reading, webhook, plans)) is not None]
    if not messages:
        return 0
    with library.store.write() as writing:
        records = Webhooks(writing.connection)
        for webhook, message, through, dropped in messages:
            now = records.by_id(webhook.id)
            if now is None or not now.is_on or now.position != webhook.position:
                continue
            records.move(webhook.id, through)
            records.drop_passages(webhook.id, dropped)
            if message is not None:
                records.put_delivery(message)
    return len(messages)


def _next_message(
    library: Library, reading: ReadSnapshot, webhook: Webhook, plans: KnownPlans
) -> tuple[Webhook, Delivery | None, int, list[str]] | None:
    """The next message of a webhook, the change up to which it tells, and the passages that wait no more."""
    scope = AccessScope(frozenset({webhook.group_id}))
    search = reading.followed_searches.by_id(webhook.search_id)
    if search is None:
        return None
    new = new_matches_in(reading, scope, search.id, webhook.position, MOST_NAMED)
    waiting = WebhooksReading(reading.connection).waiting_passages([webhook.id]).get(webhook.id, {})
    if reading.followed_searches.position() < reading.changes.newest():
        # The item of a passage may be new itself: it comes first.
        waiting = {}
    if not new.matches and not waiting:
        return None
    item_ids = tuple(match.item_id for match in new.matches)
    of_others = {part: item_id for part, item_id in waiting.items() if item_id not in item_ids}
    found = _found(library, reading, search, of_others, plans) if of_others else frozenset()
    passage_ids = tuple(part for part, item_id in of_others.items() if item_id in found)[:MOST_NAMED]
    now = timestamp_now()
    message = Delivery(
        new_id(), webhook.id, webhook.group_id, False, item_ids, passage_ids, new.total - len(item_ids), now, 0, now
    )
    return webhook, message if item_ids or passage_ids else None, new.through, list(waiting)


def _found(
    library: Library, reading: ReadSnapshot, search: FollowedSearch, parts: dict[str, str], plans: KnownPlans
) -> frozenset[str]:
    """Those items of new passages that a search finds."""
    items = reading.items.any_of(dict.fromkeys(parts.values()))
    texts = with_page_texts(library.store, reading, items.values())
    plan = plans.of([search], reading.groups.all()).get(search.id)
    return frozenset(ChangedItems.of((item, page) for item, page, _ in texts).found(plan)) if plan else frozenset()


def claim_due(library: Library, busy: Mapping[str, str], limit: int) -> list[tuple[Delivery, str]]:
    """Claim due messages to sites that are not busy, one for each and MOST_OF_GROUP of a group; a message whose webhook
    is gone is dropped. `busy` is the group whose message each busy site gets, by host.
    """
    with library.store.read() as reading:
        # A write transaction makes others wait.
        due = WebhooksReading(reading.connection).due(timestamp_now()) if limit > 0 else ()
    chosen, gone = _first_of_hosts(due, busy, limit), [one for one in due if one.address is None]
    if not chosen and not gone:
        return []
    claimed: list[tuple[Delivery, str]] = []
    with library.store.write() as writing:
        records = Webhooks(writing.connection)
        for webhook_id in {one.webhook_id for one in gone}:
            if records.by_id(webhook_id) is None:
                records.remove(webhook_id)
        for one, address in chosen:
            delivery = records.delivery(one.id)
            if delivery is None or delivery.next_at is None or delivery.tries != one.tries:
                continue
            taken = replace(delivery, tries=delivery.tries + 1, next_at=timestamp_in(seconds=LEASE_SECONDS))
            records.put_delivery(taken)
            claimed.append((taken, address))
    return claimed


def _first_of_hosts(due: Iterable[DueDelivery], busy: Mapping[str, str], limit: int) -> list[tuple[DueDelivery, str]]:
    """The first message to each site that is not busy, with its address."""
    hosts, of_groups = set(busy), Counter(busy.values())
    chosen: list[tuple[DueDelivery, str]] = []
    for one in due:
        if len(chosen) >= limit:
            break
        if one.address is None or of_groups[one.group_id] >= MOST_OF_GROUP or (host := host_of(one.address)) in hosts:
            continue
        hosts.add(host)
        of_groups[one.group_id] += 1
        chosen.append((one, one.address))
    return chosen


def send(library: Library, delivery: Delivery, poster: Poster = post) -> None:
    """Send a claimed message, and store what became of it, unless another process has claimed it meanwhile."""
    with library.store.read() as reading:
        webhook = WebhooksReading(reading.connection).by_id(delivery.webhook_id)
        news = _news(reading, delivery) if webhook else None
        rules = quotation_rules(library, reading, [delivery.group_id])
    if webhook is None:
        return
    if news is None or (news.is_empty and not delivery.is_test):
        status = SENT_NOTHING
    else:
        identity = site_identity(library)
        writer = MessageWriter(library.settings.base_url, identity.name, Translator(webhook.language))
        body = writer.write(webhook, delivery, news.limited(rules))
        headers = (
            ("Content-Type", "application/json"),
            *signature_headers(webhook.secret, delivery.id, int(time.time()), body),
        )
        try:
            status = str(poster(webhook.address, body, headers, library.settings))
        except FetchFailed as failed:
            status = failed.failure.value
    with library.store.write() as writing:
        _store_result(Webhooks(writing.connection), delivery, status)


def _news(reading: ReadSnapshot, delivery: Delivery) -> News | None:
    """What the group has now of what the message is about; None if the group is deleted."""
    group = reading.groups.by_id(delivery.group_id)
    if group is None or group.state is GroupState.DELETED:
        return None
    scope = AccessScope(frozenset({group.id}))
    items = tuple(reading.items.beginnings(delivery.item_ids, scope).values())
    by_passage = reading.items.with_annotations(delivery.passage_ids, scope)
    return News(group, items, tuple({item.id: item for item in by_passage.values()}.values()), delivery.others)


def _store_result(records: Webhooks, delivery: Delivery, status: str) -> None:
    webhook, now = records.by_id(delivery.webhook_id), records.delivery(delivery.id)
    if webhook is None or now is None or now.next_at != delivery.next_at:
        return
    done = replace(delivery, status=status, tried_at=timestamp_now(), next_at=None)
    is_final = status == SENT_NOTHING or done.is_received or delivery.is_test
    if is_final:
        records.put_delivery(done)
    elif delivery.tries > len(RETRY_DELAYS) or status == str(_GONE):
        records.put_delivery(done)
        records.drop_waiting(webhook.id)
        records.put(replace(webhook, is_on=False, failure=status))
    else:
        records.put_delivery(replace(done, next_at=timestamp_in(seconds=RETRY_DELAYS[delivery.tries - 1])))


def _send_in_thread(library: Library, delivery: Delivery, poster: Poster) -> None:
    try:
        send(library, delivery, poster)
    except (FlorilegeError, OSError) as error:
        # The address of a webhook is a secret: it is not logged.
        _log.warning("The message of a webhook could not be sent: %s", error)
    except Exception as error:  # noqa: BLE001 - it is claimed again after the lease
        _log.error("The message of a webhook could not be sent", exc_info=error)
