"""Where the energies of a result come from: each source once, with the prices that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import shorten

import numpy as np
import numpy.typing as npt

from accelsim.evaluation.records import Evaluation
from accelsim.network.records import NetworkResult
from accelsim.report.quantities import plural
from accelsim.technology.records import ACTIONS, Price

WIDEST = 160
"""Characters of a line that a text shows unless it is asked for all."""

IMPLIED = ("first_read", "address")
"""Actions that cost nothing under a table that does not mention them."""


STATED = "stated in the architecture"


def source_text(price: Price) -> str:
    """Return where a price is from, and whether it is assumed."""
    return f"assumed: {price.source}" if price.assumed else price.source


def sources_used(rows: Iterable[NetworkResult]) -> dict[str, list[str]]:
    """Return source -> what it prices: a level, or an action of it; only what really happens.

    A source that is an assumption begins with "assumed: ".
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        known: set[tuple[int, bytes]] = set()
        for entry in row.layers:
            its = entry.evaluation
            if its is None:
                continue
            happens = its.happens
            alike = (id(its.prices), happens.tobytes())
            if alike not in known:  # layers of one machine that do the same say the same
                known.add(alike)
                for level, action, source in _used(its, happens):
                    found.setdefault((level, source), {})[action] = None
    several = {level for level, source in found if sum(level == its for its, _ in found) > 1}
    used: dict[str, list[str]] = {}
    for (level, source), actions in found.items():
        names = [f"{level}.{action}" for action in actions] if level in several else [level]
        used.setdefault(source, []).extend(names)
    return used


def source_lines(rows: Iterable[NetworkResult]) -> list[str]:
    """Return a line for each source: what it prices, and the source in full."""
    return [f"{', '.join(names)}: {source}" for source, names in sources_used(rows).items()]


def sources_note(rows: Iterable[NetworkResult], *, whole: bool = False) -> list[str]:
    """Say where the energies come from, a line for each source, shortened unless ``whole``."""
    return lines_note(source_lines(rows), whole=whole)


def lines_note(lines: Sequence[str], *, whole: bool = False) -> list[str]:
    """Say what :func:`source_lines` found, shortened unless ``whole``."""
    if not lines:
        return []
    shown = [line if whole else shorten(line, WIDEST, placeholder=" ...") for line in lines]
    return [f"Energies are from {plural(len(lines), 'source')}:", *(f"  - {its}" for its in shown)]


def _used(evaluation: Evaluation, happens: npt.NDArray[np.bool_]) -> Iterable[tuple[str, str, str]]:
    """Yield (level, action, source) of every price that the energy of a layer is made of.

    Parameters
    ----------
    happens : bool[level, action]
    """
    for level, action in np.argwhere(happens):
        name, done = evaluation.levels[level], ACTIONS[action]
        for kind in (done, f"{done}.gated"):
            price = evaluation.prices.by_level.get((name, kind))
            if price is not None and (price.energy or done not in IMPLIED):
                yield name, kind, source_text(price)
    for memory in evaluation.arch.memories:
        if memory.leakage_mw:
            yield memory.name, "leakage", memory.source or STATED
