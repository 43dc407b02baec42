"""Compare dataflows of neural-network accelerators.

>>> import accelsim as acs
>>> acs.__version__
'0.1.0'

Every verb of the command line is one function here (:func:`compare`, :func:`run`, :func:`map`,
:func:`evaluate`, :func:`explain`, :func:`diff`, :func:`robustness`, :func:`estimate`,
:func:`sweep`, :func:`reprice`, :func:`plot`, :func:`report_`, :func:`show`, :func:`check`,
:func:`list`, :func:`import_`, :func:`validate`, :func:`doctor`); :func:`load` reads a spec,
:func:`save` writes a result into a folder, :func:`schema` describes a kind of spec,
:class:`Search` says how to search, and :class:`Design` which points a sweep looks at.
:func:`sweep_show` and its like read what a sweep keeps.  :func:`proxies` says how well MACs and
weights stand for energy.  :func:`lookup` is :func:`map` for loops that ask thousands of times.  The
rest is ``accelsim.<room>.<function>``.

This module is the one place of deferred imports: a name is fetched on first use, so that
``accelsim --help`` does not wait for numba and matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelsim.explore.points import Design as Design
    from accelsim.verbs.check import check as check
    from accelsim.verbs.check import schema as schema
    from accelsim.verbs.compare import compare as compare
    from accelsim.verbs.diff import diff as diff
    from accelsim.verbs.doctor import doctor as doctor
    from accelsim.verbs.estimate import estimate as estimate
    from accelsim.verbs.evaluate import evaluate as evaluate
    from accelsim.verbs.explain import explain as explain
    from accelsim.verbs.export import export as export
    from accelsim.verbs.import_ import import_ as import_
    from accelsim.verbs.list import list as list
    from accelsim.verbs.load import load as load
    from accelsim.verbs.lookup import lookup as lookup
    from accelsim.verbs.map import map as map
    from accelsim.verbs.plot import plot as plot
    from accelsim.verbs.plot import proxies as proxies
    from accelsim.verbs.report_ import report_ as report_
    from accelsim.verbs.reprice import reprice as reprice
    from accelsim.verbs.robustness import robustness as robustness
    from accelsim.verbs.run import run as run
    from accelsim.verbs.save import save as save
    from accelsim.verbs.search import Search as Search
    from accelsim.verbs.show import show as show
    from accelsim.verbs.sweep import sweep as sweep
    from accelsim.verbs.sweep_store import sweep_export as sweep_export
    from accelsim.verbs.sweep_store import sweep_merge as sweep_merge
    from accelsim.verbs.sweep_store import sweep_prune as sweep_prune
    from accelsim.verbs.sweep_store import sweep_show as sweep_show
    from accelsim.verbs.sweep_store import sweep_status as sweep_status
    from accelsim.verbs.validate import validate as validate

__version__ = "0.1.0"

_HOME = {
    "Design": "accelsim.explore.points",
    "Search": "accelsim.verbs.search",
    "check": "accelsim.verbs.check",
    "compare": "accelsim.verbs.compare",
    "diff": "accelsim.verbs.diff",
    "doctor": "accelsim.verbs.doctor",
    "estimate": "accelsim.verbs.estimate",
    "evaluate": "accelsim.verbs.evaluate",
    "explain": "accelsim.verbs.explain",
    "export": "accelsim.verbs.export",
    "import_": "accelsim.verbs.import_",
    "list": "accelsim.verbs.list",
    "load": "accelsim.verbs.load",
    "lookup": "accelsim.verbs.lookup",
    "map": "accelsim.verbs.map",
    "plot": "accelsim.verbs.plot",
    "proxies": "accelsim.verbs.plot",
    "report_": "accelsim.verbs.report_",
    "reprice": "accelsim.verbs.reprice",
    "robustness": "accelsim.verbs.robustness",
    "run": "accelsim.verbs.run",
    "save": "accelsim.verbs.save",
    "schema": "accelsim.verbs.check",
    "show": "accelsim.verbs.show",
    "sweep": "accelsim.verbs.sweep",
    "sweep_export": "accelsim.verbs.sweep_store",
    "sweep_merge": "accelsim.verbs.sweep_store",
    "sweep_prune": "accelsim.verbs.sweep_store",
    "sweep_show": "accelsim.verbs.sweep_store",
    "sweep_status": "accelsim.verbs.sweep_store",
    "validate": "accelsim.verbs.validate",
}
"""Name -> the module that defines it."""

__all__ = [
    "Design",
    "Search",
    "__version__",
    "check",
    "compare",
    "diff",
    "doctor",
    "estimate",
    "evaluate",
    "explain",
    "export",
    "import_",
    "list",
    "load",
    "lookup",
    "map",
    "plot",
    "proxies",
    "report_",
    "reprice",
    "robustness",
    "run",
    "save",
    "schema",
    "show",
    "sweep",
    "sweep_export",
    "sweep_merge",
    "sweep_prune",
    "sweep_show",
    "sweep_status",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> Iterable[str]:
    return sorted(__all__)
