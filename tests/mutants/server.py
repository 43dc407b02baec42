"""Start programs that have third-party packages imported before they begin.

Run by ``runs.py``: reads what to run, a line of JSON a time, and answers with a line of JSON.  A
program is ``wrong`` of a module here, which is given one case after the other until it finds what
is wrong with one.  Each is run by a process of its own, forked before anything of the package has
been imported: it imports the package anew, with a mistake in it if one is asked for.  To import
numba takes longer than that, and is done once.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pickle
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]

THIRD_PARTY = ("hypothesis", "numba", "numba.core.compiler", "numba.extending", "pydantic", "yaml")

SECONDS = 120
"""How long a program may take."""


class Mistaken(MetaPathFinder, Loader):
    """Finds one module of the package, with another text than its file has."""

    def __init__(self, file: str, text: str) -> None:
        self.path = str(ROOT / "accelsim" / file)
        self.name = ".".join(("accelsim", *Path(file).with_suffix("").parts))
        self.text = text

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  (importlib names its arguments)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, self.path, "exec"), module.__dict__)


def run(program: str, cases: str, mistaken: tuple[str, str] | None) -> int:
    """Try the cases in this process; print what is found wrong with the first one, and return 1."""
    assert "accelsim" not in sys.modules, "the package is imported anew"
    if mistaken:
        finder = Mistaken(*mistaken)
        sys.meta_path.insert(0, finder)
    wrong = importlib.import_module(f"tests.mutants.{program}").wrong
    if mistaken:
        assert sys.modules[finder.name].__loader__ is finder, "the mistake has been imported"
    with Path(cases).open("rb") as file:
        while file.peek():
            if lines := wrong(*pickle.load(file)):
                print(*lines, sep="\n")
                return 1
    return 0


def in_a_process(program: str, cases: str, mistaken: tuple[str, str] | None) -> tuple[int, str]:
    """Return the exit code of a program (negative: the signal that ended it) and what it printed.

    A program that raises ends with 2, its traceback among what it printed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            signal.alarm(SECONDS)
            code = 2
            try:
                code = run(program, cases, mistaken)
            except BaseException:  # noqa: BLE001  (whatever it is, this process must end here)
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        printed.seek(0)
        return os.waitstatus_to_exitcode(status), printed.read()


def serve() -> None:
    for name in THIRD_PARTY:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(in_a_process(*json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
