"""Imports go one way: a room knows only the rooms above it (docs/index.md shows the path).

The sources are read with ``ast``, so that an import counts wherever it stands: at the top, inside
a function, or under ``if TYPE_CHECKING``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]

ORDER: tuple[tuple[str, ...], ...] = (
    ("ctrl_c", "compiling"),
    ("errors",),
    ("roles", "conventions", "given"),
    ("units", "files_read"),
    ("expressions",),
    ("yamldoc",),
    ("shipped",),
    ("jit",),
    ("frozen", "keys", "kept", "recent", "records_json"),
    ("sparsity",),
    ("specs",),
    ("arch", "workload", "technology"),
    ("mapping",),
    ("mapspace", "study"),
    ("counter",),
    ("evaluation",),
    ("explanation",),
    ("mapper",),
    ("network",),
    ("published",),
    ("interchange",),
    ("explore",),
    ("validation",),
    ("report",),
    ("verbs",),
    ("cli",),
    ("__main__",),
)
"""Rooms from the bottom up; rooms of one tuple are equal and do not know each other."""

LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}

DEFERRED: dict[str, str] = {
    "accelsim/__init__.py": "the table of top-level names: each is fetched on first use",
    "accelsim/report/sweep_export.py": "the extra `frames`, for Parquet",
    "accelsim/__main__.py": "Ctrl-C is to be quiet while the command line is imported",
    "accelsim/interchange/extras.py": "packages that only an extra brings",
    "accelsim/interchange/torch/export.py": "the user's own module",
}
"""The only files that may import inside a function, and why."""

FACE = "accelsim/__init__.py"
"""The top-level names.  It stands above all; ``cli`` reaches the verbs through it, and every room
may read the version from it."""


class Import(NamedTuple):
    line: int
    module: str
    name: str | None
    """What ``from module import name`` takes; None for ``import module``."""
    in_function: bool


def imports_of(source: str) -> Iterator[Import]:
    """Yield every import of a source, dynamic ones with a literal name included."""

    def visit(node: ast.AST, in_function: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, None, in_function)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield Import(node.lineno, module, alias.name, in_function)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            target = node.args[0] if node.args else None
            name = target.value if isinstance(target, ast.Constant) else "?"
            yield Import(node.lineno, str(name), None, in_function)
        inside = in_function or isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        )
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse(source), in_function=False)


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def breaches(file: str, source: str) -> list[str]:
    """Return what is wrong with the imports of ``file``, a path from the root of the checkout."""
    found = []
    here = Path(file).parts[1].removesuffix(".py")
    if file != FACE and here not in LEVEL:
        return [f"{file}: room '{here}' is not in the order of this test"]
    for entry in imports_of(source):
        where = f"{file}:{entry.line}"
        if entry.in_function and file not in DEFERRED:
            found.append(f"{where}: imports {entry.module} inside a function")
        if file == FACE or entry.module.split(".")[0] != "accelsim":
            continue
        path = entry.module.split(".")[1:]
        if not path:
            if entry.name is None or entry.name not in LEVEL:
                if entry.name != "__version__" and here not in ("cli", "__main__"):
                    found.append(f"{where}: only cli may use the top-level names")
                continue
            path = [entry.name]
        there = path[0]
        if there not in LEVEL:
            found.append(f"{where}: room '{there}' is not in the order of this test")
        elif there != here and LEVEL[there] == LEVEL[here]:
            found.append(f"{where}: {here} and {there} are equal rooms and do not know each other")
        elif LEVEL[there] > LEVEL[here]:
            found.append(f"{where}: {here} must not know {there}")
    return found


def package_files() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "accelsim").rglob("*.py"))


def test_there_is_something_to_check() -> None:
    rooms = {Path(file).parts[1] for file in package_files()}
    assert {"arch", "workload", "mapping", "counter", "errors.py"} <= rooms


@pytest.mark.parametrize("file", package_files())
def test_imports_go_one_way(file: str) -> None:
    assert breaches(file, (ROOT / file).read_text(encoding="utf-8")) == []


def test_no_circles_among_files() -> None:
    """Files of one room may know each other, but not in a circle."""
    graph = nx.DiGraph()
    modules = {file.removesuffix(".py").replace("/", "."): file for file in package_files()}
    for module, file in modules.items():
        if file == FACE:
            continue
        for entry in imports_of((ROOT / file).read_text(encoding="utf-8")):
            for target in (f"{entry.module}.{entry.name}", entry.module):
                if target in modules:
                    graph.add_edge(module, target)
                    break
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        (
            "accelsim/counter/boundary.py",
            "from accelsim.evaluation.kernel import price",
            "accelsim/counter/boundary.py:1: counter must not know evaluation",
        ),
        (
            "accelsim/arch/spec.py",
            "import accelsim.workload.records",
            "accelsim/arch/spec.py:1: arch and workload are equal rooms and do not know each other",
        ),
        (
            "accelsim/arch/spec.py",
            "from accelsim import technology",
            (
                "accelsim/arch/spec.py:1: arch and technology are equal rooms"
                " and do not know each other"
            ),
        ),
        (
            "accelsim/study.py",
            "from accelsim.mapspace.records import Rule",
            "accelsim/study.py:1: study and mapspace are equal rooms and do not know each other",
        ),
        (
            "accelsim/errors.py",
            "import typing\nif typing.TYPE_CHECKING:\n    from accelsim.cli import main",
            "accelsim/errors.py:3: errors must not know cli",
        ),
        (
            "accelsim/report/export.py",
            "def frame():\n    import pandas",
            "accelsim/report/export.py:2: imports pandas inside a function",
        ),
        (
            "accelsim/report/export.py",
            "from importlib import import_module\nload = lambda: import_module('pandas')",
            "accelsim/report/export.py:2: imports pandas inside a function",
        ),
        (
            "accelsim/verbs/run.py",
            "import accelsim as acs",
            "accelsim/verbs/run.py:1: only cli may use the top-level names",
        ),
        (
            "accelsim/mapper/search.py",
            "from accelsim import compare",
            "accelsim/mapper/search.py:1: only cli may use the top-level names",
        ),
        (
            "accelsim/utils/things.py",
            "",
            "accelsim/utils/things.py: room 'utils' is not in the order of this test",
        ),
        (
            "accelsim/arch/spec.py",
            "from accelsim.things import thing",
            "accelsim/arch/spec.py:1: room 'things' is not in the order of this test",
        ),
    ],
)
def test_a_breach_is_found(file: str, source: str, complaint: str) -> None:
    assert breaches(file, source) == [complaint]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("accelsim/cli/run.py", "import accelsim as acs"),
        ("accelsim/keys.py", "from accelsim import __version__"),
        ("accelsim/evaluation/price.py", "from accelsim.counter import boundary"),
        ("accelsim/counter/boundary.py", "from accelsim.counter.nest import Nest\nimport numpy"),
    ],
)
def test_what_is_allowed_is_not_complained_about(file: str, source: str) -> None:
    assert breaches(file, source) == []


def test_every_deferred_import_is_still_needed() -> None:
    for file in DEFERRED:
        entries = imports_of((ROOT / file).read_text(encoding="utf-8"))
        assert any(entry.in_function for entry in entries), f"{file} defers nothing any more"
