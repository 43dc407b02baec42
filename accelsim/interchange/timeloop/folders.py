"""The files of Timeloop's that a path means."""

from __future__ import annotations

from pathlib import Path

from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.timeloop.jinja import SUFFIXES as TEMPLATES
from accelsim.yamldoc import shown_path

SUFFIXES = (".yaml", ".yml", *TEMPLATES)


def files_of(path: Path) -> list[Path]:
    """Return a file, or the files in a folder.

    Raises
    ------
    SpecError
        If it is a checkpoint of Jupyter's, has a link to elsewhere, or is a folder without files.
    """
    if ".ipynb_checkpoints" in path.parts:
        what = "this is a checkpoint that Jupyter made, not the file itself"
        raise SpecError([Problem(what, Where(shown_path(path), 1, 1))])
    if not path.is_dir():
        return [path]
    inside = [file for file in sorted(path.iterdir()) if file.name.endswith(SUFFIXES)]
    for file in inside:
        if not _within(file, path):
            what = "this link leads outside the folder"
            hint = "name the file itself, too, if it is meant"
            raise SpecError([Problem(what, Where(shown_path(file)), hint=hint)])
    if not inside:
        what, ends = "no file of Timeloop's in this folder", ", ".join(SUFFIXES)
        raise SpecError([Problem(what, Where(shown_path(path)), expected=f"names with {ends}")])
    return inside


def _within(file: Path, folder: Path) -> bool:
    """Tell whether a file lies in a folder; of one that leads nowhere, reading says so."""
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def folders_left(path: Path) -> str:
    """Name the folders within a folder that are not read; templates may take in what lies there."""
    inside = sorted(path.iterdir()) if path.is_dir() else []
    left = [
        one.name
        for one in inside
        if one.is_dir() and not one.name.startswith(".") and any(map(_ends_well, one.iterdir()))
    ]
    return ", ".join(left[:12]) + (", ..." if len(left) > 12 else "")


def _ends_well(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)
