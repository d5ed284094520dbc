"""Tags for what somebody is about to keep: from the group where it will be, and from nothing else.

What speaks for a tag: a term of the group's vocabulary is in the words of the page, the page names it as a keyword, its
words are in the page, items like this one bear it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import log1p

from kb.access.actor import Action, Actor, Scope
from kb.access.permissions import require
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.index_search import label_order
from kb.search.more_like_this import resembling
from kb.search.vocabulary.label_matching import Present
from kb.search.vocabulary.vocabulary_matcher import Lexicon
from kb.services.core.library import Library, require_own_index

MOST = 12
_READ = 8_000
"""Characters of a page whose words are looked at: what it is about is said there."""
_TAGS = 2_000
"""Tags of a group that are looked for: those that are used most."""
_FEWEST = 2
"""Items that bear a tag which is proposed for its words alone."""
_SIMILAR = 10
_VOTES = 2
"""Items like this one that bear a tag which only they speak for."""
_TERM, _KEYWORD, _TITLE, _TEXT, _LIKE = 4.0, 3.0, 3.0, 1.0, 2.5
"""What each thing that speaks for a tag weighs. A term comes before all else: that is what a vocabulary is for."""


Weights = dict["Reason", defaultdict[str, float]]


class Reason(StrEnum):
    """Why a tag is proposed: the strongest of the reasons."""

    TERM = "term"
    PAGE = "page"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a page that is about to be kept; `keywords` are its own, `chosen` the tags that it has."""

    title: str = ""
    description: str = ""
    text: str = ""
    quotes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to go by."""
        return not any((self.title, self.description, self.text, *self.quotes, *self.keywords))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tag as the group writes it, and why."""

    label: str
    reason: Reason


def proposed_tags(library: Library, actor: Actor, slug: str, about: About) -> tuple[Proposal, ...]:
    """Tags for a page, MOST at most, terms of the vocabulary first. Raises NotFound, Refused, Unavailable."""
    with library.store.read() as reading:
        group = require(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        if about.is_empty:
            return ()
        require_own_index(library, reading)
        lexicons = library.lexicons.of(reading, [group])
    scope = Scope(frozenset((group.id,)))
    counts = library.catalogue.values("tag", SearchRequest(), scope, (group,))
    known = _Known({label_order(tag): tag for tag, _ in reversed(counts)})
    weights: Weights = {reason: defaultdict(float) for reason in Reason}
    title = Present.of(about.title)
    body = Present.of(_body(about))
    for label, times in _terms(lexicons, about, library.settings.language):
        weights[Reason.TERM][known.written(label)] += _TERM + log1p(times)
    for keyword in about.keywords:
        if (tag := known.tag(keyword)) is not None:
            weights[Reason.PAGE][tag] += _KEYWORD
    for tag, count in counts[:_TAGS]:
        if count >= _FEWEST and (in_title := title.times(tag)) + (in_body := body.times(tag)):
            weights[Reason.PAGE][tag] += _TITLE * bool(in_title) + _TEXT * log1p(in_body)
    for tag, share in _of_similar(library, scope, group, about):
        weights[Reason.LIKE][tag] += _LIKE * share
    return tuple(_ranked(weights, about.chosen))


@dataclass(frozen=True, slots=True)
class _Known:
    """The tags of a group by their folded form."""

    by_form: dict[str, str]

    def tag(self, label: str) -> str | None:
        return self.by_form.get(label_order(label).strip())

    def written(self, label: str) -> str:
        return self.tag(label) or label


def _body(about: About) -> str:
    return "\n".join((about.description, *about.quotes, *about.keywords, about.text))[:_READ]


def _terms(lexicons: Iterable[Lexicon], about: About, language: str) -> Iterator[tuple[str, int]]:
    """The preferred terms of concepts that the words of a page name, and how often it does."""
    words = tuple(f"{about.title}\n{_body(about)}".split())
    for lexicon in lexicons:
        named = Counter(concept.label(language) for found in lexicon.find(words) for concept in found.concepts)
        yield from named.items()


def _of_similar(library: Library, scope: Scope, group: Group, about: About) -> Iterator[tuple[str, float]]:
    """Tags of items like this one, and the share of these that bear them."""
    item = Item("", group.id, 0, title=about.title or None, description=_body(about) or None)
    found = resembling(library.catalogue, item, scope, _SIMILAR)
    with library.store.read() as reading:
        alike = [one for one in reading.items.visible(found.ids, scope).values() if found.holds(one)]
    votes, written = Counter[str](), dict[str, str]()
    for one in alike:
        for tag in one.tags:
            votes[label_order(tag)] += 1
            written.setdefault(label_order(tag), tag)
    for form, count in votes.items():
        if count >= _VOTES:
            yield written[form], count / len(alike)


def _ranked(weights: Weights, chosen: Iterable[str]) -> Iterator[Proposal]:
    """Terms of the vocabulary, then the others, each kind by all that speaks for it; none that is chosen already."""
    total, reasons, written = defaultdict[str, float](float), dict[str, Reason](), dict[str, str]()
    for reason in Reason:
        for tag, weight in weights[reason].items():
            form = label_order(tag)
            total[form] += weight
            reasons.setdefault(form, reason)
            written.setdefault(form, tag)
    taken = {label_order(tag).strip() for tag in chosen}
    best = sorted(
        (form for form in total if form not in taken),
        key=lambda form: (reasons[form] is not Reason.TERM, -total[form], form),
    )
    for form in best[:MOST]:
        yield Proposal(written[form], reasons[form])
