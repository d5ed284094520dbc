"""The stored answer to a program's request. A program that did not get the answer repeats the request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left. `headers` are names and values, without the length of the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to somebody under a key of theirs; `asked` tells one request from all others."""

    key: str
    user_id: str
    asked: str
    answer: Answer
    created_at: str
