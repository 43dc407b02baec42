"""Files put whole where they belong; light, so that whoever is in a hurry need not load more."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
        except OSError as fault:
            raise unwritable(path, fault) from None
        with whole(path) as beside:
            beside.write_text(text, encoding="utf-8", newline="\n")
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


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Give a name beside a file to write to, which takes its place at the end.

    So the file is whole, or stays as it was: where the disk is full, an older one is not lost.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    try:
        place = Path(os.path.realpath(file))  # a link stays one
        if place.exists() and not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        handle, name = tempfile.mkstemp(place.suffix, f".{place.stem}-", place.parent)
        os.close(handle)
        beside = Path(name)
        try:
            yield beside
            beside.chmod(0o666 & ~_umask())
            beside.replace(place)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as fault:
        raise unwritable(file, OSError(fault.errno, fault.strerror or str(fault))) from None


def _umask() -> int:
    """Return the umask, which can only be read by setting it."""
    before = os.umask(0o077)
    os.umask(before)
    return before


def unwritable(path: Path, fault: OSError) -> UsageError:
    """Return the error of a file that cannot be written."""
    reason = fault.strerror or str(fault)
    return UsageError(Problem(f"cannot write '{fault.filename or path}': {reason}"))
