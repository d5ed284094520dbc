"""The font sizes of a tag cloud."""

from hypothesis import given
from hypothesis import strategies as st

from kb.web.pages.tags.sorted_tag_list import natural_sort_key
from kb.web.pages.tags.tags import STEPS, cloud_steps


@given(st.lists(st.integers(1, 10**6), max_size=50))
def test_a_tag_borne_more_often_is_never_smaller(counts: list[int]) -> None:
    steps = cloud_steps(counts)
    assert len(steps) == len(counts)
    assert all(1 <= step <= STEPS for step in steps)
    pairs = sorted(zip(counts, steps, strict=True))
    assert [step for _, step in pairs] == sorted(steps)


def test_the_sizes_go_from_the_smallest_to_the_largest() -> None:
    assert cloud_steps([1, 2, 4, 8, 16]) == (1, 2, 3, 4, 5)
    assert cloud_steps([1, 1000]) == (1, STEPS)
    assert cloud_steps([7, 7]) == (2, 2)


def test_numbers_in_tags_are_sorted_by_their_value() -> None:
    tags = ["1001", "plan 10", "0", "102", "plan 9", "Plan 2024", "eau"]
    assert sorted(tags, key=natural_sort_key) == ["0", "102", "1001", "eau", "plan 9", "plan 10", "Plan 2024"]
