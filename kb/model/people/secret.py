"""Secrets that grant access: generated here, shown once, stored as a hash."""

import hashlib
import secrets


def new_secret() -> str:
    """A secret, 43 URL-safe characters, 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """The hash that is stored of a secret. One round is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
