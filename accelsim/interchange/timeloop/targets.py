"""What directives mean on a machine that is read already."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.arch.records import Architecture, Fanout, Place
from accelsim.interchange.timeloop.making import native_name


@dataclass(frozen=True, slots=True)
class Targets:
    """The places and fanouts of a machine, by the targets of directives."""

    arch: Architecture

    @property
    def storages(self) -> tuple[Place, ...]:
        return self.arch.places

    @property
    def fans(self) -> tuple[Fanout, ...]:
        return self.arch.fanouts

    def storage(self, target: str | int) -> Place | None:
        """Return the place that a directive means: a name, or a number from the innermost."""
        if isinstance(target, int):
            inner = [*reversed(self.arch.places)]
            return inner[target] if target < len(inner) else None
        name = native_name(target)
        return next((place for place in self.arch.places if place.name == name), None)

    def fan(self, target: str | int) -> Fanout | None:
        """Return the fanout that a directive means: by its names, or the one inside a place."""
        if isinstance(target, str):
            name = native_name(target)
            stem = name.removeprefix("inter_").removesuffix("_spatial")
            for known in (name, stem, f"inter_{name}_spatial"):
                for fanout in self.arch.fanouts:
                    if fanout.name == known:
                        return fanout
        outer = self.storage(target)
        inside = self.arch.nodes[self.arch.nodes.index(outer) + 1] if outer else None
        return inside if isinstance(inside, Fanout) else None
