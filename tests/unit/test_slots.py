"""Slow work has few places, and nobody waits for one."""

import pytest

from kb.slots import Slots, SlotsTaken


def test_slots_are_few_in_all_and_for_each_caller() -> None:
    slots = Slots(total=3, each=2)
    with slots.slot("claire"), slots.slot("claire"):
        with pytest.raises(SlotsTaken) as taken, slots.slot("claire"):
            raise AssertionError
        assert taken.value.own
        with slots.slot("luc"):
            with pytest.raises(SlotsTaken) as taken, slots.slot("luc"):
                raise AssertionError
            assert not taken.value.own
        with slots.slot("anne"):
            pass
    assert not slots._held


def test_a_slot_is_given_back_after_an_error() -> None:
    slots = Slots(total=1, each=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), slots.slot("claire"):
            raise ValueError("x")
    with slots.slot("luc"):
        pass
