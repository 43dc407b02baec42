"""What can be done with the store of a sweep besides sweeping: look, export, merge, prune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelsim.errors import Problem, UsageError
from accelsim.explore.store import Store
from accelsim.mapper.objectives import objective_named
from accelsim.report.sweeps import SweepResult, command_of
from accelsim.verbs.sweep_point import MADE_BY


def sweep_show(
    store: str | Path, sweep: int | None = None, objective: str = "energy"
) -> SweepResult:
    """Return the points of a store, or of one of its sweeps.

    Raises
    ------
    UsageError
        If the store cannot be read, or has no such sweep.
    """
    objective_named(objective)
    with Store(Path(store)) as opened:
        numbers = [number for number, *_ in opened.sweeps()]
    if sweep is not None and sweep not in numbers:
        expected = "one of " + ", ".join(map(str, numbers))
        raise UsageError(Problem(f"'{store}' has no sweep {sweep}", expected=expected))
    return SweepResult(Path(store), sweep, objective)


def sweep_status(store: str | Path) -> dict[str, Any]:
    """Return what a store holds: points by status and by what made them, and its sweeps.

    Raises
    ------
    UsageError
        If the store cannot be read.
    """
    with Store(Path(store)) as opened:
        made_by, efforts, ends = opened.made_by(), opened.efforts(), opened.ends()
        return {
            "store": str(store),
            "counts": opened.counts(),
            "outdated": sum(count for by, count in made_by.items() if by != MADE_BY),
            "made_by": made_by,
            "sweeps": [
                {
                    "sweep": number,
                    "words": words,
                    "command": command_of(words, Path(store)),
                    "points": points,
                    "finished": finished,
                    "left_out": ends[number][0],
                    "exhausted": ends[number][1],
                    "complete": finished + ends[number][0] >= points or ends[number][1],
                    "run": efforts[number].data(),
                }
                for number, words, points, finished in opened.sweeps()
            ],
        }


def sweep_export(store: str | Path, file: str | Path, sweep: int | None = None) -> int:
    """Write the points of a store into a ``.csv``, ``.json`` or ``.parquet``, sorted by key.

    Returns
    -------
    how many

    Raises
    ------
    UsageError
        If the store cannot be read, or the file not be written.
    MissingExtraError
        If Parquet is wanted and pandas or pyarrow is absent.
    """
    return sweep_show(store, sweep).export(file)


def sweep_merge(into: str | Path, others: Sequence[str | Path] | str | Path) -> int:
    """Take the points of other stores over into one, which is made if need be.

    Returns
    -------
    how many finished points are new

    Raises
    ------
    UsageError
        If a store cannot be read or written; those before it are merged, and nothing of it.
    """
    with Store(Path(into), writing=True) as opened:
        new = 0
        for path in [others] if isinstance(others, str | Path) else others:
            with Store(Path(path)) as other:
                new += opened.merge(other)
        return new


def sweep_prune(store: str | Path, *, undone: bool = False, outdated: bool = False) -> int:
    """Drop points that are not done, or that other sources computed; return how many.

    Raises
    ------
    UsageError
        If neither is asked for, or the store cannot be written.
    """
    if not (undone or outdated):
        raise UsageError(Problem("nothing to prune", expected="--undone, --outdated, or both"))
    with Store(Path(store)):
        pass  # one that is not there is not to be made
    with Store(Path(store), writing=True) as opened:
        return opened.prune(undone=undone, outdated=outdated, made_by=MADE_BY)
