"""Answers to programs, by the key that they gave their request (`Idempotency-Key`)."""

import json
from typing import Any

from sqlalchemy import delete, select

from kb.model.idempotent_answer import Answer, StoredAnswer
from kb.store.database.rows import Repository
from kb.store.tables.site_tables import idempotent_answers


class IdempotentAnswersReading(Repository):
    """Answers to programs, in one transaction."""

    def of(self, user_id: str) -> tuple[StoredAnswer, ...]:
        """All stored answers to a user's programs, in the order of their keys."""
        chosen = (
            select(idempotent_answers).where(idempotent_answers.c.user_id == user_id).order_by(idempotent_answers.c.key)
        )
        return tuple(map(_answer_of_row, self.connection.execute(chosen)))


class IdempotentAnswers(IdempotentAnswersReading):
    """Answers to programs, in a write transaction."""

    def find(self, user_id: str, key: str, since: str) -> StoredAnswer | None:
        """The answer to a user's request with a key, at this time or later."""
        chosen = select(idempotent_answers).where(
            idempotent_answers.c.user_id == user_id,
            idempotent_answers.c.key == key,
            idempotent_answers.c.created_at >= since,
        )
        row = self.connection.execute(chosen).first()
        return _answer_of_row(row) if row is not None else None

    def put(self, stored: StoredAnswer) -> None:
        """Store an answer in place of the previous one with its key."""
        row = {
            "key": stored.key,
            "user_id": stored.user_id,
            "request_hash": stored.request_hash,
            "status": stored.answer.status,
            "headers": json.dumps(stored.answer.headers),
            "body": stored.answer.body,
            "created_at": stored.created_at,
        }
        self._replace(idempotent_answers, row)

    def purge(self, before: str) -> int:
        """Delete the answers from before a time; returns their number."""
        return self._write(delete(idempotent_answers).where(idempotent_answers.c.created_at < before))


def _answer_of_row(row: Any) -> StoredAnswer:
    headers = tuple((name, value) for name, value in json.loads(row.headers))
    return StoredAnswer(row.key, row.user_id, row.request_hash, Answer(row.status, headers, row.body), row.created_at)
