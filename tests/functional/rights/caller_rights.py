"""Callers, and a row of the tables of rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kb.model.people.group import Role

# One letter for each who asks: Anonymous, Stranger (signed in, without a role), Reader, Member, mOderator, oWner,
# aDministrator.
EVERYBODY, PEOPLE = "ASRMOWD", "SRMOWD"
LOGINS = dict(zip(EVERYBODY, ("", "stranger", "reader", "member", "moderator", "owner", "administrator"), strict=True))
ROLES = {"R": Role.READER, "M": Role.MEMBER, "O": Role.MODERATOR, "W": Role.OWNER}


class Right(Enum):
    """Who may, where the group is visible to everyone, to who is signed in, to its members."""

    ANYONE = (EVERYBODY, EVERYBODY, EVERYBODY)
    """The address is everybody's: what is found there is what the asker may read."""
    READ = (EVERYBODY, PEOPLE, "RMOWD")
    ASK = (PEOPLE, PEOPLE, "RMOWD")
    """Report something, or leave: who is no member has left already."""
    JOIN = (PEOPLE, PEOPLE, "DRMOW")
    """One is invited to a closed group, but an administrator, who can read it, joins by a form."""
    CONTRIBUTE = ("MOWD", "MOWD", "MOWD")
    MODERATE = ("OWD", "OWD", "OWD")
    MANAGE = ("WD", "WD", "WD")
    OWN = ("W", "W", "W")
    """What only an owner has to give."""
    PERSON = (PEOPLE, PEOPLE, PEOPLE)
    ADMINISTRATOR = ("D", "D", "D")
    NOBODY = ("", "", "")
    """It is for a program of this machine, or one with a token of its own."""


class TokenBearer(Enum):
    """How a program of another service shows its token: without one, it is told so before anything else."""

    NONE = ""
    TOKEN = "Token"
    BASIC = "Basic"
    PARAMETER = "auth_token"
    BEARER = "Bearer"


@dataclass(frozen=True, slots=True)
class Row:
    """`address` shows the route: `{group}` and the like are things of one group. `fields` are those of its form.

    `shows`: what it answers names things of the groups that the asker may read. `hidden`: who may not do it finds
    nothing there, even where they may read the group. `others`: it is about a thing of somebody else's. `token`: it is
    for programs, of which one without a token is told before anything else that it needs one. `asks`: whoever is not
    signed in is asked to, whatever it is about. `bearer`: only a token counts, shown in this way. `changes`: it is a
    GET that does something, as Pinboard's are.
    signed in is asked to, whatever it is about. `file` is the content of a file that the form of a program has.
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
