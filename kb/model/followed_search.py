"""A search that somebody follows: what it finds for the first time is new."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from kb.errors import Invalid
from kb.model.saved_search import saved_request
from kb.model.search_request import MATCH_ALL, REPEATABLE_PARAMETERS, DateKind, SearchRequest

MOST_PARAMETER_CHARACTERS = 4_000
"""Characters of the parameters of a followed search."""


@dataclass(frozen=True, slots=True)
class FollowedSearch:
    """`parameters` are those of `followed_parameters`. `began_at` is an RFC 3339 instant."""

    id: str
    parameters: str
    began_at: str

    @property
    def request(self) -> SearchRequest:
        """The search to the letter: only its typed words are searched."""
        return saved_request(self.parameters).verbatim()


def followed_parameters(request: SearchRequest, *, most: int | None = MOST_PARAMETER_CHARACTERS) -> str:
    """What a search finds, as the parameters of an address: the same for two searches that find the same by writing it
    differently.

    Its page, its order, its limit of days and the use of vocabularies and of meaning are left out. Raises Invalid if
    they have more characters than `most`; a new name of a group, an author or a tag makes them as long as it must.
    """
    chosen: dict[str, Any] = {name: tuple(sorted(set(getattr(request, name)))) for name in REPEATABLE_PARAMETERS}
    words = " ".join(request.q.split())
    match = MATCH_ALL if words and request.wants_all_words else None
    dated = request.date if request.date_from or request.date_to or ":" in words else DateKind.CITED
    kept = SearchRequest(
        q=words, match=match, date_from=request.date_from, date_to=request.date_to, view=request.view, date=dated
    )
    parameters = urlencode(replace(kept, **chosen).to_params())
    if most is not None and len(parameters) > most:
        raise Invalid("This search is too long to be followed: at most %(limit)s characters.", limit=most)
    return parameters
