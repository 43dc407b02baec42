"""A spec as a record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, UsageError
from accelsim.mapspace.records import Dataflow
from accelsim.report.files import RESULTS
from accelsim.report.folder import is_folder, read_folder
from accelsim.report.fronts import LayerFront
from accelsim.report.results import Comparison, NetworkRun
from accelsim.study import Study, read_study
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.verbs.words import KINDS, as_architecture, as_dataflow, as_network, kind_of
from accelsim.workload.records import Network

Spec = Architecture | Network | Dataflow | EnergyTable | Accounting | Study

Loaded = Spec | Comparison | NetworkRun | LayerFront


def load(name: str | Path, *, kind: str | None = None, overrides: Sequence[str] = ()) -> Loaded:
    """Read a spec, shipped or a file, or a folder of results.

    Parameters
    ----------
    name : ``eyeriss``, ``alexnet:batch=16``, ``mine.yaml``, or a folder written by ``-o``
        A folder is meant by a :class:`~pathlib.Path`, by a text with a slash, and by the name of
        one that holds results; any other folder does not hide a spec of its name.
    kind : which spec is meant where several kinds have one of that name
    overrides : ``PATH=VALUE`` for a machine or a workload

    Raises
    ------
    SpecError
        If it cannot be read.
    UsageError
        If the name means several specs, or is a mapping (which needs a machine and a layer).
    """
    if means_results(name):
        return read_folder(Path(name))
    found = kind or kind_of(name, KINDS)
    if overrides and found not in ("architecture", "workload"):
        raise UsageError(Problem(f"overrides change machines and workloads, not a {found}"))
    if found == "architecture":
        return as_architecture(name, overrides)
    if found == "workload":
        return as_network(name, overrides)
    if found == "dataflow":
        return as_dataflow(name)
    if found == "technology":
        return read_technology(name)
    if found == "accounting":
        return read_accounting(name)
    if found == "study":
        return read_study(name)
    raise UsageError(
        Problem(
            f"a {found} cannot be loaded by itself",
            hint="accelsim.evaluate(MACHINE, LAYER, MAPPING) reads a mapping",
        )
    )


def means_results(name: str | Path) -> bool:
    """Tell whether a name means a folder of results, or its ``results.json``."""
    path = Path(name)
    if path.name == RESULTS:
        return True
    as_path = isinstance(name, Path) or shipped.is_path(name) or name in (".", "..")
    return is_folder(path) and (as_path or (path / RESULTS).is_file())
