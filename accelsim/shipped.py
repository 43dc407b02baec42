"""The specs and reference cases that come with the package: found from any directory.

In a wheel they lie inside the package (``accelsim/data``); in a checkout, beside it.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path

from accelsim.errors import Problem, SpecError

FOLDERS = {
    "architecture": "arch_specs",
    "workload": "workloads",
    "dataflow": "dataflows",
    "technology": "technologies",
    "accounting": "accountings",
    "study": "studies",
    "mapping": "mappings",
}
"""Kind of spec -> its folder."""

LIST_WORDS = {
    "architecture": "archs",
    "workload": "workloads",
    "dataflow": "dataflows",
    "technology": "technologies",
    "accounting": "accountings",
    "study": "studies",
    "mapping": "mappings",
}
"""Kind of spec -> what ``accelsim list`` calls it."""

_PACKAGE = Path(__file__).parent

ENDINGS = (".yaml", ".yml", ".onnx", ".csv", ".cfg", ".jinja2", ".jinja", ".j2")
"""How names of files end that are known as such without a slash."""


def root() -> Path:
    """Return the directory that holds the folders of specs."""
    inside = _PACKAGE / "data"
    return inside if inside.is_dir() else _PACKAGE.parent


def reference_cases(tool: str) -> Path:
    """Return the folder of the shipped cases that another tool counted."""
    return root() / "reference_cases" / tool


@cache
def _files(kind: str) -> dict[str, Path]:
    folder = root() / FOLDERS[kind]
    return {path.stem: path for path in sorted(folder.rglob("*.yaml"))}


def names(kind: str) -> tuple[str, ...]:
    """Return the names of the shipped specs of a kind, sorted."""
    return tuple(sorted(_files(kind)))


def kinds(name: str) -> tuple[str, ...]:
    """Return the kinds of which a spec of that name is shipped."""
    return tuple(kind for kind in FOLDERS if name in _files(kind))


def is_path(name: str) -> bool:
    """Tell a path of a file from the name of a shipped spec."""
    return "/" in name or "\\" in name or name.endswith(ENDINGS)


def is_file(name: str) -> bool:
    """Tell whether there is a file of that name, whatever else is odd about the name."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def is_folder(name: str) -> bool:
    """Tell whether there is a folder of that name."""
    try:
        return bool(name) and Path(name).is_dir()
    except (OSError, ValueError):
        return False


def find(kind: str, name: str) -> Path:
    """Return the file that ``name`` stands for: a path as it is, or a shipped spec.

    Raises
    ------
    SpecError
        If no spec of that name is shipped; close names are suggested.
    """
    if is_path(name):
        return Path(name)
    files = _files(kind)
    if name in files:
        return files[name]
    raise SpecError([unknown(kind, name)])


def unknown(kind: str, name: str) -> Problem:
    """Return the problem of a name that no shipped spec of that kind has."""
    close = get_close_matches(name[:60], list(_files(kind)), n=1)
    other = kinds(name)
    if close:
        hint = f"did you mean '{close[0]}'?"
    elif other:
        hint = f"'{name}' is shipped as {_with_article(other[0])}"
    elif is_file(name):
        hint = f"for the file, write './{name}'"
    elif is_folder(name):
        hint = f"'{name}' is a folder"
    else:
        hint = ""
    seen = f"(accelsim list {LIST_WORDS[kind]})"
    if not hint:
        return Problem(f"no {kind} '{name}' {seen}", got=name)
    return Problem(f"no {kind} '{name}'", got=name, hint=f"{hint} {seen}")


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
