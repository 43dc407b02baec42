"""What a technology file says -> the parts of an energy table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from accelsim.errors import Problem
from accelsim.specs.fields import one_of, suggestion
from accelsim.technology.estimators.compounds import Compound, Part
from accelsim.technology.estimators.contract import KINDS, Area, Price, without_kind
from accelsim.technology.estimators.curves import Curve, Point
from accelsim.technology.estimators.macs import MacParts
from accelsim.technology.estimators.scaled import NodeRule
from accelsim.technology.records import ACTIONS, PRIMITIVE_ACTIONS
from accelsim.technology.schema import (
    AreaPointSpec,
    AreaSpec,
    CompoundSpec,
    CurveSpec,
    PointSpec,
    PriceSpec,
    ScalingSpec,
    SourcedSpec,
    TechnologySpec,
)
from accelsim.units import MOST, Quantity
from accelsim.yamldoc import Document, Keys

FROM_MEMORY = "from_memory"

STEPS = ("access", *ACTIONS, *PRIMITIVE_ACTIONS)
"""What parts of compound components do."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a number comes from."""

    source: str
    assumed: bool
    label: str


@dataclass
class TableReader:
    """Turns the parts of one file into records; problems are collected as it goes."""

    spec: TechnologySpec
    document: Document
    problems: list[Problem]
    width_bits: int | None = None
    """What prices without a width are for; None: the table's word."""

    def fault(self, keys: Keys, what: str, expected: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, self.document.where(keys), "", expected, hint))

    def prices(self) -> dict[str, dict[str, Price]]:
        """Return the prices that are stated one by one."""
        return {
            component: {
                without_kind(action): self.price(
                    price, ("prices", component, action), f"{component}.{action}"
                )
                for action, price in actions.items()
            }
            for component, actions in self.spec.prices.items()
        }

    def curves(self) -> dict[str, dict[str, Curve]]:
        """Return the energies that are functions of size."""
        return {
            component: {
                without_kind(action): self.curve(
                    curve, ("curves", component, action), f"{component}.{action}"
                )
                for action, curve in actions.items()
            }
            for component, actions in self.spec.curves.items()
        }

    def macs(self) -> dict[str, dict[str, MacParts]]:
        """Return the operations that are priced by bit widths."""
        found: dict[str, dict[str, MacParts]] = {}
        for component, actions in self.spec.macs.items():
            for action, parts in actions.items():
                keys, name = ("macs", component, action), f"{component}.{action}"
                found.setdefault(component, {})[without_kind(action)] = MacParts(
                    self.price(parts.multiplier, (*keys, "multiplier"), name),
                    self.price(parts.adder, (*keys, "adder"), name),
                )
        return found

    def compounds(self, known: tuple[str, ...]) -> dict[str, Compound]:
        """Return the compound components, whose parts are among the ``known`` components."""
        return {
            name: self.compound(name, compound, known)
            for name, compound in self.spec.compounds.items()
        }

    def areas(self) -> tuple[dict[str, Area], dict[str, Curve]]:
        """Return the areas of any size, and those that are functions of size."""
        fixed: dict[str, Area] = {}
        curves: dict[str, Curve] = {}
        for component, spec in self.spec.areas.items():
            keys: Keys = ("areas", component)
            origin = self.origin(spec, keys, f"the area of {component}")
            if (spec.area is None) == (spec.points is None):
                self.fault(keys, f"the area of {component} must have either area or points")
            elif spec.area is not None:
                fixed[component] = Area(float(spec.area.worth()), origin.source, origin.assumed)
            else:
                points = self.points(spec, keys, f"the area of {component}")
                ends = (spec.below, spec.above)
                curves[component] = Curve(points, origin.source, origin.assumed, *ends)
        return fixed, curves

    def rule(self, spec: ScalingSpec) -> NodeRule:
        """Return the rule by which energies scale from node to node."""
        nodes = [(point.nm, point.energy) for point in spec.energies]
        for index, ((smaller, _), (larger, _)) in enumerate(pairwise(nodes)):
            if larger <= smaller:
                self.fault(("scaling", "energies", index + 1), "nodes must be in rising order")
        for index, (node, energy) in enumerate(nodes):
            if node <= 0 or energy <= 0:
                self.fault(("scaling", "energies", index), "a node and its energy are above 0")
        least, largest = min(energy for _, energy in nodes), max(energy for _, energy in nodes)
        if least > 0 and largest > MOST * least:
            what = "the energies differ by too large a factor"
            self.fault(("scaling", "energies"), what, f"at most {MOST:.0e}")
        origin = self.origin(spec, ("scaling",), "the scaling")
        return NodeRule(tuple(nodes), origin.source, origin.assumed)

    # --- one of each ------------------------------------------------------------------------------

    def price(self, price: PriceSpec, keys: Keys, name: str) -> Price:
        origin = self.origin(price, keys, f"the price of {name}")
        energy, width = self.energy(price.energy, keys), self.width(price)
        return Price(energy, origin.source, origin.assumed, width, origin.label)

    def width(self, spec: PriceSpec | CurveSpec) -> int | None:
        return int(spec.width.worth()) if spec.width else self.width_bits

    def energy(self, energy: float | Quantity, keys: Keys) -> float:
        if not isinstance(energy, Quantity):
            return energy
        if self.spec.unit != "pJ":
            self.fault(
                keys,
                f"an energy in {energy.unit} in a table whose unit is {self.spec.unit}",
                "a plain number, relative to one MAC",
            )
        return float(energy.worth())

    def curve(self, spec: CurveSpec, keys: Keys, name: str) -> Curve:
        origin = self.origin(spec, keys, f"the curve of {name}")
        return Curve(
            self.points(spec, keys, f"the price of {name}"),
            origin.source,
            origin.assumed,
            spec.below,
            spec.above,
            self.width(spec),
        )

    def points(self, spec: CurveSpec | AreaSpec, keys: Keys, what: str) -> tuple[Point, ...]:
        found: list[Point] = []
        listed: Sequence[PointSpec | AreaPointSpec] = spec.points or ()
        for index, point in enumerate(listed):
            place = (*keys, "points", index)
            bits = self.size_bits(point, place)
            if found and bits <= found[-1].size_bits:
                self.fault((*place, "size"), "points must be in rising order of size")
            if isinstance(point, PointSpec):
                value = self.energy(point.energy, place)
            else:
                value = float(point.area.worth())
            at = self.origin(point, place, what, spec.source)
            found.append(Point(bits, value, at.source, at.assumed, at.label))
        return tuple(found)

    def size_bits(self, point: PointSpec | AreaPointSpec, keys: Keys) -> int:
        if point.size.in_words:
            self.fault((*keys, "size"), "a size in words: no machine says how wide they are", "B")
            return 0
        return int(point.size.worth())

    def compound(self, name: str, spec: CompoundSpec, known: tuple[str, ...]) -> Compound:
        keys: Keys = ("compounds", name)
        for part, described in spec.parts.items():
            if described.component not in known:
                inside = described.component in self.spec.compounds
                why = "a compound itself" if inside else "which the table does not price"
                self.fault(
                    (*keys, "parts", part, "component"),
                    f"part '{part}' of compound '{name}' is of component "
                    f"'{described.component}', {why}",
                    one_of(known),
                    suggestion(described.component, known),
                )
        for action, steps in spec.actions.items():
            for step in steps:
                part, dot, inner = step.partition(".")
                if not dot or part not in spec.parts:
                    place = self.document.where_key((*keys, "actions", action, step))
                    expected = f"PART.ACTION, PART being {one_of(spec.parts)}"
                    what = f"'{step}' is not an action of a part of compound '{name}'"
                    self.problems.append(Problem(what, place, step, expected))
                elif inner.partition(".")[0] not in STEPS:
                    what = f"unknown action '{inner}' of part '{part}' of compound '{name}'"
                    place = self.document.where_key((*keys, "actions", action, step))
                    hint = suggestion(inner, STEPS)
                    self.problems.append(Problem(what, place, inner, one_of(STEPS), hint))
                elif inner.partition(".")[2] not in ("", *KINDS):
                    kind = inner.partition(".")[2]
                    what = f"unknown kind '{kind}' in '{step}'"
                    place = self.document.where_key((*keys, "actions", action, step))
                    hint = suggestion(kind, KINDS)
                    self.problems.append(Problem(what, place, kind, one_of(KINDS), hint))
        origin = self.origin(spec, keys, f"the compound {name}")
        parts = {
            part: Part(
                described.component,
                int(described.width.worth()) if described.width else None,
                int(described.size.worth(16)) if described.size else None,
            )
            for part, described in spec.parts.items()
        }
        actions = {without_kind(action): steps for action, steps in spec.actions.items()}
        return Compound(parts, actions, origin.source, origin.assumed)

    def origin(
        self, item: SourcedSpec, keys: Keys, what: str, around: str | None = None
    ) -> _Origin:
        """Return where a number comes from: what it says, or what stands around it."""
        spec = self.spec
        source = item.source or item.assumed or around or spec.source or spec.assumed
        if source is None:
            self.fault(
                keys,
                f"{what} has no source",
                "`source:` (or `assumed: reason`) beside it or at the top of the file",
            )
        sourced = item.source or around or spec.source
        assumed = item.assumed is not None or sourced is None
        if item.source and item.assumed:
            source = f"{item.source}; {item.assumed}"
        if item.label == FROM_MEMORY:
            source, assumed = f"{source}; from memory, not seen there", True
        return _Origin(source or "", assumed, item.label or "")
