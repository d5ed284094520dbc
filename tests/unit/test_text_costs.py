"""Every expression and function that reads a user's text takes linear time, even for hostile texts.

The slowest texts of 1,000 characters are tried with 10,000 and 100,000 characters, the slowest with 1,000,000 by
`scripts/test-thorough`: time may not grow faster than length, and 100,000 characters take 40 ms at most. A text that a
limit refuses costs nothing.

Only the time of this thread is measured, the best of several tries, relative to that of a reference loop: the load of
the machine has no effect.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import pytest
from starlette.exceptions import HTTPException

from kb.errors import FlorilegeError
from tests.checkers.text_calls import BOUNDED, CALLS, EXEMPT, MADE_LATE, SLOWER, call_of, is_step
from tests.checkers.text_readers import Expression, expressions, functions, unknown_expressions
from tests.fixtures.hostile_shapes import Shape, general_shapes, near_misses
from tests.support.cpu_time import collector_off, cpu_seconds, slowness
from tests.support.thoroughness import IS_THOROUGH

SCREENED = 1_000
SIZES = 10_000, 100_000
LONGEST = 1_000_000
MOST_SECONDS = 0.04
"""For 100,000 characters."""
MOST_GROWTH = 60
"""Maximum growth of the time for a text ten times as long: 10 is linear, 40 allows for memory allocation, 100 is
quadratic.
"""
NOISE = 0.004
"""Seconds below which growth is noise."""
HOPELESS = 1.0
"""Seconds for SCREENED characters after which no longer text is tried."""
TRIES = 5
WORST = 2
"""The number of slowest texts that are tried with greater lengths."""
REFUSALS = (FlorilegeError, HTTPException, ValueError)

EXPRESSIONS = {expression.name: expression for expression in expressions()}
FUNCTIONS = {name: function for name, function in functions().items() if not is_step(function)}


@pytest.fixture(autouse=True)
def _no_collections() -> Iterator[None]:
    with collector_off():
        yield


def cost(read: Callable[[str], object], text: str) -> float:
    """The seconds that reading a text takes; refusing it counts too."""

    def work() -> None:
        try:
            answer = read(text)
            if isinstance(answer, Iterator):
                deque(answer, maxlen=0)
        except REFUSALS:
            pass

    return cpu_seconds(work)


def check_cost(read: Callable[[str], object], shapes: dict[str, Shape], most: float) -> None:
    """Fail if one of the slowest texts takes too long, or longer than its length explains."""
    screened: dict[str, float] = {}
    # The first call loads data, which is not a cost of the text: a word of no language loads dictionaries.
    cost(read, "ßßßß")
    for name, shape in shapes.items():
        screened[name] = cost(read, shape(SCREENED))
        if screened[name] > HOPELESS:
            assert screened[name] < HOPELESS * slowness(), f"{name}: {screened[name]:.1f} s for {SCREENED:,} characters"
    slowest = sorted(screened, key=screened.__getitem__, reverse=True)[: WORST * 2]
    again = {name: min(cost(read, shapes[name](SCREENED)), screened[name]) for name in slowest}
    for place, name in enumerate(sorted(slowest, key=again.__getitem__, reverse=True)[:WORST]):
        faults: list[str] = []
        sizes = (*SIZES, LONGEST) if IS_THOROUGH and place == 0 else SIZES
        while len(faults) < TRIES and (fault := fault_of(read, shapes[name], sizes, most, len(faults))):
            faults.append(fault)
        assert len(faults) < TRIES, f"{name}: {faults[-1]}"


def fault_of(read: Callable[[str], object], shape: Shape, sizes: Iterable[int], most: float, again: int) -> str:
    """The problem with the times for a kind of text, in a sentence; empty if there is none."""
    before = 0.0
    for size in sizes:
        # Another length each time, because some functions cache their results.
        seconds = cost(read, shape(size - 40 * again))
        if size <= 100_000 and seconds > most and seconds > most * slowness():
            return f"{size:,} characters take {seconds * 1000:.0f} ms"
        if before and seconds > before * MOST_GROWTH and seconds > NOISE * 2 * slowness():
            return f"{size:,} characters take {seconds * 1000:.0f} ms, a tenth of them {before * 1000:.1f} ms"
        before = max(seconds, NOISE / MOST_GROWTH)
    return ""


def reading(expression: Expression, method: str) -> Callable[[str], object]:
    """A function that calls one method of an expression with a text."""
    use = getattr(expression.pattern, method)
    replacing = method == "sub"
    if isinstance(expression.pattern.pattern, bytes):
        return lambda text: use(*([b""] if replacing else []), text.encode("utf-8", "surrogatepass"))
    return lambda text: use(*([""] if replacing else []), text)


def within(read: Callable[[str], object], bound: int) -> Callable[[str], object]:
    """The function, for texts up to a limit that the code checks before."""
    return lambda text: read(text[:bound])


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_costs_no_more_than_its_text_is_long(name: str) -> None:
    expression = EXPRESSIONS[name]
    shapes = {**general_shapes(), **near_misses(expression.pattern.pattern, expression.pattern.flags)}
    bound = BOUNDED.get(name.partition("[")[0])
    for method in sorted(expression.methods):
        read = reading(expression, method)
        check_cost(within(read, bound[0]) if bound else read, shapes, MOST_SECONDS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - EXEMPT.keys()))
def test_a_function_costs_no_more_than_its_text_is_long(name: str) -> None:
    check_cost(
        call_of(name, FUNCTIONS[name]), shapes_for(FUNCTIONS[name].__module__), SLOWER.get(name, (MOST_SECONDS,))[0]
    )


def shapes_for(module: str) -> dict[str, Shape]:
    """General texts, and some near misses of the expressions of a module."""
    ours = (expression for name, expression in EXPRESSIONS.items() if name.startswith(f"{module}."))
    missed = {
        name: shape
        for expression in ours
        for name, shape in near_misses(expression.pattern.pattern, expression.pattern.flags).items()
    }
    return {**general_shapes(), **dict(list(missed.items())[:: max(1, len(missed) // 40)])}


def test_every_expression_is_in_a_module_or_listed() -> None:
    assert set(unknown_expressions()) <= set(MADE_LATE)


def test_every_name_in_the_lists_exists() -> None:
    names = {name.partition("[")[0] for name in EXPRESSIONS}
    assert (
        named(BOUNDED, {*names, *FUNCTIONS})
        == named(EXEMPT, FUNCTIONS)
        == named(CALLS, FUNCTIONS)
        == named(SLOWER, FUNCTIONS)
        == []
    )
    assert EXEMPT.keys().isdisjoint(CALLS)


def named(names: Iterable[str], known_names: Iterable[str]) -> list[str]:
    """The names that do not exist."""
    return sorted(set(names) - set(known_names))


def test_a_careless_expression_is_found() -> None:
    careless = Expression("careless", re.compile(r"\s*,\s+"), frozenset({"split"}))
    # Of the whole 100,000 spaces, this expression would take many seconds.
    with pytest.raises(AssertionError, match="characters take"):
        check_cost(within(reading(careless, "split"), 20_000), general_shapes(), MOST_SECONDS)
