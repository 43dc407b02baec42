"""The loop nests whose accesses the closed forms of :mod:`accelsim.published.isca2016` count.

A choice of parameters becomes a mapping with remainders: a tile of k out of a bound D is passed
ceil(D / k) times, and where that leaves the last tile short, tiles are evened out (which never
takes more room and never adds a pass).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, prod

from accelsim.arch.records import Architecture, Fanout, Memory, Place
from accelsim.mapping.factors import needed_factors
from accelsim.mapping.records import Block, Loop, Spread
from accelsim.mapping.records import Mapping as Nest
from accelsim.published.isca2016 import Machine, Shape
from accelsim.workload.records import Layer

Parameters = Mapping[str, int]
Loops = dict[str, list[tuple[str, int]]]
"""Node -> (dim, bound) from outside in."""


def nest(dataflow: str, layer: Layer, arch: Architecture, parameters: Parameters) -> Nest:
    """Return the nest of a dataflow on its machine, under the parameters of its rules."""
    loops = _NESTS[dataflow](_site(layer, arch), parameters)
    kept = _KEPT[dataflow]
    steps: list[Block | Spread] = []
    for node in arch.nodes:
        if isinstance(node, Place):
            its = tuple(Loop(*loop) for loop in loops.get(node.name, []) if loop[1] > 1)
            steps.append(Block(node.name, its, frozenset(kept[node.name])))
        elif isinstance(node, Fanout):
            its = tuple(Loop(*loop) for loop in loops.get(node.name, []) if loop[1] > 1)
            steps.append(Spread(node.name, x=its))
    return Nest(tuple(steps), remainders=True)


def shape_of(layer: Layer) -> Shape:
    """Return a convolution or fully connected layer as the study's rules see it."""
    b, stride = _bounds(layer), _stride(layer)
    return Shape(
        groups=b["G"],
        batch=b["N"],
        channels=b["C"],
        filters=b["M"],
        input_side=(b["P"] - 1) * stride + b["R"],
        filter_side=b["R"],
        stride=stride,
        output_side=b["P"],
    )


def machine_of(arch: Architecture) -> Machine:
    """Return one of the study's machines as its rules see it."""
    registers = arch.memory.get("registers")
    return Machine(
        pes=arch.instances(arch.compute),
        buffer_words=_words(arch.memory["buffer"]),
        rf_words=_words(registers) if registers else 0,
    )


FORWARDED = {"OSA": ("P", "Q"), "OSB": ("Q",)}
"""Dataflow -> dims along which PEs pass inputs on."""


def forwarding(arch: Architecture, dataflow: str) -> Architecture:
    """Return a machine of the study with the links of a dataflow between its PEs.

    A PE keeps the inputs of a step of the window, and takes those of the next step from the
    neighbour that holds them, so that a block of outputs fetches its inputs from the buffer once.
    """
    along = frozenset(FORWARDED.get(dataflow, ()))
    if not along:
        return arch
    nodes = tuple(
        replace(node, forwards={"Inputs": along}) if isinstance(node, Fanout) else node
        for node in arch.nodes
    )
    return replace(arch, nodes=nodes)


def endless_fifo(arch: Architecture) -> Architecture:
    """Return a machine whose FIFO of inputs has room for a whole window.

    Lanes that pass inputs on fetch what such a FIFO fetches (:func:`handed_over`), so that a search
    that knows no neighbours may look there.
    """
    memories = tuple(
        replace(memory, size_bits=None) if memory.name == "fifo" else memory
        for memory in arch.memories
    )
    return replace(arch, memories=memories)


def handed_over(dataflow: str, mapping: Nest, layer: Layer, arch: Architecture) -> Nest:
    """Return a mapping of :func:`endless_fifo` for the machine itself, whose PEs pass inputs on.

    Where a window is too large for the FIFO, the buffer takes its rows one by one under OSB; if
    it still is, the buffer takes, innermost, steps of it (rows under OSA, columns under OSB) of the
    distance of neighbouring outputs.
    """
    site = _site(layer, arch)
    window = {loop.dim: loop.bound for loop in mapping.block("registers").loops}
    outside: list[Loop] = []
    if dataflow == "OSB" and prod(window.values()) > site.fifo_words:
        outside.append(Loop("R", window.pop("R", 1)))
    whole = dict(window)
    if prod(window.values()) > site.fifo_words:
        dim = "R" if dataflow == "OSA" else "S"
        steps, window[dim] = split(window[dim], site.stride)
        outside.append(Loop(dim, steps))
    blocks = {
        "buffer": (*mapping.block("buffer").loops, *(loop for loop in outside if loop.bound > 1)),
        "registers": tuple(Loop(dim, bound) for dim, bound in window.items() if bound > 1),
    }
    reached = {loop.dim: loop.bound * window[loop.dim] for loop in outside if loop.dim in window}
    return Nest(
        tuple(
            replace(at, loops=blocks.get(at.place, at.loops)) if isinstance(at, Block) else at
            for at in mapping.steps
        ),
        remainders=mapping.remainders or any(reached[dim] > whole[dim] for dim in reached),
    )


def _bounds(layer: Layer) -> dict[str, int]:
    return {name: layer.bounds.get(name, 1) for name in "GNMCPQRS"}


def _stride(layer: Layer) -> int:
    """Return the distance of the inputs of neighbouring outputs."""
    inputs = next(tensor for tensor in layer.tensors if tensor.role == "Inputs")
    return max(term.coefficient for rank in inputs.ranks for term in rank.terms)


def _words(memory: Memory) -> int:
    return sys.maxsize if memory.size_bits is None else memory.size_bits // memory.word_bits


@dataclass(frozen=True, slots=True)
class _Site:
    """What a nest is cut to fit."""

    bounds: Parameters
    stride: int
    fifo_words: int


def _site(layer: Layer, arch: Architecture) -> _Site:
    fifo = arch.memory.get("fifo")
    return _Site(_bounds(layer), _stride(layer), _words(fifo) if fifo else 0)


def split(bound: int, *tiles: int) -> tuple[int, ...]:
    """Return the factors, outermost first, of a bound that is cut into tiles within tiles.

    ``tiles`` are sizes from outside in; each factor is the number of passes, the last one the size
    of the innermost tile, evened out.

    >>> split(384, 100, 16)  # 4 tiles of at most 100, of 6 tiles of 16
    (4, 6, 16)
    >>> split(55, 7)
    (8, 7)
    """
    factors = []
    left = bound
    for tile in tiles:
        factors.append(ceil(left / min(tile, left)))
        left = ceil(left / factors[-1])
    return needed_factors((*factors, left), bound)


def _row_stationary(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    m, per_pass, p = k["m"], k["p"] * k["t"], k["p"]
    filters, groups, t, p = split(b["M"], m, per_pass, p)
    channels, r, q = split(b["C"], k["q"] * k["r"], k["q"])
    strips, f = split(b["P"], k["f"])
    batches, n = split(b["N"], k["n"])
    return {
        "dram": [("G", b["G"]), ("P", strips), ("N", batches), ("M", filters), ("C", channels)],
        "buffer": [("M", groups), ("N", n), ("Q", b["Q"])],
        "array": [("R", b["R"]), ("P", f), ("C", r), ("M", t)],
        "registers": [("S", b["S"]), ("C", q), ("M", p)],
    }


def _weight_stationary(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    filters, t = split(b["M"], k["t"])
    channels, r = split(b["C"], k["r"])
    return {
        "dram": [("G", b["G"]), ("M", filters), ("C", channels)],
        "buffer_sums": [("N", b["N"]), ("P", b["P"])],
        "buffer_inputs": [("Q", b["Q"])],
        "rows": [("R", b["R"])],
        "lanes": [("S", b["S"]), ("C", r), ("M", t)],
    }


def _output_stationary_a(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    filters, m = split(b["M"], k["m"])
    batches, n = split(b["N"], k["n"])
    down, e = split(b["P"], k["e"])
    across, f = split(b["Q"], k["f"])
    whole = b["R"] * b["S"] <= site.fifo_words
    rows, fifo_rows = split(b["R"], b["R"] if whole else site.stride)
    return {
        "dram": [("G", b["G"]), ("M", filters), ("N", batches), ("P", down), ("Q", across)],
        "buffer": [("M", m), ("C", b["C"]), ("R", rows)],
        "array": [("N", n), ("P", e), ("Q", f)],
        "registers": [("R", fifo_rows), ("S", b["S"])],
    }


def _output_stationary_b(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    filters, groups, p = split(b["M"], k["m"], k["p"])
    batches, n = split(b["N"], k["n"])
    across, f = split(b["Q"], k["f"])
    whole = b["S"] <= site.fifo_words
    columns, fifo_columns = split(b["S"], b["S"] if whole else site.stride)
    return {
        "dram": [("G", b["G"]), ("M", filters), ("N", batches), ("P", b["P"]), ("Q", across)],
        "buffer": [("M", groups), ("C", b["C"]), ("R", b["R"]), ("S", columns)],
        "array": [("N", n), ("M", p), ("Q", f)],
        "registers": [("S", fifo_columns)],
    }


def _output_stationary_c(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    filters, groups, p = split(b["M"], k["m"], k["p"])
    batches, n = split(b["N"], k["n"])
    return {
        "dram": [("G", b["G"]), ("M", filters), ("N", batches), ("P", b["P"]), ("Q", b["Q"])],
        "buffer": [("M", groups), ("C", b["C"]), ("R", b["R"]), ("S", b["S"])],
        "array": [("N", n), ("M", p)],
    }


def _no_local_reuse(site: _Site, k: Parameters) -> Loops:
    b = site.bounds
    filters, groups, p = split(b["M"], k["m"], k["p"])
    batches, n = split(b["N"], k["n"])
    down, e = split(b["P"], k["e"])
    across, f = split(b["Q"], k["f"])
    channels, q = split(b["C"], k["q"])
    images = [("G", b["G"]), ("N", batches), ("P", down), ("Q", across)]
    return {
        "dram": [*images, ("M", filters), ("C", channels)],
        "buffer": [("M", groups), ("N", n), ("P", e), ("Q", f), ("R", b["R"]), ("S", b["S"])],
        "array": [("C", q), ("M", p)],
    }


_NESTS: dict[str, Callable[[_Site, Parameters], Loops]] = {
    "RS": _row_stationary,
    "WS": _weight_stationary,
    "OSA": _output_stationary_a,
    "OSB": _output_stationary_b,
    "OSC": _output_stationary_c,
    "NLR": _no_local_reuse,
}

_ALL = ("Weights", "Inputs", "Outputs")

_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "RS": {"dram": _ALL, "buffer": ("Inputs", "Outputs"), "registers": _ALL},
    "WS": {
        "dram": _ALL,
        "buffer_sums": ("Outputs",),
        "buffer_inputs": ("Inputs",),
        "registers": ("Weights",),
    },
    "OSA": {"dram": _ALL, "buffer": ("Weights", "Inputs"), "registers": ("Inputs", "Outputs")},
    "OSB": {"dram": _ALL, "buffer": ("Weights", "Inputs"), "registers": ("Inputs", "Outputs")},
    "OSC": {"dram": _ALL, "buffer": ("Weights", "Inputs"), "registers": ("Outputs",)},
    "NLR": {"dram": _ALL, "buffer": _ALL, "registers": ()},
}
"""Dataflow -> place -> tensors."""
