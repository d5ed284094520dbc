"""What the tests of webhooks do: follow, save, deliver; and the sites that receive."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kb.features.webhooks.delivery_task import claim_due, queue_messages, send
from kb.features.webhooks.group_webhooks import (
    WebhookDraft,
    add_webhook,
    webhooks_of_group,
)
from kb.features.webhooks.records import Webhooks
from kb.features.webhooks.webhook import (
    Delivery,
    Webhook,
)
from kb.indexer import catch_up
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from kb.search.percolator import KnownPlans
from kb.services.core.library import Library
from kb.services.followed_searches.matching import bring_up_to_date
from kb.settings import Settings
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.moderation import actor_of, person

CHAT = WebhookDraft("https://chat.exemple.fr/hooks/abc", "mattermost", "fr", with_passages=True)
PROGRAM = replace(CHAT, address="https://programme.exemple.fr/recu", shape="json")
PAGE = "/g/quais/webhooks"


@dataclass
class Receiver:
    """The other sites: they answer with `status`, or fail."""

    status: int | FetchFailure = 200
    received: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __call__(self, address: str, body: bytes, headers: Sequence[tuple[str, str]], _settings: Settings) -> int:
        self.received.append((address, body, dict(headers)))
        if isinstance(self.status, FetchFailure):
            raise FetchFailed(self.status)
        return self.status

    @property
    def text(self) -> str:
        """That of the last message."""
        return str(json.loads(self.received[-1][1])["text"])


def follow_by(library: Library, draft: WebhookDraft = CHAT) -> Webhook:
    return add_webhook(library, actor_of(library, "olga"), "quais", draft)


def queue(library: Library) -> None:
    catch_up(library)
    bring_up_to_date(library)
    queue_messages(library, KnownPlans(), quiet=0)


def send_due(library: Library, receiver: Receiver) -> int:
    count = 0
    while claimed := claim_due(library, {}, 100):
        for delivery, _ in claimed:
            send(library, delivery, receiver)
        count += len(claimed)
    return count


def deliver(library: Library, receiver: Receiver) -> int:
    """Queue and send what is new, at once; returns the number of messages."""
    queue(library)
    return send_due(library, receiver)


def save(library: Library, title: str, **values: object) -> str:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
        order = 100 + reading.changes.newest()
    assert group is not None
    item = an_item(title, group=group, author=person(library, "claire"), order=order, **values)  # type: ignore[arg-type]
    add_items(library, item)
    return item.id


def known_webhooks(library: Library) -> tuple[Webhook, ...]:
    return webhooks_of_group(library, actor_of(library, "olga"), "quais").webhooks


def deliveries(library: Library) -> tuple[Delivery, ...]:
    found = webhooks_of_group(library, actor_of(library, "olga"), "quais").deliveries
    return tuple(one for some in found.values() for one in some)


def make_due(library: Library) -> None:
    waiting = [one for one in deliveries(library) if one.next_at is not None]
    with library.store.write() as writing:
        for one in waiting:
            Webhooks(writing.connection).put_delivery(replace(one, next_at=one.created_at))
