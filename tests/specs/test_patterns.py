"""Patterns of zeros from files: what is read, and what is refused before it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

import accelsim as acs
from accelsim.errors import ExitCode, SpecError
from accelsim.mapping.spec import read_made_from
from accelsim.report.results import NetworkRun
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


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([np.nan, 1.0], "a value that is not a number (NaN)"),
        ([np.nan, np.nan], "2 values that are not a number (NaN)"),
    ],
)
def test_what_is_no_number_is_neither_zero_nor_not(
    tmp_path: Path, values: list[float], said: str
) -> None:
    pattern = VALUES.astype(np.float32)
    pattern[1, :2] = values
    (tmp_path / "fc.npy").write_bytes(saved(pattern))
    assert refusal(tmp_path) == (
        f"the pattern 'FILE' has {said}; expected numbers: 0 where a word is zero"
    )


def test_a_value_without_end_is_not_zero(tmp_path: Path) -> None:
    (tmp_path / "fc.npy").write_bytes(saved(np.where(VALUES, np.inf, 0.0)))
    (layer,) = network(tmp_path).layers
    assert {t.density for t in layer.tensors if t.role == "Weights"} == {0.5}


# --- from where a path is seen --------------------------------------------------------------------

SET = "fc.density.weights={pattern: fc.npy}"


@pytest.fixture
def two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a workload and a dense pattern beside the current one, with a sparse."""
    specs, here = tmp_path / "specs", tmp_path / "here"
    specs.mkdir()
    here.mkdir()
    (specs / "small.yaml").write_text(WORKLOAD, encoding="utf-8")
    (specs / "fc.npy").write_bytes(saved(np.ones((3, 4))))
    (here / "fc.npy").write_bytes(saved(VALUES))
    monkeypatch.chdir(here)
    return specs


def density(spec: Path, *overrides: str) -> float:
    (layer,) = read_workload(spec, overrides).layers
    (found,) = (t.density for t in layer.tensors if t.role == "Weights")
    return found


def test_a_file_names_patterns_beside_it_and_a_setting_where_it_is_typed(
    two_folders: Path,
) -> None:
    spec = two_folders / "small.yaml"
    assert density(spec) == 1.0
    assert density(Path("../specs/small.yaml")) == 1.0
    for setting in (
        SET,
        "fc.density={weights: {pattern: fc.npy}}",
        "fc.density.weights={pattern: ./fc.npy}",
    ):
        assert density(spec, setting) == 0.5
    assert density(spec, "fc.density.weights={pattern: ../specs/fc.npy}") == 1.0
    assert density(spec, f"fc.density.weights={{pattern: {two_folders}/fc.npy}}") == 1.0
    (Path.cwd() / "fc.npy").unlink()
    with pytest.raises(SpecError, match=r"--set fc.*: cannot read the pattern 'fc.npy'"):
        density(spec, SET)


def test_a_saved_mapping_names_the_pattern_from_its_own_folder(
    two_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made here with the pattern that lies here; checked and counted again from elsewhere."""
    spec = two_folders / "small.yaml"
    found = acs.map("eyeriss", spec, overrides=[SET])
    acs.save(found, tmp_path / "out")
    (mapping,) = (tmp_path / "out").rglob("fc.yaml")
    to_it = os.path.relpath(Path.cwd() / "fc.npy", mapping.parent)
    assert read_made_from(mapping).overrides == (f'fc.density.weights={{"pattern": "{to_it}"}}',)
    remade = acs.evaluate("eyeriss", spec, mapping, overrides=[SET])
    assert not remade.settings.remarks
    monkeypatch.chdir(tmp_path)
    (checked,) = acs.check(mapping)
    assert checked.problems == ()
    again = acs.evaluate(
        "eyeriss", spec, mapping, overrides=["fc.density.weights={pattern: here/fc.npy}"]
    )
    assert again.evaluation is not None
    assert found.evaluation is not None
    assert again.evaluation.energy_total == found.evaluation.energy_total
    assert not again.settings.remarks
    loaded = acs.load(tmp_path / "out")
    assert isinstance(loaded, NetworkRun)
    (kept,) = loaded.settings.origins
    assert kept.overrides == ('fc.density.weights={"pattern": "here/fc.npy"}',)
