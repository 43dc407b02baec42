"""A result as a folder of files.

======================  ============================================================
``results.json``        everything but wall times: the same bytes for the same call
``run.json``            wall times and threads
``energy.csv``          one line per row, layer, level, tensor and action
``layers.csv``          one line per row and layer
``mappings/ROW/*.yaml``  the mappings, as ``accelsim evaluate`` reads them
``energy-breakdown.*``  the figure, as SVG and PNG
======================  ============================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from accelsim.errors import Problem, UsageError
from accelsim.report import figures
from accelsim.report.export import energy_csv, layers_csv
from accelsim.report.folder import RESULTS
from accelsim.report.json_text import SCHEMA, dumps, envelope
from accelsim.report.mappings import mapping_text
from accelsim.report.results import Comparison, LayerRun, NetworkRun, Result
from accelsim.verbs.plot import draw


def save(result: Comparison | NetworkRun | LayerRun, folder: str | Path) -> tuple[Path, ...]:
    """Write a result into a folder, made if need be.

    Returns
    -------
    the files, in the order written

    Raises
    ------
    UsageError
        If the folder cannot be written.
    """
    folder = Path(folder)
    try:
        return tuple(_write(result, folder))
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise UsageError(Problem(f"cannot write '{fault.filename or folder}': {reason}")) from None


def _write(result: Comparison | NetworkRun | LayerRun, folder: Path) -> Iterable[Path]:
    texts = {
        RESULTS: dumps(envelope(_verb(result), result.data())),
        "run.json": dumps({"schema": SCHEMA, "run": result.run_data()}),
        "energy.csv": energy_csv(result.rows),
        "layers.csv": layers_csv(result.rows),
        **_mappings(result),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        yield path
    if any(row.total.layers for row in result.rows):
        drawn = draw(result)
        for ending in ("svg", "png"):
            path = folder / f"energy-breakdown.{ending}"
            figures.save(drawn, path)
            yield path


def _verb(result: Result) -> str:
    return {Comparison: "compare", NetworkRun: "run", LayerRun: "map"}[type(result)]


def _mappings(result: Result) -> dict[str, str]:
    """Return file name -> text; labels that make one file name are told apart by number."""
    texts: dict[str, str] = {}
    for row in result.rows:
        for entry in row.layers:
            if entry.evaluation is not None:
                stem = f"mappings/{_file_name(row.label)}/{_file_name(entry.layer.name)}"
                name, number = f"{stem}.yaml", 2
                while name in texts:
                    name, number = f"{stem}-{number}.yaml", number + 1
                texts[name] = mapping_text(row, entry, result.settings)
    return texts


def _file_name(label: str) -> str:
    return re.sub(r"[^\w.,=+-]+", "_", label).strip(".") or "_"
