"""Runs of zeros and the values that end them, as Eyeriss compresses its DRAM traffic."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, expm1, log1p
from typing import ClassVar

import numpy as np

from accelsim.sparsity.contract import CannotEncodeError, Encoded
from accelsim.sparsity.zeros import Given, Structured, Uniform, Zeros


@dataclass(frozen=True, slots=True)
class RunLength:
    """Pairs of a run and a value: so many zeros, then the value.

    A run of more zeros than its bits can say is cut: a pair of the longest run and a value that is
    itself zero stands for ``2**run_bits`` zeros.  Zeros at the end are written so too.  With
    ``pack_bits``, as many pairs as fit stand in a word of that width, and what is left over in it
    counts as metadata; the last word of a stream is taken as the next stream's first.
    """

    run_bits: int = field(default=5, metadata={"meaning": "bits of a run of zeros"})
    pack_bits: int = field(
        default=0,
        metadata={"meaning": "width of words that hold whole pairs; 0: pairs follow each other",
                  "least": 0},
    )  # fmt: skip

    source: ClassVar[str] = (
        "Chen et al., JSSC 2017: 5-bit runs, 16-bit values, three pairs and a bit in 64 bits"
    )

    def encode(self, zeros: Zeros, words: int, value_bits: int, /) -> Encoded:
        """Return what ``words`` words take.

        Raises
        ------
        CannotEncodeError
            If zeros are structured, or no pair fits into a packed word.
        """
        pair = self.run_bits + value_bits
        if 0 < self.pack_bits < pair:
            raise CannotEncodeError(f"a pair of {pair} bits does not fit into {self.pack_bits}")
        if isinstance(zeros, Structured):
            raise CannotEncodeError(
                f"runs between {zeros.nonzeros} of {zeros.of} values are not known; state a "
                "density or a pattern"
            )
        pairs = self._given(zeros) if isinstance(zeros, Given) else self._expected(zeros, words)
        room = self.pack_bits / (self.pack_bits // pair) if self.pack_bits else pair
        return Encoded(pairs, pairs * (room - value_bits))

    def _given(self, zeros: Given) -> float:
        flat = zeros.nonzero.ravel()
        at = np.flatnonzero(flat)
        runs = np.diff(at, prepend=-1) - 1
        after = len(flat) - 1 - (int(at[-1]) if len(at) else -1)
        longest = min(1 << self.run_bits, len(flat) + 1)
        return float((runs // longest + 1).sum() + -(-after // longest))

    def _expected(self, zeros: Uniform, words: int) -> float:
        """Return the expected pairs of ``words`` independent words.

        A value makes a pair.  A run cut at ``k * longest`` zeros makes one at each word that has
        so many zeros up to itself, and a value or the beginning before them.  What is left at the
        end makes one unless it is nothing.
        """
        longest, density = 1 << self.run_bits, zeros.density
        zero = 1.0 - density
        if zero == 0.0:
            return float(words)
        if density == 0.0:
            return float(-(-words // longest))
        cuts = words // longest
        if cuts == 0:
            return words * density + zero
        # ``odds`` is the sum of x^k over k from 1 to cuts, where x = zero^longest = exp(-decay);
        # ``after`` is that of density * longest * (cuts - k) * x^k.  Neither needs 1 - x, which
        # has no digits left where x is nearly 1, and ``share`` is at most 1 however small density.
        decay = -longest * log1p(-density)
        odds = exp(-decay) * expm1(-decay * cuts) / expm1(-decay)
        share = density * longest * exp(-decay) / -expm1(-decay)
        after = share * (cuts - odds) - density * longest * odds
        left = words - cuts * longest
        cut = odds * (1.0 + density * left) + after
        whole = density * odds + (0.0 if left else zero * exp(-decay * cuts))
        return float(words * density + cut + (zero - whole))
