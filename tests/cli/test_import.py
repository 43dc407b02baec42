"""``accelsim import``: the triple of exit code, stdout and stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.interchange.models import model, node, written

TEXT = """\
kind: workload
name: model
source: the ONNX model model.onnx
assumptions:
- values are 16 bits wide, whatever the model's floating-point type; quantised ones
   keep theirs
- biases and parameters of normalisations are left out; padded input words count like
   others
inputs: {x: 1024}
layers:
- {name: Conv.0, shape: conv, N: 4, M: 8, C: 4, P: 6, Q: 6, R: 3, S: 3, reads: x}
outputs: [Conv.0]
"""

LISTED = """\
1 layer, 41,472 MACs, 288 weights
  - values are 16 bits wide, whatever the model's floating-point type; quantised ones keep theirs
  - biases and parameters of normalisations are left out; padded input words count like others
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = model([node("Conv", "x w", "y")], {"x": ("batch", 4, 8, 8)}, {"w": (8, 4, 3, 3)})
    return written(tmp_path, made)


def test_to_the_terminal(call: Call, file: Path) -> None:
    assert call("import", "onnx", file, "--dim", "batch=4") == (0, TEXT, f"{file}: {LISTED}")
    assert call("import", "onnx", f"{file}:batch=4", "-q") == (0, TEXT, "")
    assert call("show", f"{file}:batch=4") == (0, TEXT, "")


def test_to_a_file(call: Call, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    done = call("import", "onnx", file, "--dim", "batch=4", "-o", out)
    assert done == (0, "", f"{out}: {LISTED}")
    assert out.read_text(encoding="utf-8") == TEXT


def test_as_json(call: Call, file: Path) -> None:
    data = json.loads(call("import", "onnx", file, "--dim", "batch=4", "--json").out)
    assert (data["verb"], data["exit_code"], data["layers"]) == ("import", 0, 1)
    assert (data["macs"], data["weights_words"], data["output"]) == (41472, 288, None)
    assert data["text"] == TEXT


def test_a_dim_that_is_missing(call: Call, file: Path) -> None:
    hint = "give them after a colon, as in MODEL.onnx:batch=1"
    message = f"{file}: dims without a size: 'batch' (of x); {hint}\n"
    assert call("import", "onnx", file) == (3, "", message)
    assert call("run", "eyeriss", file) == (3, "", message)
    assert call("import", "onnx", file, "--dim", "batch") == (
        2,
        "",
        "'batch' is no size; expected NAME=SIZE, as batch=4\n",
    )


def test_what_cannot_be_written(call: Call, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out.yaml"
    done = call("import", "onnx", f"{file}:batch=1", "-o", out)
    assert done == (2, "", f"cannot write '{out}': No such file or directory\n")


def test_what_is_imported_is_not_written_over(call: Call, file: Path) -> None:
    model = file.read_bytes()
    done = call("import", "onnx", file, "--dim", "batch=4", "-o", file)
    assert (done.code, done.out) == (2, "")
    assert f"'{file}' is what is imported, and is not written over" in done.err
    assert file.read_bytes() == model
