"""Suggestions of the search box while the user types, taken only from what the actor may read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.access.actor import AccessScope, Actor, ReadableGroups
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest
from kb.search.completion.completion import CompletedValue, Completions, suggester_for
from kb.search.completion.completion_input import CompletionKind, field_query_text, parse_completion_input
from kb.search.completion.surface_forms import has_folded_prefix, has_typed_words, surface_form
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups

MOST_SUGGESTIONS = 10
"""Suggestions in all."""


class SuggestionKind(StrEnum):
    WORD = "word"
    TAG = "tag"
    BYLINE = "byline"
    AUTHOR = "author"
    """Who shared an item; a byline names who wrote its page."""
    SOURCE = "source"
    TITLE = "title"


_LIMITS_BY_KIND = {
    SuggestionKind.WORD: (3, 5),
    SuggestionKind.TAG: (2, 5),
    SuggestionKind.BYLINE: (1, 2),
    SuggestionKind.AUTHOR: (1, 2),
    SuggestionKind.SOURCE: (1, 2),
    SuggestionKind.TITLE: (2, 3),
}
"""For each kind, the guaranteed number of suggestions, and the most."""
_FIELDS = {
    SuggestionKind.TAG: "mot-clé",
    SuggestionKind.BYLINE: "auteur",
    SuggestionKind.AUTHOR: "partagé-par",
    SuggestionKind.SOURCE: "source",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion.

    `label` is shown to the user (a word, a tag, a name, a source, a title) and `value` is what a search needs for it (a
    contributor's login). `count` items have it. `query` is the whole text of the box after the choice, `before` what
    stands before it in the box, and stays there if a page turns the suggestion into a filter. `item_id` is the item
    with the title; None for all other kinds.
    """

    kind: SuggestionKind
    label: str
    value: str
    count: int
    query: str
    item_id: str | None = None
    before: str = ""


def search_suggestions(
    library: Library, actor: Actor, text: str, request: SearchRequest | None = None
) -> tuple[Suggestion, ...]:
    """Completions of the last word of a text: words, tags, authors, contributors, sources and titles, in this order,
    MOST in all.

    Each kind is ordered by frequency; a tag, a name or a title may begin some words earlier in the text. After the name
    of a field, only values of that field are suggested. An empty text gives the most used tags, a text that ends in a
    space nothing. Limited to the groups of the request, if it names any. Raises Unavailable, as a search does.
    """
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        scope = narrowed_scope(readable_groups(reading, actor), request)
    typed = parse_completion_input(text)
    completions = suggester_for(library.catalogue, scope).proposals(typed, MOST_SUGGESTIONS)
    # A snapshot after the search, so that it has every item that the index returned.
    with library.store.read() as reading:
        items = reading.items.beginnings(completions.item_ids(), scope)
        people = reading.users.by_logins(author.value for author in completions.authors)
    names = {login: user.shown_name for login, user in people.items()}
    by_kind = {
        SuggestionKind.WORD: list(_word_suggestions(completions, items, text)),
        SuggestionKind.TAG: list(_value_suggestions(SuggestionKind.TAG, completions.tags, {})),
        SuggestionKind.BYLINE: list(_value_suggestions(SuggestionKind.BYLINE, completions.bylines, {})),
        SuggestionKind.AUTHOR: list(_value_suggestions(SuggestionKind.AUTHOR, completions.authors, names)),
        SuggestionKind.SOURCE: list(_value_suggestions(SuggestionKind.SOURCE, completions.sources, {})),
        SuggestionKind.TITLE: list(
            _title_suggestions(completions, items, typed.values[0].letters if typed.values else "")
        ),
    }
    return (
        _share_room(by_kind)
        if typed.asked is CompletionKind.ANYTHING
        else tuple(suggestion for some in by_kind.values() for suggestion in some)
    )


def narrowed_scope(readable: ReadableGroups, request: SearchRequest | None) -> AccessScope:
    """The scope of the readable groups that a request names; of all of them, if it names none."""
    if request is None or not request.group:
        return readable.scope
    return ReadableGroups.of(group for group in readable.groups if group.has_slug(request.group)).scope


def _word_suggestions(completions: Completions, items: Mapping[str, Item], text: str) -> Iterator[Suggestion]:
    """Words in their surface form, without the word that is already typed."""
    for word, examples in completions.words:
        label = surface_form(word.value, (items[item_id] for item_id in examples if item_id in items))
        if label is not None and (query := word.before + label) != text:
            yield Suggestion(SuggestionKind.WORD, label, label, word.count, query, before=word.before)


def _value_suggestions(
    kind: SuggestionKind, some: Sequence[CompletedValue], names: Mapping[str, str]
) -> Iterator[Suggestion]:
    for value in some:
        # The value alone if no query syntax can express it.
        asking = field_query_text(_FIELDS[kind], value.value) or value.value
        query = f"{value.before} {asking}" if value.before else asking
        yield Suggestion(
            kind, names.get(value.value, value.value), value.value, value.count, query, before=value.before
        )


def _title_suggestions(completions: Completions, items: Mapping[str, Item], start: str) -> Iterator[Suggestion]:
    """Titles that do contain the words, each once; those that begin with them first."""
    titled = {
        item.title: item for item_id in reversed(completions.titles) if (item := items.get(item_id)) and item.title
    }
    matching_titles = [title for title in reversed(titled) if title and has_typed_words(title, start)]
    for title in sorted(matching_titles, key=lambda title: not has_folded_prefix(title, start)):
        yield Suggestion(SuggestionKind.TITLE, title, title, 1, title, titled[title].id)


def _share_room(by_kind: Mapping[SuggestionKind, Sequence[Suggestion]]) -> tuple[Suggestion, ...]:
    """MOST suggestions: the guaranteed share of each kind, then more of the first kinds while there is room."""
    taken = {kind: min(len(some), _LIMITS_BY_KIND[kind][0]) for kind, some in by_kind.items()}
    for kind, some in by_kind.items():
        room = MOST_SUGGESTIONS - sum(taken.values())
        taken[kind] += max(0, min(room, min(len(some), _LIMITS_BY_KIND[kind][1]) - taken[kind]))
    return tuple(suggestion for kind, some in by_kind.items() for suggestion in some[: taken[kind]])
