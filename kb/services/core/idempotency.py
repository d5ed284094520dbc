"""Idempotency: a request that a program repeats, because it has not received the answer, is executed once.

The answer is stored in the transaction of the action: after a crash the database has both or neither. A repeated
request that arrives while the first runs waits for it, because one transaction writes at a time, and gets its answer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Conflict
from kb.model.idempotent_answer import Answer, StoredAnswer
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_in, timestamp_now

ANSWER_LIFETIME = timedelta(days=1)
"""How long an answer is kept."""


class IdempotencyKeyReused(Conflict):
    """The key was used for another request."""

    def __init__(self) -> None:
        super().__init__("Another request was sent with this “Idempotency-Key”: each has one of its own.")


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """The key that a program gave its request, and a hash that distinguishes this request from all others."""

    key: str
    request_hash: str


@contextmanager
def in_one_transaction(library: Library) -> Iterator[Library]:
    """The library within one transaction: all reads and writes through it belong together and are committed at the end.

    An exception rolls everything back. Raises what `Store.write` does.
    """
    with library.store.write() as writing:
        yield replace(library, store=library.store.joined(writing))


def run_idempotently(
    library: Library,
    actor: Actor,
    keyed: KeyedRequest,
    act: Callable[[Library], Answer],
    check_replay: Callable[[Library, Answer], None],
) -> Answer:
    """Run an action and return its answer, or return the answer stored within the last day under the same key and user.

    `check_replay` raises for a stored answer that the actor may no longer get. Nothing is stored for an action that
    raises: it may be tried again. Raises LoginNeeded, Forbidden for a read-only token, IdempotencyKeyReused.
    """
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        stored = writing.idempotent_answers.find(
            user_id, keyed.key, timestamp_in(seconds=-ANSWER_LIFETIME.total_seconds())
        )
        if stored is not None:
            if stored.request_hash != keyed.request_hash:
                raise IdempotencyKeyReused
            check_replay(replace(library, store=library.store.joined(writing)), stored.answer)
            return stored.answer
        answer = act(replace(library, store=library.store.joined(writing)))
        writing.idempotent_answers.put(StoredAnswer(keyed.key, user_id, keyed.request_hash, answer, timestamp_now()))
    return answer
