"""Energy per action, by component class, and the accounting rules that weigh actions.

An **action** is something that a component does with one word (or, for compute, one operation):

==========  =============================================================
memory      ``read`` ``fill`` ``update`` ``drain`` ``first_read`` ``address``
fanout      ``deliver`` ``collect`` ``reduce``, and over a mesh ``hop`` ``route``
compute     ``mac`` ``alu``
==========  =============================================================

``access`` in a table stands for each of ``read``, ``fill``, ``update`` and ``drain`` that the table
does not price by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from accelsim.conventions import Conventions
from accelsim.frozen import freeze_dicts
from accelsim.technology.estimators.compounds import Compound, Compounds
from accelsim.technology.estimators.contract import ANY, Area, Attributes, Estimator
from accelsim.technology.estimators.contract import Price as Price
from accelsim.technology.estimators.curves import Curve, Curves
from accelsim.technology.estimators.first_of import FirstOf
from accelsim.technology.estimators.macs import MacParts, Macs, operation_factor
from accelsim.technology.estimators.per_access import PerAccess
from accelsim.technology.estimators.stated import Stated

MEMORY_ACTIONS = ("read", "first_read", "update", "fill", "drain")
FANOUT_ACTIONS = ("deliver", "collect", "reduce")
COMPUTE_ACTIONS = ("mac", "alu")
ADDRESS_ACTIONS = ("address",)
"""What memories do beside moving words (rule 14)."""
MESH_ACTIONS = ("hop", "route")
"""What fanouts do whose network makes hops (rule 13)."""
ACTIONS = MEMORY_ACTIONS + FANOUT_ACTIONS + COMPUTE_ACTIONS + ADDRESS_ACTIONS + MESH_ACTIONS
PRIMITIVE_ACTIONS = ("add", "multiply", "compare")
"""What parts of compound components do beside these."""


@dataclass(frozen=True)
class EnergyTable:
    """Prices by component class and action: an estimator that can be written down.

    ``unit`` is ``pJ``, or ``MAC`` for a table relative to one 16-bit multiply-accumulate.  What
    ``prices`` does not state, the curves, two-part operations and compound components may know.
    """

    name: str
    unit: str
    prices: Mapping[str, Mapping[str, Price]]
    word_bits: int = 16
    source: str = ""
    assumptions: tuple[str, ...] = ()
    curves: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)
    macs: Mapping[str, Mapping[str, MacParts]] = field(default_factory=dict)
    compounds: Mapping[str, Compound] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    area_curves: Mapping[str, Curve] = field(default_factory=dict)
    node_nm: float | None = None
    per_access: bool = False
    """Whether prices without a width are for one physical access, whatever its width."""

    def __post_init__(self) -> None:
        freeze_dicts(self)

    @cached_property
    def components(self) -> tuple[str, ...]:
        """The classes of components that the table knows."""
        known = (self.prices, self.curves, self.macs, self.compounds)
        return tuple(dict.fromkeys(name for part in known for name in part))

    @cached_property
    def _estimator(self) -> Estimator:
        priced = Stated(self.prices), Curves(self.curves), Macs(self.macs, self.word_bits)
        primitives: Estimator = FirstOf(priced)
        if self.per_access:
            primitives = PerAccess(primitives)
        return FirstOf((primitives, Compounds(self.compounds, primitives, self.word_bits)))

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the price of ``action`` on an instance of ``component``; None if unknown.

        A table that does not mention ``first_read`` does not charge it: the first read of a sum is
        elided because the sum starts from zero.  One that does not mention ``address`` prices
        accesses with the generation of their addresses.
        """
        price = self._estimator.estimate(component, attributes, action)
        if price is None and action == "first_read":
            return Price(0.0, "a sum that starts from zero is not read")
        if price is None and action == "address":
            return Price(0.0, "in the price of the access")
        if price is None or not attributes.operand_bits:
            return price
        width = price.width_bits or self.word_bits
        factor = operation_factor(action, attributes.operand_bits, width)
        return replace(price, energy=price.fixed + (price.energy - price.fixed) * factor)

    def price(self, component: str, action: str) -> Price | None:
        """Return the price of ``action`` on any instance of ``component``; None if unknown."""
        return self.estimate(component, ANY, action)

    def area(self, component: str, attributes: Attributes) -> Area | None:
        """Return the area of an instance; None if the table does not know it."""
        curve = self.area_curves.get(component)
        if curve is None or component in self.areas:
            return self.areas.get(component)
        found = None if attributes.size_bits is None else curve.at(attributes.size_bits)
        return None if found is None else Area(found.value, found.source, found.assumed)

    def gap(self, component: str, attributes: Attributes, action: str) -> str:
        """Return why a component that the table knows has no price for an action, if it can say."""
        curve = Curves(self.curves).curve(component, action)
        if curve is not None:
            return curve.gap(attributes.size_bits)
        compound = self.compounds.get(component)
        for step in (compound.steps(action) or {}) if compound else {}:
            assert compound is not None
            name, _, inner = step.partition(".")
            part = compound.parts[name].component
            if self.estimate(part, attributes, inner) is None:
                return f"its part {name} needs '{inner}' of component '{part}'"
        return ""


@dataclass(frozen=True)
class Accounting:
    """Named switches and weights that say which counted actions a convention charges.

    ``weights[component][action]`` multiplies the price of an action; an action may be narrowed to a
    role as ``deliver.Weights``.  What is not listed weighs 1.  ``conventions`` say how movement is
    counted in the first place.
    """

    name: str
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    source: str = ""
    assumptions: tuple[str, ...] = ()
    conventions: Conventions = Conventions()  # noqa: RUF009  (an immutable record)

    def __post_init__(self) -> None:
        freeze_dicts(self)

    def weight(self, component: str, action: str, role: str) -> float:
        if action == "drain" and self.conventions.drains == "free":
            return 0.0
        actions = self.weights.get(component, {})
        return actions.get(f"{action}.{role}", actions.get(action, 1.0))
