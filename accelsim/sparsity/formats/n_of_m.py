"""Blocks of ``of`` words, of which ``nonzeros`` have room: structured sparsity as 2 of 4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from accelsim.sparsity.contract import CannotEncodeError, Encoded, NoSuchFormatError
from accelsim.sparsity.zeros import Given, Structured, Uniform, Zeros


@dataclass(frozen=True, slots=True)
class NOfM:
    """Each block holds ``nonzeros`` values, needed or not, each with its position in the block."""

    nonzeros: int = field(metadata={"meaning": "values that a block holds"})
    of: int = field(metadata={"meaning": "words of a block", "least": 2})

    source: ClassVar[str] = "by its definition; 2 of 4 as in NVIDIA's sparse tensor cores"

    def __post_init__(self) -> None:
        if self.nonzeros > self.of:
            what = f"format n_of_m holds {self.nonzeros} values of {self.of} words"
            raise NoSuchFormatError(what, "'nonzeros' of at most 'of'")

    def encode(self, zeros: Zeros, words: int, _value_bits: int, /) -> Encoded:
        """Return what ``words`` words take.

        Raises
        ------
        CannotEncodeError
            If some block may have more values than it has room for.
        """
        if isinstance(zeros, Uniform) and zeros.density > 0.0 and self.nonzeros < self.of:
            raise CannotEncodeError(
                f"zeros anywhere leave blocks of {self.of} with more than {self.nonzeros} values; "
                f"state `density: {{nonzeros: {self.nonzeros}, of: {self.of}}}` or a pattern"
            )
        if isinstance(zeros, Structured) and not self._holds(zeros):
            raise CannotEncodeError(
                f"blocks of {self.of} may have more than {self.nonzeros} values where "
                f"{zeros.nonzeros} of {zeros.of} are not zero"
            )
        blocks = -(-words // self.of)
        if isinstance(zeros, Given):
            flat = np.zeros(blocks * self.of, dtype=np.int64)
            flat[:words] = zeros.nonzero.ravel()
            most = int(flat.reshape(-1, self.of).sum(axis=1).max(initial=0))
            if most > self.nonzeros:
                raise CannotEncodeError(
                    f"the pattern has a block of {self.of} words with {most} values"
                )
        values = float(blocks * self.nonzeros)
        return Encoded(values, values * (self.of - 1).bit_length())

    def _holds(self, zeros: Structured) -> bool:
        """Tell whether every block of ours is made of whole blocks of theirs, and has room."""
        whole = self.of % zeros.of == 0 and self.nonzeros * zeros.of >= zeros.nonzeros * self.of
        return whole or self.nonzeros == self.of
