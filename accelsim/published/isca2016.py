"""The dataflow study of ISCA 2016 by its own counting rules: closed forms, minimised exhaustively.

Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient Dataflow for Convolutional
Neural Networks", ISCA 2016, section VI; the rules are those of its first author's analysis code
(github.com/ominux/eyeriss-dataflow, read for facts), restated.  The authors searched with a
genetic algorithm; here the minimum is over all whole parameters, less those that another one with
the same counts dominates.

An access of 16 bits costs, in multiply-accumulates: DRAM 200, buffer 6, array 2, register file 1.
Words are counted per group of a convolution and multiplied by the number of groups.  Of a layer
with batch N, filters M x C x R x R, inputs of side H (padded), outputs of side E and stride U,

    w, i, o   words of filters, inputs and outputs
    al        E / H
    edge(f)   U f + R - U: the side of the inputs under f outputs
    halo(f)   edge(f) E / (f H): inputs fetched in strips of f rows of outputs, in units of i

and sums count a read and a write each time.  In all dataflows the DRAM takes each output once and
never gives a sum back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAM, BUFFER, ARRAY, RF, ALU = 200.0, 6.0, 2.0, 1.0, 1.0
"""Energy of an access, and of a multiply-accumulate, in multiply-accumulates."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A convolution of square images and filters; C and M are those of one group."""

    groups: int
    batch: int
    channels: int
    filters: int
    input_side: int
    filter_side: int
    stride: int
    output_side: int

    @property
    def weights(self) -> int:
        return self.filters * self.channels * self.filter_side**2

    @property
    def inputs(self) -> int:
        return self.batch * self.channels * self.input_side**2

    @property
    def outputs(self) -> int:
        return self.batch * self.filters * self.output_side**2

    @property
    def operations(self) -> int:
        """Of all groups."""
        return self.groups * self.outputs * self.channels * self.filter_side**2

    @property
    def al(self) -> float:
        return self.output_side / self.input_side

    def edge(self, f: Ints) -> Ints:
        """Return the side of the inputs under f outputs."""
        return self.stride * f + self.filter_side - self.stride

    def halo(self, f: Ints) -> Floats:
        """Return the inputs fetched in strips of f rows of outputs, in units of all inputs."""
        return self.al * self.edge(f) / f


@dataclass(frozen=True, slots=True)
class Machine:
    """Processing elements, and words of the buffer and of one register file."""

    pes: int
    buffer_words: int
    rf_words: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Accesses by level of candidates with their parameters (arrays of equal shape)."""

    dram: Any
    buffer: Any
    array: Any
    rf: Any
    parameters: dict[str, Any]

    @property
    def energy(self) -> Any:
        return DRAM * self.dram + BUFFER * self.buffer + ARRAY * self.array + RF * self.rf


@dataclass(frozen=True, slots=True)
class Best:
    """One choice of parameters: energy by level in multiply-accumulates, all groups together."""

    dram: float
    buffer: float
    array: float
    rf: float
    alu: float
    parameters: tuple[tuple[str, int], ...]

    @property
    def energy(self) -> float:
        return self.dram + self.buffer + self.array + self.rf + self.alu


def _grid(*axes: Ints) -> tuple[Ints, ...]:
    """Return all combinations, one flat array for each axis."""
    return tuple(axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))


def _up(a: Any, b: Any) -> Any:
    return -(-a // b)


def _least(bound: int, most: int | None = None) -> Ints:
    """Return the smallest k for each value of ceil(bound / k), at most ``most``.

    A parameter that is counted only in that form, and otherwise only takes room, needs no others;
    ceil(ceil(a / b) / c) = ceil(a / (b c)) makes this true of products as well.
    """
    every = np.arange(1, bound + 1)
    kept = every[np.concatenate(([True], np.diff(_up(bound, every)) < 0))]
    return kept if most is None else kept[kept <= most]


def _every(most: int) -> Ints:
    return np.arange(1, most + 1)


def row_stationary(s: Shape, machine: Machine) -> Counts:
    """Count RS: m filters and n images in the buffer, f rows of outputs over sets of PEs.

    A PE holds p filters and q channels; sets are r channels and t filters.  ``q r <= C``,
    ``p t <= m``, ``R f r t <= PEs``, ``p q R + q R + p <= words of a PE``,
    ``n m E f + n q r H edge(f) <= buffer``.  More filters in the buffer, and in a PE, never cost
    more, so that m and p are the largest that fit.
    """
    side, rows = s.output_side, s.filter_side
    f, q = _grid(_every(min(side, machine.pes // rows)), _least(s.channels))
    p_room = (machine.rf_words - q * rows) // (q * rows + 1)
    f, q, p_room = (a[p_room >= 1] for a in (f, q, p_room))
    parts = []
    for r in _least(s.channels):
        t = _least(s.filters, machine.pes // (rows * int(r)))[:, None]
        fits = (q * r <= s.channels) & (rows * f * r <= machine.pes)
        for n in _least(s.batch):
            fr, qr, room = f[fits], q[fits], p_room[fits]
            m = machine.buffer_words - n * qr * r * s.input_side * s.edge(fr)
            m = np.minimum(m // (n * side * fr), s.filters)
            at, which = np.nonzero((t <= m) & (rows * fr * r * t <= machine.pes))
            p = np.minimum(room[which], m[which] // t[at, 0])
            same = np.ones_like(at)
            parts.append((same * n, m[which], fr[which], p, qr[which], same * r, t[at, 0]))
    n, m, f, p, q, r, t = (np.concatenate(column) for column in zip(*parts, strict=True))
    w, i, o = s.weights, s.inputs, s.outputs
    batches = _up(s.batch, n)
    deep, planes = _up(s.channels, q) * rows, _up(s.channels, q * r)
    return Counts(
        dram=w * batches * _up(side, f) + i * _up(s.filters, m) * s.halo(f) + o,
        buffer=i * _up(s.filters, p * t) * s.halo(f) + 2 * o * (planes - 1),
        array=w * batches * side + i * _up(s.filters, p) * rows * s.al + 2 * o * (deep - planes),
        rf=w * s.batch * side**2
        + i * s.filters * (rows * s.al) ** 2
        + 2 * o * (s.channels * rows**2 - deep),
        parameters={"m": m, "n": n, "f": f, "p": p, "q": q, "r": r, "t": t},
    )


def weight_stationary(s: Shape, machine: Machine) -> Counts:
    """Count WS: r channels and t filters over PEs, inputs in strips of f rows.

    ``r t R R <= PEs``; the sums of all pixels and images wait in the buffer beside the lines of
    inputs: ``N t E E + r t (U f - U) (R - 1) <= buffer``.
    """
    side, rows = s.output_side, s.filter_side
    r, t, f = _grid(_least(s.channels), _least(s.filters), _every(side))
    lines = r * t * s.stride * (f - 1) * (rows - 1)
    fits = (r * t * rows**2 <= machine.pes) & (
        s.batch * t * side**2 + lines <= machine.buffer_words
    )
    r, t, f = r[fits], t[fits], f[fits]
    w, i, o = s.weights, s.inputs, s.outputs
    deep = _up(s.channels, r) * rows
    return Counts(
        dram=w + i * _up(s.filters, t) * s.halo(f) + o,
        buffer=2 * o * (deep - 1),
        array=i * s.filters * (rows * s.al) ** 2 + 2 * o * (s.channels * rows**2 - deep),
        rf=np.full(len(r), float(w * s.batch * side**2)),
        parameters={"r": r, "t": t, "f": f},
    )


def _output_stationary(s: Shape, dram: Any, buffer: Any, parameters: dict[str, Any]) -> Counts:
    """Return the counts of any OS: all operands cross the array, all sums stay in the PE.

    ``dram`` is what the DRAM gives of inputs; it gives each weight once.
    """
    windows = s.inputs * s.filters * (s.filter_side * s.al) ** 2
    across = s.weights * s.batch * s.output_side**2 + windows
    sums = 2 * s.outputs * (s.channels * s.filter_side**2 - 1)
    same = np.ones(len(dram))
    return Counts(s.weights + dram + s.outputs, buffer, across * same, sums * same, parameters)


def output_stationary_a(s: Shape, machine: Machine) -> Counts:
    """Count OSA (SOC-MOP): a region e x f of one output plane of n images over PEs.

    m filters are in the buffer: ``m C R R + n C edge(e) edge(f) <= buffer``; ``n e f <= PEs``.
    """
    side = s.output_side
    n, e, f = _grid(_least(s.batch), _every(side), _every(side))
    m = machine.buffer_words - n * s.channels * s.edge(e) * s.edge(f)
    m = np.minimum(m // (s.channels * s.filter_side**2), s.filters)
    fits = (n * e * f <= machine.pes) & (m >= 1)
    n, e, f, m = n[fits], e[fits], f[fits], m[fits]
    halo = s.inputs * s.halo(e) * s.halo(f)
    return _output_stationary(
        s,
        _up(s.filters, m) * halo,
        s.weights * _up(s.batch, n) * _up(side, e) * _up(side, f) + s.filters * halo,
        {"m": m, "n": n, "e": e, "f": f},
    )


def output_stationary_b(s: Shape, machine: Machine) -> Counts:
    """Count OSB (MOC-MOP): f pixels of one row of p output planes of n images over PEs.

    ``n p f <= PEs``, ``p <= m``; ``m C R R + n C R edge(f) <= buffer``.
    """
    side, rows = s.output_side, s.filter_side
    n, p, f = _grid(_least(s.batch), _least(s.filters), _every(side))
    m = machine.buffer_words - n * s.channels * rows * s.edge(f)
    m = np.minimum(m // (s.channels * rows**2), s.filters)
    fits = (n * p * f <= machine.pes) & (m >= p)
    n, p, f, m = n[fits], p[fits], f[fits], m[fits]
    strips = s.inputs * rows * s.al * s.halo(f)
    return _output_stationary(
        s,
        _up(s.filters, m) * strips,
        s.weights * _up(s.batch, n) * side * _up(side, f) + _up(s.filters, p) * strips,
        {"m": m, "n": n, "p": p, "f": f},
    )


def output_stationary_c(s: Shape, machine: Machine) -> Counts:
    """Count OSC (MOC-SOP): one pixel of p output planes of n images over PEs.

    ``n p <= PEs``, ``p <= m``; ``(m + n) C R R <= buffer``.
    """
    n, p = _grid(_least(s.batch), _least(s.filters))
    m = np.minimum(machine.buffer_words // (s.channels * s.filter_side**2) - n, s.filters)
    fits = (n * p <= machine.pes) & (m >= p)
    n, p, m = n[fits], p[fits], m[fits]
    windows = s.inputs * (s.filter_side * s.al) ** 2
    return _output_stationary(
        s,
        _up(s.filters, m) * windows,
        s.weights * _up(s.batch, n) * s.output_side**2 + _up(s.filters, p) * windows,
        {"m": m, "n": n, "p": p},
    )


def no_local_reuse(s: Shape, machine: Machine) -> Counts:
    """Count NLR: q channels and p filters over PEs; n images, m filters, e x f outputs buffered.

    ``p q <= PEs``, ``p <= m``; ``n q edge(e) edge(f) + m q R R + n m e f <= buffer``.  The closed
    form has no term for weights that cross the array.
    """
    side, area = s.output_side, s.filter_side**2
    n, q, e, f = _grid(_least(s.batch), _least(s.channels, machine.pes), _every(side), _every(side))
    left = machine.buffer_words - n * q * s.edge(e) * s.edge(f)
    m = np.minimum(left // (q * area + n * e * f), s.filters)
    fits = m >= 1
    n, q, e, f, m = n[fits], q[fits], e[fits], f[fits], m[fits]
    p = np.minimum(m, machine.pes // q)
    w, i, o = s.weights, s.inputs, s.outputs
    tiles = _up(s.batch, n) * _up(side, e) * _up(side, f)
    deep, windows = _up(s.channels, q) * area, i * (s.filter_side * s.al) ** 2
    return Counts(
        dram=w * tiles + i * _up(s.filters, m) * s.halo(e) * s.halo(f) + o,
        buffer=w * s.batch * side**2 + _up(s.filters, p) * windows + 2 * o * (deep - 1),
        array=windows * s.filters + 2 * o * (s.channels * area - deep),
        rf=np.zeros(len(n)),
        parameters={"n": n, "m": m, "p": p, "q": q, "e": e, "f": f},
    )


DATAFLOWS: dict[str, Callable[[Shape, Machine], Counts]] = {
    "RS": row_stationary,
    "WS": weight_stationary,
    "OSA": output_stationary_a,
    "OSB": output_stationary_b,
    "OSC": output_stationary_c,
    "NLR": no_local_reuse,
}


def _kth(energy: Floats, most: int) -> float:
    """Return the energy of the last of ``most`` candidates, the best first."""
    if len(energy) <= most:
        return float("inf")
    return float(np.partition(energy, most - 1)[most - 1])


def best(dataflow: str, shape: Shape, machine: Machine, most: int = 1) -> tuple[Best, ...]:
    """Return up to ``most`` choices of parameters of least energy, the best first; none can run."""
    counts = DATAFLOWS[dataflow](shape, machine)
    energy = np.asarray(counts.energy, dtype=np.float64)
    order = np.flatnonzero(energy <= _kth(energy, most))
    order = order[np.argsort(energy[order], kind="stable")][:most]
    g = shape.groups

    def at(values: Any, k: int) -> float:
        return float(values[k])

    return tuple(
        Best(
            dram=g * DRAM * at(counts.dram, k),
            buffer=g * BUFFER * at(counts.buffer, k),
            array=g * ARRAY * at(counts.array, k),
            rf=g * RF * at(counts.rf, k),
            alu=ALU * shape.operations,
            parameters=tuple((name, int(values[k])) for name, values in counts.parameters.items()),
        )
        for k in map(int, order)
    )
