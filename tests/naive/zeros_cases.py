"""Zeros for random layers, and what random machines make of them."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Node
from accelsim.arch.zeros import sparsity_problems
from accelsim.roles import ROLES, Role
from accelsim.sparsity.formats import Format
from accelsim.workload.records import Layer

FORMATS = (
    Format("bitmask"),
    Format("coordinate"),
    Format("coordinate", (("index_bits", 4),)),
    Format("run_length", (("run_bits", 2),)),
    Format("run_length", (("run_bits", 3), ("pack_bits", 64))),
)
OPERANDS: tuple[Role, ...] = ("Weights", "Inputs")


def with_densities(rng: random.Random, layer: Layer) -> Layer:
    """Draw how dense tensors are."""
    tensors = (replace(t, density=rng.choice([1.0, 0.9, 0.5, 0.3, 0.1])) for t in layer.tensors)
    return replace(layer, tensors=tuple(tensors))


def with_zeros(rng: random.Random, arch: Architecture) -> Architecture:
    """Draw formats wherever there may be one, and what is gated and skipped."""
    memories = tuple(_formatted(rng, arch, memory) for memory in arch.memories)
    arch = replace(arch, memories=memories, nodes=tuple(_node(rng, n) for n in arch.nodes))
    for memory in arch.memories:
        for role in ROLES:
            wanted = _followed(rng, memory, role)
            one = replace(arch, memories=tuple(wanted if m is memory else m for m in arch.memories))
            if not sparsity_problems(one):
                arch, memory = one, wanted
    return arch


def _formatted(rng: random.Random, arch: Architecture, memory: Memory) -> Memory:
    kept = {
        role
        for place in arch.places
        for held in place.holdings
        if held.memory == memory.name
        for role in held.roles
    }
    formats = {role: rng.choice(FORMATS) for role in ROLES if role in kept and rng.random() < 0.5}
    densities = {role: rng.choice([1.0, 0.6, 0.2]) for role in formats if rng.random() < 0.2}
    if "Outputs" in formats and memory.name != arch.places[0].holdings[0].memory:
        densities["Outputs"] = 0.7
    return replace(memory, formats=formats, densities=densities)


def _node(rng: random.Random, node: Node) -> Node:
    if isinstance(node, Fanout):
        formats = {role: rng.choice(FORMATS) for role in ROLES if rng.random() < 0.3}
        return replace(node, formats=formats, densities=dict.fromkeys(formats, 0.4))
    if isinstance(node, Compute):
        return replace(node, gating=_some(rng), skipping=_some(rng))
    return node


def _followed(rng: random.Random, memory: Memory, role: Role) -> Memory:
    return replace(
        memory,
        gating={**memory.gating, role: _some(rng)},
        skipping={**memory.skipping, role: _some(rng)},
    )


def _some(rng: random.Random) -> frozenset[Role]:
    return frozenset(role for role in OPERANDS if rng.random() < 0.5)
