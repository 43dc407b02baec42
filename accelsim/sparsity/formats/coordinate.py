"""The values that are not zero, each with its coordinate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from accelsim.sparsity.contract import Encoded
from accelsim.sparsity.zeros import Given, Zeros


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Each value that is not zero stands beside its number in the tensor."""

    index_bits: int = field(
        default=0,
        metadata={"meaning": "bits of a coordinate; 0: as many as number the tensor's words",
                  "least": 0},
    )  # fmt: skip

    source: ClassVar[str] = "by its definition: a value and a coordinate a non-zero word"

    def encode(self, zeros: Zeros, words: int, _value_bits: int, /) -> Encoded:
        """Return what ``words`` words take."""
        values = float(zeros.nonzero.sum() if isinstance(zeros, Given) else words * zeros.density)
        return Encoded(values, values * (self.index_bits or max(1, (words - 1).bit_length())))
