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
from dataclasses import dataclass, field

from accelsim.conventions import Conventions

MEMORY_ACTIONS = ("read", "first_read", "update", "fill", "drain")
FANOUT_ACTIONS = ("deliver", "collect", "reduce")
COMPUTE_ACTIONS = ("mac", "alu")
ADDRESS_ACTIONS = ("address",)
"""What memories do beside moving words (rule 14)."""
MESH_ACTIONS = ("hop", "route")
"""What fanouts do whose network makes hops (rule 13)."""
ACTIONS = MEMORY_ACTIONS + FANOUT_ACTIONS + COMPUTE_ACTIONS + ADDRESS_ACTIONS + MESH_ACTIONS


@dataclass(frozen=True, slots=True)
class Price:
    """Energy of one action on one word of ``word_bits``, with where the number comes from."""

    energy: float
    source: str
    assumed: bool = False


@dataclass(frozen=True)
class EnergyTable:
    """Prices by component class and action.

    ``unit`` is ``pJ``, or ``MAC`` for a table relative to one 16-bit multiply-accumulate.
    """

    name: str
    unit: str
    prices: Mapping[str, Mapping[str, Price]]
    word_bits: int = 16
    source: str = ""
    assumptions: tuple[str, ...] = ()

    def price(self, component: str, action: str) -> Price | None:
        """Return the price of ``action`` on ``component``, or None if the table lacks it.

        A table that does not mention ``first_read`` does not charge it: the first read of a sum is
        elided because the sum starts from zero.  One that does not mention ``address`` prices
        accesses with the generation of their addresses.
        """
        actions = self.prices.get(component, {})
        if action in actions:
            return actions[action]
        if action in ("read", "fill", "update", "drain"):
            return actions.get("access")
        if action == "first_read":
            return Price(0.0, "a sum that starts from zero is not read")
        if action == "address":
            return Price(0.0, "in the price of the access")
        return None


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

    def weight(self, component: str, action: str, role: str) -> float:
        if action == "drain" and self.conventions.drains == "free":
            return 0.0
        actions = self.weights.get(component, {})
        return actions.get(f"{action}.{role}", actions.get(action, 1.0))
