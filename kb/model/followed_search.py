"""A search that somebody follows, or a list: what it finds for the first time is new."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kb.errors import Invalid
from kb.model.ids import is_id
from kb.model.saved_search import saved_request
from kb.model.search_request import MATCH_ALL, REPEATABLE_PARAMETERS, DateKind, SearchRequest, VocabularyMode

MOST_PARAMETER_CHARACTERS = 4_000
"""Characters of the parameters of a followed search."""
LIST = "list"
"""The parameter that stands alone where a list is followed, and is the id of the list."""


@dataclass(frozen=True, slots=True)
class FollowedSearch:
    """`parameters` are those of `parameters_to_follow`. `began_at` is an RFC 3339 instant."""

    id: str
    parameters: str
    began_at: str

    @property
    def list_id(self) -> str:
        """The id of the list that is followed; empty for a search."""
        return followed_list_id(self.parameters)

    @property
    def request(self) -> SearchRequest:
        """The search to the letter: only its typed words are searched, and labels that its vocabulary adds if its user
        chose so. Raises ValueError for a list.
        """
        request = followed_request(self.parameters)
        return request if request.is_verbatim else request.verbatim()

    @property
    def vocabulary_group(self) -> str:
        """The slug of the group whose vocabulary adds labels to it; empty if none does."""
        # No value can have this text, which is quoted in parameters.
        has_labels = f"vocabulary={VocabularyMode.LABELS}" in self.parameters
        return followed_request(self.parameters).group[0] if has_labels else ""


def parameters_to_follow(pairs: Iterable[tuple[str, str]]) -> str:
    """The parameters of what an address or a form asks to follow: those of a list, or of a search. Raises Invalid."""
    params = tuple(pairs)
    list_id = next((value for name, value in params if name == LIST and is_id(value)), "")
    return list_parameters(list_id) if list_id else followed_parameters(SearchRequest.from_params(params))


def list_parameters(list_id: str) -> str:
    """The parameters of a followed list."""
    return f"{LIST}={list_id}"


def followed_list_id(parameters: str) -> str:
    """The inverse of `list_parameters`; empty for the parameters of a search."""
    name, _, list_id = parameters.partition("=")
    return list_id if name == LIST else ""


def followed_parameters(request: SearchRequest, *, most: int | None = MOST_PARAMETER_CHARACTERS) -> str:
    """What a search finds, as the parameters of an address: the same for two searches that find the same by writing it
    differently.

    Its page, its order, its limit of days and the use of meaning are left out, and that of vocabularies but for the
    labels of a vocabulary of the one group that it searches. Raises Invalid if
    they have more characters than `most`; a new name of a group, an author or a tag makes them as long as it must.
    """
    chosen: dict[str, Any] = {name: tuple(sorted(set(getattr(request, name)))) for name in REPEATABLE_PARAMETERS}
    words = " ".join(request.q.split())
    match = MATCH_ALL if words and request.wants_all_words else None
    dated = request.date if request.date_from or request.date_to or ":" in words else DateKind.CITED
    has_labels = request.vocabulary is VocabularyMode.LABELS and can_have_labels(request)
    kept = SearchRequest(
        q=words, match=match, date_from=request.date_from, date_to=request.date_to, view=request.view, date=dated,
        vocabulary=VocabularyMode.LABELS if has_labels else VocabularyMode.ON,
    )  # fmt: skip
    parameters = urlencode(replace(kept, **chosen).to_params())
    if most is not None and len(parameters) > most:
        raise Invalid("This search is too long to be followed: at most %(limit)s characters.", limit=most)
    return parameters


def followed_request(parameters: str) -> SearchRequest:
    """The inverse of `followed_parameters`. Raises Invalid; ValueError for a list, which is no search of everything."""
    if followed_list_id(parameters):
        raise ValueError("a list is not a search")
    request = saved_request(parameters)
    has_labels = ("vocabulary", VocabularyMode.LABELS.value) in parse_qsl(parameters)
    return replace(request, vocabulary=VocabularyMode.LABELS) if has_labels else request


def can_have_labels(request: SearchRequest) -> bool:
    """Whether labels of a vocabulary may be added to a followed search: it searches one group, whose readers all see
    the same.
    """
    return bool(request.q.strip()) and len(request.group) == 1


def with_labels(request: SearchRequest, *, added: bool) -> SearchRequest:
    """The same search with the labels that its vocabulary adds, or without."""
    return replace(request, vocabulary=VocabularyMode.LABELS if added else VocabularyMode.ON)
