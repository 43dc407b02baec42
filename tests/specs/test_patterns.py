"""Patterns of zeros from files: what is read, and what is refused before it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from accelsim.errors import ExitCode, SpecError
from accelsim.sparsity.zeros import Given
from accelsim.workload.records import Network
from accelsim.workload.spec import read_workload

LAYER = "{name: fc, shape: fc, N: 1, M: 3, C: 4, density: {weights: {pattern: fc.npy}}}"
WORKLOAD = f"""\
kind: workload
name: small
source: made up
layers:
- {LAYER}
"""
VALUES = np.array([[0, 1, 0, 2], [0, 0, 0, 3], [4, 5, 0, 6]], dtype=np.int8)


def network(folder: Path) -> Network:
    spec = folder / "small.yaml"
    spec.write_text(WORKLOAD, encoding="utf-8")
    return read_workload(spec)


def refusal(folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        network(folder)
    assert caught.value.exit_code == ExitCode.BAD_SPEC
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert problem.where.line == 5
    said = f"{problem.what}; expected {problem.expected}" if problem.expected else problem.what
    return said.replace(str(folder / "fc.npy"), "FILE")


def saved(values: object, version: tuple[int, int] = (1, 0)) -> bytes:
    stream = BytesIO()
    npy.write_array(stream, np.asarray(values), version)
    return stream.getvalue()


def header(text: str, version: tuple[int, int] = (1, 0)) -> bytes:
    """Return a header of 128 bytes that says so, as a file that holds nothing else has it."""
    room = 128 - npy.MAGIC_LEN - 2
    length = room.to_bytes(2, "little")
    return npy.magic(*version) + length + text.encode().ljust(room - 1) + b"\n"


def shaped(shape: str, kind: str = "|i1") -> bytes:
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}")


@pytest.mark.parametrize(
    "raw",
    [
        saved(VALUES),
        saved(VALUES, (2, 0)),
        saved(np.asfortranarray(VALUES)),
        saved(VALUES.astype(">f4")),
        saved(VALUES != 0),
        saved(VALUES.reshape(3, 1, 4, 1)),
    ],
    ids=["version 1", "version 2", "by columns", "floats", "bits", "extents of 1"],
)
def test_a_pattern_is_read(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "fc.npy").write_bytes(raw)
    (layer,) = network(tmp_path).layers
    (pattern,) = (t.pattern for t in layer.tensors if t.role == "Weights")
    assert isinstance(pattern, Given)
    assert (pattern.nonzero.reshape(VALUES.shape) == (VALUES != 0)).all()


NOT_AN_ARRAY = (
    "the pattern 'FILE' does not begin as a NumPy array does; expected an array that NumPy saved"
)
NO_VERSION = (
    "the pattern 'FILE' is of version 3.0 of NumPy's format; "
    "expected version 1.0 or 2.0, as arrays of numbers have"
)
NO_SHAPE = "the pattern 'FILE' states a shape that no array has"
NO_NUMBERS = "the pattern 'FILE' is no array of numbers"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "the pattern 'FILE' is an empty file; expected an array that NumPy saved"),
        (b"PK\x03\x04 and more", NOT_AN_ARRAY),
        (saved(VALUES)[:5], NOT_AN_ARRAY),
        (saved(VALUES)[:40], NOT_AN_ARRAY),
        (header("{'descr': "), NOT_AN_ARRAY),
        (header("(" * 110), NOT_AN_ARRAY),
        (header("-" * 110 + "1"), NOT_AN_ARRAY),
        (header("{[]: 1}"), NOT_AN_ARRAY),
        (header("{'descr': (), 'fortran_order': False, 'shape': ()}"), NOT_AN_ARRAY),
        (shaped("'three'"), NOT_AN_ARRAY),
        (
            header("{}", (3, 0)),
            NO_VERSION,
        ),
        (
            shaped("(1000000000000,)"),
            "the pattern 'FILE' has 1000000000000 words; expected 3 x 4 words",
        ),
        (shaped(f"({10**30},)"), NO_SHAPE),
        (shaped("(-3, -4)"), NO_SHAPE),
        (shaped("(3, 4)", "|O"), NO_NUMBERS),
        (saved(np.array([["a"] * 4] * 3)), NO_NUMBERS),
        (
            shaped("(3, 4)"),
            "the pattern 'FILE' has 128 bytes; expected 140, as its header says",
        ),
        (
            saved(VALUES) + b"more",
            "the pattern 'FILE' has 144 bytes; expected 140, as its header says",
        ),
        (saved(VALUES.T), "the pattern 'FILE' has 4 x 3 words; expected 3 x 4 words"),
    ],
)
def test_what_is_no_pattern_of_the_tensor_is_refused(tmp_path: Path, raw: bytes, why: str) -> None:
    (tmp_path / "fc.npy").write_bytes(raw)
    assert refusal(tmp_path) == why


def test_more_ranks_than_arrays_have(tmp_path: Path) -> None:
    text = f"{{'descr': '|i1', 'fortran_order': False, 'shape': ({'1, ' * 70}3, 4)}}".encode()
    raw = npy.magic(1, 0) + len(text).to_bytes(2, "little") + text + bytes(12)
    (tmp_path / "fc.npy").write_bytes(raw)
    assert refusal(tmp_path) == NO_SHAPE


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "folder"])
def test_only_a_regular_file_is_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "fc.npy")
    assert refusal(tmp_path) == "the pattern 'FILE' is not a regular file"


def test_a_damaged_header_is_read_or_refused(tmp_path: Path) -> None:
    """Any byte of the file may be wrong: a network or a problem, never another fault."""
    whole = saved(VALUES)
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(150):
        raw = bytearray(whole)
        for at in rng.integers(0, 70, size=2):
            raw[at] = rng.choice(list(b"()[]{}'\",:-0129aO \n\\#\x00\xff"))
        (tmp_path / "fc.npy").write_bytes(bytes(raw))
        try:
            network(tmp_path)
        except SpecError:
            refused += 1
    assert refused > 100
