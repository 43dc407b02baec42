"""Where the zeros of a tensor are, as far as anybody knows.

- :class:`Uniform`: each word is non-zero with the same probability, whatever the others are.
- :class:`Structured`: of each ``of`` consecutive words, ``nonzeros`` may be other than zero.
- :class:`Given`: the pattern itself.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every word is non-zero with probability ``density``, independently of all others."""

    density: float


@dataclass(frozen=True, slots=True)
class Structured:
    """Of every ``of`` consecutive words, ``nonzeros`` are other than zero, any of them."""

    nonzeros: int
    of: int

    @property
    def density(self) -> float:
        return self.nonzeros / self.of


@dataclass(frozen=True, slots=True)
class Given:
    """The pattern itself, of a tensor of this shape (see :func:`given`)."""

    shape: tuple[int, ...]
    packed: str
    """Whether each word, in row-major order, is other than zero: bits, deflated, in base 64."""

    @property
    def density(self) -> float:
        return float(self.nonzero.mean()) if prod(self.shape) else 1.0

    @property
    def nonzero(self) -> Bools:
        """Whether each word is other than zero, in the tensor's shape; not to be written to."""
        return _unpacked(self)


Zeros = Uniform | Structured | Given


def given(values: npt.NDArray[np.generic]) -> Given:
    """Return the pattern of an array: where it is other than zero.

    >>> given(np.array([[0, 2], [3, 0]])).nonzero.tolist()
    [[False, True], [True, False]]
    """
    bits = np.packbits(np.asarray(values != 0).ravel())
    packed = base64.b64encode(zlib.compress(bits.tobytes(), 9)).decode("ascii")
    return Given(tuple(int(extent) for extent in values.shape), packed)


@lru_cache(maxsize=8)
def _unpacked(pattern: Given) -> Bools:
    raw = np.frombuffer(zlib.decompress(base64.b64decode(pattern.packed)), dtype=np.uint8)
    bits = np.unpackbits(raw, count=prod(pattern.shape)).astype(np.bool_).reshape(pattern.shape)
    bits.flags.writeable = False
    return bits
