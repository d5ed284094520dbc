"""Letters: written in the transaction of what they tell of, and sent behind it."""

import logging
import re
import threading

from kb.email.smtp import Outgoing, Undelivered, send
from kb.model.ids import new_id
from kb.services.core.library import Library
from kb.services.email.message_rights import may_still_be_sent
from kb.settings import Settings
from kb.store import Letter, Writing
from kb.store.database.clock import instant_in, this_instant

WAITS = (60, 600, 3600, 6 * 3600)
"""Seconds until each further try; after the last one a letter is given up."""
_IDLE, _LOOK_EVERY = 0.5, 5.0
"""Seconds between two looks for e-mail messages, at least and at most."""

_log = logging.getLogger(__name__)


def can_write(settings: Settings) -> bool:
    """Whether letters can be sent from here."""
    return bool(settings.mail_url)


def write_letter(
    writing: Writing,
    recipient: str,
    subject: str,
    body: str,
    *,
    recipient_id: str | None = None,
    about_id: str | None = None,
) -> None:
    """Have a letter sent, if this transaction ends well. `about_id`: the person whom it names, but its recipient."""
    now = this_instant()
    # One line, with the narrow spaces that French has in it.
    line = re.sub(r"[^\S\u00a0\u202f]+", " ", subject).strip()
    letter = Letter(new_id(), recipient, line, body, now, now, recipient_id=recipient_id, about_id=about_id)
    writing.letters.add(letter)


def send_letters(library: Library) -> int:
    """Send the letters whose turn has come; tells how many were taken. One that is refused for good is dropped."""
    if not can_write(library.settings):
        return 0
    with library.store.read() as reading:
        due = reading.letters.due(this_instant())
    return sum(_sent(library, letter) for letter in due)


def send_forever(library: Library, stop: threading.Event) -> None:
    """Send letters as they are written, until `stop` is set. Raises what `send_letters` does."""
    with library.store.listen() as commits:
        while not stop.is_set():
            send_letters(library)
            commits.wait(stop, _LOOK_EVERY, _IDLE)


def _sent(library: Library, letter: Letter) -> bool:
    settings = library.settings
    last = letter.tries >= len(WAITS)
    with library.store.write() as writing:
        # The try counts before it is made: whoever is killed meanwhile sends once more, and not for ever.
        if letter.tries > len(WAITS):
            writing.letters.remove([letter.id])
            return False
        if not may_still_be_sent(writing, letter, settings.base_url):
            _log.info("a letter is dropped: its recipient may not read any more what it is about")
            writing.letters.remove([letter.id])
            return False
        writing.letters.later(letter.id, instant_in(seconds=WAITS[min(letter.tries, len(WAITS) - 1)]))
    outgoing = Outgoing(letter.id, settings.mail_from, letter.recipient, letter.subject, letter.body, letter.created_at)
    try:
        send(settings.mail_url, outgoing)
    except Undelivered as error:
        given_up = error.for_good or last
        # Neither who it was for nor what it said: it may hold a link that lets somebody in.
        _log.warning("a letter was not taken (%s)%s", error, ", and is given up" if given_up else "")
        if given_up:
            _forget(library, letter)
        return False
    _forget(library, letter)
    return True


def _forget(library: Library, letter: Letter) -> None:
    with library.store.write() as writing:
        writing.letters.remove([letter.id])
