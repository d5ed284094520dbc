"""Example searches for readers who do not know the query language: each finds something of what the actor may read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

from kb.access.actor import Actor
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.search.search import result_count

_MOST_TRIED = 3
"""Searches of each kind that are tried: each costs a search."""
_LONGEST_TITLE = 200
_PREFIX = 5
_LEAST_PREFIXED = 7
"""A prefix of a shorter word shows little of what it is for."""
_LEAST_LETTERS = 4
"""In a word of an example: fewer are rarely worth a search."""


@dataclass(frozen=True, slots=True)
class ExampleSearches:
    """`phrase` has words without quotation marks, `tag` the name of a tag; `prefix` and `exclusion` are queries.

    An example that would find nothing is empty.
    """

    phrase: str
    prefix: str
    exclusion: str
    tag: str


def example_searches(
    finds_something: Callable[[str], bool], tags: Sequence[str], titles: Sequence[str]
) -> ExampleSearches:
    """Examples made of the most used tags and of some titles that the actor reads; `finds_something` is the
    `query_check` of the actor. Raises Unavailable.
    """
    tag_words = [words for tag in tags if all(map(_is_plain, words := tag.casefold().split()))]
    single = [words[0] for words in tag_words if len(words) == 1]
    several = [words for words in tag_words if len(words) > 1]
    title_words = (title[:_LONGEST_TITLE].casefold().split() for title in titles)
    neighbours = ((word, after.rstrip(".,;:!?…»")) for words in title_words for word, after in pairwise(words))
    pairs = [pair for pair in neighbours if all(map(_is_plain, pair))]
    # Another tag than those of the exclusion, if there is one.
    long_words = (word for word in (*single[2:], *single, *(pair[0] for pair in pairs)) if len(word) >= _LEAST_PREFIXED)

    def first(queries: Iterable[str], form: str = "{}") -> str:
        tried = islice(queries, _MOST_TRIED)
        return next((query for query in tried if finds_something(form.format(query))), "")

    return ExampleSearches(
        phrase=first((" ".join(words) for words in (*several, *pairs)), '"{}"'),
        prefix=first(f"{word[:_PREFIX]}*" for word in long_words),
        exclusion=first(f"{word} -{other}" for word, other in combinations(single, 2)),
        tag=first((tag for tag in tags if '"' not in tag), 'tag:"{}"'),
    )


def query_check(library: Library, actor: Actor) -> Callable[[str], bool]:
    """A function that says whether a query finds something of what the actor may read now. It raises Unavailable.

    An answer is remembered for the same set of readable groups and the same commit of the index: with the loss of a
    right, and after any change that searches know of, the query is searched again.
    """
    with library.store.read() as reading:
        state = readable_groups(reading, actor).scope, library.catalogue.checkpoint()

    def finds_something(query: str) -> bool:
        answer = library.answer_cache.known((state, query))
        if answer is None:
            answer = result_count(library, actor, SearchRequest(q=query)) > 0
            library.answer_cache.remember((state, query), answer)
        return answer

    return finds_something


def _is_plain(word: str) -> bool:
    return len(word) >= _LEAST_LETTERS and word.isalpha()
