"""Evaluate cases with zeros drawn before; exit with 1 at the first difference.

Run as a program, by ``test_zeros_mutants.py``, on a copy of the package: the arguments are the
folder that holds the copy and a pickled list of (case, what was drawn).
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import accelsim
from tests.naive.zeros_compare import beyond, contradictions


def main(package_root: Path, drawn_cases: Path) -> int:
    assert Path(accelsim.__file__).is_relative_to(package_root), "the copy is what evaluates"
    for case, drawn in pickle.loads(drawn_cases.read_bytes()):
        found = [*beyond(case, drawn), *contradictions(case)]
        if found:
            print(case, *found, sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
