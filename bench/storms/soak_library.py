"""A small library with invariants, and searches that check them, for `bench/storms/soak.py`.

Documents change all the time, but every commit leaves the same number of documents, the same number with each word, one
version of each, and `TOKENS` of them with the token: a commit takes it from one and gives it to another.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from math import hypot
from random import Random
from typing import Any

from index import (
    And,
    AnyOf,
    Document,
    Engine,
    Everything,
    FacetRequest,
    Field,
    Filter,
    Hits,
    Kind,
    NearestPlan,
    Not,
    Or,
    Phrase,
    Plan,
    Prefix,
    Query,
    Range,
    Schema,
    SortKey,
    Term,
    quantize,
)

SCHEMA = Schema(
    key="id",
    fields=(
        Field("id", Kind.KEYWORD),
        Field("group", Kind.KEYWORD),
        Field("class", Kind.KEYWORD),
        Field("tag", Kind.KEYWORD, folded=True),
        Field("state", Kind.KEYWORD),
        Field("text", Kind.TEXT),
        Field("exact", Kind.TEXT, exact=True),
        Field("order", Kind.NUMBER),
        Field("version", Kind.NUMBER),
        Field("cited", Kind.PERIOD),
        Field("embedding", Kind.VECTOR),
    ),
)
TOKENS = 20
DIMENSIONS = 32
GROUPS, CLASSES, MONTHS, PAIRS = 3, 7, 24, 40
_FIRST_DAY = 16_000
_LETTERS = "bcdfglmnprstv"
WORDS = tuple(f"{letter}a{two}i{three}o" for letter in _LETTERS for two in _LETTERS for three in "lmnr")
"""Some hundreds of words; each text has a few."""
STEPS = tuple(f"pas{letter}e{two}" for letter in _LETTERS for two in "lmnr")[:PAIRS]
"""Words that always follow one another in the same pairs."""


class Wrong(Exception):
    """An answer that is not true of any commit."""


def day_of(number: int) -> int:
    """A day around the middle of a month that depends on the number of the document."""
    return _FIRST_DAY + 30 * (number % MONTHS)


def vector_of(number: int) -> tuple[float, ...]:
    """The vector of a document in all its versions, of length 1: no two documents have nearly the same."""
    rng = Random(number)
    vector = [rng.gauss(0, 1) for _ in range(DIMENSIONS)]
    return tuple(component / hypot(*vector) for component in vector)


def document(number: int, version: int, *, token: bool) -> Document:
    """A version of a document."""
    rng = Random(number * 1_000_003 + version)
    text = " ".join(rng.choices(WORDS, k=rng.randint(10, 40)))
    step = number % PAIRS
    return Document(
        f"k{number:06}",
        {
            "group": (f"g{number % GROUPS}",),
            "class": (f"c{number % CLASSES}",),
            "tag": (f"Version {version % 5}", *(("Jeton",) if token else ())),
            "state": (f"{number}:{version}",),
            "text": (text,),
            "exact": (f"toujours {text}", f"{STEPS[step]} {STEPS[(step + 1) % PAIRS]}"),
            "order": (number,),
            "version": (version,),
            "cited": ((day_of(number), day_of(number)),),
            "embedding": (b"",) * (version % 3) + (quantize(vector_of(number)),),
        },
        "fr",
    )


class World:
    """The invariants of every commit with `size` documents. `least` is the version of each that a search must find."""

    def __init__(self, size: int, least: Sequence[int]) -> None:
        self.size = size
        self.least = least
        numbers = range(size)
        self.classes = sorted(
            Counter(f"c{number % CLASSES}" for number in numbers).items(), key=lambda pair: (-pair[1], pair)
        )
        self.groups = Counter(number % GROUPS for number in numbers)
        self.pairs = Counter(number % PAIRS for number in numbers)
        self.keys = [f"k{number:06}" for number in numbers]


Question = Callable[[Engine, World, Random], None]
CLASS = FacetRequest("class", limit=None)


def ask(engine: Engine, query: Query, within: Query = Everything(), **rest: Any) -> Hits:  # noqa: B008 - a value
    return engine.search(Plan(query, within, **rest))


def must(holds: bool, condition: str, *evidence: object) -> None:
    if not holds:
        raise Wrong(f"{condition}: {evidence}")


def _page(hits: Hits, size: int) -> None:
    keys = [hit.key for hit in hits.page]
    must(len(set(keys)) == len(keys) == min(size, hits.total), "a page holds each hit once", len(keys), hits.total)
    scores = [hit.score for hit in hits.page]
    must(scores == sorted(scores, reverse=True), "scores fall", scores)


def everything(engine: Engine, world: World, _chance: Random) -> None:
    facets = (CLASS, FacetRequest("cited"), FacetRequest("tag", limit=None), FacetRequest("state", limit=5))
    hits = ask(engine, Everything(), facets=facets, sort=(SortKey("version", descending=True),))
    _page(hits, 20)
    classes, months, tags, states = hits.facets
    must(hits.total == world.size, "all are found", hits.total)
    must(list(classes.counts) == world.classes, "classes never change", classes)
    must(sum(count for _, count in months.counts) == world.size, "each has a month", months)
    counts = dict(tags.counts)
    must(counts.pop("Jeton", 0) == TOKENS, "tokens are neither made nor lost", tags)
    must(sum(counts.values()) == world.size, "each has one version", tags)
    must([count for _, count in states.counts] == [1] * 5, "each state is one document's", states)


def of_groups(engine: Engine, world: World, rng: Random) -> None:
    chosen = rng.sample(range(GROUPS), rng.choice((1, 2)))
    within = AnyOf("group", tuple(f"g{number}" for number in chosen))
    query = rng.choice((Term("exact", "toujours"), Prefix("exact", "toujo"), Everything()))
    hits = ask(engine, query, within, facets=(CLASS, FacetRequest("group")), size=10)
    expected_count = sum(world.groups[number] for number in chosen)
    _page(hits, 10)
    must(hits.total == expected_count, "a scope is as large as ever", hits.total, expected_count)
    must(sum(count for _, count in hits.facets[0].counts) == expected_count, "its classes are all", hits.facets[0])
    must(len(hits.facets[1].counts) == len(chosen), "of others nothing is counted", hits.facets[1])


def filtered(engine: Engine, world: World, rng: Random) -> None:
    number = rng.randrange(CLASSES)
    of_class = Filter("class", AnyOf("class", (f"c{number}",)))
    months = Filter("date", Range("cited", day_of(0), day_of(rng.randrange(MONTHS))))
    hits = ask(
        engine,
        Term("exact", "toujours"),
        filters=(of_class, months),
        facets=(FacetRequest("class", without="class", limit=None), FacetRequest("cited", without="date")),
    )
    _page(hits, 20)
    classes, dates = hits.facets
    must(
        dict(classes.counts).get(f"c{number}", 0) == hits.total,
        "a count is the total of choosing it",
        classes,
        hits.total,
    )
    expected_count = dict(world.classes)[f"c{number}"]
    must(
        sum(count for _, count in dates.counts) == expected_count, "a class is as large as ever", dates, expected_count
    )


def phrase(engine: Engine, world: World, rng: Random) -> None:
    step = rng.randrange(PAIRS)
    words = (STEPS[step], STEPS[(step + 1) % PAIRS])
    hits = ask(engine, Phrase("exact", words, (0, 1)), facets=(CLASS,), size=7)
    _page(hits, 7)
    must(hits.total == world.pairs[step], "a pair stands where it always did", words, hits.total)
    backwards = ask(engine, Phrase("exact", words[::-1], (0, 1)), size=1)
    must(backwards.total == 0, "a phrase has an order", backwards)


def token(engine: Engine, _world: World, rng: Random) -> None:
    sort = (SortKey("version", descending=rng.random() < 0.5), SortKey("order"))
    hits = ask(engine, AnyOf("tag", ("JETON",)), facets=(FacetRequest("tag"),), sort=sort, size=TOKENS + 5)
    must(hits.total == len({hit.key for hit in hits.page}) == TOKENS, "tokens are neither made nor lost", hits)
    must(dict(hits.facets[0].counts)["Jeton"] == TOKENS, "and they are counted", hits.facets)


def check_one_write(engine: Engine, world: World, rng: Random) -> None:
    number = rng.randrange(world.size)
    # Commits before the start of the search must be visible.
    least = world.least[number]
    hits = ask(engine, AnyOf("id", (world.keys[number],)), facets=(FacetRequest("state"),))
    must(hits.total == 1 and hits.page[0].key == world.keys[number], "a document is there once", number, hits)
    ((state, count),) = hits.facets[0].counts
    must(count == 1 and int(state.partition(":")[2]) >= least, "a commit is seen at once", state, least)


def deep_page(engine: Engine, world: World, rng: Random) -> None:
    start, down = rng.randrange(world.size), rng.random() < 0.5
    hits = ask(engine, Term("exact", "toujours"), sort=(SortKey("order", down),), by_score=False, start=start, size=15)
    expected_keys = (world.keys[::-1] if down else world.keys)[start : start + 15]
    must([hit.key for hit in hits.page] == expected_keys, "the order is what it always was", start, down, hits.page)


def words(engine: Engine, world: World, rng: Random) -> None:
    first, second = (Term("text", word) for word in rng.choices(WORDS, k=2))
    result = ask(engine, Or((first, second)), facets=(CLASS,))
    _page(result, 20)
    must(sum(count for _, count in result.facets[0].counts) == result.total, "classes add up", result)
    either = ask(engine, Or((And((first, second)), Not(And((first, second))))), size=0)
    must(either.total == world.size, "each holds both words or does not", either.total)
    neither = ask(engine, And((first, Not(first))), size=0)
    must(neither.total == 0, "none holds a word and does not", neither.total)


def nearest(engine: Engine, world: World, rng: Random) -> None:
    number = rng.randrange(world.size)
    group = AnyOf("group", (f"g{number % GROUPS}",))
    within, filters = rng.choice(((Everything(), ()), (group, ()), (Everything(), (Filter("group", group),))))
    hits = engine.nearest(NearestPlan("embedding", vector_of(number), within, filters, limit=5))
    keys = [hit.key for hit in hits]
    must(len(set(keys)) == 5 and keys[0] == world.keys[number], "a vector finds its document", number, hits)
    must(hits[0].similarity > 0.99 > hits[1].similarity, "no other one is as near", number, hits)
    if (within, filters) != (Everything(), ()):
        wrong = [key for key in keys if world.keys.index(key) % GROUPS != number % GROUPS]
        must(not wrong, "only documents of the group are found", number, hits)


def all_entries(engine: Engine, world: World, _chance: Random) -> None:
    keys = sorted(key for key, _ in engine.entries())
    must(keys == world.keys, "each document is there once", len(keys))


QUESTIONS: tuple[Question, ...] = (
    everything,
    of_groups,
    filtered,
    phrase,
    token,
    check_one_write,
    deep_page,
    words,
    nearest,
)
RARE: tuple[Question, ...] = (all_entries,)


def plans(rng: Random, number: int) -> list[Plan]:
    """Random searches for the comparison of engines."""
    plans_made = []
    for _ in range(number):
        first, second = (Term("text", word) for word in rng.choices(WORDS, k=2))
        step = rng.randrange(PAIRS)
        query = rng.choice(
            (
                first,
                Or((first, second)),
                And((first, second)),
                And((first, Not(second))),
                Prefix("text", first.value[:2]),
                Phrase("exact", (STEPS[step], STEPS[(step + 1) % PAIRS]), (0, 1)),
                AnyOf("tag", ("jeton",)),
                Everything(),
            )
        )
        within = rng.choice((Everything(), AnyOf("group", (f"g{rng.randrange(GROUPS)}",))))
        facets = (CLASS, FacetRequest("tag"), FacetRequest("cited"), FacetRequest("state", limit=10))
        sort = rng.choice(((), (SortKey("version", descending=True),), (SortKey("state"),)))
        plans_made.append(Plan(query, within, facets=facets, sort=sort, by_score=rng.random() < 0.5, size=10_000))
    return plans_made


def same(hits: Hits, expected: Hits) -> bool:
    """Whether two answers are equal; sums of the same scores may differ in their last digit."""
    scores = {hit.key: hit.score for hit in expected.page}
    return (
        (hits.total, hits.facets) == (expected.total, expected.facets)
        and {hit.key for hit in hits.page} == set(scores)
        and all(abs(hit.score - scores[hit.key]) < 1e-9 for hit in hits.page)
    )
