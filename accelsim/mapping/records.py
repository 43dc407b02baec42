"""One mapping: which loops run where, in which order, and which tensors each place keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loop:
    """``for dim in range(bound)``; bounds are nominal (the last tile of a dim may be short)."""

    dim: str
    bound: int

    def __str__(self) -> str:
        return f"{self.dim} {self.bound}"


@dataclass(frozen=True, slots=True)
class Block:
    """What a mapping says of one place: temporal loops, outermost first, and the tensors kept."""

    place: str
    loops: tuple[Loop, ...] = ()
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spread:
    """What a mapping says of one fanout: loops over its axes, most significant first.

    Loops on ``y`` stand outside those on ``x`` where a dim is on both.
    """

    fanout: str
    x: tuple[Loop, ...] = ()
    y: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Blocks and spreads in the machine's order, outermost first, one for each place and fanout.

    ``keep`` holds *tensor* names of the layer, not roles.  With ``remainders`` the factors of a dim
    may multiply to more than its bound; positions at or beyond the bound do not exist.
    """

    steps: tuple[Block | Spread, ...]
    remainders: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of its places, outermost first."""
        return tuple(step.place for step in self.steps if isinstance(step, Block))

    def block(self, place: str) -> Block:
        return next(s for s in self.steps if isinstance(s, Block) and s.place == place)

    def spread(self, fanout: str) -> Spread:
        return next(s for s in self.steps if isinstance(s, Spread) and s.fanout == fanout)
