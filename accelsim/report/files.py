"""What a folder of results holds, as texts; figures aside.

======================  ============================================================
``results.json``        everything but wall times: the same bytes for the same call
``run.json``            wall times and threads
``energy.csv``          one line per row, layer, level, tensor and action
``layers.csv``          one line per row and layer
``pareto.csv``          one line per point of a front, where one was asked for
``mappings/ROW/*.yaml``  the mappings, as ``accelsim evaluate`` reads them
======================  ============================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from accelsim.network.records import NetworkResult
from accelsim.report.mappings import mapping_text, origin_seen_from
from accelsim.report.settings import Settings

RESULTS = "results.json"

MAPPINGS = "mappings"


def settings_seen_from(settings: Settings, here: Path, there: Path) -> Settings:
    """Return settings whose origins are relative to one folder, relative to another."""
    origins = tuple(origin_seen_from(origin, here, there) for origin in settings.origins)
    return replace(settings, origins=origins)


def mapping_texts(
    rows: Sequence[NetworkResult], settings: Settings, folder: Path
) -> dict[str, str]:
    """Return file name -> mapping; labels that make one file name are told apart by number."""
    texts: dict[str, str] = {}
    for row in rows:
        for entry in row.layers:
            if entry.evaluation is not None:
                stem = f"{MAPPINGS}/{file_name(row.label)}/{file_name(entry.layer.name)}"
                name, number = f"{stem}.yaml", 2
                while name in texts:
                    name, number = f"{stem}-{number}.yaml", number + 1
                texts[name] = mapping_text(row, entry, settings, (folder / name).parent)
    return texts


def file_name(label: str) -> str:
    """Return a label as the name of a file, without an ending."""
    return re.sub(r"[^\w.,=+-]+", "_", label).strip(".") or "_"
