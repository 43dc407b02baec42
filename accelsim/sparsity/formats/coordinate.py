"""The values that are not zero, each with its coordinate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from accelsim.sparsity.contract import Encoded
from accelsim.sparsity.zeros import Given, Zeros


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Each value that is not zero stands beside its number in the tensor, or in its block.

    With fewer bits than number all words, words are numbered in blocks of ``2**index_bits``: before
    each block stands how many of its words are not zero, from 0 to all, in ``index_bits + 1`` bits,
    which tells in which block a value lies.
    """

    index_bits: int = field(
        default=0,
        metadata={"meaning": "bits of a coordinate, in blocks of as many words as it numbers; "
                             "0: as many as number the tensor's words",
                  "least": 0},
    )  # fmt: skip

    source: ClassVar[str] = (
        "by its definition: a value and a coordinate a non-zero word; a count a block, if several"
    )

    def encode(self, zeros: Zeros, words: int, _value_bits: int, /) -> Encoded:
        """Return what ``words`` words take."""
        values = float(zeros.nonzero.sum() if isinstance(zeros, Given) else words * zeros.density)
        needed = max(1, (words - 1).bit_length())
        if not 0 < self.index_bits < needed:
            return Encoded(values, values * (self.index_bits or needed))
        blocks = -(-words // (1 << self.index_bits))
        return Encoded(values, values * self.index_bits + blocks * (self.index_bits + 1))
