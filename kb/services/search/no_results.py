"""Searches to propose instead of a search that found nothing: each finds something of what the actor may read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.model.items.tag import tag_form
from kb.model.search_request import MATCH_ANY, MAX_QUERY, SearchRequest
from kb.search.completion.completion import suggester_for
from kb.search.searched_tags import nearby_tags, unknown_tags, with_renamed_tag, words_and_tags_of
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups
from kb.services.search.search import result_count
from kb.services.search.suggestions import narrowed_scope

_MOST_WORDS = 4
"""Words that are searched alone: each costs a search."""
_MOST_TAGS = 2
"""Tags of a request that are looked up."""
_MOST_NEARBY_TAGS = 5
_MOST_USED_TAGS = 8


@dataclass(frozen=True, slots=True)
class ProposedSearch:
    """`label` is the word, the query or the tag that differs; `count` is the number of results."""

    label: str
    request: SearchRequest
    count: int


@dataclass(frozen=True, slots=True)
class NoResultProposals:
    """`words`: any of the query's words, and each alone. `forms`: other forms of the last word.

    `unknown_tags` are tags of the request that no item has, `nearby_tags` are like them; `used_tags` are the most used
    tags of its groups.
    """

    words: tuple[ProposedSearch, ...]
    forms: tuple[ProposedSearch, ...]
    unknown_tags: tuple[str, ...]
    nearby_tags: tuple[ProposedSearch, ...]
    used_tags: tuple[ProposedSearch, ...]


def no_result_proposals(library: Library, actor: Actor, request: SearchRequest) -> NoResultProposals:
    """Proposals for a request without results. Raises Unavailable, as a search does."""
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        scope = narrowed_scope(readable_groups(reading, actor), request)
    words, tags = words_and_tags_of(request)

    def finding(labels: Iterable[tuple[str, SearchRequest]]) -> Iterator[ProposedSearch]:
        for label, other in labels:
            if other != request and (count := result_count(library, actor, other)):
                yield ProposedSearch(label, other, count)

    first = replace(request, page=1)
    unknown = unknown_tags(library.catalogue, tags[:_MOST_TAGS], scope)
    near = tuple(
        _with_tag(library, actor, with_renamed_tag(first, (tag_form(tag),), name), ProposedSearch(name, alone, count))
        for tag in unknown
        for name, count in nearby_tags(library.catalogue, tag, scope, _MOST_NEARBY_TAGS)
        for alone in (_tag_alone(request, name),)
    )
    used = suggester_for(library.catalogue, scope).values("tag", "", _MOST_USED_TAGS)
    return NoResultProposals(
        _without_repetition(tuple(finding(_fewer_words(first, words)))),
        tuple(finding(_other_forms(first))),
        unknown,
        near,
        tuple(ProposedSearch(name, _tag_alone(request, name), count) for name, count in used),
    )


def _fewer_words(request: SearchRequest, words: tuple[str, ...]) -> Iterator[tuple[str, SearchRequest]]:
    """Any of the words, then each alone."""
    plain = [word for word in words if len(word) > 2 and _is_plain(word)]
    if len(words) < 2 or len(request.q) >= MAX_QUERY:
        return
    if len(plain) > 1:
        yield " ".join(plain), replace(request, q=" ".join(plain), match=MATCH_ANY)
    yield from ((word, replace(request, q=word)) for word in plain[:_MOST_WORDS])


def _without_repetition(searches: tuple[ProposedSearch, ...]) -> tuple[ProposedSearch, ...]:
    """The searches, without that for any of the words if it finds what one word finds."""
    return searches[1:] if len(searches) == 2 and searches[0].count == searches[1].count else searches


def _other_forms(request: SearchRequest) -> Iterator[tuple[str, SearchRequest]]:
    """The query with other endings, or with another spelling, of its last word."""
    q = request.q.rstrip()
    if q and q[-1].isalnum() and _is_plain(q) and len(q) < MAX_QUERY:
        yield from ((f"{q}{sign}", replace(request, q=f"{q}{sign}")) for sign in "*~")


def _is_plain(query: str) -> bool:
    """Whether a query has words only, so that a star or a tilde after it belongs to its last word."""
    return all(letter.isalnum() or letter in " -'’" for letter in query)


def _with_tag(library: Library, actor: Actor, other: SearchRequest, alone: ProposedSearch) -> ProposedSearch:
    """The search with another tag, or for that tag alone if it finds nothing."""
    count = result_count(library, actor, other)
    return replace(alone, request=other, count=count) if count else alone


def _tag_alone(request: SearchRequest, tag: str) -> SearchRequest:
    return SearchRequest(group=request.group, tag=(tag,))
