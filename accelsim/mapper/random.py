"""A small random generator whose whole state is four numbers in an array.

Marsaglia's xorshift128 ("Xorshift RNGs", J. Stat. Softw. 8(14), 2003), in 64-bit integers that
never exceed 32 bits after masking, so that compiled and interpreted runs give the same numbers.
"""

from __future__ import annotations

import hashlib

import numpy as np

from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints

_MASK = 0xFFFFFFFF


def seeded(*seed: int | str) -> Ints:
    """Return a generator's state, ``int64[4]``, for a seed.

    >>> len(seeded(0)), bool((seeded(0) == seeded(1)).any())
    (4, False)
    """
    digest = hashlib.sha256(repr(seed).encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4").astype(np.int64)
    words[0] |= 1  # the one state that xorshift cannot leave is all zeros
    return words


@kernel
def next_word(state: Ints) -> int:
    """Advance; return an integer in 0..2^32-1."""
    t: int = state[0]
    t ^= (t << 11) & _MASK
    t ^= t >> 8
    state[0] = state[1]
    state[1] = state[2]
    state[2] = state[3]
    w: int = state[3]
    w ^= (w >> 19) ^ t
    state[3] = w
    return w


@kernel
def below(state: Ints, n: int) -> int:
    """Return an integer in 0..n-1, for n up to 2^31 (uneven by at most n / 2^32)."""
    return (next_word(state) * n) >> 32


@kernel
def fraction(state: Ints) -> float:
    """Return a float in 0 <= x < 1."""
    return next_word(state) / 4294967296.0
