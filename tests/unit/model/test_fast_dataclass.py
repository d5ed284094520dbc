"""Frozen dataclasses that are made quickly are what they were."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from typing import Any

import pytest

from kb.model.fast_dataclass import fast_dataclass


def a_class() -> Any:
    """A class with each kind of field, anew each time."""

    @dataclass(frozen=True, slots=True)
    class Page:
        title: str
        views: int = 0
        tags: tuple[str, ...] = ("à lire",)
        notes: list[str] = field(default_factory=list)
        kept: dict[str, str] = field(default_factory=dict, init=False, compare=False)
        shelf: str = field(default="A", init=False)

    return Page


Page, Slow = fast_dataclass(a_class()), a_class()


@fast_dataclass
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@pytest.mark.parametrize(
    ("given", "named"),
    [(("Un",), {}), (("Un", 3), {}), ((), {"title": "Un", "notes": ["a"]}), (("Un",), {"tags": (), "views": 1})],
)
def test_it_holds_what_the_other_holds(given: tuple[object, ...], named: dict[str, object]) -> None:
    quick, slow = Page(*given, **named), Slow(*given, **named)
    assert asdict(quick) == asdict(slow)
    assert repr(quick) == repr(slow)
    assert quick == Page(*given, **named)
    assert type(quick) is Page


def test_what_is_made_when_nothing_is_given_is_ones_own() -> None:
    one, other = Page("Un"), Page("Deux")
    one.notes.append("seul")
    one.kept["a"] = "b"
    assert (other.notes, other.kept) == ([], {})


def test_nothing_is_written_to_it_afterwards() -> None:
    page = Page("Un")
    with pytest.raises(FrozenInstanceError):
        page.title = "Deux"
    with pytest.raises(FrozenInstanceError):
        del page.title
    # As `dataclass` with slots has it before Python 3.12 or since.
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        page.other = 1


def test_it_is_compared_hashed_replaced_copied_and_kept_as_before() -> None:
    point = Point(1)
    assert hash(point) == hash(Point(1, 2))
    assert point != Point(1, 3)
    assert replace(point, y=3) == Point(1, 3)
    assert pickle.loads(pickle.dumps(point)) == copy.deepcopy(point) == point


def test_its_parameters_are_those_of_its_fields() -> None:
    assert list(inspect.signature(Page).parameters) == list(inspect.signature(Slow).parameters)
    for given in ((), (1, 2, 3)):
        with pytest.raises(TypeError):
            Point(*given)
    with pytest.raises(TypeError):
        Point(1, z=3)  # type: ignore[call-arg]


def test_what_it_would_change_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class After:
        x: int

        def __post_init__(self) -> None:
            pass

    @dataclass(frozen=True, slots=True)
    class Named:
        x: int = field(kw_only=True)

    @dataclass(frozen=True)
    class Open:
        x: int

    @dataclass(frozen=True, slots=True)
    class Child(Point):
        z: int = 0

    for one in (After, Named, Open, Child):
        with pytest.raises(TypeError):
            fast_dataclass(one)
