"""Ask the exact mapper about small problems; exit with 1 at the first wrong answer.

Run as a program, by ``test_exact_mutants.py``, on a copy of the package: the arguments are the
folder that holds the copy and a pickled list of (problem with its list of points, question).
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import accelsim
from tests.mapper.exact_checks import wrong


def main(package_root: Path, listed_cases: Path) -> int:
    assert Path(accelsim.__file__).is_relative_to(package_root), "the copy is what searches"
    for case, question in pickle.loads(listed_cases.read_bytes()):
        found = wrong(case, question)
        if found:
            print(case.problem.layer, case.problem.arch, f"{question}: {found}", sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
