"""Slow work has few slots, and one caller never gets all of them."""

from threading import Event, Thread

import pytest

from kb.slow_work_slots import Slots, SlotsTaken


def test_slots_are_few_in_all_and_for_each_caller() -> None:
    slots = Slots(total=3, each=2)
    with slots.slot("claire"), slots.slot("claire"):
        with pytest.raises(SlotsTaken) as error, slots.slot("claire"):
            raise AssertionError
        assert error.value.own
        with slots.slot("luc"):
            with pytest.raises(SlotsTaken) as error, slots.slot("luc"):
                raise AssertionError
            assert not error.value.own
        with slots.slot("anne"):
            pass
    assert not slots._slots_in_use


def test_a_slot_is_given_back_after_an_error() -> None:
    slots = Slots(total=1, each=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), slots.slot("claire"):
            raise ValueError("x")
    with slots.slot("luc"):
        pass


def test_a_caller_waits_for_a_slot_of_their_own_while_others_get_one() -> None:
    slots, has_begun = Slots(total=2, each=1), Event()

    def second() -> None:
        with slots.slot("claire", wait=60):
            has_begun.set()

    with slots.slot("claire"):
        thread = Thread(target=second)
        thread.start()
        with slots.slot("luc", wait=60):
            assert not has_begun.is_set()
            with pytest.raises(SlotsTaken), slots.slot("anne", wait=0.01):
                raise AssertionError
    assert has_begun.wait(60)
    thread.join(60)
    assert not slots._slots_in_use


def test_large_work_leaves_slots_to_small_work() -> None:
    slots = Slots(total=3, each=1, for_small=1)
    with slots.slot("claire"), slots.slot("luc"):
        with pytest.raises(SlotsTaken), slots.slot("anne"):
            raise AssertionError
        with slots.slot("anne", is_small=True):
            with pytest.raises(SlotsTaken) as error, slots.slot("paul", is_small=True):
                raise AssertionError
            assert not error.value.own
        with pytest.raises(SlotsTaken) as error, slots.slot("luc", is_small=True):
            raise AssertionError
        assert error.value.own
    with slots.slot("claire", is_small=True), slots.slot("luc", is_small=True), slots.slot("anne"):
        pass
    assert not slots._slots_in_use
    assert not slots._large
