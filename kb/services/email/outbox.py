"""The outbox: a message joins the transaction of its action, and is sent if its recipient may still read it."""

import logging
import re
import threading
from collections.abc import Mapping
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import unquote

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.email.smtp import DeliveryFailed, DkimKey, OutgoingMessage, send_email
from kb.errors import Unavailable
from kb.model.ids import new_id
from kb.model.inline_picture import InlinePicture
from kb.model.people.delivery import REFUSALS, DeliveryState
from kb.model.people.secret import secret_hash
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.rights.invitation_rights import usable_invitation
from kb.settings import Settings
from kb.store import SITE_KIND, OutboxMessage, ReadSnapshot, WriteTransaction
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
    """Queue a message of the site, to be sent if this transaction commits. `about_id`: another user who is named in it;
    `invitation_id`: the invitation whose link it brings.
    """
    now = timestamp_now()
    message = OutboxMessage(
        new_id(), recipient, subject_line(subject), body, now, now,
        recipient_id=recipient_id, about_id=about_id, invitation_id=invitation_id,
    )  # fmt: skip
    writing.outbox.add(message)


def queue_feature_message(
    writing: WriteTransaction,
    kind: str,
    author_key: str,
    recipient: str,
    subject: str,
    *,
    body: str = "",
    html: str = "",
    recipient_id: str | None = None,
    unsubscribe_url: str = "",
    list_id: str = "",
) -> bool:
    """Queue a message of a feature, to be sent if this transaction commits; return whether it is queued now.

    It is not if the message with this key waits already, or was sent less than 30 days ago: a task that was killed may
    queue all its messages again. `kind` is a `MessageKind` of the feature, which asks for the rights again when the
    message is sent, and may write its texts only then; a message of an unknown kind is not sent. The `Message-ID` is
    made of kind and key. `results` of `outbox` tells what became of it.
    """
    known = writing.outbox.results(kind, [author_key]).get(author_key)
    if known is not None and (known.next_at is not None or known.state is DeliveryState.SENT):
        return False
    writing.outbox.remove_by_key(kind, [author_key])
    now = timestamp_now()
    message_id = sha256(f"{kind}\0{author_key}".encode()).hexdigest()[:32]
    message = OutboxMessage(
        message_id, recipient, subject_line(subject), body, now, now, recipient_id=recipient_id,
        kind=kind, author_key=author_key, html=html, unsubscribe_url=unsubscribe_url, list_id=list_id,
    )  # fmt: skip
    writing.outbox.add(message)
    return True


def subject_line(subject: str) -> str:
    """A subject as one line; the narrow spaces of French stay."""
    return re.sub(r"[^\S\u00a0\u202f]+", " ", subject).strip()


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
    content, pictures, is_written = _content_of(library, message)
    with library.store.write() as writing:
        # The try is counted before it is made: after a kill the message is sent once more, but not for ever.
        if message.tries > len(MESSAGE_RETRY_DELAYS):
            writing.outbox.record(message.id, DeliveryState.UNKNOWN, "", is_final=True)
            return False
        if content is None and is_written:
            _log.info("a message is dropped: its recipient may not read any more what it is about")
            _finish(writing, message, DeliveryState.DROPPED)
            return False
        delay = MESSAGE_RETRY_DELAYS[min(message.tries, len(MESSAGE_RETRY_DELAYS) - 1)]
        if not writing.outbox.claim(message, timestamp_in(seconds=delay)):
            return False
        if content is None:
            state = DeliveryState.UNKNOWN if last else DeliveryState.DEFERRED
            writing.outbox.record(message.id, state, "", is_final=last)
            return False
    outgoing = OutgoingMessage(
        message.id, settings.mail_from, content.recipient, subject_line(content.subject), content.body,
        message.created_at, content.html, content.unsubscribe_url, content.list_id, pictures,
    )  # fmt: skip
    try:
        send_email(settings.mail_url, outgoing, _dkim_key(settings))
    except DeliveryFailed as error:
        is_final = last or error.outcome in REFUSALS
        gives_up = last and error.outcome is DeliveryState.DEFERRED
        with library.store.write() as writing:
            outcome = DeliveryState.GIVEN_UP if gives_up else error.outcome
            writing.outbox.record(message.id, outcome, error.answer, is_final=is_final)
        # Log neither the recipient nor the text: it may contain a link to log in with.
        _log.warning("a message was not taken (%s)%s", error, ", and is given up" if is_final else "")
        return False
    with library.store.write() as writing:
        _finish(writing, message, DeliveryState.SENT)
    return True


def _content_of(
    library: Library, message: OutboxMessage
) -> tuple[OutboxMessage | None, tuple[InlinePicture, ...], bool]:
    """The message as it may be sent now, None if it may not; its pictures; and whether it could be written. An error
    counts as a try, so that it does not keep the messages after it. Raises Unavailable.
    """
    try:
        # Writing the text of a feature's message takes time, in which other writers need not wait.
        with library.store.read() as reading:
            content = message_to_send(library, reading, message)
            kind = library.message_kinds().get(message.kind)
            return content, kind.pictures(library, reading, content) if kind and content else (), True
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - a feature may do anything
        _log.exception("the text of a message of the kind “%s” cannot be written", message.kind)
        return None, (), False


def _dkim_key(settings: Settings) -> DkimKey | None:
    """The key that signs messages, for the domain of their sender if no other one is set; None without one."""
    if not settings.dkim_key_file:
        return None
    domain = settings.dkim_domain or parseaddr(settings.mail_from)[1].rpartition("@")[2]
    return DkimKey(settings.dkim_key_file, settings.dkim_selector, domain)


def _finish(writing: WriteTransaction, message: OutboxMessage, state: DeliveryState) -> None:
    """Delete a message, or keep its result alone for an author who asks for it."""
    if message.author_key is None:
        writing.outbox.remove([message.id])
    else:
        writing.outbox.record(message.id, state, "", is_final=True)


def message_to_send(library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The message as it may be sent now; None if its recipient may not read it any more, or if its kind is unknown."""
    if message.kind == SITE_KIND:
        return message if may_still_be_sent(reading, message, library.settings.base_url) else None
    kind = library.message_kinds().get(message.kind)
    if kind is None:
        _log.error("a message is dropped: no feature that is on knows its kind “%s”", message.kind)
        return None
    if message.recipient_id is not None and actor_of_user(reading, message.recipient_id).user_id is None:
        return None
    return kind.at_sending(library, reading, message)


_WITH_SECRET = ("welcome", "reset", "email")
_FOR_EVERYONE = ("reset", "account/identity")
"""Pages of messages that show their reader nothing but what is their own."""


def may_still_be_sent(reading: ReadSnapshot, message: OutboxMessage, base_url: str) -> bool:
    """Whether a message of the site may be sent: the recipient's account, if any, is open, and may open each address of
    this site in the message. An address that is not known here is refused.

    An invitation must still be valid.
    """
    actor = Actor()
    if message.recipient_id is not None:
        actor = actor_of_user(reading, message.recipient_id)
        if actor.user_id is None:
            return False
    # Each address of this site has a line of its own.
    start = f"{base_url}/"
    paths = (line.removeprefix(start) for line in message.body.splitlines() if line.startswith(start))
    return all(_may_open_path(reading, actor, path) for path in paths)


def _may_open_path(reading: ReadSnapshot, actor: Actor, path: str) -> bool:
    page = path.partition("#")[0]
    match [unquote(part) for part in page.split("/")]:
        case [kind, secret] if kind in _WITH_SECRET:
            return usable_invitation(reading, secret_hash(secret)) is not None
        case ["g", slug]:
            group = reading.groups.by_slug(slug)
            return group is not None and is_allowed(actor, Action.READ, group)
        case _:
            return page in _FOR_EVERYONE
