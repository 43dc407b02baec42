"""Made-up points of sweeps, without a search."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from accelsim.explore.records import DONE, IMPOSSIBLE, Row
from accelsim.explore.store import Store

LEVELS = ("dram", "glb", "array", "mac")

SOURCE = "dram, glb: a table of this test"


def row(number: int, parameters: dict[str, str], *, status: str = DONE, **more: Any) -> Row:
    """Return a point; its figures follow from its number unless they are given."""
    identity = {
        "architecture": "machine",
        "workload": more.pop("workload", "net"),
        "dataflow": more.pop("dataflow", ""),
        "technology": "",
        "accounting": "",
        "objective": "energy",
    }
    reason = more.pop("reason", "")
    return Row(
        key=f"{number:064x}",
        status=status,
        identity=identity,
        parameters=parameters,
        figures=figures(number, **more) if status == DONE else {},
        reason=reason,
        seconds=0.1,
        made_by="0.1.0-tests",
    )


def figures(number: int, **more: Any) -> dict[str, Any]:
    rng = random.Random(number)
    energy = more.pop("energy", rng.uniform(1e12, 9e12))
    cycles = more.pop("cycles", float(rng.randrange(10**6, 10**8)))
    seconds = cycles / 2e8
    return {
        "energy": energy,
        "energy_unit": "pJ",
        "energy_per_mac": energy / 1e9,
        "cycles": cycles,
        "seconds": seconds,
        "edp": energy * seconds,
        "utilization": rng.random(),
        "macs": 10**9,
        "pes": 168,
        "area_mm2": rng.uniform(1.0, 9.0),
        "proved": True,
        "energy_by_level": {level: energy / len(LEVELS) for level in LEVELS},
        "words_by_level": {level: rng.randrange(10**8, 10**9) for level in LEVELS},
        "energy_sources": [SOURCE],
        **more,
    }


def many(count: int) -> Iterator[Row]:
    """Yield points of four parameters and two dataflows, some of them impossible."""
    for number in range(count):
        parameters = {
            "glb.size": f"{2 ** (number % 8 + 4)}KiB",
            "array.mesh_x": str(number // 8 % 12 + 4),
            "array.mesh_y": str(number // 96 % 12 + 4),
            "clock": f"{100 * (number % 5 + 1)}MHz",
        }
        refused = number % 50 == 49
        yield row(
            number,
            parameters,
            dataflow=("rs", "ws")[number % 2],
            status=IMPOSSIBLE if refused else DONE,
            reason="a layer needs more words than the buffer holds" if refused else "",
        )


def stored(path: Path, rows: Sequence[Row], words: str = "machine net -p glb.size=1KiB") -> Path:
    """Write points into a store, as those of one sweep."""
    with Store(path, writing=True) as store:
        store.add(rows, sweep=store.begin_sweep("sweep", words, len(rows)))
    return path
