"""Users."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A user. An author who came with an import has no account."""

    id: str
    login: str
    name: str
