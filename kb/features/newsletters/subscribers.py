"""Who receives a newsletter: readers who subscribed, and addresses whose owners asked an owner of the group for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict, Forbidden, Invalid, NotFound, translatable
from kb.features.newsletters.issue_content import is_public
from kb.features.newsletters.issue_mail import CONFIRMATION_KIND, confirmation_mail
from kb.features.newsletters.messages import ISSUE_KIND
from kb.features.newsletters.newsletters import LetterName, NewsletterView, own_newsletter, read_newsletter
from kb.features.newsletters.records.newsletter_records import (
    CONFIRM_DAYS,
    Newsletter,
    Newsletters,
    NewslettersReading,
    Subscriber,
    SubscriberState,
)
from kb.model.ids import new_id
from kb.model.people.account import checked_email
from kb.model.people.group import Group
from kb.model.people.secret import new_secret
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.email.confirmation_limits import check_request_limits, count_message
from kb.services.email.outbox import can_send_email, queue_feature_message
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

MOST_ADDRESSES = 2_000
"""Addresses of a newsletter to which owners of the group may add."""
MOST_KNOWN = 10_000
"""Addresses of a newsletter with those that their owners confirm, and those that have stopped it."""
LONGEST_ADDRESSES = 100_000
"""Characters of the addresses that are entered at once."""
CONSENT = translatable(
    "I agree that this newsletter is sent to this address. It serves nothing else, and one click stops it."
)
MOST_SHOWN = 200
"""Refused addresses."""


@dataclass(frozen=True, slots=True)
class ShownSubscriber:
    """An address, with the `key` to delete it, or the name of a user without one."""

    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class SubscribersView:
    """The subscribers of a newsletter: how many users, the addresses that get it, and those that a server refused.

    `takes_addresses`: the group is public, so that issues may be sent to addresses.
    """

    view: NewsletterView
    users: int
    addresses: tuple[ShownSubscriber, ...]
    refused: tuple[ShownSubscriber, ...]
    takes_addresses: bool


@dataclass(frozen=True, slots=True)
class AddedAddresses:
    """How many addresses were added, and how many were known, or had stopped a newsletter of the group."""

    added: int
    known: int


@dataclass(frozen=True, slots=True)
class AddressRequest:
    """An address that somebody enters: the sentence that its owner agrees to, and the network address of `client`."""

    email: str
    consent: str
    client: str


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """What the key of a subscriber opens: `name` is that of the newsletter, empty if its group is not public."""

    name: str
    is_active: bool
    is_asked: bool


def subscribe(library: Library, actor: Actor, name: LetterName) -> Newsletter:
    """Subscribe the actor. Raises NotFound, LoginNeeded, Forbidden; Invalid without a confirmed address."""
    with library.store.write() as writing:
        view = read_newsletter(writing, actor, name)
        user_id = require_signed_in_user(actor)
        account = writing.accounts.by_id(user_id)
        if account is None or account.email is None:
            raise Invalid("Your account has no confirmed e-mail address: give one on its page first.")
        records = Newsletters(writing.connection)
        known = records.subscriber_of_user(view.newsletter.id, user_id)
        if known is None:
            records.add_subscribers(replace(_subscriber(view), user_id=user_id))
        elif known.state is not SubscriberState.ACTIVE:
            records.update_subscriber(replace(known, state=SubscriberState.ACTIVE, since=timestamp_now()))
    return view.newsletter


def unsubscribe(library: Library, actor: Actor, name: LetterName) -> Newsletter:
    """Stop the actor's subscription, if there is one. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.write() as writing:
        view = read_newsletter(writing, actor, name)
        user_id = require_signed_in_user(actor)
        records = Newsletters(writing.connection)
        known = records.subscriber_of_user(view.newsletter.id, user_id)
        if known is not None:
            records.remove_subscriber(known.id)
    return view.newsletter


def subscription_state(library: Library, actor: Actor, newsletter: Newsletter) -> SubscriberState | None:
    """The state of the actor's own subscription; None without one."""
    if actor.user_id is None:
        return None
    with library.store.read() as reading:
        own = NewslettersReading(reading.connection).subscriber_of_user(newsletter.id, actor.user_id)
    return own.state if own else None


def subscribers_view(library: Library, actor: Actor, name: LetterName) -> SubscribersView:
    """The subscribers, for those who make a newsletter; the users and addresses that a mail server refused, too.

    Raises NotFound, LoginNeeded, Forbidden.
    """
    with library.store.read() as reading:
        view = own_newsletter(reading, actor, name)
        records = NewslettersReading(reading.connection)
        users, _ = records.active_count(view.newsletter.id)
        addresses = records.in_state(view.newsletter.id, SubscriberState.ACTIVE, MOST_ADDRESSES, with_users=False)
        refused = records.in_state(view.newsletter.id, SubscriberState.REFUSED, MOST_SHOWN)
        people = reading.users.by_ids({one.user_id for one in refused if one.user_id})
    return SubscribersView(
        view,
        users,
        tuple(ShownSubscriber(one.email or "", one.id) for one in addresses),
        tuple(
            ShownSubscriber(people[one.user_id].shown_name) if one.user_id else ShownSubscriber(one.email or "", one.id)
            for one in refused
        ),
        is_public(view.group),
    )


def add_addresses(library: Library, actor: Actor, name: LetterName, text: str, *, vouches: bool) -> AddedAddresses:
    """Add addresses, separated by spaces, commas or line ends, for whose consent the actor vouches; owners may do it.

    Raises NotFound, LoginNeeded, Forbidden; Invalid without the promise, and for what is no address; Conflict for too
    many.
    """
    with library.store.read() as reading:
        _require_address_owner(own_newsletter(reading, actor, name), actor)
    if not vouches:
        raise Invalid("Tick that the owners of these addresses asked for this newsletter.")
    if len(text) > LONGEST_ADDRESSES:
        raise Invalid("At most %(limit)s characters are read at once.", limit=LONGEST_ADDRESSES)
    emails = tuple(dict.fromkeys(_addresses_in(text)))
    if not emails:
        raise Invalid("Write at least one e-mail address.")
    with library.store.write() as writing:
        view = own_newsletter(writing, actor, name)
        _require_address_owner(view, actor)
        records = Newsletters(writing.connection)
        known = records.address_hashes(view.newsletter.id) | records.stopped_hashes(view.group.id)
        new = [email for email in emails if address_hash(email) not in known]
        _, active = records.active_count(view.newsletter.id)
        if active + len(new) > MOST_ADDRESSES:
            raise Conflict("A newsletter is sent to at most %(limit)s addresses.", limit=MOST_ADDRESSES)
        records.add_subscribers(
            *(
                replace(_subscriber(view), email=email, address_hash=address_hash(email), vouched_by=actor.user_id)
                for email in new
            )
        )
        if new:
            event, count = AuditEvent.NEWSLETTER_ADDRESSES, str(len(new))
            write_audit_log(writing, actor, event, group_id=view.group.id, detail=count)
    return AddedAddresses(len(new), len(emails) - len(new))


def remove_address(library: Library, actor: Actor, name: LetterName, subscriber_id: str) -> None:
    """Delete an address; owners may do it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.write() as writing:
        view = own_newsletter(writing, actor, name)
        require_permission(actor, Action.MANAGE, view.group)
        records = Newsletters(writing.connection)
        subscriber = records.subscriber(subscriber_id)
        if subscriber is None or subscriber.newsletter != view.newsletter.id or subscriber.email is None:
            raise NotFound("This address is not there any more.")
        records.remove_subscriber(subscriber.id)
        _delete_messages(writing, subscriber)


def ask_for_newsletter(library: Library, actor: Actor, name: LetterName, request: AddressRequest) -> None:
    """Send a message to an address, with which its owner confirms that they want a public newsletter.

    It answers the same whether the address is known or not. Raises NotFound, Invalid, RateLimited.
    """
    email = checked_email(request.email)
    key = new_secret()
    with library.store.read() as reading:
        view, site = read_newsletter(reading, actor, name), site_name(reading, library.settings)
    if not is_public(view.group):
        raise Invalid("Only a newsletter of a group that everyone may read is sent to addresses without an account.")
    check_request_limits(library, "newsletter", request.client)
    # Written before it is known whether it is sent: the time of the answer must not tell who subscribed.
    mail = confirmation_mail(library.settings, site, view.newsletter, key)
    with library.store.write() as writing:
        if not can_send_email(library.settings) or not count_message(writing, "newsletter", email):
            return
        records, hash_ = Newsletters(writing.connection), address_hash(email)
        known = records.subscriber_of_address(view.newsletter.id, hash_)
        if known is not None and known.state is SubscriberState.ACTIVE:
            return
        if known is None and len(records.address_hashes(view.newsletter.id)) >= MOST_KNOWN:
            return
        asked = replace(
            known or _subscriber(view),
            state=SubscriberState.STOPPED
            if known and known.state is SubscriberState.STOPPED
            else SubscriberState.PENDING,
            stop_key=key,
            since=timestamp_now(),
            email=email,
            address_hash=hash_,
            vouched_by=None,
            consent=request.consent,
        )
        (records.add_subscribers if known is None else records.update_subscriber)(asked)
        queue_feature_message(writing, CONFIRMATION_KIND, key, email, mail.subject, body=mail.text, html=mail.html)


def confirm(library: Library, key: str) -> bool:
    """Subscribe the owner of an address by the key in the message; returns whether there is something to confirm."""
    with library.store.write() as writing:
        records = Newsletters(writing.connection)
        subscriber = records.subscriber_of_key(key)
        if subscriber is None:
            return False
        if subscriber.is_asked and subscriber.since > timestamp_in(days=-CONFIRM_DAYS):
            records.update_subscriber(replace(subscriber, state=SubscriberState.ACTIVE, since=timestamp_now()))
            return True
        return subscriber.state is SubscriberState.ACTIVE


def newsletter_of_key(library: Library, key: str) -> KeyOwner | None:
    """What the key of a subscriber opens; None for a key of nobody."""
    with library.store.read() as reading:
        records = NewslettersReading(reading.connection)
        subscriber = records.subscriber_of_key(key)
        newsletter = records.by_id(subscriber.newsletter) if subscriber else None
        group = reading.groups.by_id(newsletter.group_id) if newsletter else None
    if subscriber is None or newsletter is None or group is None:
        return None
    is_active = subscriber.state is SubscriberState.ACTIVE
    return KeyOwner(newsletter.name if is_public(group) else "", is_active, subscriber.is_asked)


def stop(library: Library, key: str) -> bool:
    """Stop the subscription with this key; returns whether there is one. The address itself is deleted."""
    with library.store.write() as writing:
        records = Newsletters(writing.connection)
        subscriber = records.subscriber_of_key(key)
        if subscriber is None:
            return False
        stopped = replace(subscriber, state=SubscriberState.STOPPED, email=None, consent="")
        if stopped != subscriber:
            records.update_subscriber(stopped)
            _delete_messages(writing, subscriber)
    return True


def _delete_messages(writing: WriteTransaction, subscriber: Subscriber) -> None:
    """Delete the messages to the address of a subscriber, also those that have failed, but not those of another
    subscription of the same address.
    """
    if subscriber.email is None:
        return
    records = NewslettersReading(writing.connection)
    for kind, key in writing.outbox.keys_to(subscriber.email, (ISSUE_KIND, CONFIRMATION_KIND)):
        if kind == CONFIRMATION_KIND:
            owner = records.subscriber_of_key(key)
        else:
            owner = records.subscriber(key.rpartition(" ")[2])
        if owner is None or owner.id == subscriber.id:
            writing.outbox.remove_by_key(kind, [key])


def address_hash(email: str) -> str:
    """By which an address is known after it was deleted."""
    return sha256(f"newsletter\0{email}".encode()).hexdigest()


def _subscriber(view: NewsletterView) -> Subscriber:
    return Subscriber(
        new_id(), view.group.id, view.newsletter.id, SubscriberState.ACTIVE, new_secret(), timestamp_now()
    )


def _require_address_owner(view: NewsletterView, actor: Actor) -> Group:
    group = require_permission(actor, Action.MANAGE, view.group)
    if not is_public(group):
        raise Forbidden("Only a newsletter of a group that everyone may read is sent to addresses without an account.")
    return group


def _addresses_in(text: str) -> Iterator[str]:
    for word in text.replace(",", " ").replace(";", " ").split():
        # A name may stand before an address: Zoé <zoe@exemple.fr>.
        if "@" in word:
            yield checked_email(word.strip("<>\"'"))
