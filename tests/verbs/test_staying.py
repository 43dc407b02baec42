"""Maps that stay on the chip, through the verbs: what is shown, saved, read back and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from accelsim.evaluation.moved import compulsory_words
from accelsim.network.activations import activations
from accelsim.report.results import NetworkRun
from tests.cli.conftest import Call, call

__all__ = ["call"]

BLOCK = """
kind: workload
name: block
inputs: {image: 4*6*6}
layers:
- {name: stem, shape: conv, M: 4, C: 4, P: 6, Q: 6, reads: image}
- {name: body, shape: conv, M: 4, C: 4, P: 6, Q: 6, R: 3, S: 3, reads: stem}
- {name: add, shape: elementwise, G: 4, P: 6, Q: 6, operands: 2,
   reads: {Inputs: body, Inputs2: stem}}
- {name: head, shape: conv, M: 2, C: 4, P: 6, Q: 6, reads: add}
stay_on_chip: {stem: glb}
"""

REASON = "a map stays in a memory that is built once and can keep Inputs and Outputs"


@pytest.fixture
def block(tmp_path: Path) -> Path:
    path = tmp_path / "block.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    return path


def test_a_branch_by_hand(block: Path) -> None:
    """``stem`` writes 4 x 6 x 6 = 144 words, which body reads with padding (4 x 8 x 8 = 256)
    and the addition as its second operand; all of them pass DRAM once if they stay nowhere."""
    result = acs.run("eyeriss", block)
    layers, spared = result.tables()[1:3]
    assert layers.rows == (("stem", "glb", "144", "0.3 %", "stem", "add"),)
    moved = {row[0]: row[1:3] for row in spared.rows}
    assert moved == {
        "stem": ("304", "160"),  # 16 weights, 144 inputs, 144 outputs
        "body": ("544", "288"),  # 144 weights, 256 inputs, 144 outputs
        "add": ("432", "288"),  # 144 of each tensor
        "together": ("1,280", "736"),
    }
    floors = [its and compulsory_words(its) for its in (its.evaluation for its in result.layers)]
    assert floors == [160, 288, 288, 224]  # head: 8 weights, 144 inputs, 72 outputs
    add = result["add"].evaluation
    assert add is not None
    energy = add.energy.by("level", "tensor")
    assert energy["dram", "Inputs"] > 0
    assert energy["dram", "Inputs2"] == 0
    assert "body" not in {its["layer"] for its in result.data()["rows"][0]["stay_on_chip"]}
    assert "; glb: keeps Inputs2 144 words" in result["add"].nest


def test_what_is_saved_is_read_back(block: Path, tmp_path: Path) -> None:
    result = acs.run("eyeriss", block)
    acs.save(result, tmp_path / "out")
    again = acs.load(tmp_path / "out")
    assert isinstance(again, NetworkRun)
    assert again.text() == result.text()
    assert again.data() == result.data()
    (row,) = result.data()["rows"]
    assert row["stay_on_chip"] == [
        {"layer": "stem", "memory": "glb", "words": 144, "bits": 144 * 16, "until": "add"}
    ]
    assert [its["apart"] is None for its in row["layers"]] == [False, False, False, True]
    dearer = acs.reprice(again, accounting="isca2016")
    for before, after in zip(result.layers[:3], dearer.rows[0].layers, strict=False):
        assert before.apart is not None
        assert after.apart is not None
        assert after.apart.energy_total != before.apart.energy_total


def test_results_from_before_maps_could_stay(block: Path, tmp_path: Path) -> None:
    result = acs.run("eyeriss", block, overrides=["stay_on_chip=[]"])
    acs.save(result, tmp_path / "out")
    path = tmp_path / "out" / "results.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    for network in data["specs"]["networks"].values():
        for layer in network["layers"]:
            assert layer.pop("residents") == []
    for layer in data["rows"][0]["layers"]:
        assert layer.pop("apart") is None
    path.write_text(json.dumps(data), encoding="utf-8")
    again = acs.load(tmp_path / "out")
    assert isinstance(again, NetworkRun)
    assert again.data() == result.data()


def test_a_mapping_file_is_counted_to_the_same_numbers(block: Path, tmp_path: Path) -> None:
    layer = f"{block}:body"
    found = acs.map("eyeriss", layer)
    path = tmp_path / "body.mapping.yaml"
    path.write_text(found.yaml, encoding="utf-8")
    counted = acs.evaluate("eyeriss", layer, path)
    assert counted.evaluation is not None
    assert found.evaluation is not None
    assert counted.evaluation.energy_total == found.evaluation.energy_total
    assert counted.evaluation.capacity_bits == found.evaluation.capacity_bits
    wrong = found.yaml.replace("keep: [Outputs]", "keep: [Inputs, Outputs]")
    assert wrong != found.yaml
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(SpecError, match="'glb' cannot keep Inputs; expected 'Outputs'"):
        acs.evaluate("eyeriss", layer, path)


def test_every_count_is_explained(block: Path) -> None:
    """``explain`` adds its terms up and compares them with the counter's, tensor by tensor."""
    for layer in ("stem", "body", "add"):
        explanation = acs.explain("eyeriss", f"{block}:{layer}").explanation
        assert explanation is not None
        links = explanation.links
        parents: dict[str, set[str]] = {}
        for link in links:
            parents.setdefault(link.tensor, set()).add(link.parent)
        of_map = parents.pop({"stem": "Outputs", "body": "Inputs", "add": "Inputs2"}[layer])
        assert "glb" in of_map
        assert "dram" not in of_map
        assert all("dram" in others for others in parents.values())


def test_dataflows_that_ask_for_the_map_there_are_satisfied(block: Path, tmp_path: Path) -> None:
    """The buffer is to keep inputs and sums: the map is there, and the other tensors obey."""
    flow = tmp_path / "flow.yaml"
    rule = "- {at: glb, keep: [Inputs, Outputs], because: a test}"
    flow.write_text(f"kind: dataflow\nname: flow\nsource: a test\nrules:\n{rule}\n", "utf-8")
    result = acs.run("eyeriss", block, dataflow=flow)
    assert result.complete
    found = [its.evaluation.mapping.block("glb").keep for its in result.layers if its.evaluation]
    assert found == [{"Inputs"}, {"Outputs"}, {"Inputs", "Outputs"}, {"Inputs", "Outputs"}]


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        ("gbl", "'stem' cannot stay in 'gbl' of eyeriss, which has no such memory; expected 'glb'"),
        (
            "filter_buffer",
            "'stem' cannot stay in 'filter_buffer' of eyeriss; expected 'glb'; " + REASON,
        ),
    ],
)
def test_memories_where_nothing_can_stay(block: Path, memory: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        acs.run("eyeriss", block, overrides=[f"stay_on_chip={{stem: {memory}}}"])
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_boxes_are_refused(block: Path) -> None:
    with pytest.raises(SpecError, match=r"what stays on the chip \(stem\) is not counted where"):
        acs.run("eyeriss", block, accounting="timeloop")


def test_timeloop_has_no_words_for_them(block: Path) -> None:
    found = acs.map("eyeriss", f"{block}:body", technology="accelergy-eyeriss-like-45nm")
    assert found.mapping is not None
    with pytest.raises(SpecError, match=r"no words for maps that stay on the chip \(stem\)"):
        acs.export("timeloop", "eyeriss", f"{block}:body", found.mapping,
                   technology="accelergy-eyeriss-like-45nm", accounting="default")  # fmt: skip


def test_on_the_command_line(block: Path, call: Call) -> None:
    done = call("run", "eyeriss", block, "--keep-on-chip", "add", "--keep-on-chip", "stem=glb",
                "--json", "--progress", "none")  # fmt: skip
    assert done.code == 0, done.err
    data = json.loads(done.out)
    assert data["settings"]["overrides"] == ['stay_on_chip={"add": "", "stem": "glb"}']
    assert [its["layer"] for its in data["rows"][0]["stay_on_chip"]] == ["stem", "add"]
    done = call("run", "eyeriss", block, "--keep-on-chip", "sten", "-q")
    assert done.code == 3
    assert done.err.endswith(
        "no layer 'sten'; expected one of stem, body, add, head; did you mean 'stem'?\n"
    )


def test_activations_as_data(block: Path) -> None:
    result = acs.run("eyeriss", block)
    its = activations(result.result.network)
    assert its is not None
    data = result.data()["rows"][0]["activations"]
    assert data["peak_bits"] == its.peak_bits == 3 * 144 * 16
    assert data["peak_layer"] == "add"
    assert list(data["live_bits"].values()) == list(its.live_bits)
    lives = {one["name"]: (one["from"], one["until"]) for one in data["lifetimes"]}
    assert lives == {
        "image": ("stem", "stem"), "stem": ("stem", "add"), "body": ("body", "add"),
        "add": ("add", "head"), "head": ("head", "head"),
    }  # fmt: skip


def test_the_layers_that_take_most_stand_first(tmp_path: Path) -> None:
    """Twelve layers are few enough to see; of thirteen, the ten largest are put above."""
    path = tmp_path / "many.yaml"
    for count, titles in ((12, 2), (13, 3)):
        lines = [f"- {{name: fc{n}, shape: fc, M: {n % 7 + 1}, C: 8}}" for n in range(count)]
        text = "\n".join(["kind: workload", "name: many", "layers:", *lines])
        path.write_text(text, encoding="utf-8")
        result = acs.run("eyeriss", path)
        shown = result.tables()
        assert len(shown) == titles
    first = shown[0]
    assert first.title == "most energy: 10 of 13 layers"
    energies = {
        its.layer.name: its.evaluation.energy_total for its in result.layers if its.evaluation
    }
    names = [row[0] for row in first.rows]
    assert [energies[name] for name in names] == sorted(energies.values(), reverse=True)[:10]
    last = sum(energies[name] for name in names) / result.total.energy_total
    assert first.rows[-1][3] == f"{100 * last:.1f} %"
