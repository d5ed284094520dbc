"""Errors of an identity provider."""

from enum import Enum


class OidcFailure(Enum):
    """The kind of a failure: what a user can do about it differs."""

    DOWN = "it does not answer, or not as a provider does"
    REFUSED = "it does not take the code that it gave, or not from us"
    UNTRUSTED = "what it says is not signed by it, or not meant for this sign-in"
    CLOCK = "what it says is of another time than ours"
    TOO_WEAK = "it is less sure of somebody than we ask"


class OidcError(Exception):
    """A failure of an identity provider. The text is for the log: it holds no secret and no name."""

    def __init__(self, kind: OidcFailure, why: str) -> None:
        super().__init__(why)
        self.kind = kind
