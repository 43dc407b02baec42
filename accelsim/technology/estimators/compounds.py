"""Components made of other components, in the manner of Accelergy (Wu, Emer, Sze, ICCAD 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from accelsim.technology.estimators.contract import Attributes, Estimator, Price
from accelsim.technology.estimators.macs import operation_factor
from accelsim.technology.estimators.stated import said_of


@dataclass(frozen=True, slots=True)
class Part:
    """A primitive: the component that prices it, and its own width or size if it has one.

    What it does not state, it has of the whole.
    """

    component: str
    width_bits: int | None = None
    size_bits: int | None = None


@dataclass(frozen=True)
class Compound:
    """A component made of named parts.

    ``actions[action]["part.action"]`` is how often the action of the whole does that of the part.
    """

    parts: Mapping[str, Part]
    actions: Mapping[str, Mapping[str, float]]
    source: str
    assumed: bool = False

    def steps(self, action: str) -> Mapping[str, float] | None:
        """Return what an action does; ``access`` stands for what is not spelt out."""
        return said_of(self.actions, action)


@dataclass(frozen=True)
class Compounds:
    """Compound components, whose parts ``primitives`` prices."""

    compounds: Mapping[str, Compound]
    primitives: Estimator
    word_bits: int

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the sum over the actions of the parts; None if one of them has no price.

        What a part spends per word of a width, it spends on words of the table's width here, or on
        the operands of the whole where they are known; what one with a width of its own spends is
        fixed.
        """
        compound = self.compounds.get(component)
        steps = compound.steps(action) if compound else None
        if compound is None or steps is None:
            return None
        energy, fixed, sources, assumed = 0.0, 0.0, [compound.source], compound.assumed
        for step, times in steps.items():
            name, _, inner = step.partition(".")
            part = compound.parts[name]
            its = _within(attributes, part)
            price = self.primitives.estimate(part.component, its, inner)
            if price is None:
                return None
            operands = its.operand_bits or (self.word_bits, self.word_bits)
            width = price.width_bits or self.word_bits
            factor = operation_factor(inner, operands, width)
            each = price.fixed + (price.energy - price.fixed) * factor
            energy += times * each
            fixed += times * (each if its.operand_bits else price.fixed)
            sources.append(f"{step}: {price.source}")
            assumed = assumed or price.assumed
        said = "; ".join(filter(None, sources))
        return Price(energy, said, assumed, label="derived", fixed=fixed)


def _within(attributes: Attributes, part: Part) -> Attributes:
    if part.size_bits is not None:
        attributes = replace(attributes, size_bits=part.size_bits)
    if part.width_bits is not None:
        own = (part.width_bits, part.width_bits)
        attributes = replace(attributes, operand_bits=own, sum_bits=part.width_bits)
    return attributes
