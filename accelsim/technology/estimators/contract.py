"""What an estimator is asked, what it answers, and its one verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

RANDOM = "random"
"""An action on a new address and new data: what a plain action, as ``read``, means."""

KINDS = (RANDOM, "repeated", "gated")
"""Kinds of an action: at random, with the same operands again, or switched off.

``mac.gated`` is the kind ``gated`` of the action ``mac``.
"""


@dataclass(frozen=True, slots=True)
class Price:
    """Energy of one action, with where the number comes from.

    ``width_bits`` is the width of the word that it is for; None: of the table's word.  ``label``
    says how well the number is known (``verified``, ``derived``, ``from_memory``).  ``fixed`` is
    the part of the energy that is the same whatever the bits of the word.
    """

    energy: float
    source: str
    assumed: bool = False
    width_bits: int | None = None
    label: str = ""
    fixed: float = 0.0

    def at(self, bits: float, word_bits: int) -> float:
        """Return the energy on so many bits: linear in them, but for what is fixed.

        Parameters
        ----------
        word_bits : width that a price without one is for
        """
        return self.fixed + (self.energy - self.fixed) * bits / (self.width_bits or word_bits)


@dataclass(frozen=True, slots=True)
class Area:
    """Area of one instance in um2, with where the number comes from."""

    um2: float
    source: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an estimator may know of one instance of a component.

    Attributes
    ----------
    size_bits : int or None
        Capacity of a memory; None where it has no limit, or for what is no memory.
    access_bits : int or None
        Width of one physical access.
    operand_bits : tuple of int
        Of what one operation multiplies; of an adder, counter or register of a width of its own
        inside a compound component, twice that width.
    sum_bits : int or None
        Of what it adds the product to.
    """

    size_bits: int | None = None
    access_bits: int | None = None
    operand_bits: tuple[int, ...] = ()
    sum_bits: int | None = None


ANY = Attributes()
"""Nothing is known of the instance."""


class Estimator(Protocol):
    """Says what an action costs."""

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the energy of one ``action`` on a component of this class; None if unknown."""


def without_kind(action: str) -> str:
    """Return a plain action for one at random, and others as they are.

    >>> without_kind("read.random"), without_kind("read.gated")
    ('read', 'read.gated')
    """
    return action.removesuffix(f".{RANDOM}")
