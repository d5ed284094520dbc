"""What the owners of a group do with its webhooks.

A webhook belongs to the group, not to who made it: its messages hold what all members of the group may read, as its
owners decided. A user's own library has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import time
from urllib.parse import parse_qsl

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid, NotFound, RateLimited
from kb.features.webhooks.records import Webhooks, WebhooksReading
from kb.features.webhooks.webhook import FAILURES, MOST_WEBHOOKS, Delivery, Shape, Webhook, new_secret
from kb.fetcher import posted_host
from kb.model.followed_search import FollowedSearch
from kb.model.ids import new_id
from kb.model.items.item_fields import checked_text
from kb.model.people.group import Group
from kb.model.storable_text import one_line
from kb.model.web_pages.page_facts import FetchFailed
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.followed_searches.following import follow, position_of
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now
from kb.translation import LANGUAGES

LONGEST_ADDRESS = 1_000
LONGEST_NAME = 100
TEST_RATE = Rate(burst=1, every=10)
"""Tests of a webhook: they are sent at once, whatever the pause between its messages."""
_GONE = "This webhook does not exist any more."


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """A webhook as its form sends it; `parameters` are those of a search in the group, as in an address."""

    address: str
    shape: str
    language: str
    with_passages: bool
    parameters: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GroupWebhooks:
    """The webhooks of a group, the searches that they follow, and their last deliveries, by webhook."""

    group: Group
    webhooks: tuple[Webhook, ...]
    searches: Mapping[str, FollowedSearch]
    deliveries: Mapping[str, tuple[Delivery, ...]]


def webhooks_of_group(library: Library, actor: Actor, slug: str) -> GroupWebhooks:
    """The webhooks of a group. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = _require_owner(reading, actor, slug)
        records = WebhooksReading(reading.connection)
        webhooks = records.of_group(group.id)
        searches = {
            webhook.id: search
            for webhook in webhooks
            if (search := reading.followed_searches.by_id(webhook.search_id)) is not None
        }
        return GroupWebhooks(group, webhooks, searches, records.deliveries_of(webhook.id for webhook in webhooks))


def add_webhook(library: Library, actor: Actor, slug: str, draft: WebhookDraft) -> Webhook:
    """Make a webhook, which tells what is new from now on. Raises NotFound, LoginNeeded, Forbidden; Invalid for an
    address to which this site does not send, and for a search that cannot be followed; Conflict if there are too many.
    """
    with library.store.read() as reading:
        group = _require_owner(reading, actor, slug)
        _check_limit(WebhooksReading(reading.connection), group)
    draft, shape, search_id = _checked(library, group, draft)
    with library.store.write() as writing:
        group = _require_owner(writing, actor, slug)
        records = Webhooks(writing.connection)
        _check_limit(records, group)
        webhook = Webhook(
            new_id(), group.id, search_id, draft.address, shape, draft.language, draft.with_passages, new_secret(),
            position_of(writing), is_on=True, failure="", created_at=timestamp_now(), name=draft.name,
        )  # fmt: skip
        records.put(webhook)
        _log(writing, actor, group)
    return webhook


def change_webhook(library: Library, actor: Actor, slug: str, webhook_id: str, draft: WebhookDraft) -> None:
    """Change a webhook; its secret and its log stay. Another search tells what is new from now on. Another address gets
    what waits at once, and switches on a webhook that the site had switched off. Raises as `add_webhook` does.
    """
    with library.store.read() as reading:
        group, _ = _require_webhook(reading, actor, slug, webhook_id)
    draft, shape, search_id = _checked(library, group, draft)
    with library.store.write() as writing:
        group, webhook = _require_webhook(writing, actor, slug, webhook_id)
        records = Webhooks(writing.connection)
        has_moved = draft.address != webhook.address
        after = replace(
            webhook, search_id=search_id, address=draft.address, shape=shape, language=draft.language,
            with_passages=draft.with_passages, name=draft.name,
            position=webhook.position if search_id == webhook.search_id else position_of(writing),
            is_on=webhook.is_on or (has_moved and bool(webhook.failure)),
            failure="" if has_moved else webhook.failure,
        )  # fmt: skip
        records.put(after)
        if has_moved:
            records.send_now(webhook.id)
        if not draft.with_passages:
            records.drop_passages_of(webhook.id)
        _log(writing, actor, group)


def _checked(library: Library, group: Group, draft: WebhookDraft) -> tuple[WebhookDraft, Shape, str]:
    """The draft with its texts as they are stored, its shape, and the id of its search, which is followed from now on.
    Raises Invalid, Conflict.
    """
    name, address = checked_text(draft.name, LONGEST_NAME), _checked_address(library, draft.address)
    shape = _checked_shape(draft.shape)
    if draft.language not in LANGUAGES:
        raise Invalid("The request is not a form of this site.")
    pairs = [pair for pair in parse_qsl(draft.parameters) if pair[0] != "group"]
    search_id = follow(library, [*pairs, ("group", group.slug)])
    return replace(draft, name=one_line(name), address=address), shape, search_id


def _check_limit(records: WebhooksReading, group: Group) -> None:
    """Raise Conflict if a group has as many webhooks as it may."""
    if len(records.of_group(group.id)) >= MOST_WEBHOOKS:
        raise Conflict("A group has %(count)s webhooks at most.", count=MOST_WEBHOOKS)


def remove_webhook(library: Library, actor: Actor, slug: str, webhook_id: str) -> None:
    """Delete a webhook with what waits for it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.write() as writing:
        group, webhook = _require_webhook(writing, actor, slug, webhook_id)
        Webhooks(writing.connection).remove(webhook.id)
        _log(writing, actor, group)


def switch_webhook(library: Library, actor: Actor, slug: str, webhook_id: str, *, is_on: bool) -> None:
    """Switch a webhook on or off. What came while it was off is told by one message. Raises NotFound, LoginNeeded,
    Forbidden.
    """
    with library.store.write() as writing:
        group, webhook = _require_webhook(writing, actor, slug, webhook_id)
        records = Webhooks(writing.connection)
        records.put(replace(webhook, is_on=is_on, failure=""))
        if not is_on:
            records.drop_waiting(webhook.id)
        _log(writing, actor, group)


def test_webhook(library: Library, actor: Actor, slug: str, webhook_id: str) -> None:
    """Have a test message sent in a moment, also by a webhook that is off. Raises NotFound, LoginNeeded, Forbidden;
    Conflict while an earlier test waits; RateLimited.
    """
    with library.store.write() as writing:
        _, webhook = _require_webhook(writing, actor, slug, webhook_id)
        records = Webhooks(writing.connection)
        if any(one.is_test and one.next_at for one in records.deliveries_of([webhook.id])[webhook.id]):
            raise Conflict("A test is on its way: its result stands here in a moment.")
        if wait := writing.rate_limits.take([(f"test of webhook {webhook.id}", TEST_RATE)], time()):
            raise RateLimited("This was tried too often: wait a moment, then try again.", wait)
        now = timestamp_now()
        records.put_delivery(Delivery(new_id(), webhook.id, webhook.group_id, True, (), (), 0, now, 0, now))


def _require_owner(reading: ReadSnapshot, actor: Actor, slug: str) -> Group:
    group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
    # A user's own library is shared with nobody: this right has no meaning there.
    return require_permission(actor, Action.INVITE, group)


def _require_webhook(reading: ReadSnapshot, actor: Actor, slug: str, webhook_id: str) -> tuple[Group, Webhook]:
    group = _require_owner(reading, actor, slug)
    webhook = WebhooksReading(reading.connection).by_id(webhook_id)
    if webhook is None or webhook.group_id != group.id:
        raise NotFound(_GONE)
    return group, webhook


def _checked_address(library: Library, typed: str) -> str:
    address = typed.strip()
    try:
        posted_host(address[: LONGEST_ADDRESS + 1], library.settings)
    except FetchFailed as failed:
        raise Invalid(FAILURES.get(failed.failure, failed.failure.message)) from None
    if len(address) > LONGEST_ADDRESS:
        raise Invalid("An address has at most %(count)s characters.", count=LONGEST_ADDRESS)
    return address


def _checked_shape(value: str) -> Shape:
    try:
        return Shape(value)
    except ValueError:
        raise Invalid("The request is not a form of this site.") from None


def _log(writing: WriteTransaction, actor: Actor, group: Group) -> None:
    write_audit_log(writing, actor, AuditEvent.GROUP_CHANGED, group_id=group.id, subject=group.id, detail="webhooks")
