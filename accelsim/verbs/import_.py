"""Files of other programs as specs of this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from accelsim.errors import Problem, UsageError
from accelsim.interchange.onnx.densities import with_densities
from accelsim.interchange.workloads import (
    dims_of,
    import_onnx,
    import_torch,
    workload_text,
)
from accelsim.specs.fields import one_of
from accelsim.specs.references import Reference, parse_reference
from accelsim.workload.records import Network
from accelsim.workload.spec import network_of
from accelsim.yamldoc import shown_path, unwritten

FORMATS = ("onnx", "torch")


@dataclass(frozen=True, slots=True)
class Imported:
    """A foreign file as a spec: its text, and what it says."""

    text: str
    network: Network


def import_(
    format: str,
    file: str | Path,
    *,
    dims: Mapping[str, int] | None = None,
    densities: bool = False,
) -> Imported:
    """Read a model of another program, and return it as the text of a workload.

    Nothing is written, and of ONNX models no file but this one is read.

    Parameters
    ----------
    format : ``"onnx"`` or ``"torch"``
    file : of an ONNX model a path; sizes of dims may follow its colon (``model.onnx:batch=4``).
        Of a PyTorch module ``MODULE:CALLABLE``, a callable that takes nothing and returns
        ``(module, inputs)``; it is run, on the ``meta`` device.
    dims : sizes of dims that the file leaves open, by name (``batch``) or by input and axis
        (``data.0``)
    densities : whether zeros among the weights that the file holds become densities

    Raises
    ------
    SpecError
        If the file cannot be read, makes no sense, or is not to be counted exactly.
    MissingExtraError
        If the package that reads such files is not installed.
    UsageError
        If the format is not known.
    """
    if format not in FORMATS:
        raise UsageError(Problem(f"unknown format '{format}'", expected=one_of(FORMATS)))
    if format == "torch":
        if dims or densities:
            raise UsageError(Problem("dims and densities are those of an ONNX model"))
        data, name = import_torch(str(file)).data, str(file)
    else:
        reference = parse_reference(file)
        if reference.patterns:
            what = f"'{reference.patterns[0]}' selects layers, but a file is imported as a whole"
            raise UsageError(Problem(what, hint=f"select where it is used: {reference.words}"))
        path = Path(reference.name)
        lowered = import_onnx(path, {**dims_of(reference), **(dims or {})})
        data = with_densities(path, lowered) if densities else lowered.data
        name = shown_path(path)
    return Imported(workload_text(data), network_of(unwritten(data, name), Reference(name)))
