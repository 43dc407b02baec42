"""What a compressed format is asked, what it answers, and its one verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from accelsim.sparsity.zeros import Zeros


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a stretch of words takes in a format, or is expected to take.

    Attributes
    ----------
    values : float
        Values that are written out, each in the bits of a value: those that are not zero, and
        zeros that the format has to write.
    metadata_bits : float
        All other bits: runs, masks, coordinates, and room that packing leaves unused.
    """

    values: float
    metadata_bits: float

    def bits(self, value_bits: int) -> float:
        return self.values * value_bits + self.metadata_bits


class NoSuchFormatError(ValueError):
    """Parameters that do not go together."""

    def __init__(self, what: str, expected: str) -> None:
        self.what, self.expected = what, expected
        super().__init__(what)


class CannotEncodeError(ValueError):
    """A format cannot hold such zeros, or not be told how much room they take; says why."""


class Encoder(Protocol):
    """A format: a frozen record whose fields, whole numbers, are its parameters."""

    source: ClassVar[str]

    def encode(self, zeros: Zeros, words: int, value_bits: int, /) -> Encoded:
        """Return what ``words`` consecutive words take: exactly for given zeros, else on average.

        Raises
        ------
        CannotEncodeError
            If the format cannot hold zeros like these.
        """
