"""Layers, machines and mappings as arrays of int64, the only language that kernels speak.

Index conventions, used by every kernel:

- *place* 0 is the outermost memory; index ``n_places`` stands for the compute.
- *slot*: where loops stand, outermost first.  A place is one slot (temporal); a fanout is two
  (its y axis, then its x axis).
- *tensor*, *dim*: in the layer's order; sets of them are bit masks.

Layers and mappings are packed here, machines in :mod:`accelsim.mapping.machine_arrays`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Compute, Fanout, Place
from accelsim.errors import Problem, SpecError
from accelsim.kept import kept
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.workload.records import Layer, window_divisor, window_terms
from accelsim.workload.shapes import layer_faults

Ints = npt.NDArray[np.int64]


class LayerFields(NamedTuple):
    """The fields of :class:`LayerArrays`."""

    bounds: Ints
    """``[dim]``"""
    relevant: Ints
    """``[tensor]``: mask of the dims with a bound above 1 that index it."""
    single_term: Ints
    """``[tensor]``: mask of those of them that make up a rank by themselves."""
    output: int
    output_words: int
    rank_start: Ints
    """``[tensor + 1]``"""
    rank_dim: Ints
    """``[rank, 2]``: the dims of the rank's terms; -1 where there is no second term."""
    rank_coefficient: Ints
    """``[rank, 2]``: positive and coprime; 0 where there is no second term."""
    rank_opposed: Ints
    """``[rank]``: 1 where two terms have opposite signs, which matters to short tiles only."""
    rank_divisor: Ints
    """``[rank]``: what the coefficients have in common, which counts where tiles are boxes."""
    rank_extent: Ints
    """``[rank]``: length of the rank, gaps included."""


class LayerArrays(LayerFields):
    """An einsum.  Ranks of tensor t are ``rank_start[t]:rank_start[t + 1]``.

    What is found out about it can be kept with it (see :mod:`accelsim.kept`).
    """


class MachineFields(NamedTuple):
    """The fields of :class:`MachineArrays`."""

    n_places: int
    slot_place: Ints
    """``[slot]``: -1 where the slot is spatial."""
    slot_fanout: Ints
    """``[slot]``: -1 where the slot is temporal."""
    slot_axis: Ints
    """``[slot]``: 0 for x, 1 for y, -1 where the slot is temporal."""
    place_slot: Ints
    """``[place]``"""
    fanout_inside: Ints
    """``[fanout]``: the place just inside."""
    fanout_array: Ints
    """``[fanout]``"""
    array_mesh: Ints
    """``[array, axis]``: lanes on x and on y."""
    multicast: Ints
    """``[fanout]``: mask of the tensors of which one read serves many lanes."""
    reduces: Ints
    """``[fanout]``: 1 where partial sums are added on the way up."""
    links: Ints
    """``[fanout]``: mask of the tensors that lanes pass on to neighbours."""
    forwards: Ints
    """``[fanout, tensor]``: mask of the dims that index it along which they do."""
    place_memory: Ints
    """``[place, tensor]``: the memory that would keep it; -1 if none can."""
    place_block: Ints
    """``[place, tensor]``: words of the tensor in one physical access, at least 1."""
    place_bits: Ints
    """``[place, tensor]``: bits that a word of the tensor takes there, rounded up."""
    memory_bits: Ints
    """``[memory]``: usable bits of one instance; -1 is unlimited.

    With what stays there: the room of tiles, and of the tensors as the layer sees them."""
    keep_must: Ints
    """``[place]``: mask of tensors."""
    keep_may: Ints
    """``[place]``: mask of tensors, ``keep_must`` included."""


class MachineArrays(MachineFields):
    """A machine, as one layer sees it (roles resolved to that layer's tensors).

    What is found out about it can be kept with it (see :mod:`accelsim.kept`).
    """


class MappingArrays(NamedTuple):
    """One mapping, or a batch of them with a leading axis.  Loops have bounds above 1."""

    loop_dim: Ints
    """``[loop]``, outermost first."""
    loop_bound: Ints
    """``[loop]``"""
    slot_end: Ints
    """``[slot]``: the loops of slot s are ``slot_end[s - 1]:slot_end[s]``."""
    keep: Ints
    """``[place]``: mask of tensors."""


@kept
def pack_layer(layer: Layer) -> LayerArrays:
    """Pack a layer, dropping terms whose dim has bound 1 and common divisors of coefficients.

    Raises
    ------
    SpecError
        If the layer breaks a limit that keeps counts exact (see :func:`layer_faults`).
    """
    faults = layer_faults(layer)
    if faults:
        raise SpecError(fault.problem for fault in faults)
    dim_index = {name: index for index, (name, _) in enumerate(layer.dims)}
    relevant = [0] * len(layer.tensors)
    single_term = [0] * len(layer.tensors)
    rank_start = [0]
    dims: list[tuple[int, int]] = []
    coefficients: list[tuple[int, int]] = []
    opposed: list[int] = []
    divisors: list[int] = []
    extents: list[int] = []
    for t, tensor in enumerate(layer.tensors):
        for rank in tensor.ranks:
            terms = window_terms(rank, layer.bounds)
            if not terms:
                continue
            for term in terms:
                relevant[t] |= 1 << dim_index[term.dim]
            if len(terms) == 1:
                single_term[t] |= 1 << dim_index[terms[0].dim]
            second = terms[1] if len(terms) == 2 else None
            dims.append((dim_index[terms[0].dim], dim_index[second.dim] if second else -1))
            coefficients.append((terms[0].coefficient, second.coefficient if second else 0))
            signs = {
                term.coefficient > 0
                for term in rank.terms
                if term.coefficient and layer.bounds[term.dim] > 1
            }
            opposed.append(len(signs) - 1)
            divisors.append(window_divisor(rank, layer.bounds))
            extents.append(1 + sum(t.coefficient * (layer.bounds[t.dim] - 1) for t in terms))
        rank_start.append(len(dims))
    return LayerArrays(
        bounds=ints(bound for _, bound in layer.dims),
        relevant=ints(relevant),
        single_term=ints(single_term),
        output_words=layer.tensor_words(layer.output),
        output=layer.tensors.index(layer.output),
        rank_start=ints(rank_start),
        rank_dim=ints(dims).reshape(-1, 2),
        rank_coefficient=ints(coefficients).reshape(-1, 2),
        rank_opposed=ints(opposed),
        rank_divisor=ints(divisors),
        rank_extent=ints(extents),
    )


def mapping_problems(mapping: Mapping, arch: Architecture, layer: Layer) -> list[Problem]:
    """Return why a mapping cannot be packed for this machine and layer; empty if it can.

    A mapping has one step for each place and fanout of the machine, in its order; loops are over
    dims of the layer with bounds of at least 1; what is kept are tensors of the layer.
    """
    expected = [node.name for node in arch.nodes if not isinstance(node, Compute)]
    found = [step.place if isinstance(step, Block) else step.fanout for step in mapping.steps]
    kinds = [isinstance(node, Place) for node in arch.nodes if not isinstance(node, Compute)]
    if found != expected or kinds != [isinstance(step, Block) for step in mapping.steps]:
        what = f"the mapping is not one of {arch.name}: it has the levels {', '.join(found)}"
        return [Problem(what, expected=", ".join(expected))]
    problems: list[Problem] = []
    dims = [name for name, _ in layer.dims]
    tensors = [tensor.name for tensor in layer.tensors]
    for name, step in zip(found, mapping.steps, strict=True):
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            if loop.dim not in dims:
                what = f"{name} loops over '{loop.dim}', which layer '{layer.name}' does not have"
                problems.append(Problem(what, expected=f"one of {', '.join(dims)}"))
            elif loop.bound < 1:
                problems.append(Problem(f"{name} loops {loop.bound} times over {loop.dim}"))
        for tensor in sorted(step.keep) if isinstance(step, Block) else ():
            if tensor not in tensors:
                what = f"{name} keeps '{tensor}', which layer '{layer.name}' does not have"
                problems.append(Problem(what, expected=f"one of {', '.join(tensors)}"))
    return problems


def pack_mapping(mapping: Mapping, layer: Layer) -> MappingArrays:
    """Pack a mapping; loops of bound 1 are dropped (they change nothing)."""
    dim_index, tensor_bit = _indices(layer)
    dims: list[int] = []
    bounds: list[int] = []
    slot_end: list[int] = []
    keep: list[int] = []
    for step in mapping.steps:
        for slot in (step.loops,) if isinstance(step, Block) else (step.y, step.x):
            for loop in slot:
                if loop.bound > 1:
                    dims.append(dim_index[loop.dim])
                    bounds.append(loop.bound)
            slot_end.append(len(dims))
        if isinstance(step, Block):
            keep.append(sum(tensor_bit[name] for name in step.keep))
    packed = (np.array(its, dtype=np.int64) for its in (dims, bounds, slot_end, keep))
    return MappingArrays(*packed)


@kept
def _indices(layer: Layer) -> tuple[dict[str, int], dict[str, int]]:
    """Return the index of each dim, and the bit of each tensor, by name."""
    dims = {name: index for index, (name, _) in enumerate(layer.dims)}
    return dims, {tensor.name: 1 << index for index, tensor in enumerate(layer.tensors)}


def unpack_mapping(packed: MappingArrays, arch: Architecture, layer: Layer) -> Mapping:
    """Return the mapping that ``packed`` stands for (one mapping, no batch axis)."""
    names = [name for name, _ in layer.dims]
    loops = [
        Loop(names[dim], bound)
        for dim, bound in zip(packed.loop_dim.tolist(), packed.loop_bound.tolist(), strict=True)
    ]
    starts = [0, *packed.slot_end.tolist()]
    slots = iter([tuple(loops[start:end]) for start, end in pairwise(starts)])
    kept = iter(packed.keep.tolist())
    steps: list[Block | Spread] = []
    for node in arch.nodes:
        if isinstance(node, Place):
            mask = next(kept)
            names_kept = frozenset(t.name for i, t in enumerate(layer.tensors) if mask >> i & 1)
            steps.append(Block(node.name, next(slots), names_kept))
        elif isinstance(node, Fanout):
            y = next(slots)
            steps.append(Spread(node.name, x=next(slots), y=y))
    return Mapping(tuple(steps))


def ints(values: object) -> Ints:
    """Return integers, of any iterable, as an array of int64."""
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]
