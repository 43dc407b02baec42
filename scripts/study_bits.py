#!/usr/bin/env python3
"""Bits against energy: what narrower weights and activations save, and where.

    scripts/study_bits.py                           # ResNet-18; a stack of energies by level
    scripts/study_bits.py alexnet:conv3 --bits 8 16

Every point is a network on the Eyeriss chip (`accelsim show eyeriss`), batch 1, with so many bits
to each weight and to each input of its layers; sums keep 16 bits.  Narrower words cost less to move
and to multiply, and more of them fit, so that each point has mappings of its own, the best by
energy.  Accuracy is not part of it.

Energies are relative to a 16-bit MAC, from the table `eyeriss-relative`: ISCA 2016, and Timeloop's
for buffers by size.  That they go with the bits of a word, and a multiplication's with the product
of its operands' bits, is rule 14 of docs/model.md.
"""

from __future__ import annotations

import argparse
import sys

import accelsim as acs
from accelsim.errors import AccelsimError

BITS = ("4", "8", "16")


def main(words: list[str]) -> None:
    """Sweep, print the points by energy, draw where their energy goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", nargs="?", default="resnet18")
    parser.add_argument("--bits", nargs="+", default=BITS)
    parser.add_argument("--store", default="bits.db")
    parser.add_argument("--figure", default="bits.svg")
    parser.add_argument("--executor", default="processes")
    given = parser.parse_args(words)
    bits = ",".join(given.bits)
    result = acs.sweep(
        "eyeriss",
        given.workload,
        parameters=[f"*.bits.weights={bits}", f"*.bits.inputs={bits}"],
        store=given.store,
        executor=given.executor,
    )
    print(result.text())
    acs.plot(result, kind="stack", figures="energy_per_mac", output=given.figure)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except AccelsimError as fault:
        print(fault, file=sys.stderr)
        sys.exit(fault.exit_code)
