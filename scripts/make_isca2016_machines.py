#!/usr/bin/env python3
"""Write the machines of the ISCA 2016 dataflow study from one template: eighteen and a variant.

The study compares dataflows at the same number of PEs and the same storage area: the area of J
register files of 512 bytes and a buffer of J x 512 bytes.  A dataflow with smaller register files
gets the area that they free as buffer.

    scripts/make_isca2016_machines.py            # rewrite arch_specs/isca2016_*.yaml
    scripts/make_isca2016_machines.py --check    # exit 1 if a file differs from what this writes

Source of the facts below: Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient
Dataflow for Convolutional Neural Networks", ISCA 2016, section VI, and its first author's analysis
code (github.com/ominux/eyeriss-dataflow, read for facts), which has the area of a byte of storage.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "arch_specs"

PES = (256, 512, 1024)

WORD_BYTES = 2

REGISTER_FILE_BYTES = {"rs": 512, "ws": 2, "osa": 98, "osb": 10, "osc": 2, "nlr": 0}
"""Per PE."""

TITLE = {
    "rs": "row stationary",
    "ws": "weight stationary",
    "osa": "output stationary, one channel and many pixels (SOC-MOP)",
    "osb": "output stationary, many channels and many pixels (MOC-MOP)",
    "osc": "output stationary, many channels and one pixel (MOC-SOP)",
    "nlr": "no local reuse",
}

AREA_UM2_PER_BYTE = {
    2: 103.47,
    4: 172.07,
    8: 177.07,
    16: 169.89,
    32: 96.06,
    64: 59.15,
    128: 39.94,
    256: 27.48,
    512: 20.87,
    1024: 16.14,
    2048: 13.89,
    4096: 12.7,
}
"""By size of the memory in bytes; linear in between, constant from 4096 bytes on."""

BASELINE_BYTES = 512
"""Register file of a PE, and buffer per PE, whose area every dataflow may spend."""


def area_um2(size_bytes: float) -> float:
    """Return the area of a memory of ``size_bytes``."""
    if size_bytes == 0:
        return 0.0
    points = list(AREA_UM2_PER_BYTE.items())
    for (small, dense), (large, sparse) in pairwise(points):
        if size_bytes <= large:
            share = (size_bytes - small) / (large - small)
            return size_bytes * (dense + share * (sparse - dense))
    return size_bytes * points[-1][1]


def buffer_bytes(dataflow: str, pes: int) -> int:
    """Return the buffer that the area rule leaves to ``dataflow``, in whole words."""
    total = pes * area_um2(BASELINE_BYTES) + area_um2(pes * BASELINE_BYTES)
    left = total - pes * area_um2(REGISTER_FILE_BYTES[dataflow])
    words = left / AREA_UM2_PER_BYTE[4096] / WORD_BYTES
    # The rule gives RS back exactly what went in; floating point may fall just short of it.
    return int(words + 1e-6) * WORD_BYTES


HEAD = """\
# Written by scripts/make_isca2016_machines.py; change that, not this.
kind: architecture
name: {name}
title: "ISCA 2016 study: {pes} PEs, {title}"
source: >-
  ISCA 2016 dataflow study (Chen, Emer, Sze), section VI: {pes} PEs for
  {title},
  at the storage area of {pes} register files of 512 B and a buffer of {baseline_kib:g} KiB
technology: eyeriss-relative
clock: 200 MHz
word: 16 b
assumptions:
- the study has no clock; 200 MHz is that of the Eyeriss chip and scales times only
- no bandwidth limits are stated, so that transfers hide behind compute
levels:
- memory: dram
  component: dram
  keep: [Weights, Inputs, Outputs]
  source: "ISCA 2016, section VI"
- memory: buffer
  component: buffer
  size: {buffer_bytes} B
  area: {buffer_mm2:.4f} mm2
{buffer_places}\
  source: "area rule of section VI: {buffer_kib:.1f} KiB is what {register_bytes} B a PE leave"
- fanout: array
  component: array
  mesh_x: {pes}
  mesh_y: 1
{array_parts}\
  source: "section VI: {pes} PEs; the study bounds their number, not their shape"
{registers}\
- compute: mac
  component: mac
  ops_per_cycle: 1
  source: "section VI: one MAC per PE"
"""

ONE_BUFFER = """\
  may_keep: [Weights, Inputs, Outputs]
"""

BUFFER_IN_TWO_PLACES = """\
  places:      # the sums of all pixels outside, the input rows under the filter inside
  - {place: buffer_sums, may_keep: [Outputs]}
  - {place: buffer_inputs, may_keep: [Inputs]}
"""

ARRAY_IN_TWO_PARTS = """\
  parts:       # one row of lanes: filter rows, which are not added in the array, and what is
  - {fanout: rows, component: array_bus, reduces: false}
  - {fanout: lanes}
"""

ONE_REGISTER_FILE = """\
- memory: registers
  component: register_file
  size: {register_bytes} B
  area: {register_mm2:.8f} mm2
  may_keep: [Weights, Inputs, Outputs]
  source: "section VI: {register_bytes} B a PE"
"""

FIFO_AND_SUM = """\
- side_by_side: registers
  memories:
  - memory: fifo
    component: fifo
    size: {fifo_bytes} B
    may_keep: [Inputs]
    source: "section VI: the {register_bytes} B of a PE but its sum; reads are not counted there"
  - memory: sum_register
    component: register_file
    size: {word_bytes} B
    area: {register_mm2:.8f} mm2      # of all {register_bytes} B
    may_keep: [Outputs]
    source: "section VI: a PE accumulates one output pixel"
"""


def machine(dataflow: str, pes: int, pinned: bool = True) -> str:
    """Return the YAML of one machine; if not ``pinned``, registers hold sums and inputs freely."""
    register_bytes = REGISTER_FILE_BYTES[dataflow]
    size = buffer_bytes(dataflow, pes)
    fifo = dataflow in ("osa", "osb") and pinned
    registers = FIFO_AND_SUM if fifo else ONE_REGISTER_FILE
    return HEAD.format(
        name=f"isca2016_{dataflow}{'' if pinned else '_unpinned'}_{pes}",
        title=TITLE[dataflow] + ("" if pinned else ", its registers free"),
        pes=pes,
        baseline_kib=pes * BASELINE_BYTES / 1024,
        buffer_bytes=size,
        buffer_kib=size / 1024,
        buffer_mm2=area_um2(size) / 1e6,
        buffer_places=BUFFER_IN_TWO_PLACES if dataflow == "ws" else ONE_BUFFER,
        array_parts=ARRAY_IN_TWO_PARTS if dataflow == "ws" else "",
        register_bytes=register_bytes,
        registers=registers.format(
            register_bytes=register_bytes,
            register_mm2=area_um2(register_bytes) / 1e6,
            fifo_bytes=register_bytes - WORD_BYTES,
            word_bytes=WORD_BYTES,
        ),
    )


def machines() -> dict[str, str]:
    """Return the text of every machine by file name."""
    studied = {
        f"isca2016_{dataflow}_{pes}.yaml": machine(dataflow, pes)
        for dataflow in REGISTER_FILE_BYTES
        for pes in PES
    }
    return studied | {"isca2016_osa_unpinned_256.yaml": machine("osa", 256, pinned=False)}


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` compare them."""
    stale = 0
    for name, text in machines().items():
        path = FOLDER / name
        if arguments == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path} differs from what {Path(__file__).name} writes", file=sys.stderr)
                stale = 1
        else:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
