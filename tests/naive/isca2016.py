"""The rules of the ISCA 2016 study, one choice of parameters at a time; every choice is looked at.

The obvious twin of :mod:`accelsim.published.isca2016`: plain numbers, no choice left out, sums of
accesses times energies as the study states them (DRAM 200, buffer 6, array 2, register file 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import ceil

from accelsim.published.isca2016 import Machine, Shape


def least_energy(dataflow: str, s: Shape, machine: Machine) -> float | None:
    """Return the least energy of one group without its operations; None if nothing fits."""
    ways = {"RS": rs, "WS": ws, "OSA": osa, "OSB": osb, "OSC": osc, "NLR": nlr}[dataflow]
    energies = [
        200 * dram + 6 * buffer + 2 * array + rf for dram, buffer, array, rf in ways(s, machine)
    ]
    return min(energies, default=None)


Accesses = Iterator[tuple[float, float, float, float]]


def upto(*bounds: int) -> Iterator[tuple[int, ...]]:
    return product(*(range(1, bound + 1) for bound in bounds))


def beta(s: Shape, f: int) -> float:
    """Return the share of fetched rows that are no halo."""
    return f / (s.stride * f + s.filter_side - s.stride)


def words(s: Shape) -> tuple[int, int, int, float]:
    return s.weights, s.inputs, s.outputs, s.output_side / s.input_side


def rs(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    n_, c, m_, r_, e, u = s.batch, s.channels, s.filters, s.filter_side, s.output_side, s.stride
    for m, n, f, p, q, r, t in upto(m_, n_, e, m_, c, c, m_):
        if (
            n * m * e * f + n * q * r * s.input_side * (u * f + r_ - u) <= machine.buffer_words
            and r_ * f * r * t <= machine.pes
            and p * q * r_ + q * r_ + p <= machine.rf_words
            and q * r <= c
            and p * t <= m
        ):
            deep, planes = ceil(c / q) * r_, ceil(c / (q * r))
            yield (
                w * ceil(n_ / n) * ceil(e / f) + i * ceil(m_ / m) * al / beta(s, f) + o,
                i * ceil(m_ / (p * t)) * al / beta(s, f) + 2 * o * (planes - 1),
                w * ceil(n_ / n) * e + i * ceil(m_ / p) * r_ * al + 2 * o * (deep - planes),
                w * n_ * e * e + i * m_ * r_ * r_ * al * al + 2 * o * (c * r_ * r_ - deep),
            )


def ws(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    c, m_, r_, e, u = s.channels, s.filters, s.filter_side, s.output_side, s.stride
    for r, t, f in upto(c, m_, e):
        sums = s.batch * t * e * e
        lines = r * t * (u * f - u) * (r_ - 1)
        if sums + lines <= machine.buffer_words and r * t * r_ * r_ <= machine.pes:
            deep = ceil(c / r) * r_
            yield (
                w + i * ceil(m_ / t) * al / beta(s, f) + o,
                2 * o * (deep - 1),
                i * m_ * r_ * r_ * al * al + 2 * o * (c * r_ * r_ - deep),
                w * s.batch * e * e,
            )


def of_all_os(s: Shape) -> tuple[float, float]:
    """Return what crosses the array and what the register files do under every OS."""
    w, i, o, al = words(s)
    area = s.filter_side**2
    across = w * s.batch * s.output_side**2 + i * s.filters * area * al * al
    return across, 2 * o * (s.channels * area - 1)


def osa(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    c, e_, r_, u = s.channels, s.output_side, s.filter_side, s.stride
    for m, n, e, f in upto(s.filters, s.batch, e_, e_):
        window = (u * e + r_ - u) * (u * f + r_ - u)
        if m * c * r_**2 + n * c * window <= machine.buffer_words and n * e * f <= machine.pes:
            halo = (al / beta(s, e)) * (al / beta(s, f))
            tiles = ceil(s.batch / n) * ceil(e_ / e) * ceil(e_ / f)
            dram = w + i * ceil(s.filters / m) * halo + o
            yield (dram, w * tiles + i * s.filters * halo, *of_all_os(s))


def osb(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    c, e, r_, u = s.channels, s.output_side, s.filter_side, s.stride
    for m, n, p, f in upto(s.filters, s.batch, s.filters, e):
        room = m * c * r_**2 + n * c * r_ * (u * f + r_ - u)
        if room <= machine.buffer_words and n * p * f <= machine.pes and p <= m:
            rows = r_ * al * al / beta(s, f)
            dram = w + i * ceil(s.filters / m) * rows + o
            buffer = w * ceil(s.batch / n) * e * ceil(e / f) + i * ceil(s.filters / p) * rows
            yield (dram, buffer, *of_all_os(s))


def osc(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    area = s.filter_side**2
    for m, n, p in upto(s.filters, s.batch, s.filters):
        if (m + n) * s.channels * area <= machine.buffer_words and n * p <= machine.pes and p <= m:
            windows = area * al * al
            dram = w + i * ceil(s.filters / m) * windows + o
            buffer = w * ceil(s.batch / n) * s.output_side**2 + i * ceil(s.filters / p) * windows
            yield (dram, buffer, *of_all_os(s))


def nlr(s: Shape, machine: Machine) -> Accesses:
    w, i, o, al = words(s)
    c, m_, r_, e_, u = s.channels, s.filters, s.filter_side, s.output_side, s.stride
    for n, m, p, q, e, f in upto(s.batch, m_, m_, c, e_, e_):
        window = (u * e + r_ - u) * (u * f + r_ - u)
        room = n * q * window + m * q * r_**2 + n * m * e * f
        if room <= machine.buffer_words and p * q <= machine.pes and p <= m:
            halo = (al / beta(s, e)) * (al / beta(s, f))
            deep, windows = ceil(c / q) * r_**2, r_**2 * al * al
            tiles = ceil(s.batch / n) * ceil(e_ / e) * ceil(e_ / f)
            yield (
                w * tiles + i * ceil(m_ / m) * halo + o,
                w * s.batch * e_**2 + i * ceil(m_ / p) * windows + 2 * o * (deep - 1),
                i * m_ * windows + 2 * o * (c * r_**2 - deep),
                0.0,
            )
