"""Text files put into a folder; light, so that whoever is in a hurry need not load more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from accelsim.errors import Problem, UsageError

FIGURES = ("energy-breakdown.svg", "energy-breakdown.png")
"""What a folder of results holds besides texts, if any layer has a mapping."""

FRONT_FIGURES = ("pareto.svg", "pareto.png")
"""What it holds too if a front was asked for."""


def write_texts(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write texts, named by path within the folder, which is made if need be.

    Returns
    -------
    the files, in the order written

    Raises
    ------
    UsageError
        If one cannot be written.
    """
    files = []
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as fault:
            raise unwritable(path, fault) from None
        files.append(path)
    return tuple(files)


def write_without_figures(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write texts as :func:`write_texts` does, and leave no figure of anything else beside them."""
    files = write_texts(folder, texts)
    for name in (*FIGURES, *FRONT_FIGURES):
        path = folder / name
        try:
            path.unlink(missing_ok=True)
        except OSError as fault:
            raise unwritable(path, fault) from None
    return files


def unwritable(path: Path, fault: OSError) -> UsageError:
    """Return the error of a file that cannot be written."""
    reason = fault.strerror or str(fault)
    return UsageError(Problem(f"cannot write '{fault.filename or path}': {reason}"))
