"""The bit sets of rule v against Python's integers, which are bit sets of any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.counter.window import count_bits, drop_shifted, spread_bits

WORDS = 12


def marks(bits: int) -> np.ndarray:
    return np.frombuffer(bits.to_bytes(8 * WORDS, "little"), dtype="<u8").copy()


def as_integer(array: np.ndarray) -> int:
    return int.from_bytes(array.astype("<u8").tobytes(), "little")


@pytest.mark.plain
@given(st.integers(1, 2**150 - 1), st.integers(1, 5), st.integers(1, 140))
def test_copies_unite(bits: int, bound: int, distance: int) -> None:
    array = marks(bits)
    length = spread_bits(array, bits.bit_length(), bound, distance)
    united = 0
    for copy in range(bound):
        united |= bits << copy * distance
    assert as_integer(array) == united
    assert length == bits.bit_length() + (bound - 1) * distance
    assert count_bits(array, length) == united.bit_count()


@pytest.mark.plain
@given(st.integers(1, 2**700 - 1), st.data())
def test_what_was_held_before_is_dropped(bits: int, data: st.DataObject) -> None:
    shift = data.draw(st.integers(1, max(1, bits.bit_length() - 1)))
    array = marks(bits)
    drop_shifted(array, bits.bit_length(), shift)
    assert as_integer(array) == bits & ~(bits >> shift)
