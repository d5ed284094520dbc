"""Random histories of an index and random searches, for tests that compare two engines.

They have few words, keys and days, so that these coincide. Some of them have misled engines: compounds and elisions,
stop words, repeated words, spellings of one tag, missing fields, extreme periods, and numbers near the limits of 64
bits.
"""

import struct
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from index.analysis import analyze
from index.document import Document, Value
from index.engine import FIRST_DAY, LAST_DAY
from index.plan import Bounds, FacetRequest, Filter, Plan, SortKey, WindowField, Windows
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    TermInFields,
    WeightedField,
    Wildcard,
)
from index.vectors import NearestPlan
from tests.factories.index import day

LANGUAGES = (None, "fr", "en", "de")
WORDS = tuple(
    "agent agents territorial territoriaux l'énergie énergies numérique l’e-administration administrations "
    "administration service public publique services aujourd'hui arc-en-ciel arc le de la œil C++ data.gouv agencies "
    "nous nous-mêmes".split()
)
TEXT_FIELDS = ("title", "body", "exact")
TERMS = tuple(
    sorted(
        {
            token.term
            for word in WORDS
            for language in LANGUAGES
            for exact in (False, True)
            for token in analyze(word, language, exact=exact)
        }
    )
)
TAGS = ("Eau", "eau", "EAU", "Énergie", "énergie", "E\u0301NERGIE", "straße", "STRASSE", "vin", "Vin", "été", "Ete", "")
AUTHORS = ("Zoé", "zoé", "zoe", "gaviolig", "Documentation CD63", "Élise", "elise")
GROUPS = ("physique", "histoire", "chimie")
KEYS = tuple(f"d{number}" for number in range(12))
DAYS = tuple(
    map(
        day,
        "1883-02-28 1969-12-31 1970-01-01 2014-10-31 2014-11-01 2014-11-07 2014-11-30 2015-01-01 2016-02-29".split(),
    )
)
NUMBERS = (0, 1, 2, 3, -1, 10, 2**53, 2**53 + 1, 2**63 - 1, -(2**63))
WEIGHTS = (1.0, 1.0, 1.0, 0.2, 3.0, 0.0, -0.5)

FEW = ("service", "public", "agents", "agnets")
"""Few words, so that random texts often contain their phrases: broken, stretched and repeated; two words differ by a
transposition.
"""

some_of_few = st.lists(st.sampled_from(FEW), min_size=2, max_size=6)
texts = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=6, max_size=12),
    st.lists(st.sampled_from(WORDS), max_size=3),
    some_of_few,
    some_of_few,
).map(" ".join)
days = st.sampled_from((*DAYS, *DAYS, FIRST_DAY, LAST_DAY))
DIMENSIONS = (2, 3, 3, 3, 9)
SMALL = (0, 0, 1, -1, 2, 127, -128)
"""Few components, so that many vectors are equally near."""
periods = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(lambda pair: (min(pair), max(pair)))
absurd_periods = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))


def _some(values: tuple[str, ...], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most).map(tuple)


def _pieces(most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.tuples(texts), st.tuples(texts), st.lists(texts, max_size=most).map(tuple))


def a_vector(rng: Random) -> bytes:
    """A vector of one of the few dimensions; it may be zero."""
    numbers = [rng.choice(SMALL) for _ in range(rng.choice(DIMENSIONS))]
    return struct.pack(f"<f{len(numbers)}b", rng.choice((0.5, 1.0, 3e-40, 1e30)) if any(numbers) else 0.0, *numbers)


vectors = st.integers(0, 200).map(lambda seed: a_vector(Random(seed)))
values = st.fixed_dictionaries(
    {
        "group": st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2).map(tuple),
        "title": _pieces(1),
        "exact": _pieces(2),
        "tag": _some(TAGS, 4),
    },
    optional={
        "author": _some(AUTHORS, 2),
        "body": _pieces(3),
        "views": st.lists(st.sampled_from(NUMBERS), max_size=1).map(tuple),
        "cited": st.lists(st.one_of(periods, periods, periods, absurd_periods), max_size=1).map(tuple),
        "embedding": st.lists(st.one_of(vectors, vectors, st.just(b"")), max_size=4).map(tuple),
    },
)
documents = st.builds(Document, st.sampled_from(KEYS), values, st.sampled_from(LANGUAGES))
"""Documents that fit the schema; any field may be missing or have no value."""


def any_document(rng: Random, key: str) -> Document:
    """A document of the same words from a random generator: for indexes too large for Hypothesis to draw."""

    def some(among: tuple[Value, ...], most: int) -> tuple[Value, ...]:
        return tuple(rng.choice(among) for _ in range(rng.randint(0, most)))

    def text() -> str:
        return " ".join(rng.choice(rng.choice((WORDS, FEW))) for _ in range(rng.randint(0, 12)))

    first = rng.choice(DAYS)
    all_values: dict[str, tuple[Value, ...]] = {
        "group": some(GROUPS, 2),
        "tag": some(TAGS, 4),
        "author": some(AUTHORS, 2),
        "title": (text(),),
        "exact": tuple(text() for _ in range(rng.randint(0, 3))),
        "body": (text(), text()),
        "views": some(NUMBERS, 1),
        "cited": some(((first, first), (first, first + rng.randint(0, 400))), 1),
        "embedding": tuple(rng.choice((a_vector(rng), a_vector(rng), b"")) for _ in range(rng.randint(0, 4))),
    }
    some_values = {name: some_value for name, some_value in all_values.items() if rng.random() < 0.8}
    return Document(key, some_values, rng.choice(LANGUAGES))


@dataclass(frozen=True, slots=True)
class Drop:
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block of writes: into a new index or not, ended normally or by an exception."""

    changes: tuple[Document | Drop, ...]
    checkpoint: str | None
    rebuild: bool
    fails: bool


drops = st.one_of(
    st.builds(Drop, st.just("id"), st.sampled_from(KEYS)),
    st.builds(Drop, st.just("id"), st.sampled_from(KEYS)),
    st.builds(Drop, st.just("tag"), st.sampled_from(TAGS)),
    st.builds(Drop, st.just("group"), st.sampled_from(GROUPS)),
)
rarely = st.sampled_from((False,) * 7 + (True,))
changes = st.one_of(documents, documents, documents, documents, documents, drops)
checkpoints = st.one_of(st.none(), st.sampled_from(("1", "2", "3")))
never = st.just(value=False)
first_documents = st.lists(documents, min_size=9, max_size=12, unique_by=lambda document: document.key).map(tuple)
beginnings = st.builds(Block, first_documents, checkpoints, never, never)
blocks = st.builds(Block, st.lists(changes, min_size=1, max_size=6).map(tuple), checkpoints, rarely, rarely)
histories = st.tuples(beginnings, st.lists(blocks, max_size=4)).map(lambda parts: (parts[0], *parts[1]))


@st.composite
def typed_phrases(draw: st.DrawFn) -> Phrase:
    """A phrase as a user types it."""
    field, slop, weight = draw(st.sampled_from(TEXT_FIELDS)), draw(st.integers(0, 3)), draw(st.sampled_from(WEIGHTS))
    text = " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)))
    tokens = analyze(text, draw(st.sampled_from(LANGUAGES)), exact=field == "exact")
    return Phrase(field, tuple(t.term for t in tokens), tuple(t.position for t in tokens), slop, weight)


@st.composite
def phrases_of_few(draw: st.DrawFn) -> Phrase:
    """Two or three of the few words, or the same word twice, at any offsets."""
    several = st.lists(st.sampled_from(FEW), min_size=2, max_size=3).map(tuple)
    values = draw(st.one_of(several, several, st.sampled_from(FEW).map(lambda word: (word, word))))
    steps = draw(st.lists(st.sampled_from((1, 1, 1, 2, 0)), min_size=2, max_size=2))
    offsets = (0, steps[0], steps[0] + steps[1])[: len(values)]
    return Phrase("exact", values, offsets, draw(st.integers(0, 2)), draw(st.sampled_from(WEIGHTS)))


def _patterns(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A value with some of its characters replaced by wildcards."""
    return st.tuples(st.sampled_from(values), st.lists(st.sampled_from("*?..."), min_size=12, max_size=12)).map(
        lambda pair: "".join(
            sign if sign != "." else letter for letter, sign in zip(pair[0], pair[1] + ["."] * 20, strict=False)
        )
    )


def _resembling(fields: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[Query]:
    field, weight = st.sampled_from(fields), st.sampled_from(WEIGHTS)
    cut = st.tuples(st.sampled_from(values), st.integers(0, 5)).map(lambda pair: pair[0][: pair[1]])
    return st.one_of(
        st.builds(Prefix, field, cut, weight),
        st.builds(Wildcard, field, _patterns(values), weight),
        st.builds(Fuzzy, field, st.sampled_from(values), st.integers(0, 3), weight),
        st.builds(Term, field, st.sampled_from(values), weight),
    )


weighted_fields = st.lists(
    st.builds(WeightedField, st.sampled_from(TEXT_FIELDS), st.sampled_from((1.0, 0.1, 3.0))), max_size=3
).map(tuple)
terms = st.sampled_from((*TERMS, *FEW, *FEW))
terms_in_fields = st.builds(TermInFields, weighted_fields, terms, st.sampled_from(WEIGHTS))
leaves: st.SearchStrategy[Query] = st.one_of(
    terms_in_fields,
    st.builds(Term, st.sampled_from(TEXT_FIELDS), st.sampled_from(TERMS), st.sampled_from(WEIGHTS)),
    st.builds(Term, st.sampled_from(TEXT_FIELDS), st.sampled_from(TERMS), st.sampled_from(WEIGHTS)),
    typed_phrases(),
    phrases_of_few(),
    phrases_of_few(),
    st.builds(Fuzzy, st.just("exact"), st.sampled_from((*FEW, "agent", "aganets")), st.integers(0, 2)),
    _resembling(TEXT_FIELDS, TERMS),
    _resembling(("tag",), TAGS),
    _resembling(("author",), AUTHORS),
    st.builds(Range, st.just("cited"), st.none() | days, st.none() | days),
    st.builds(Range, st.just("views"), st.none() | st.sampled_from(NUMBERS), st.none() | st.sampled_from(NUMBERS)),
    st.builds(AnyOf, st.just("tag"), _some(TAGS)),
    st.builds(AnyOf, st.just("id"), _some(KEYS, 6)),
    st.sampled_from((Everything(), Nothing())),
)
queries: st.SearchStrategy[Query] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(Or, st.lists(parts, min_size=2, max_size=4).map(tuple)),
        st.builds(Or, st.lists(parts, max_size=4).map(tuple)),
        st.builds(And, st.tuples(parts, st.one_of(st.builds(Not, parts), parts))),
        st.builds(And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Not, parts),
    ),
    max_leaves=8,
)
names = st.sampled_from(("tag", "author", "date"))
groups = st.builds(AnyOf, st.just("group"), st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2).map(tuple))
scopes = st.one_of(st.just(Everything()), groups, groups, st.builds(Not, groups), queries)
filters = st.one_of(st.just(()), st.just(()), st.lists(st.builds(Filter, names, queries), max_size=2).map(tuple))
asked_first = st.builds(Or, st.lists(leaves, min_size=3, max_size=5).map(tuple))


def _facets(field: str, values: tuple[str, ...]) -> st.SearchStrategy[FacetRequest]:
    limit = st.one_of(st.none(), st.integers(0, 4), st.just(50))
    return st.builds(FacetRequest, st.just(field), st.none() | names, limit, _some(values, 2))


bounds = st.one_of(
    st.just(Bounds()),
    st.builds(Bounds, expansions=st.integers(0, 4)),
    st.builds(Bounds, window_documents=st.integers(0, 6), window_occurrences=st.integers(0, 40)),
)
window_terms = st.builds(TermInFields, weighted_fields, terms, st.sampled_from((1.0, 0.2, 3.0)))
window_fields = st.builds(WindowField, st.sampled_from(TEXT_FIELDS), st.lists(window_terms, max_size=4).map(tuple))
windows = st.builds(Windows, st.lists(window_fields, min_size=1, max_size=2).map(tuple))
plans = st.builds(
    Plan,
    st.one_of(asked_first, queries),
    scopes,
    filters,
    st.lists(
        st.one_of(
            _facets("tag", (*TAGS, "Rien", "rien")),
            _facets("author", (*AUTHORS, "personne")),
            _facets("group", GROUPS),
            _facets("cited", ("2014-11", "")),
        ),
        max_size=3,
    ).map(tuple),
    st.lists(
        st.builds(SortKey, st.sampled_from(("views", "cited", "author", "tag", "group", "id")), st.booleans()),
        max_size=2,
    ).map(tuple),
    st.booleans(),
    st.integers(0, 12),
    st.integers(0, 12),
    bounds,
    st.lists(windows, max_size=2).map(tuple),
)


components = st.sampled_from((0.0, 0.0, 1.0, -1.0, 0.5, 3.0, 1e-300, -1e300))
nearest_plans = st.builds(
    NearestPlan,
    st.just("embedding"),
    st.sampled_from(DIMENSIONS).flatmap(lambda size: st.tuples(*[components] * size)),
    scopes,
    filters,
    st.one_of(st.integers(0, 5), st.just(100)),
)
plan_lists = st.lists(st.one_of(plans, plans, plans, nearest_plans), min_size=1, max_size=5)
"""Searches of both kinds."""
