"""A bit for every word, and the values that are not zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from accelsim.sparsity.contract import Encoded
from accelsim.sparsity.zeros import Given, Zeros


@dataclass(frozen=True, slots=True)
class Bitmask:
    """One bit for each word says whether its value follows."""

    source: ClassVar[str] = "by its definition: a bit a word, and a value a non-zero word"

    def encode(self, zeros: Zeros, words: int, _value_bits: int, /) -> Encoded:
        """Return what ``words`` words take."""
        values = zeros.nonzero.sum() if isinstance(zeros, Given) else words * zeros.density
        return Encoded(float(values), float(words))
