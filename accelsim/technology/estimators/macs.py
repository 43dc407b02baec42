"""The energy of an operation by the widths of what it works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from accelsim.technology.estimators.contract import Attributes, Price, without_kind


def operation_factor(op: str, operand_bits: Sequence[int], word_bits: int) -> float:
    """Return the energy of an operation relative to one on words of ``word_bits`` (rule 14).

    A multiplier's energy grows with the product of its two operands' bits; with n operands, with
    the square of their geometric mean.  A cheap operation's is linear in the widest operand.
    """
    widths = [bits / word_bits for bits in operand_bits]
    if not widths:
        return 1.0
    return float(prod(widths) ** (2 / len(widths))) if multiplies(op) else max(widths)


def multiplies(action: str) -> bool:
    """Tell whether an action is a multiplication, of whatever kind."""
    return action.partition(".")[0] in ("mac", "multiply")


@dataclass(frozen=True, slots=True)
class MacParts:
    """A multiply-accumulate as a multiplier of ``width_bits`` squared and an adder.

    Each price has the width that it is for.  The multiplier's energy is that of
    :func:`operation_factor`, the adder's linear in the bits of the sum.
    """

    multiplier: Price
    adder: Price


@dataclass(frozen=True)
class Macs:
    """Multiply-accumulates in two parts, by component and action."""

    macs: Mapping[str, Mapping[str, MacParts]]
    word_bits: int

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the energy at the widths of the operands and the sum; else at the table's word.

        An energy at known widths is fixed: nothing is left to follow from them.
        """
        parts = self.macs.get(component, {}).get(without_kind(action))
        if parts is None:
            return None
        operands = attributes.operand_bits or (self.word_bits, self.word_bits)
        summed = attributes.sum_bits or self.word_bits
        multiplier, adder = parts.multiplier, parts.adder
        product = operation_factor("mac", operands, multiplier.width_bits or self.word_bits)
        adding = summed / (adder.width_bits or self.word_bits)
        energy = multiplier.energy * product + adder.energy * adding
        return Price(
            energy,
            f"multiplier: {multiplier.source}; adder of {summed} b: {adder.source}",
            multiplier.assumed or adder.assumed,
            label="derived",
            fixed=energy if attributes.operand_bits else 0.0,
        )
