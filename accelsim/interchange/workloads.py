"""Workloads from foreign files, wherever a workload is expected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from accelsim import expressions
from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.lowering.lower import Lowered, lowered
from accelsim.interchange.onnx.read import read_onnx
from accelsim.interchange.places import in_file
from accelsim.interchange.torch.export import read_torch
from accelsim.specs.references import Reference
from accelsim.units import ValueProblemError
from accelsim.yamldoc import Document, shown_path, unwritten

SUFFIX = ".onnx"

WIDTH = 110
"""Columns after which a workload breaks the lines that it writes."""


def is_foreign(name: str) -> bool:
    """Tell whether a name is that of a file in a foreign format."""
    return name.endswith(SUFFIX)


def open_foreign(reference: Reference) -> Document:
    """Read the foreign file of a reference, as if it had been written as a workload.

    Parameters of the reference are sizes of dims: ``model.onnx:batch=4``.

    Raises
    ------
    SpecError
        If it cannot be read or makes no sense.
    MissingExtraError
        If the package that reads it is not installed.
    """
    path = Path(reference.name)
    return unwritten(import_onnx(path, dims_of(reference)).data, shown_path(path))


def import_onnx(path: Path, dims: Mapping[str, int]) -> Lowered:
    """Return an ONNX model as a workload on its way into a file.

    Raises
    ------
    SpecError
        If it cannot be read or makes no sense.
    MissingExtraError
        If ``onnx`` is not installed.
    """
    graph = read_onnx(path, dims)
    with in_file(path):
        return lowered(graph)


def import_torch(words: str) -> Lowered:
    """Return a PyTorch module, named by ``MODULE:CALLABLE``, as a workload on its way into a file.

    Raises
    ------
    SpecError
        If there is no such callable, or what it returns cannot be exported.
    MissingExtraError
        If ``torch`` is not installed.
    """
    with in_file(Path(words)):
        return lowered(read_torch(words))


def dims_of(reference: Reference) -> dict[str, int]:
    """Return the sizes of dims that a reference gives.

    Raises
    ------
    SpecError
        If one is no whole number.
    """
    sizes: dict[str, int] = {}
    problems = []
    for name, value in reference.parameters:
        try:
            sizes[name] = expressions.evaluate(value, {})
        except ValueProblemError as fault:
            problems.append(Problem(f"dim '{name}': {fault.problem.what}", Where(reference.words)))
    if problems:
        raise SpecError(problems)
    return sizes


def workload_text(data: Mapping[str, object]) -> str:
    """Return a workload as the text of its file: a line for each layer, or more if it is long.

    >>> fc = {"name": "fc", "shape": "fc", "M": 10, "C": 84}
    >>> print(workload_text({"kind": "workload", "name": "net", "layers": [fc]}), end="")
    kind: workload
    name: net
    layers:
    - {name: fc, shape: fc, M: 10, C: 84}
    """
    lines = []
    for key, value in data.items():
        if key in ("layers", "assumptions") and isinstance(value, list):
            lines += [f"{key}:", *(f"- {_entry(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_entry(value)}")
    return "".join(f"{line}\n" for line in lines)


def _entry(value: object) -> str:
    """Return a value, broken between its keys where it is too long for a line."""
    if not isinstance(value, Mapping):
        return _flow(value)
    pieces = [_flow({key: its}, WIDTH // 2)[1:-1] for key, its in value.items()]
    lines = [""]
    for piece, end in zip(pieces, ["," * (n > 1) for n in range(len(pieces), 0, -1)], strict=True):
        longer = f"{lines[-1]} {piece}{end}".strip()
        if lines[-1] and len(longer) > WIDTH:
            lines.append(piece + end)
        else:
            lines[-1] = longer
    return "{" + "\n   ".join(lines) + "}"


def _flow(value: object, width: int = WIDTH - 30) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=width, allow_unicode=True
    )
    return text.removesuffix("...\n").strip().replace("\n", "\n ")
