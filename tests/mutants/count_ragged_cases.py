"""Count and evaluate cases with remainders; exit with 1 at the first difference from their twins.

Run as a program, by ``test_ragged_mutants.py``, on a copy of the package: the arguments are the
folder that holds the copy and a pickled list of (case, walk, (priced case, bill) or None).
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import accelsim
from accelsim.counter.ragged import count_ragged
from tests.evaluation.compare import _differences, evaluate_case
from tests.naive.compare import differences


def main(package_root: Path, walked_cases: Path) -> int:
    assert Path(accelsim.__file__).is_relative_to(package_root), "the copy is what is counted with"
    for case, walked, charged in pickle.loads(walked_cases.read_bytes()):
        counted = count_ragged(case.layer, case.architecture, case.mapping)
        found = differences(case, walked, counted)
        if charged and not found:
            priced, billed = charged
            found = _differences(billed, evaluate_case(priced))
        if found:
            print(case, *found, sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
