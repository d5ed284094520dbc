"""The outbox: e-mail messages are written in the transaction of the action they report, and sent afterwards."""

import logging
import re
import threading

from kb.email.smtp import DeliveryFailed, OutgoingMessage, send_email
from kb.model.ids import new_id
from kb.services.core.library import Library
from kb.services.email.message_rights import may_still_be_sent
from kb.settings import Settings
from kb.store import OutboxMessage, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

MESSAGE_RETRY_DELAYS = (60, 600, 3600, 6 * 3600)
"""Seconds until each further try; after the last one the message is dropped."""
_IDLE, _LOOK_EVERY = 0.5, 5.0
"""Seconds between two looks for e-mail messages, at least and at most."""

_log = logging.getLogger(__name__)


def can_send_email(settings: Settings) -> bool:
    """Whether this site can send e-mail messages."""
    return bool(settings.mail_url)


def queue_message(
    writing: WriteTransaction,
    recipient: str,
    subject: str,
    body: str,
    *,
    recipient_id: str | None = None,
    about_id: str | None = None,
) -> None:
    """Queue a message, to be sent if this transaction commits. `about_id`: the user named in it, other than its
    recipient.
    """
    now = timestamp_now()
    # One line, including the narrow spaces of French.
    line = re.sub(r"[^\S\u00a0\u202f]+", " ", subject).strip()
    letter = OutboxMessage(new_id(), recipient, line, body, now, now, recipient_id=recipient_id, about_id=about_id)
    writing.letters.add(letter)


def send_due_messages(library: Library) -> int:
    """Send the due messages and return how many were tried. A message that the mail server rejects for good is
    dropped.
    """
    if not can_send_email(library.settings):
        return 0
    with library.store.read() as reading:
        due = reading.letters.due(timestamp_now())
    return sum(_send_message(library, letter) for letter in due)


def send_messages_until_stopped(library: Library, stop: threading.Event) -> None:
    """Send messages as they are queued, until `stop` is set. Raises what `send_due_messages` does."""
    with library.store.listen() as commits:
        while not stop.is_set():
            send_due_messages(library)
            commits.wait(stop, _LOOK_EVERY, _IDLE)


def _send_message(library: Library, letter: OutboxMessage) -> bool:
    settings = library.settings
    last = letter.tries >= len(MESSAGE_RETRY_DELAYS)
    with library.store.write() as writing:
        # The try is counted before it is made: after a kill the message is sent once more, but not for ever.
        if letter.tries > len(MESSAGE_RETRY_DELAYS):
            writing.letters.remove([letter.id])
            return False
        if not may_still_be_sent(writing, letter, settings.base_url):
            _log.info("a letter is dropped: its recipient may not read any more what it is about")
            writing.letters.remove([letter.id])
            return False
        writing.letters.later(
            letter.id, timestamp_in(seconds=MESSAGE_RETRY_DELAYS[min(letter.tries, len(MESSAGE_RETRY_DELAYS) - 1)])
        )
    outgoing = OutgoingMessage(
        letter.id, settings.mail_from, letter.recipient, letter.subject, letter.body, letter.created_at
    )
    try:
        send_email(settings.mail_url, outgoing)
    except DeliveryFailed as error:
        given_up = error.for_good or last
        # Log neither the recipient nor the text: it may contain a link to log in with.
        _log.warning("a letter was not taken (%s)%s", error, ", and is given up" if given_up else "")
        if given_up:
            _drop_message(library, letter)
        return False
    _drop_message(library, letter)
    return True


def _drop_message(library: Library, letter: OutboxMessage) -> None:
    with library.store.write() as writing:
        writing.letters.remove([letter.id])
