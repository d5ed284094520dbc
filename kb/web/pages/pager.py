"""Numbered pages, and the line that says where one stands."""

from dataclasses import dataclass, replace

from kb.library.results import Results
from kb.model.search import MAX_PAGE
from kb.translating import Translator
from kb.web.pages.pieces import Asked, Link

SIZES = (20, 50, 100)
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Pager:
    """`numbers` holds a link for each page that is named, None where pages are left out."""

    previous: Link | None
    following: Link | None
    numbers: tuple[Link | None, ...]
    sizes: tuple[Link, ...]


def pager_of(results: Results, asked: Asked) -> Pager:
    request, words = asked.request, asked.words
    last = last_page(results)
    here = min(request.page, last)
    numbers: list[Link | None] = []
    for page in _named(here, last):
        if numbers and page > _previous(numbers) + 1:
            numbers.append(None)
        numbers.append(_page(page, asked))
    sizes = tuple(
        Link(
            words.number(size),
            asked.link(replace(request, per_page=size, page=1)),
            current=size == request.per_page,
        )
        for size in SIZES
        if results.total
    )
    back = _page(here - 1, asked, words.say("Previous")) if here > 1 else None
    onward = _page(here + 1, asked, words.say("Next")) if here < last else None
    return Pager(back, onward, tuple(numbers) if last > 1 else (), sizes)


def last_page(results: Results) -> int:
    """The last page that holds something, 1 at least."""
    return min(MAX_PAGE, max(1, -(-results.total // results.request.per_page)))


def range_of(results: Results, words: Translator) -> str:
    """`1 – 20 of 143`; empty when the page is."""
    if results.range is None:
        return ""
    first, last = results.range
    return words.say("%(first)s – %(last)s of %(total)s", first=first, last=last, total=results.total)


def _named(here: int, last: int) -> list[int]:
    near = range(max(1, here - _AROUND), min(last, here + _AROUND) + 1)
    return sorted({1, last, *near})


def _previous(numbers: list[Link | None]) -> int:
    link = numbers[-1]
    return int(link.hint) if link else 0


def _page(page: int, asked: Asked, label: str = "") -> Link:
    return Link(
        label or asked.words.number(page),
        asked.link(asked.request.with_page(page)),
        hint=str(page),
        current=page == asked.request.page and not label,
    )
