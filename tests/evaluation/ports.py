"""Random ports that only some movements pass."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from accelsim.arch.records import Architecture, Memory, Port
from accelsim.roles import ROLES
from tests.evaluation.cases import PricedCase

MOVES = ("read", "drain", "fill", "update")

WIDTHS = (0.1, 0.3, 0.7, 1.0, 2.0, 3.0)
"""Words per cycle, near the knee."""


def with_ports(
    arch: Architecture, rng: random.Random, widths: Sequence[float] = WIDTHS
) -> Architecture:
    """Return a machine whose memories have up to three such ports."""

    def drawn(memory: Memory) -> Memory:
        ports = tuple(_port(rng, widths) for _ in range(rng.choice([0, 1, 2, 3])))
        return replace(memory, ports=ports)

    return replace(arch, memories=tuple(map(drawn, arch.memories)))


def _port(rng: random.Random, widths: Sequence[float]) -> Port:
    drawn = {
        action: frozenset(role for role in ROLES if rng.random() < 0.5)
        for action in rng.sample(MOVES, rng.choice([1, 2, 4]))
    }
    return Port(rng.choice(widths), {action: roles for action, roles in drawn.items() if roles})


def ported(priced: PricedCase, seed: int) -> PricedCase:
    """Return a case on such a machine."""
    arch = with_ports(priced.case.architecture, random.Random(seed))
    return replace(priced, case=replace(priced.case, architecture=arch))
