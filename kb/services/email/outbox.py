"""The outbox: a message joins the transaction of its action, and is sent if the recipient may open its links."""

import logging
import re
import threading
from collections.abc import Mapping
from urllib.parse import unquote

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.email.smtp import DeliveryFailed, OutgoingMessage, send_email
from kb.model.ids import new_id
from kb.model.people.delivery import DeliveryState
from kb.model.people.secret import secret_hash
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.rights.invitation_rights import usable_invitation
from kb.settings import Settings
from kb.store import OutboxMessage, ReadSnapshot, WriteTransaction
from kb.store.database.clock import seconds_until, timestamp_in, timestamp_now

MESSAGE_RETRY_DELAYS = (60, 600, 3600, 6 * 3600)
"""Seconds until each further try; after the last one the message is given up."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 60.0
"""Seconds between two looks for e-mail messages, at least and at most."""

_log = logging.getLogger(__name__)


def can_send_email(settings: Settings) -> bool:
    """Whether this site can send e-mail messages."""
    return bool(settings.mail_url)


def outbox_counts(library: Library) -> tuple[int, Mapping[DeliveryState, int]]:
    """How many messages are still to be sent, and the number of messages in each state. Raises Unavailable."""
    with library.store.read() as reading:
        waiting, _ = reading.outbox.waiting()
        return waiting, reading.outbox.counts()


def queue_message(
    writing: WriteTransaction,
    recipient: str,
    subject: str,
    body: str,
    *,
    recipient_id: str | None = None,
    about_id: str | None = None,
    invitation_id: str | None = None,
) -> None:
    """Queue a message, to be sent if this transaction commits. `about_id`: another user who is named in it;
    `invitation_id`: the invitation whose link it brings.
    """
    now = timestamp_now()
    # One line, including the narrow spaces of French.
    line = re.sub(r"[^\S\u00a0\u202f]+", " ", subject).strip()
    message = OutboxMessage(
        new_id(), recipient, line, body, now, now,
        recipient_id=recipient_id, about_id=about_id, invitation_id=invitation_id,
    )  # fmt: skip
    writing.outbox.add(message)


def send_due_messages(library: Library) -> int:
    """Send the due messages and return how many the mail server has accepted."""
    if not can_send_email(library.settings):
        return 0
    with library.store.read() as reading:
        due = reading.outbox.due(timestamp_now())
    return sum(_send_message(library, message) for message in due)


def send_messages_until_stopped(library: Library, stop: threading.Event) -> None:
    """Send messages as they are queued, until `stop` is set. Raises what `send_due_messages` does."""
    with library.store.listen() as commits:
        while not stop.is_set():
            send_due_messages(library)
            commits.wait(stop, max(_SHORTEST_WAIT, _seconds_until_next(library)), _SHORTEST_WAIT)


def _seconds_until_next(library: Library) -> float:
    """Seconds until the next message is due, if this site can send it."""
    if not can_send_email(library.settings):
        return _LONGEST_WAIT
    with library.store.read() as reading:
        return seconds_until(reading.outbox.next_due(), _LONGEST_WAIT)


def _send_message(library: Library, message: OutboxMessage) -> bool:
    settings = library.settings
    last = message.tries >= len(MESSAGE_RETRY_DELAYS)
    with library.store.write() as writing:
        # The try is counted before it is made: after a kill the message is sent once more, but not for ever.
        if message.tries > len(MESSAGE_RETRY_DELAYS):
            writing.outbox.record(message.id, DeliveryState.UNKNOWN, "", is_final=True)
            return False
        if not may_still_be_sent(writing, message, settings.base_url):
            _log.info("a message is dropped: its recipient may not read any more what it is about")
            writing.outbox.remove([message.id])
            return False
        delay = MESSAGE_RETRY_DELAYS[min(message.tries, len(MESSAGE_RETRY_DELAYS) - 1)]
        if not writing.outbox.claim(message, timestamp_in(seconds=delay)):
            return False
    outgoing = OutgoingMessage(
        message.id, settings.mail_from, message.recipient, message.subject, message.body, message.created_at
    )
    try:
        send_email(settings.mail_url, outgoing)
    except DeliveryFailed as error:
        is_final = last or error.outcome is DeliveryState.REFUSED
        gives_up = last and error.outcome is DeliveryState.DEFERRED
        with library.store.write() as writing:
            outcome = DeliveryState.GIVEN_UP if gives_up else error.outcome
            writing.outbox.record(message.id, outcome, error.answer, is_final=is_final)
        # Log neither the recipient nor the text: it may contain a link to log in with.
        _log.warning("a message was not taken (%s)%s", error, ", and is given up" if is_final else "")
        return False
    with library.store.write() as writing:
        writing.outbox.remove([message.id])
    return True


_WITH_SECRET = ("welcome", "reset", "email")


def may_still_be_sent(reading: ReadSnapshot, message: OutboxMessage, base_url: str) -> bool:
    """Whether the recipient's account, if any, is open, and may open each address of this site in the message.

    An invitation must still be valid, a request to join must still be open, and a mention must be readable.
    """
    actor = Actor()
    if message.recipient_id is not None:
        actor = actor_of_user(reading, message.recipient_id)
        if actor.user_id is None:
            return False
    # Each address of this site has a line of its own.
    start = f"{base_url}/"
    paths = (line.removeprefix(start) for line in message.body.splitlines() if line.startswith(start))
    return all(_may_open_path(reading, actor, message, path) for path in paths)


def _may_open_path(reading: ReadSnapshot, actor: Actor, message: OutboxMessage, path: str) -> bool:
    page, _, fragment = path.partition("#")
    match [unquote(part) for part in page.split("/")]:
        case [kind, secret] if kind in _WITH_SECRET:
            return usable_invitation(reading, secret_hash(secret)) is not None
        case ["items", item_id]:
            return _may_read_part(reading, actor, item_id, fragment.removeprefix("a-"))
        case ["g", slug]:
            group = reading.groups.by_slug(slug)
            return group is not None and is_allowed(actor, Action.READ, group)
        case ["g", slug, "members"]:
            group = reading.groups.by_slug(slug)
            still_asks = group is not None and reading.invitations.has_asked(message.about_id or "", group.id)
            return group is not None and still_asks and is_allowed(actor, Action.INVITE, group)
        case _:
            return True


def _may_read_part(reading: ReadSnapshot, actor: Actor, item_id: str, part_id: str) -> bool:
    scope = readable_groups(reading, actor).scope
    item = reading.items.of_annotations([part_id], scope).get(part_id)
    return item is not None and item.id == item_id
