"""The examples of the help on search: queries with words of what the actor may read, linked if they find something."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import urlencode, urlsplit

from kb.access.actor import Actor
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.example_searches import ExampleSearches, example_searches, query_check
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search

_MOST_TAGS = 12
_NEWEST = 5
_LONGEST_WORD = 40
_LEAST_LETTERS = 4
_FRENCH = ("agents", "formation", "élus", "service public", "numéri*", "médiatèque~")
_ENGLISH = ("staff", "training", "councillors", "public service", "digit*", "libary~")
_EXAMPLE_LINK = re.compile(r"\[`([^`\n]{1,200})`\]\(\)")
"""A query of the text, whose address is that of its search."""
_EXAMPLE_WORD = re.compile(r"\{([a-z]{1,10})\}")


def with_examples(library: Library, actor: Actor, markdown: str, language: str) -> str:
    """The Markdown with words of the site in place of `{a}` and the like. A query that finds something is a link,
    another one is text. Raises Unavailable.
    """
    results = run_search(library, actor, SearchRequest(per_page=_NEWEST, facet_limit=_MOST_TAGS))
    finds_something = query_check(library, actor)
    words = _words(finds_something, results, language)
    filled = _EXAMPLE_WORD.sub(lambda match: words.get(match[1], match[0]), markdown)

    def linked(match: re.Match[str]) -> str:
        address = f"(/search?{urlencode({'q': match[1]})})".replace("~", "%7E")
        return f"[`{match[1]}`]{address}" if finds_something(match[1]) else f"`{match[1]}`"

    return _EXAMPLE_LINK.sub(linked, filled)


def _words(finds_something: Callable[[str], bool], results: SearchResults, language: str) -> Mapping[str, str]:
    """The words for each placeholder: of the examples of the home page, else fixed ones."""
    tags = tuple(value.label for value in results.facets["tag"])
    titles = tuple(row.item.title or "" for row in results.rows)
    examples = example_searches(finds_something, tags, titles)
    first, second, third, phrase, prefix, nearly = _FRENCH if language == "fr" else _ENGLISH
    known = list(dict.fromkeys(_known_words(examples, tags, titles)))
    words = known[:3] if len(known) >= 3 else [first, second, third]
    months = [value.value for value in results.facets["date"] if value.value]
    month = months[-1] if months else "2014-11"
    long = next((word for word in known if len(word) > _LEAST_LETTERS + 1), "")
    return {
        **dict(zip("abc", words, strict=True)),
        "phrase": examples.phrase or phrase,
        "prefix": examples.prefix or prefix,
        "nearly": f"{long[:3]}{long[4:]}~" if long else nearly,
        "tag": _quoted(_plain_text(examples.tag)) or words[1],
        "person": next(_names(value.label for value in results.facets["author"]), "martin"),
        "source": next(_names(value.label for value in results.facets["source"]), "gazette"),
        "site": next(_sites(row.item.url for row in results.rows), "gouv.fr"),
        "month": month,
        "year": month[:4],
    }


def _known_words(examples: ExampleSearches, tags: Iterable[str], titles: Iterable[str]) -> Iterator[str]:
    """Words of examples, tags and titles, of letters alone."""
    for text in (examples.exclusion.replace("-", " "), *tags, examples.phrase, *titles):
        yield from _names(text.casefold().split())


def _names(texts: Iterable[str]) -> Iterator[str]:
    """The last word of each text, if it is of letters alone."""
    for text in texts:
        word = text.split()[-1] if text.strip() else ""
        if _LEAST_LETTERS <= len(word) <= _LONGEST_WORD and word.isalpha():
            yield word.casefold()


def _sites(addresses: Iterable[str | None]) -> Iterator[str]:
    """The hosts of addresses, without `www.`, of letters, digits, dots and hyphens alone."""
    for address in addresses:
        try:
            host = (urlsplit(address or "").hostname or "").removeprefix("www.")
        except ValueError:
            continue
        if len(host) <= _LONGEST_WORD and re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", host):
            yield host


def _plain_text(text: str) -> str:
    """The text, if it has no sign with a meaning in Markdown or in queries; else nothing."""
    is_plain = len(text) <= _LONGEST_WORD and all(char.isalnum() or char in " -’'" for char in text)
    return text if is_plain else ""


def _quoted(text: str) -> str:
    return text if not text or text.isalnum() else f'"{text}"'
