"""Count cases under their conventions; exit with 1 at the first difference from the twin.

Run as a program, by ``test_convention_mutants.py``, on a copy of the package: the arguments are the
folder that holds the copy and a pickled list of (case, conventions, walk).
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import accelsim
from accelsim.counter.general.tally import count_general
from tests.naive.compare import differences


def main(package_root: Path, walked_cases: Path) -> int:
    assert Path(accelsim.__file__).is_relative_to(package_root), "the copy is what is counted with"
    for case, conventions, walked in pickle.loads(walked_cases.read_bytes()):
        counted = count_general(case.layer, case.architecture, case.mapping, conventions)
        found = differences(case, walked, counted)
        if found:
            print(conventions, case, *found, sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
