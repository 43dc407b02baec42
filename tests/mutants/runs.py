"""Programs run on the package, in which a mistake may have been made."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.mutants.mutants import Mutant

ROOT = Path(__file__).parents[2]


class Run(NamedTuple):
    code: int
    """How the program ended: 1 if it found a difference, 2 if it raised, less than 0 if killed."""
    printed: str


def with_mistake(mutant: Mutant) -> str:
    """Return the text of the mutant's file with the mistake in it."""
    text = (ROOT / "accelsim" / mutant.file).read_text(encoding="utf-8")
    for old, new in ((mutant.old, mutant.new), *mutant.also):
        assert text.count(old) == 1, "the text to change stands in the file once"
        text = text.replace(old, new)
    return text


def write_cases(path: Path, cases: Iterable[tuple[object, ...]]) -> Path:
    """Write cases one after the other: a program reads no further than it must."""
    with path.open("wb") as file:
        for case in cases:
            pickle.dump(case, file)
    return path


@cache
def server() -> subprocess.Popen[str]:
    """Start ``server.py``, which ends when its input does; uncompiled, as that starts sooner."""
    path = os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    one_thread = {"OPENBLAS_NUM_THREADS": "1"}  # what is forked has one
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.mutants.server"],
        env=os.environ | one_thread | {"PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(started.communicate)
    return started


def run(program: str, cases: Path, mutant: Mutant | None = None) -> Run:
    """Try ``tests.mutants.<program>`` on cases, in a process that imports the package anew."""
    mistaken = (mutant.file, with_mistake(mutant)) if mutant else None
    stdin, stdout = server().stdin, server().stdout
    assert stdin is not None
    assert stdout is not None
    print(json.dumps((program, str(cases), mistaken)), file=stdin, flush=True)
    return Run(*json.loads(stdout.readline()))
