"""Figures of sweeps, for :func:`accelsim.plot`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.explore.store_file import is_store
from accelsim.report.sweep_figures import Asked, sweep_figure
from accelsim.report.sweep_points import points_of
from accelsim.report.sweeps import SweepResult
from accelsim.verbs.sweep_store import sweep_show


def is_sweep(given: object) -> bool:
    """Tell whether something is a sweep, or a file that a store of one could be."""
    if isinstance(given, str | Path):
        return is_store(Path(given))
    return isinstance(given, SweepResult)


def draw_sweep(
    given: Sequence[object],
    kind: str,
    asked: Asked,
    workload: str = "",
    sweep: int | None = None,
) -> Figure:
    """Draw one sweep, or the store of one.

    Raises
    ------
    UsageError
        If it is not one, cannot be read, or does not have what is asked for.
    """
    if len(given) != 1:
        raise UsageError(Problem(f"{len(given)} sweeps to draw", expected="one"))
    (one,) = given
    if isinstance(one, str | Path):
        result = sweep_show(one, sweep)
    elif isinstance(one, SweepResult):
        result = one if sweep is None else sweep_show(one.store, sweep, one.objective)
    else:
        expected = "the store of a sweep, as study.db"
        raise UsageError(Problem(f"a result has no figure '{kind}'", expected=expected))
    return sweep_figure(points_of(result, workload), kind, asked)
