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
"""Who can be signed in: an owner of two groups, who is the administrator too, a member of one, and somebody who has no
role anywhere."""
ARRIVING, UNINVITED = "nina", "theo"
"""Who comes back from the provider of identities, and has no account: who may have one, and who may not."""
INVITED = "invitation-de-claire"
"""The secret of a link to an account."""
REMOVED = "hors-de-vue"
"""The id of what is in the bin of the group."""
CONFIRMATION = "adresse-de-marie"
"""The secret of a link that confirms an e-mail address."""
RESET = "mot-de-passe-de-marie"
"""The secret of a link to another password."""

TERM = uri_for("agents")
"""A term of the vocabulary, which has all that a term can have."""
