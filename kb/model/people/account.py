"""Accounts: users who can sign in, and their credentials."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from kb.errors import Invalid
from kb.model.people.group import Role
from kb.model.people.name_skeletons import has_invisible_characters
from kb.model.people.user import User

SHORTEST_PASSWORD = 12
"""Characters. Only the length is checked (NIST SP 800-63B, 3.1.1; ANSSI, 2021)."""
LONGEST_PASSWORD = 1000
LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3."""
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A user who can sign in, unless it is `closed_at`. `email` is folded; `has_password`: the user can sign in with
    one.

    `unverified_email` is an address that the account has not confirmed: no message but its confirmation goes there,
    no user can sign in with it, and other accounts may have the same one. `last_visit_at` is the end of the visit
    before the present one.
    """

    user: User
    email: str | None
    administrator: bool
    has_password: bool
    created_at: str
    closed_at: str | None = None
    unverified_email: str | None = None
    last_visit_at: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in, described by `agent`; `last_change` is the number of the last change made there."""

    id: str
    user_id: str
    agent: str
    created_at: str
    seen_at: str
    expires_at: str
    last_change: int | None = None


class TokenScope(StrEnum):
    """What a program may do with a token: read, or all that its user may."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, with which a program signs in.

    `default_group_id` is the group in which the program saves if it names none; None is the user's own library.
    """

    id: str
    user_id: str
    name: str
    scope: TokenScope
    created_at: str
    seen_at: str | None = None
    expires_at: str | None = None
    last_change: int | None = None
    default_group_id: str | None = None


@dataclass(frozen=True, slots=True)
class FeedKey:
    """A key that opens one feed for one user. `address` is its path and parameters."""

    id: str
    user_id: str
    address: str
    created_at: str
    seen_at: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a user at an identity provider."""

    issuer: str
    subject: str
    user_id: str
    created_at: str


@dataclass(frozen=True, slots=True)
class PendingOidcLogin:
    """A login that has started at an identity provider.

    `user_id` is the user who adds an identity to an account; `invitation`, the hash of a link to an account that was
    opened. `identity_claims` are those of the identity that came back and has no account yet, with issuer and subject,
    as JSON.
    """

    nonce: str
    verifier: str
    next: str
    user_id: str | None
    created_at: str
    invitation: str | None = None
    identity_claims: str | None = None


class LinkPurpose(StrEnum):
    """The purpose of a one-time link."""

    ADMINISTRATOR = "administrator"
    """The account of the first administrator."""
    ACCOUNT = "account"
    """An account, and perhaps a role in a group."""
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    """Another password for an account."""
    EMAIL = "email"
    """The confirmation of an e-mail address by its account."""


FOR_ACCOUNTS = frozenset({LinkPurpose.ADMINISTRATOR, LinkPurpose.ACCOUNT})
"""The purposes of links that create an account."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link. `group_id` and `role` are what is joined.

    `user_id` is the user whose password is reset, whose address is confirmed, or who is invited to a group: the last
    accepts on a page of the site, without a link. `sent_by_email`: to `email`,
    and the link was shown to no other person.
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
    sent_by_email: bool = False


def checked_password(password: str) -> str:
    """The password itself. Raises Invalid for one that is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("A password has at least %(count)s characters.", count=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("A password has at most %(count)s characters.", count=LONGEST_PASSWORD)
    return password


def checked_email(text: str) -> str:
    """An e-mail address, case-folded. Raises Invalid for an impossible one.

    Letters that folding changes to others are refused: a provider that has verified “x@straße.example” has not verified
    “x@strasse.example”.
    """
    typed = normalize("NFC", text.strip()) if len(text) <= 2 * LONGEST_EMAIL else ""
    folded = typed.casefold()
    name, _, host = folded.rpartition("@")
    if (
        not name
        or folded != typed.lower()
        or normalize("NFKC", typed) != typed
        or any(normalize("NFC", character).isascii() for character in text.strip() if not character.isascii())
        or "." not in host.strip(".")
        or len(folded) > LONGEST_EMAIL
        or not folded.isprintable()
        or set(folded) & set(' ,;:<>()[]"\\')
        or "@" in name
    ):
        raise Invalid("“%(text)s” cannot be an e-mail address: name@example.org was expected.", text=text.strip()[:100])
    return folded


def checked_person_name(text: str) -> str:
    """The name of a person, without spaces around it. Raises Invalid if it is empty, too long or unprintable."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or has_invisible_characters(name):
        raise Invalid("A name has 1 to %(count)s characters, on one line.", count=LONGEST_NAME)
    return name
