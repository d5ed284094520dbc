"""The stored form of a vector."""

import struct
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.vectors import MOST_DIMENSIONS, quantize, vectors_problem

components = st.floats(-1e38, 1e38)


@given(st.lists(components, min_size=1, max_size=20))
def test_a_quantized_vector_is_valid_and_close_to_the_given_one(vector: list[float]) -> None:
    value = quantize(vector)
    assert vectors_problem((value, b"")) is None
    scale, *numbers = struct.unpack(f"<f{len(vector)}b", value)
    largest = max(map(abs, vector))
    for number, component in zip(numbers, vector, strict=True):
        # Half a step, and what is below the smallest float32.
        assert abs(number * scale - component) <= largest / 253 + 1e-43


def test_a_quantized_vector_is_a_scale_and_a_byte_for_each_dimension() -> None:
    assert quantize((127.0, -127.0, 63.6, 0.2)) == struct.pack("<f4b", 1.0, 127, -127, 64, 0)
    assert quantize((0.0, -0.0)) == bytes(6)


@pytest.mark.parametrize("vector", [(), (nan,), (1.0, inf), (1e300,), (0.0,) * (MOST_DIMENSIONS + 1)], ids=str)
def test_a_vector_that_no_field_can_hold_is_refused(vector: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        quantize(vector)
