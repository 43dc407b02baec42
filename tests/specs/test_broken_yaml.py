"""What every broken spec says: the whole message, with the line and the carets, word by word.

``broken/*.txt`` holds the cases.  Each begins with ``=== name``; lines with ``-`` are taken out of
the sound spec of that kind and lines with ``+`` put in their place; the message follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accelsim.arch.spec import read_architecture
from accelsim.errors import ExitCode, SpecError
from accelsim.evaluation.records import COMPUTE
from accelsim.mapping.spec import read_mapping
from accelsim.mapspace.spec import read_dataflow
from accelsim.report.messages import render_all
from accelsim.study import read_study
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.workload.shapes import RESERVED_TENSOR
from accelsim.workload.spec import read_workload
from tests.specs import sound

FOLDER = Path(__file__).parent / "broken"


def _read_mapping(path: Path) -> object:
    machine, work = path.with_name("machine.yaml"), path.with_name("layer.yaml")
    machine.write_text(sound.ARCHITECTURE, encoding="utf-8")
    work.write_text(sound.LAYER, encoding="utf-8")
    (layer,) = read_workload(work).layers
    return read_mapping(path, read_architecture(machine), layer)


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "accounting": (sound.ACCOUNTING, read_accounting),
    "architecture": (sound.ARCHITECTURE, read_architecture),
    "dataflow": (sound.DATAFLOW, read_dataflow),
    "mapping": (sound.MAPPING, _read_mapping),
    "no_spec": ("", read_workload),
    "study": (sound.STUDY, read_study),
    "technology": (sound.TECHNOLOGY, read_technology),
    "workload": (sound.WORKLOAD, read_workload),
}


def cases() -> Iterator[object]:
    for path in sorted(FOLDER.glob("*.txt")):
        for case in path.read_text(encoding="utf-8").split("=== ")[1:]:
            name, *lines = case.rstrip("\n").split("\n")
            out = [line[1:] for line in lines if line.startswith("-")]
            put = [line[1:] for line in lines if line.startswith("+")]
            message = "\n".join(line for line in lines if not line.startswith(("-", "+")))
            before, after = ("".join(f"{line}\n" for line in part) for part in (out, put))
            yield pytest.param(path.stem, before, after, message, id=f"{path.stem}: {name}")


def said(kind: str, text: str) -> str:
    """Return what the reader of a kind of spec says of a text."""
    Path("bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        READERS[kind][1](Path("bad.yaml"))
    assert caught.value.exit_code is ExitCode.BAD_SPEC
    return render_all(caught.value.problems)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind != "no_spec"])
def test_the_sound_specs_are_sound(kind: str) -> None:
    text, read = READERS[kind]
    Path("sound.yaml").write_text(text, encoding="utf-8")
    read(Path("sound.yaml"))


@pytest.mark.parametrize(("kind", "before", "after", "message"), list(cases()))
def test_broken_specs(kind: str, before: str, after: str, message: str) -> None:
    text = READERS[kind][0]
    assert before in text
    assert said(kind, text.replace(before, after, 1)) == message


def test_there_are_enough_of_them() -> None:
    assert len(list(cases())) >= 100


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    """Faults of form do not hide faults of meaning in the levels that are well formed."""
    text = (
        sound.ARCHITECTURE.replace("64 KiB", "12 b")
        .replace("mesh_y: 3", "mesh_z: 3")
        .replace("clock", "clokc")
    )
    assert [line.split(": ")[0] for line in sentences("architecture", text)] == [
        "bad.yaml:5:1",
        "bad.yaml:14:9",
        "bad.yaml:19:3",
    ]


def sentences(kind: str, text: str) -> list[str]:
    return [line for line in said(kind, text).split("\n") if line.startswith("bad.yaml")]


def test_machines_that_the_counter_has_no_room_for_are_refused_when_read() -> None:
    memory = "- {{memory: m{0}, component: buffer, keep: [Inputs]}}\n"
    fanout = "- {{fanout: f{0}, component: array, mesh_x: 1}}\n"
    levels = "".join(memory.format(i) for i in range(14)) + "".join(map(fanout.format, range(8)))
    text = sound.ARCHITECTURE.replace("- compute: mac", f"{levels}- compute: mac")
    assert sentences("architecture", text) == [
        "bad.yaml:9:1: the machine has 17 places; expected at most 12",
        "bad.yaml:9:1: the machine has 9 fanouts; expected at most 8",
        "bad.yaml:9:1: the machine has 18 memories; expected at most 16",
    ]


def test_layers_that_the_counter_has_no_room_for_are_refused_when_read() -> None:
    dims = [f"D{i}" for i in range(17)]
    inputs = [f"'T{i}[{', '.join(dims[:7])}]'" for i in range(8)]
    text = (
        "kind: workload\nname: large\nlayers:\n- name: wide\n  shape: einsum\n"
        f"  dims: {{{', '.join(f'{dim}: 2' for dim in dims)}}}\n"
        f"  inputs: [{', '.join(inputs)}]\n  output: Z[{', '.join(dims)}]\n"
        "- {name: sum, shape: elementwise, operands: 8}\n"
    )
    assert sentences("workload", text) == [
        "bad.yaml:4:3: layer 'wide' has 17 dims; expected at most 16",
        "bad.yaml:4:3: layer 'wide' has 9 tensors; expected at most 8",
        "bad.yaml:4:3: layer 'wide' has 73 ranks longer than 1; expected at most 48",
        "bad.yaml:9:3: layer 'sum' has 9 tensors; expected at most 8",
    ]


def test_no_tensor_has_the_name_that_results_write_for_operations() -> None:
    assert RESERVED_TENSOR == COMPUTE
    text = sound.WORKLOAD.replace("A[I, K]", "compute[I, K]")
    assert sentences("workload", text) == [
        (
            "bad.yaml:12:12: a tensor cannot be called 'compute';"
            " results list operations under that name"
        )
    ]


def test_at_most_twenty_are_shown() -> None:
    layers = "".join(f"- {{name: l{i}, shape: fc, M: 0}}\n" for i in range(50))
    lines = said("workload", f"kind: workload\nname: many\nlayers:\n{layers}").split("\n")
    assert len(lines) == 20 * 3 + 1
    assert lines[-4] == "bad.yaml:23:29: 'M' is 0; expected a whole number from 1 to 2^40"
    assert lines[-1] == "bad.yaml: and 30 more problems"
