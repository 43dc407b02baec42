#!/usr/bin/env python3
"""Buffer against array: which of both should have more of a fixed area.

    scripts/study_equal_area.py                     # ResNet-50; a figure of energy over cycles
    scripts/study_equal_area.py alexnet --pes 128 256

Every point is the machine of the ISCA 2016 dataflow study (`accelsim show isca2016_rs_256`) with
another number of PEs of 512 B of registers each, and the buffer that fits into what is left of the
storage area of that study: 256 PEs with 128 KiB.  Each layer runs in its best mapping by energy.

Areas are those of storage alone, per byte, from the study's analysis code (its list stands in
make_isca2016_machines.py); that of an arithmetic unit is not known and counts as none.  Energies
are relative to a MAC, from the table `eyeriss-relative`: ISCA 2016, and Timeloop's for buffers by
size.
"""

from __future__ import annotations

import argparse
import sys

from make_isca2016_machines import AREA_UM2_PER_BYTE, BASELINE_BYTES, area_um2

import accelsim as acs

AREA = 256 * area_um2(BASELINE_BYTES) + area_um2(256 * BASELINE_BYTES)
PES = (32, 64, 112, 128, 192, 224, 256, 320, 336, 384, 392)


def values(pes: int) -> str:
    """Return size and area of the buffer beside so many PEs, in whole KiB, and their number."""
    left = AREA - pes * area_um2(BASELINE_BYTES)
    kib = int(left / AREA_UM2_PER_BYTE[4096]) // 1024
    return f"{kib}KiB:{area_um2(kib * 1024) / 1e6:.2f}mm2:{pes}"


def main(words: list[str]) -> None:
    """Sweep, print the points by energy, draw them over cycles."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", nargs="?", default="resnet50")
    parser.add_argument("--pes", nargs="+", type=int, default=PES)
    parser.add_argument("--store", default="equal_area.db")
    parser.add_argument("--figure", default="equal_area.svg")
    parser.add_argument("--executor", default="processes")
    given = parser.parse_args(words)
    result = acs.sweep(
        "isca2016_rs_256",
        given.workload,
        parameters=["buffer.size,buffer.area,array.mesh_x=" + ",".join(map(values, given.pes))],
        overrides=["mac.area=0um2"],
        store=given.store,
        executor=given.executor,
    )
    print(result.text())
    acs.plot(result, kind="front", figures=("energy_per_mac", "cycles"), output=given.figure)


if __name__ == "__main__":
    main(sys.argv[1:])
