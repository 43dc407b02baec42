"""Patterns of zeros from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from accelsim.errors import Problem
from accelsim.sparsity.zeros import Given, given
from accelsim.specs.zeros import PatternFile
from accelsim.units import ValueProblemError


def read_pattern(spec: str, file: PatternFile, shape: tuple[int, ...]) -> Given:
    """Read where an array is other than zero, from a NumPy file beside the spec that names it.

    Parameters
    ----------
    shape : of the tensor, rank by rank; the array may leave out or add extents of 1

    Raises
    ------
    ValueProblemError
        If there is no such array, or it has another shape.
    """
    path = Path(spec).parent / file.path
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as fault:
        reason = isinstance(fault, OSError) and fault.strerror
        what = f"cannot read the pattern '{path}': {reason.lower() if reason else fault}"
        raise ValueProblemError(Problem(what)) from fault
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise ValueProblemError(Problem(f"the pattern '{path}' is no array of numbers"))
    if [n for n in values.shape if n != 1] != [n for n in shape if n != 1]:
        found, wanted = (" x ".join(map(str, its)) or "one" for its in (values.shape, shape))
        raise ValueProblemError(
            Problem(f"the pattern '{path}' has {found} words", expected=f"{wanted} words")
        )
    return given(values.reshape(shape))
