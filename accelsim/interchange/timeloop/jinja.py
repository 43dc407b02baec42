"""Timeloop's templates: Jinja2 with a few functions, rendered where it can do no harm.

A template is rendered by a process of its own, in Jinja2's sandbox, with bounds on its time, its
memory and what it writes; the files that it takes in lie in the folders that it was given.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from accelsim.errors import Problem, SpecError, Where
from accelsim.files_read import note_file
from accelsim.yamldoc import MAX_BYTES, shown_path

SUFFIXES = (".jinja2", ".j2", ".jinja")

MAX_SECONDS = 2
"""Of the processor's time."""

MAX_WAIT = 10
"""Seconds by the clock, start of the process included."""

MAX_MEMORY = 512 * 2**20

RENDERER = ("-P", "-m", "accelsim.interchange.timeloop.rendering")
"""Imports nothing from the folder at hand, which is as foreign as the template."""

MARKS = ("{{", "{%")


def is_template(path: Path, text: str) -> bool:
    """Tell whether a text has anything to render."""
    return path.name.endswith(SUFFIXES) or any(mark in text for mark in MARKS)


def rendered(
    path: Path,
    text: str,
    folders: Sequence[Path],
    given: Mapping[str, str | int | float] | None = None,
) -> tuple[str, dict[str, tuple[str, str]]]:
    """Return what a template becomes; it may take in files of ``folders`` only.

    Parameters
    ----------
    given : values of the variables that it leaves open

    Returns
    -------
    text : str
    included : name -> (file, text) of what it takes in by ``!include_loaded name``

    Raises
    ------
    SpecError
        If it is no template, does not end in time, or takes in what it may not.
    """
    file = shown_path(path)
    request = {
        "text": text,
        "file": str(path.resolve()),
        "given": dict(given or {}),
        "folders": [str(folder.resolve()) for folder in folders],
        "seconds": MAX_SECONDS,
        "memory": MAX_MEMORY,
        "bytes": MAX_BYTES,
    }
    since = time.time_ns()
    try:
        done = subprocess.run(
            [sys.executable, *RENDERER],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=MAX_WAIT,
            env=_environment(),
            cwd=Path(sys.executable).anchor,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unfinished(file) from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _unfinished(file)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["without a word"]
        if said[-1].startswith("MemoryError"):
            raise _unfinished(file)
        what = f"the template is not rendered: the process that does it ended with: {said[-1]}"
        raise SpecError([Problem(what, Where(file, 1, 1))])
    answer = json.loads(done.stdout)
    if "text" in answer:
        for name in answer["read"]:
            note_file(Path(name), since)
        taken = {name: (str(file), str(inner)) for name, (file, inner) in answer["taken"].items()}
        return str(answer["text"]), taken
    where = Where(file, answer["line"], 1, 1, answer["source"]) if answer["line"] else Where(file)
    raise SpecError([Problem(answer["what"], where, hint=answer["hint"])])


def _environment() -> dict[str, str]:
    """Return the environment in which this package, and what it needs, is found from anywhere."""
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = [str(Path(__file__).parents[3]), *map(os.path.abspath, given)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def _unfinished(file: str) -> SpecError:
    what = f"the template does not end within {MAX_SECONDS} s and {MAX_MEMORY // 2**20} MB"
    return SpecError([Problem(what, Where(file, 1, 1), hint="is there a loop without an end?")])
