"""Evaluate cases that have been billed before; exit with 1 at the first difference.

Run as a program, by ``test_evaluation_mutants.py``, on a copy of the package: the arguments are the
folder that holds the copy and a pickled list of (case, bill).
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import accelsim
from tests.evaluation.compare import differences


def main(package_root: Path, billed_cases: Path) -> int:
    assert Path(accelsim.__file__).is_relative_to(package_root), "the copy is what evaluates"
    for case, billed in pickle.loads(billed_cases.read_bytes()):
        found = differences(case, billed)
        if found:
            print(case, *found, sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
