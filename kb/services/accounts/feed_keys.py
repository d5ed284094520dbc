"""Feed keys: each key gives one user access to one feed, from a feed reader that cannot log in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict, NotFound
from kb.model.ids import new_id
from kb.model.people.account import FeedKey
from kb.model.people.group import Group, Visibility
from kb.model.people.secret import new_secret, secret_hash
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.rights.own_record_redaction import names_readable_groups
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

MOST_KEYS = 200
"""For each user."""
UNUSED_DAYS = 1
"""Days after which a key that no reader has used is revoked, once another one is made for the same feed with others."""


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """The feed of a key: `address`, in the canonical form that `kb.web` gives it, and its group.

    `slug` is the group of the listing; `group_id` is that of the group that has the saved search; neither is set for a
    search in all readable groups.
    """

    address: str
    slug: str | None = None
    group_id: str | None = None


def check_followed_feed(library: Library, actor: Actor, followed: FollowedFeed) -> Group | None:
    """The group of a feed, if any. Raises NotFound, as the feed does; Conflict for a listing without feeds."""
    with library.store.read() as reading:
        return _readable_feed_group(reading, actor, followed)


def needs_feed_key(library: Library, actor: Actor, slugs: Iterable[str], home: Group | None = None) -> bool:
    """Whether an anonymous feed reader would miss entries of a listing that the actor can see.

    The listing covers the groups `slugs`, or all readable groups if there are none; `home` is the group that has the
    listing. Groups that the actor may not read are ignored.
    """
    selected_slugs = tuple(slugs)
    if actor.user_id is None:
        return False
    if home is not None and home.visible is not Visibility.EVERYONE:
        return True
    others = [slug for slug in selected_slugs if home is None or not home.has_slug((slug,))]
    if not others:
        return not selected_slugs
    with library.store.read() as reading:
        groups = [
            group
            for slug in others
            if (group := reading.groups.by_slug(slug)) and is_allowed(actor, Action.READ, group)
        ]
    return any(group.visible is not Visibility.EVERYONE for group in groups)


def create_feed_key(library: Library, actor: Actor, followed: FollowedFeed) -> str:
    """Create a feed key and return its secret, not stored. Raises LoginNeeded, NotFound; Conflict for too many."""
    return _create_keys(library, actor, (followed,), ())[0]


def create_feed_keys(library: Library, actor: Actor, feeds: Sequence[FollowedFeed]) -> tuple[str, ...]:
    """Create a key for each of several feeds and return their secrets, in this order; raises as `create_feed_key`.

    Keys of the same feeds are revoked that no reader has used within UNUSED_DAYS; and others of them, those that were
    used least recently first, as far as there is no room for the new ones.
    """
    addresses, before = {followed.address for followed in feeds}, timestamp_in(days=-UNUSED_DAYS)
    every = own_feed_keys(library, actor)
    same = sorted((key for key in every if key.address in addresses), key=lambda key: key.seen_at or key.created_at)
    unused = [key for key in same if key.seen_at is None and key.created_at < before]
    used = [key for key in same if key not in unused]
    excess = len(every) - len(unused) + len(feeds) - MOST_KEYS
    return _create_keys(library, actor, feeds, [*unused, *used[: max(0, excess)]])


def _create_keys(
    library: Library, actor: Actor, feeds: Sequence[FollowedFeed], replaced: Sequence[FeedKey]
) -> tuple[str, ...]:
    user_id, secrets = require_signed_in_user(actor), []
    with library.store.write() as writing:
        for key in replaced:
            writing.credentials.revoke_feed_key(user_id, key.id)
            write_audit_log(writing, actor, AuditEvent.FEED_KEY_REVOKED, subject=user_id)
        groups = [_readable_feed_group(writing, actor, followed) for followed in feeds]
        if len(writing.credentials.feed_keys_of(user_id)) + len(feeds) > MOST_KEYS:
            raise Conflict("You may have %(limit)s private feeds at most: revoke some first.", limit=MOST_KEYS)
        for followed, group in zip(feeds, groups, strict=True):
            secret = new_secret()
            key = FeedKey(new_id(), user_id, followed.address, timestamp_now())
            writing.credentials.add_feed_key(key, secret_hash(secret))
            group_id = group.id if group else None
            write_audit_log(writing, actor, AuditEvent.FEED_KEY_MADE, group_id=group_id, subject=user_id)
            secrets.append(secret)
    return tuple(secrets)


def rename_group_in_feed_keys(writing: WriteTransaction, before: str, after: str) -> None:
    """Let the feed keys of a group, and of searches in it, follow its new slug."""
    for key in writing.credentials.feed_keys_naming(before):
        path, _, query = key.address.partition("?")
        # In the form of `kb.web.http.urls.feed_urls.feed_address`: the parameters are sorted.
        pairs = sorted(
            (name, after if (name, value) == ("group", before) else value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        )
        path = re.sub(rf"^/g/{re.escape(before)}(?=[./])", f"/g/{after}", path)
        address = path + (f"?{urlencode(pairs)}" if pairs else "")
        if address != key.address:
            writing.credentials.set_feed_key_address(key.id, address)


def own_feed_keys(library: Library, actor: Actor) -> tuple[FeedKey, ...]:
    """The actor's own feed keys, the latest first. Raises LoginNeeded.

    The address is empty for a feed of a group that the actor may no longer read: the key then gives no access.
    """
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        keys = reading.credentials.feed_keys_of(user_id)
        return tuple(
            key if names_readable_groups(reading, actor, key.address) else replace(key, address="") for key in keys
        )


def revoke_feed_key(library: Library, actor: Actor, key_id: str) -> None:
    """Revoke one of the actor's own feed keys. Raises LoginNeeded; NotFound if the actor has no such key."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        if not key_id or not writing.credentials.revoke_feed_key(user_id, key_id):
            raise NotFound("There is no such private feed.")
        write_audit_log(writing, actor, AuditEvent.FEED_KEY_REVOKED, subject=user_id)


def _readable_feed_group(reading: ReadSnapshot, actor: Actor, followed: FollowedFeed) -> Group | None:
    if followed.slug is not None:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(followed.slug))
    elif followed.group_id is not None:
        group = require_permission(actor, Action.READ, reading.groups.by_id(followed.group_id))
    else:
        return None
    if not group.feeds:
        raise Conflict("The group “%(group)s” cannot be followed by feeds.", group=group.name)
    return group
