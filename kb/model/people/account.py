"""Accounts: users who can sign in, and their credentials."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from kb.errors import Invalid
from kb.model.people.group import Role
from kb.model.people.user import User

SHORTEST_PASSWORD = 12
"""Characters. Length is what counts, and nothing else is asked (NIST SP 800-63B, 3.1.1; ANSSI, 2021)."""
LONGEST_PASSWORD = 1000
LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3."""
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in, unless it is `closed_at`. `email` is folded; `has_password`: it can be typed.

    `unverified_email` is an address that the account has not confirmed: no message but its confirmation goes there,
    nobody signs in with it, and others may have the same one.
    """

    user: User
    email: str | None
    administrator: bool
    has_password: bool
    created_at: str
    closed_at: str | None = None
    unverified_email: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. `agent` says which; `written` is the last change made there."""

    id: str
    user_id: str
    agent: str
    created_at: str
    seen_at: str
    expires_at: str
    written: int | None = None


class TokenScope(StrEnum):
    """What a program may do with a token: read, or all that its person may."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Token:
    """What a program signs in with."""

    id: str
    user_id: str
    name: str
    scope: TokenScope
    created_at: str
    seen_at: str | None = None
    expires_at: str | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class FeedKey:
    """What opens one feed for one person. `address` is its path and parameters."""

    id: str
    user_id: str
    address: str
    created_at: str
    seen_at: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a provider of identities says that somebody is."""

    issuer: str
    subject: str
    user_id: str
    created_at: str


@dataclass(frozen=True, slots=True)
class PendingOidcLogin:
    """A sign-in at a provider of identities that has begun.

    `user_id` is who adds an identity to their account; `invitation`, the hash of a link to an account that was opened.
    `arrived` is who came back and has no account that we know of: issuer, subject and what else was told, as JSON.
    """

    nonce: str
    verifier: str
    next: str
    user_id: str | None
    created_at: str
    invitation: str | None = None
    arrived: str | None = None


class LinkPurpose(StrEnum):
    """What a link that works once is for."""

    ADMINISTRATOR = "administrator"
    """The account of the first administrator."""
    ACCOUNT = "account"
    """An account, and perhaps a role in a group."""
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    """Another password for an account."""
    EMAIL = "email"
    """The confirmation of an e-mail address by its account."""


FOR_ACCOUNTS = frozenset({LinkPurpose.ADMINISTRATOR, LinkPurpose.ACCOUNT})
"""What links are for that make an account."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that works once. `group_id` and `role` are what is joined.

    `user_id` is whose password is set anew, whose address is confirmed, or who is invited to a group: they accept on
    their own pages, without link. `sent`: the link was sent to `email`, and nobody else was shown it.
    """

    id: str
    purpose: LinkPurpose
    created_at: str
    expires_at: str
    user_id: str | None = None
    group_id: str | None = None
    role: Role | None = None
    email: str | None = None
    made_by: str | None = None
    sent: bool = False


def checked_password(password: str) -> str:
    """The password itself. Raises Invalid for one that is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("A password has at least %(count)s characters.", count=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("A password has at most %(count)s characters.", count=LONGEST_PASSWORD)
    return password


def checked_email(text: str) -> str:
    """An address of electronic mail, folded. Raises Invalid for what cannot be one.

    Letters that folding makes others of are refused: a provider that has verified “x@straße.example” has not verified
    “x@strasse.example”.
    """
    typed = normalize("NFC", text.strip()) if len(text) <= 2 * LONGEST_EMAIL else ""
    folded = typed.casefold()
    name, _, host = folded.rpartition("@")
    if (
        not name
        or folded != typed.lower()
        or normalize("NFKC", typed) != typed
        or any(normalize("NFC", one).isascii() for one in text.strip() if not one.isascii())
        or "." not in host.strip(".")
        or len(folded) > LONGEST_EMAIL
        or not folded.isprintable()
        or set(folded) & set(' ,;:<>()[]"\\')
        or "@" in name
    ):
        raise Invalid("“%(text)s” cannot be an e-mail address: name@example.org was expected.", text=text.strip()[:100])
    return folded


def checked_person_name(text: str) -> str:
    """The name of a person, without spaces around it. Raises Invalid for none, one too long or one unprintable."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("A name has 1 to %(count)s characters, on one line.", count=LONGEST_NAME)
    return name
