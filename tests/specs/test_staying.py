"""``stay_on_chip:`` of workloads: which maps lie where for how long, and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelsim.errors import SpecError
from accelsim.roles import Role
from accelsim.workload.records import Layer, Resident
from accelsim.workload.spec import read_workload

BRANCHES = """
kind: workload
name: branches
inputs: {image: 4*8*8}
layers:
- {name: stem, shape: conv, M: 4, C: 4, P: 8, Q: 8, reads: image}
- {name: left, shape: conv, M: 4, C: 4, P: 8, Q: 8, R: 3, S: 3, reads: stem}
- {name: right, shape: conv, M: 2, C: 4, P: 8, Q: 8, bits: {inputs: 24}, reads: stem}
- {name: add, shape: elementwise, G: 4, P: 8, Q: 8, operands: 2,
   reads: {Inputs: left, Inputs2: stem}}
- {name: join, shape: conv, M: 4, C: 6, P: 8, Q: 8, reads: [add, right]}
- {name: last, shape: conv, M: 4, C: 4, P: 8, Q: 8, reads: join}
outputs: [last, left]
"""


def layers(folder: Path, staying: str) -> dict[str, Layer]:
    path = folder / "branches.yaml"
    path.write_text(f"{BRANCHES}stay_on_chip: {staying}\n", encoding="utf-8")
    return {layer.name: layer for layer in read_workload(path).layers}


def test_a_map_lies_there_until_its_last_reader_has_run(tmp_path: Path) -> None:
    """``stem`` is read thrice, once with 24 bits; the addition reads it as its second operand."""
    found = layers(tmp_path, "[stem]")
    widths: tuple[tuple[Role, int], ...] = (("Outputs", 16), ("Inputs", 16), ("Inputs", 24))
    tensors = {name: one.tensors for name, its in found.items() for one in its.residents}
    assert tensors == {
        "stem": ("Outputs",), "left": ("Inputs",), "right": ("Inputs",), "add": ("Inputs2",)
    }  # fmt: skip
    for its in found.values():
        for one in its.residents:
            assert one == Resident("stem", 4 * 8 * 8, widths, "", one.tensors)


def test_maps_side_by_side_are_one_tensor_of_who_reads_them(tmp_path: Path) -> None:
    """While ``add`` runs, ``right`` only lies there."""
    found = layers(tmp_path, "{add: glb, right: glb}")
    assert [(one.layer, one.words, one.memory, one.tensors) for one in found["join"].residents] == [
        ("add", 256, "glb", ("Inputs",)),
        ("right", 128, "glb", ("Inputs",)),
    ]
    assert [(one.layer, one.tensors) for one in found["add"].residents] == [
        ("add", ("Outputs",)),
        ("right", ()),
    ]
    assert found["last"].residents == ()


def test_patterns_and_selected_layers(tmp_path: Path) -> None:
    """A layer that is selected alone still finds on the chip what the whole network keeps there."""
    found = layers(tmp_path, "[ste*, join]")
    assert [name for name, its in found.items() if its.residents] == [
        "stem", "left", "right", "add", "join", "last"
    ]  # fmt: skip
    (alone,) = read_workload(f"{tmp_path}/branches.yaml:add").layers
    assert alone.residents == found["add"].residents


LAYERS = "expected one of stem, left, right, add, join, last"
NO = "'add' cannot stay on the chip: 'join' reads it side by side with 'right', which"
FORM = "'stay_on_chip' must name layers; expected as conv1, [conv1, pool1] or {conv1: glb}"


@pytest.mark.parametrize(
    ("staying", "column", "message"),
    [
        ("[stem, jion]", 22, f"no layer 'jion'; {LAYERS}; did you mean 'join'?"),
        ("[stem, last]", 22, "'last' cannot stay on the chip, as no layer reads it"),
        ("[left]", 16, "'left' cannot stay on the chip, as it leaves the network"),
        ("add", 15, f"{NO} does not stay; expected all of them, or none"),
        (
            "{stem: glb, add: glb, right: l2}",
            27,
            f"{NO} stays in another memory; expected one memory for all of them",
        ),
        ("[image]", 16, f"no layer 'image'; {LAYERS}"),
        ("[[stem]]", 15, FORM),
        ("{stem: 3}", 15, FORM),
    ],
)
def test_what_cannot_stay(tmp_path: Path, staying: str, column: int, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        layers(tmp_path, staying)
    first = caught.value.problems[0]
    assert first.where is not None
    assert (first.where.line, first.where.column) == (14, column)
    assert str(first).partition(f":{column}: ")[2] == message


def test_without_a_graph_nothing_can_stay(tmp_path: Path) -> None:
    path = tmp_path / "alone.yaml"
    layer = "{name: fc, shape: fc, M: 2, C: 2}"
    path.write_text(
        f"kind: workload\nname: alone\nlayers: [{layer}]\nstay_on_chip: fc\n", encoding="utf-8"
    )
    with pytest.raises(SpecError, match="'fc' cannot stay on the chip, as no layer says what it"):
        read_workload(path)
