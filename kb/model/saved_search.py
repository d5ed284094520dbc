"""A search that a group saves under a name."""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qsl, urlencode

from kb.errors import Invalid
from kb.model.search_request import AddedSince, Fusion, SearchRequest, VocabularyMode

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """Any search with all its filters, at its first page.

    Only its users change it; besides, a renamed tag and an author's new login are replaced. `created_at` is an RFC 3339
    instant.
    """

    id: str
    group_id: str
    name: str
    request: SearchRequest
    created_at: str

    @classmethod
    def of(cls, id_: str, group_id: str, name: str, parameters: str, created_at: str) -> Self:
        """The search of the parameters of an address. Raises Invalid, as `SearchRequest.from_params` does."""
        return cls(id_, group_id, checked_search_name(name), saved_request(parameters), created_at)

    @property
    def parameters(self) -> str:
        """The parameters of the request: the inverse of `saved_request`."""
        return urlencode(self.request.to_params())


def saved_request(parameters: str) -> SearchRequest:
    """The request of `q=agents&tag=eau`, with or without a leading `?`. Raises Invalid.

    A page number, the use of vocabularies and that of meaning are dropped: a saved search is never expanded.
    """
    try:
        pairs = parse_qsl(parameters.strip().removeprefix("?"), errors="strict", max_num_fields=400)
    except ValueError:
        raise Invalid("The parameters of the search cannot be read: q=words&tag=name was expected.") from None
    request = SearchRequest.from_params(pairs)
    if request.since is AddedSince.VISIT:
        raise Invalid("“since=visit” means another time for each reader: it cannot be saved.")
    return replace(request.with_vocabulary(VocabularyMode.ON), fusion=Fusion.ON)


def checked_search_name(text: str) -> str:
    """A name on one line. Raises Invalid when it is empty or too long."""
    # Only ordinary spaces are joined: the narrow ones that French puts before a colon belong to the text.
    name = re.sub(r"[ \t\r\n]+", " ", text).strip()
    if not name or any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise Invalid("A saved search needs a name, without control characters.")
    if len(name) > LONGEST_NAME:
        raise Invalid("The name of a saved search has at most %(limit)s characters.", limit=LONGEST_NAME)
    return name
