"""A result as a folder of files: its texts (:mod:`accelsim.report.files`), then the figure."""

from __future__ import annotations

from pathlib import Path

from accelsim.report import figures
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.writing import FIGURES, FRONT_FIGURES, write_texts
from accelsim.verbs.plot import draw, draw_front


def save(result: Comparison | NetworkRun | LayerRun, folder: str | Path) -> tuple[Path, ...]:
    """Write a result into a folder, made if need be.

    Besides the files of :mod:`accelsim.report.files`, ``energy-breakdown`` as SVG and PNG, if any
    layer has a mapping, and ``pareto``, if a front was asked for and has points.

    Returns
    -------
    the files, in the order written

    Raises
    ------
    UsageError
        If the folder cannot be written.
    """
    folder = Path(folder)
    files = write_texts(folder, result.files(folder))
    if not any(row.total.layers for row in result.rows):
        return files
    drawn = dict.fromkeys(FIGURES, draw(result))
    if isinstance(result, LayerFront | NetworkFront) and result.points:
        drawn |= dict.fromkeys(FRONT_FIGURES, draw_front(result))
    pictures = {folder / name: figure for name, figure in drawn.items()}
    for path, figure in pictures.items():
        figures.save(figure, path)
    return (*files, *pictures)
