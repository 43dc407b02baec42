"""Two explanations of the same layer, boundary against boundary; the differences add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum

from accelsim.arch.records import Fanout
from accelsim.errors import Problem, UsageError
from accelsim.explanation.records import Explanation, Link


@dataclass(frozen=True, slots=True)
class Change:
    """One boundary in both, or in one of them alone; energies in the unit of the table."""

    tensor: str
    before: Link | None
    after: Link | None

    @property
    def energy_before(self) -> float:
        return self.before.energy if self.before else 0.0

    @property
    def energy_after(self) -> float:
        return self.after.energy if self.after else 0.0

    @property
    def energy(self) -> float:
        """What it adds to the difference."""
        return self.energy_after - self.energy_before


@dataclass(frozen=True)
class Difference:
    """What changes from one explanation to the other.

    Attributes
    ----------
    changes : every boundary of both, each once, the largest difference first
    operations, leakage : what the arithmetic and leakage add to the difference
    """

    before: Explanation
    after: Explanation
    changes: tuple[Change, ...]
    operations: float
    leakage: float

    @cached_property
    def energy(self) -> float:
        """The whole difference: the sum of all of them."""
        return fsum([*(change.energy for change in self.changes), self.operations, self.leakage])


def difference(before: Explanation, after: Explanation) -> Difference:
    """Put two explanations of the same layer side by side.

    Boundaries of a tensor are matched by the level that takes it: by its name, the compute with the
    compute, and what then is left by where it stands, in the array or outside.

    Raises
    ------
    UsageError
        If the layers differ, or the units of the energies.
    """
    refuse_unlike(before, after)
    changes = []
    for tensor in (tensor.name for tensor in before.evaluation.layer.tensors):
        changes += _matched(tensor, before, after)
    changes.sort(key=lambda change: -abs(change.energy))
    return Difference(
        before,
        after,
        tuple(changes),
        after.operations.energy - before.operations.energy,
        after.leakage - before.leakage,
    )


def refuse_unlike(before: Explanation, after: Explanation) -> None:
    """Refuse explanations that cannot be compared.

    Raises
    ------
    UsageError
    """
    layers = before.evaluation.layer, after.evaluation.layer
    if layers[0] != layers[1]:
        names = " and ".join(f"'{layer.name}'" for layer in layers)
        alike = layers[0].name == layers[1].name
        what = f"{names} are different layers" + (", though of one name" if alike else "")
        raise UsageError(Problem(what, expected="one layer twice"))
    units = before.evaluation.energy_unit, after.evaluation.energy_unit
    if units[0] != units[1]:
        raise UsageError(
            Problem(
                f"energies in {units[0]} cannot be compared with energies in {units[1]}",
                hint="choose one table for both with --technology",
            )
        )


def _matched(tensor: str, before: Explanation, after: Explanation) -> list[Change]:
    """Match the boundaries of a tensor; each side's boundaries occur once."""
    left = [_outermost_first(tensor, its) for its in (before, after)]
    found = []
    for key in (_by_name, _by_position):
        sides = [
            {key(link, its): link for link in links[::-1]}
            for links, its in zip(left, (before, after), strict=True)
        ]
        for name in [name for name in sides[0] if name in sides[1]]:
            pair = sides[0][name], sides[1][name]
            found.append(Change(tensor, *pair))
            for links, link in zip(left, pair, strict=True):
                links.remove(link)
    found += [Change(tensor, link, None) for link in left[0]]
    return found + [Change(tensor, None, link) for link in left[1]]


def _outermost_first(tensor: str, explained: Explanation) -> list[Link]:
    places = [place.name for place in explained.evaluation.arch.places]
    links = [link for link in explained.links if link.tensor == tensor]
    return sorted(links, key=lambda link: places.index(link.boundary.parent.name))


def _by_name(link: Link, _: Explanation) -> tuple[str, ...]:
    return ("compute",) if link.boundary.child is None else ("memory", link.child)


def _by_position(link: Link, explained: Explanation) -> tuple[str, ...]:
    """Return whether the taking level stands in the array or outside."""
    if link.boundary.child is None:
        return ("compute",)
    nodes: Sequence[object] = explained.evaluation.arch.nodes
    fanouts = [i for i, node in enumerate(nodes) if isinstance(node, Fanout)]
    inside = bool(fanouts) and nodes.index(link.boundary.child) > fanouts[-1]
    return ("in the array",) if inside else ("outside",)
