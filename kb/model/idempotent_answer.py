"""The stored answer to a program's request. A program that did not get the answer repeats the request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent. `headers` are names and values, without the length of the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to a request of a user under a key; `request_hash` distinguishes the request from others."""

    key: str
    user_id: str
    request_hash: str
    answer: Answer
    created_at: str
