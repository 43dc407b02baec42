"""Where the energies of a result come from: each source once, with the prices that it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import shorten
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture
from accelsim.evaluation.energies import level_names
from accelsim.evaluation.prices import Prices
from accelsim.network.records import NetworkResult
from accelsim.report.quantities import plural
from accelsim.technology.records import ACTIONS, Price

WIDEST = 160
"""Characters of a line that a text shows unless it is asked for all."""

IMPLIED = ("first_read", "address")
"""Actions that cost nothing under a table that does not mention them."""


STATED = "stated in the architecture"

NOTHING = np.False_


def source_text(price: Price) -> str:
    """Return where a price is from, and whether it is assumed."""
    return f"assumed: {price.source}" if price.assumed else price.source


class Priced(NamedTuple):
    """What happens in a layer on a machine, whose prices are asked for."""

    arch: Architecture
    prices: Prices
    happens: npt.NDArray[np.bool_]
    """``[level, action]``"""


def sources_used(rows: Iterable[NetworkResult]) -> dict[str, list[str]]:
    """Return source -> what it prices: a level, or an action of it; only what really happens.

    A source that is an assumption begins with "assumed: ".
    """
    return _sources(
        Priced(its.arch, its.prices, its.happens)
        for row in rows
        for its in (entry.evaluation for entry in row.layers)
        if its is not None
    )


def _sources(layers: Iterable[Priced]) -> dict[str, list[str]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    known: set[tuple[int, int, bytes]] = set()
    said: dict[tuple[int, int], Priced] = {}  # whose records stay, so that no others get their ids
    for its in layers:
        machine = id(its.arch), id(its.prices)
        alike = *machine, its.happens.tobytes()
        if alike in known:
            continue
        known.add(alike)
        before = said[machine].happens if machine in said else NOTHING
        said[machine] = its._replace(happens=its.happens | before)
        for level, action, source in _used(its._replace(happens=its.happens & ~before)):
            found.setdefault((level, source), {})[action] = None
    sources = Counter(level for level, _ in found)
    used: dict[str, list[str]] = {}
    for (level, source), actions in found.items():
        names = [f"{level}.{action}" for action in actions] if sources[level] > 1 else [level]
        used.setdefault(source, []).extend(names)
    return used


def source_lines(rows: Iterable[NetworkResult]) -> list[str]:
    """Return a line for each source: what it prices, and the source in full."""
    return _lines(sources_used(rows))


def lines_of(layers: Iterable[Priced]) -> list[str]:
    """Return the :func:`source_lines` of what happens in layers."""
    return _lines(_sources(layers))


def _lines(used: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{', '.join(names)}: {source}" for source, names in used.items()]


def merged_lines(lines: Iterable[str]) -> list[str]:
    """Return :func:`source_lines` of several results as those of all: each source once.

    >>> merged_lines(["dram, mac: a table", "glb: a guess", "dram, glb: a table"])
    ['dram, mac, glb: a table', 'glb: a guess']
    """
    used: dict[str, dict[str, None]] = {}
    for line in lines:
        names, _, source = line.partition(": ")
        used.setdefault(source, {}).update(dict.fromkeys(names.split(", ")))
    return _lines({source: [*names] for source, names in used.items()})


def sources_note(rows: Iterable[NetworkResult], *, whole: bool = False) -> list[str]:
    """Say where the energies come from, a line for each source, shortened unless ``whole``."""
    return lines_note(source_lines(rows), whole=whole)


def lines_note(lines: Sequence[str], *, whole: bool = False) -> list[str]:
    """Say what :func:`source_lines` found, shortened unless ``whole``."""
    if not lines:
        return []
    shown = [line if whole else shorten(line, WIDEST, placeholder=" ...") for line in lines]
    return [f"Energies are from {plural(len(lines), 'source')}:", *(f"  - {its}" for its in shown)]


def _used(its: Priced) -> Iterator[tuple[str, str, str]]:
    """Yield (level, action, source) of every price that the energy of a layer is made of."""
    levels = level_names(its.arch)
    for level, action in np.argwhere(its.happens).tolist():
        name, done = levels[level], ACTIONS[action]
        for kind in (done, f"{done}.gated"):
            price = its.prices.by_level.get((name, kind))
            if price is not None and (price.energy or done not in IMPLIED):
                yield name, kind, source_text(price)
    for memory in its.arch.memories:
        if memory.leakage_mw:
            yield memory.name, "leakage", memory.source or STATED
