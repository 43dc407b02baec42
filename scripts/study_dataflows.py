#!/usr/bin/env python3
"""Dataflows over networks: whether the best one for one network suits the others.

    scripts/study_dataflows.py                      # five networks; a heat map
    scripts/study_dataflows.py alexnet 'vgg16:conv*' --dataflows rs ws

Every point is a network on the Eyeriss chip (`accelsim show eyeriss`), batch 1, whose layers all
keep to one dataflow, each in the best mapping by energy that the dataflow allows.

Energies are relative to a MAC, from the table `eyeriss-relative`: ISCA 2016, and Timeloop's for
buffers by size.
"""

from __future__ import annotations

import argparse
import sys

import accelsim as acs
from accelsim.errors import AccelsimError

NETWORKS = ("alexnet", "vgg16", "resnet18", "squeezenet", "mobilenet_v1")
DATAFLOWS = ("rs", "ws", "is", "os_a", "os_b", "os_c", "nlr")


def main(words: list[str]) -> None:
    """Sweep, print the points by energy per MAC, draw networks against dataflows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--dataflows", nargs="+", default=DATAFLOWS)
    parser.add_argument("--store", default="dataflows.db")
    parser.add_argument("--figure", default="dataflows.svg")
    parser.add_argument("--executor", default="processes")
    given = parser.parse_args(words)
    result = acs.sweep(
        "eyeriss",
        *given.networks,
        dataflows=given.dataflows,
        store=given.store,
        executor=given.executor,
    )
    print(result.text(count=100, by="energy_per_mac"))
    sides = ("dataflow", "workload")
    acs.plot(result, kind="heatmap", figures="energy_per_mac", along=sides, output=given.figure)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except AccelsimError as fault:
        print(fault, file=sys.stderr)
        sys.exit(fault.exit_code)
