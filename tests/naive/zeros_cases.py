"""Zeros for random layers, and what random machines make of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Node
from accelsim.arch.zeros import sparsity_problems
from accelsim.roles import ROLES, Role
from accelsim.sparsity.contract import CannotEncodeError
from accelsim.sparsity.formats import Format, encoder
from accelsim.sparsity.zeros import Given, Structured, given
from accelsim.workload.records import Layer, Tensor

FORMATS = (
    Format("bitmask"),
    Format("coordinate"),
    Format("coordinate", (("index_bits", 4),)),
    Format("run_length", (("run_bits", 2),)),
    Format("run_length", (("run_bits", 3), ("pack_bits", 64))),
)
BLOCKS = (
    Format("n_of_m", (("nonzeros", 2), ("of", 4))),
    Format("n_of_m", (("nonzeros", 3), ("of", 4))),
    Format("n_of_m", (("nonzeros", 5), ("of", 8))),
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
    kept = arch.roles_kept(memory)
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


def with_known_zeros(rng: random.Random, layer: Layer) -> Layer:
    """Draw what is known of zeros: structure, the pattern itself, or no more than a density."""
    zeros = {role: rng.choice((_structured, _pattern, _pattern, _uniform)) for role in ROLES}
    tensors = (zeros[t.role](rng, layer, t) for t in layer.tensors)
    return replace(layer, tensors=tuple(tensors))


def _uniform(rng: random.Random, _layer: Layer, tensor: Tensor) -> Tensor:
    return replace(tensor, density=rng.choice([1.0, 0.6, 0.2]), pattern=None)


def _structured(rng: random.Random, _layer: Layer, tensor: Tensor) -> Tensor:
    zeros = rng.choice([Structured(2, 4), Structured(1, 2), Structured(1, 4), Structured(0, 2)])
    return replace(tensor, density=zeros.density, pattern=zeros)


def _pattern(rng: random.Random, layer: Layer, tensor: Tensor) -> Tensor:
    """Draw a pattern whose rows are of different densities, some without any value."""
    drawn = np.random.default_rng(rng.randrange(2**32))
    shape = layer.extents(tensor)
    rows = drawn.choice([0.0, 0.2, 0.5, 1.0], size=(*shape[:-1], *[1 for _ in shape[-1:]]))
    pattern = given(drawn.random(shape) < rows)
    return replace(tensor, density=pattern.density, pattern=pattern)


def with_fitting_formats(rng: random.Random, arch: Architecture, layer: Layer) -> Architecture:
    """Draw formats that can hold the zeros of a layer, wherever a machine has any format."""

    def fitting(part: Memory | Fanout, densities: Mapping[Role, float]) -> dict[Role, Format]:
        return {
            role: form if role in densities else _fitting(rng, layer, role)
            for role, form in part.formats.items()
        }

    def node(its: Node) -> Node:
        if not isinstance(its, Fanout):
            return its
        densities: dict[Role, float] = {}
        if "Outputs" in its.densities:
            densities["Outputs"] = its.densities["Outputs"]
        return replace(its, densities=densities, formats=fitting(its, densities))

    return replace(
        arch,
        memories=tuple(replace(m, formats=fitting(m, m.densities)) for m in arch.memories),
        nodes=tuple(node(its) for its in arch.nodes),
    )


def _fitting(rng: random.Random, layer: Layer, role: Role) -> Format:
    """Draw a format that can hold all tensors of a role."""
    forms = []
    for form in (*FORMATS, *BLOCKS, *BLOCKS):
        try:
            for tensor in (t for t in layer.tensors if t.role == role):
                words = layer.tensor_words(tensor)
                if isinstance(tensor.pattern, Given):
                    words = tensor.pattern.nonzero.size
                encoder(form).encode(tensor.zeros, words, 16)
        except CannotEncodeError:
            continue
        forms.append(form)
    return rng.choice(forms)
