"""The input of the page checks: one page in one state, and the parts of the library of `site.py` that it shows."""

from dataclasses import asdict, dataclass
from urllib.parse import quote

from kb.model.vocabulary import uri_for


@dataclass(frozen=True, slots=True)
class Known:
    """The values of one library from which addresses are made: ids, and a word, a tag and an author that find
    something.
    """

    item: str
    group: str
    tag: str
    author: str
    saved: str
    word: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One page in one state. `{…}` in an address is replaced by a value of `Known`.

    `own`: only for the library of `site.py`. `method` and `size` (in bytes) are those of the request. `by` is the login
    of the logged-in user: only that library has such users.
    """

    name: str
    address: str
    status: int = 200
    own: bool = False
    method: str = "GET"
    size: int = 0
    by: str = ""

    def at(self, ids: Known) -> str:
        """The address of the page in a library."""
        return self.address.format(**{name: quote(value, safe="") for name, value in asdict(ids).items()})


OWNER, MEMBER, STRANGER = "claire", "luc", "marie"
"""Logged-in users: an owner of two groups who is also the administrator, a member of one group, and a user without a
role.
"""
ARRIVING, UNINVITED = "nina", "theo"
"""Users who return from the identity provider without an account: one who may create one, and one who may not."""
INVITED = "invitation-de-claire"
"""The secret of an account link."""
REMOVED, HIDDEN = "hors-de-vue", "masque"
"""The id of an item in the group's trash."""
CONFIRMATION = "adresse-de-marie"
"""The secret of a link that verifies an e-mail address."""
RESET = "mot-de-passe-de-marie"
"""The secret of a password reset link."""
REQUESTED, FOLLOWING = "demande-de-lectrice", "choix-de-lectrice"
"""The keys of a reader without an account: of what they asked for, and of their preferences."""

TERM = uri_for("agents")
"""A concept of the vocabulary with every part."""
