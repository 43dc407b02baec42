"""Patterns of zeros from files."""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from stat import S_ISREG
from tokenize import TokenError
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.lib import format as npy

from accelsim.errors import Problem
from accelsim.files_read import note_file
from accelsim.sparsity.zeros import Given, given
from accelsim.specs.zeros import PatternFile
from accelsim.units import ValueProblemError

MOST_RANKS = 64
MOST_EXTENT = 2**63

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}

NOT_A_HEADER = (
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)
"""What NumPy raises for bytes that are no header: it reads one as a Python literal."""


def read_pattern(folder: Path, file: PatternFile, shape: tuple[int, ...]) -> Given:
    """Read where an array is other than zero, from a NumPy file.

    The array is read only if its header states this shape and the file is as long as that takes.

    Parameters
    ----------
    folder : from which the path of the file is seen
    shape : of the tensor, rank by rank; the array may leave out or add extents of 1

    Raises
    ------
    ValueProblemError
        If there is no such array, it has another shape, or values that are no numbers.
    """
    path = folder / file.path
    note_file(path)
    try:
        if not S_ISREG(path.stat().st_mode):
            _refuse(f"the pattern '{path}' is not a regular file")
        with path.open("rb") as stream:
            _check(path, stream, shape)
            stream.seek(0)
            values = np.load(stream, allow_pickle=False)
    except ValueProblemError:
        raise
    except OSError as fault:
        reason = fault.strerror.lower() if fault.strerror else str(fault)
        _refuse(f"cannot read the pattern '{path}': {reason}", fault)
    except MemoryError as fault:
        _refuse(f"cannot read the pattern '{path}': it does not fit into memory", fault)
    except (EOFError, ValueError) as fault:
        _refuse(f"cannot read the pattern '{path}': {fault}", fault)
    unknown = int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0
    if unknown:
        some = "a value that is" if unknown == 1 else f"{unknown:,} values that are"
        expected = "numbers: 0 where a word is zero"
        _refuse(f"the pattern '{path}' has {some} not a number (NaN)", expected=expected)
    return given(values.reshape(shape))


def _check(path: Path, stream: BinaryIO, shape: tuple[int, ...]) -> None:
    size = os.fstat(stream.fileno()).st_size
    if size == 0:
        _refuse(f"the pattern '{path}' is an empty file", expected="an array that NumPy saved")
    try:
        version = npy.read_magic(stream)
        header = HEADERS[version](stream) if version in HEADERS else None
    except NOT_A_HEADER as fault:
        _refuse(
            f"the pattern '{path}' does not begin as a NumPy array does",
            fault,
            expected="an array that NumPy saved",
        )
    if header is None:
        _refuse(
            f"the pattern '{path}' is of version {version[0]}.{version[1]} of NumPy's format",
            expected="version 1.0 or 2.0, as arrays of numbers have",
        )
    stated, _, dtype = header
    if dtype.kind not in "biuf":
        _refuse(f"the pattern '{path}' is no array of numbers")
    if len(stated) > MOST_RANKS or not all(0 <= extent < MOST_EXTENT for extent in stated):
        _refuse(f"the pattern '{path}' states a shape that no array has")
    if [n for n in stated if n != 1] != [n for n in shape if n != 1]:
        found, wanted = (" x ".join(map(str, its)) or "one" for its in (stated, shape))
        _refuse(f"the pattern '{path}' has {found} words", expected=f"{wanted} words")
    whole = stream.tell() + prod(stated) * dtype.itemsize
    if size != whole:
        _refuse(
            f"the pattern '{path}' has {size:,} bytes", expected=f"{whole:,}, as its header says"
        )


def _refuse(what: str, cause: Exception | None = None, *, expected: str = "") -> NoReturn:
    raise ValueProblemError(Problem(what, expected=expected)) from cause
