"""Components made of other components, in the manner of Accelergy (Wu, Emer, Sze, ICCAD 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from accelsim.technology.estimators.contract import Attributes, Estimator, Price, without_kind
from accelsim.technology.estimators.stated import IN_ACCESS


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
        found = self.actions.get(without_kind(action))
        return self.actions.get("access") if found is None and action in IN_ACCESS else found


@dataclass(frozen=True)
class Compounds:
    """Compound components, whose parts ``primitives`` prices."""

    compounds: Mapping[str, Compound]
    primitives: Estimator
    word_bits: int

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the sum over the actions of the parts; None if one of them has no price.

        What a part spends per word of a width, it spends on words of the table's width here; what
        one with a width of its own spends is fixed.
        """
        compound = self.compounds.get(component)
        steps = compound.steps(action) if compound else None
        if compound is None or steps is None:
            return None
        energy, fixed, sources, assumed = 0.0, 0.0, [compound.source], compound.assumed
        for step, times in steps.items():
            name, _, inner = step.partition(".")
            part = compound.parts[name]
            price = self.primitives.estimate(part.component, _within(attributes, part), inner)
            if price is None:
                return None
            scale = 1.0
            if part.width_bits is None and price.width_bits is not None:
                scale = self.word_bits / price.width_bits
            energy += times * price.energy * scale
            if part.width_bits is not None:
                fixed += times * price.energy
            sources.append(f"{step}: {price.source}")
            assumed = assumed or price.assumed
        said = "; ".join(filter(None, sources))
        return Price(energy, said, assumed, label="derived", fixed=fixed)


def _within(attributes: Attributes, part: Part) -> Attributes:
    return replace(
        attributes,
        width_bits=part.width_bits,
        size_bits=attributes.size_bits if part.size_bits is None else part.size_bits,
    )
