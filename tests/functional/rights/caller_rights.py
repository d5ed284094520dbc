"""Kinds of callers, and the rows of the tables of rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kb.model.people.group import Role

# One letter for each kind of caller: Anonymous, Stranger (logged in, without a role), Reader, Member, mOderator, oWner,
# aDministrator.
EVERYBODY, PEOPLE = "ASRMOWD", "SRMOWD"
LOGINS = dict(zip(EVERYBODY, ("", "stranger", "reader", "member", "moderator", "owner", "administrator"), strict=True))
ROLES = {"R": Role.READER, "M": Role.MEMBER, "O": Role.MODERATOR, "W": Role.OWNER}


class Right(Enum):
    """The callers with the right, for a group that is visible to everyone, to logged-in users, to its members."""

    ANYONE = (EVERYBODY, EVERYBODY, EVERYBODY)
    """The address is public: it shows what the caller may read."""
    READ = (EVERYBODY, PEOPLE, "RMOWD")
    STRANGER = (EVERYBODY, "", "")
    """Whoever asks, the address shows what a stranger may read."""
    ASK = (PEOPLE, PEOPLE, "RMOWD")
    """Report something, or leave: a user who is not a member has left already."""
    JOIN = (PEOPLE, PEOPLE, "DRMOW")
    """A closed group is joined by invitation, but an administrator, who can read it, joins by a form."""
    CONTRIBUTE = ("MOWD", "MOWD", "MOWD")
    MODERATE = ("OWD", "OWD", "OWD")
    MANAGE = ("WD", "WD", "WD")
    OWN = ("W", "W", "W")
    """Rights that only an owner can give away."""
    PERSON = (PEOPLE, PEOPLE, PEOPLE)
    ADMINISTRATOR = ("D", "D", "D")
    NOBODY = ("", "", "")
    """For a program on this machine, or one with a token of its own."""


class TokenBearer(Enum):
    """How a program of another service sends its token. A request without a token is refused before anything else."""

    NONE = ""
    TOKEN = "Token"
    BASIC = "Basic"
    PARAMETER = "auth_token"
    BEARER = "Bearer"


@dataclass(frozen=True, slots=True)
class Row:
    """`address` shows the route: `{group}` and the like are parts of one group. `fields` are those of its form.

    `shows`: the answer names parts of all groups that the caller may read. `hidden`: a caller without the right gets
    404, even one who may read the group. `others`: it is about something of another user. `token`: it is for programs,
    and a request without a token is refused before anything else. `asks`: an anonymous caller is asked to log in,
    whatever the request is about. `bearer`: only a token sent in this way counts. `changes`: it is a GET that changes
    something, as in Pinboard's API. `file`: the content of the file in a program's form.
    """

    address: str
    right: Right
    fields: Mapping[str, str] = field(default_factory=dict)
    shows: bool = False
    hidden: bool = False
    others: bool = False
    token: bool = False
    asks: bool = False
    bearer: TokenBearer = TokenBearer.NONE
    changes: bool = False
    file: str = ""
