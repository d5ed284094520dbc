"""Opaque ids, which never change."""

import re
import secrets

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id() -> str:
    """A new id, 16 URL-safe characters, about 96 random bits. It never looks like an option of a command."""
    while (drawn := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return drawn


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return ID.fullmatch(text) is not None
