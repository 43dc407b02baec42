"""What Timeloop's files may say beside the cases: templates, limits, notes, the built-in shape."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture, Fanout
from accelsim.errors import Problem, SpecError
from accelsim.interchange.timeloop.arithmetic import evaluate
from accelsim.interchange.timeloop.bundle import Bundle, read_bundle
from accelsim.interchange.timeloop.sources import Sources
from accelsim.specs.references import Reference
from accelsim.units import ValueProblemError
from accelsim.workload.records import Layer
from accelsim.workload.spec import network_of, read_layer
from tests.interchange.timeloop_hostile import ARCH, ERT, MAPPING, PROBLEM, SOUND, TREE

FOLDER = Path(__file__).parent / "timeloop_files"


def bundle_of(folder: Path, **texts: str) -> Bundle:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_bundle([folder])


def layer_of(bundle: Bundle) -> Layer:
    (layer,) = network_of(bundle.document("workload"), Reference("x")).layers
    return layer


def notes(bundle: Bundle) -> list[str]:
    return [note.what for note in bundle.sources.notes]


def test_constraints_become_rules() -> None:
    bundle = read_bundle([FOLDER / "limited_0_4/top.yaml.jinja2"])
    assert bundle.kinds == ("architecture", "workload", "dataflow")
    assert layer_of(bundle).bounds == {"M": 4, "C": 4, "P": 6, "R": 3}
    rules = bundle.document("dataflow").data["rules"]
    assert isinstance(rules, list)
    said = [{key: it for key, it in rule.items() if key != "because"} for rule in rules]
    assert said == [
        {"at": "array", "spatial": {"C": 1, "P": 1, "R": 1}},
        {"at": "array", "spatial_y": {"M": 1}},
        {"at": "array", "spatial_x": {"C": 1, "P": 1, "R": 1}},
        {"at": "buffer", "temporal": {"R": 1, "C": "<=3"}, "order": ["*", "R", "P"]},
        {"at": "regs", "temporal": {"M": "whole"}, "others": 1},
    ]
    machine = bundle.machine()
    assert machine.places[2].holdings[0].roles == {"Outputs"}
    assert [(fan.mesh_x, fan.mesh_y) for fan in machine.fanouts] == [(4, 2)]
    assert notes(bundle) == [
        "'mapper' is left out: its search is not this one",
        "unknown attribute 'widht' of 'memory'; did you mean 'width'?",
        (
            "no energy is stated for memory, buffer, regs, mac: the table "
            "accelergy-eyeriss-like-45nm prices them by their classes"
        ),
    ]


@pytest.mark.parametrize(
    ("actions", "noted"),
    [
        (("read", "update"), "buffer (write), "),
        (("read",), "buffer (write, update), "),
        (("write",), "buffer (read), "),
        (("read", "write"), ""),
        (("read", "fill", "update"), ""),
        (("leak",), "buffer, "),
    ],
)
def test_actions_that_an_ert_does_not_price_are_noted(
    tmp_path: Path, actions: tuple[str, ...], noted: str
) -> None:
    """A write prices updates, too; what follows from others (drains, addresses) hides none."""
    glb = "{name: buffer, class: SRAM, attributes: {depth: 64 * 8, addr_gen_energy: 1}}"
    arch = ARCH.replace("{name: GLB, class: SRAM, attributes: {depth: 64 * 8}}", glb)
    priced = ", ".join(f"{{name: {action}, energy: 4}}" for action in actions)
    ert = ERT + f"  - {{name: buffer, actions: [{priced}]}}\n"
    bundle = bundle_of(tmp_path, arch=arch, ert=ert)
    bundle.machine()
    (note,) = notes(bundle)
    assert note.startswith(f"no energy is stated for {noted}RF, MAC: the table ")


def test_sparse_optimizations_are_not_translated(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, arch=ARCH + "sparse_optimizations: {targets: []}\n")
    (note,) = [note for note in notes(bundle) if "sparse_optimizations" in note]
    assert note == (
        "'sparse_optimizations' is left out: "
        "it is not translated (zeros are modelled: docs/sparsity.md)"
    )


def test_notes_after_a_fault_are_not_of_the_kind_that_was_read() -> None:
    sources = Sources()
    with pytest.raises(SpecError), sources.reading("mapping"):
        raise SpecError([Problem("made up")])
    assert sources.about == ""


def test_unknown_keys_are_noted_where_they_stand(tmp_path: Path) -> None:
    arch = ARCH.replace("class: regfile", "clas: x, class: regfile")
    bundle = bundle_of(tmp_path, arch=arch)
    bundle.machine()
    (note,) = [note for note in bundle.sources.notes if "'clas'" in note.what]
    assert note.what == "unknown key 'clas' in this component, left out; did you mean 'class'?"
    assert (note.where.line, note.where.column) == (8, 27)


def test_the_shape_of_convolutions_pairs_p_and_r_with_the_width(tmp_path: Path) -> None:
    sizes = "{C: 3, M: 4, N: 1, P: 8, Q: 5, R: 2, S: 3, Wstride: 2, Hdilation: 3}"
    bundle = bundle_of(tmp_path, p=f"problem: {{shape: cnn-layer, instance: {sizes}}}")
    layer = layer_of(bundle)
    (inputs,) = (tensor for tensor in layer.tensors if tensor.name == "Inputs")
    terms = [[(term.dim, term.coefficient) for term in rank.terms] for rank in inputs.ranks]
    assert terms == [[("N", 1)], [("C", 1)], [("R", 1), ("P", 2)], [("S", 3), ("Q", 1)]]


def test_sizes_may_stand_beside_the_shape(tmp_path: Path) -> None:
    text = PROBLEM.replace("instance: {M: 4, N: 4, K: 4}", "M: 2\n  N: 3\n  K: 5")
    assert layer_of(bundle_of(tmp_path, p=text)).bounds == {"M": 2, "N": 3, "K": 5}


def test_densities(tmp_path: Path) -> None:
    said = "densities: {A: 0.5, B: {distribution: banded, density: 0.25}}"
    bundle = bundle_of(tmp_path, p=PROBLEM.replace("K: 4}", f"K: 4, {said}}}"))
    assert [tensor.density for tensor in layer_of(bundle).tensors] == [0.5, 0.25, 1.0]
    assert notes(bundle) == ["distribution 'banded' is taken as evenly spread"]


def machine_of(folder: Path, arch: str) -> Architecture:
    return bundle_of(folder, arch=arch).machine()


def test_meshes_of_trees(tmp_path: Path) -> None:
    """Instances that no mesh is stated for lie on as many rows as those outside."""
    tree = TREE.replace("PE[0..3]", "PE[0..5]")
    tree = tree.replace("depth: 16", "depth: 16, meshX: 3").replace("intmac}", "intmac}\n")
    (fanout,) = machine_of(tmp_path, tree).fanouts
    assert (fanout.name, fanout.mesh_x, fanout.mesh_y) == ("GLB_fanout", 3, 2)


def test_what_networks_may_not_do(tmp_path: Path) -> None:
    limits = "constraints: {spatial: {no_reuse: [B], no_link_transfer: ['*']}}"
    arch = ARCH.replace("spatial: {meshX: 4}", f"spatial: {{meshX: 4}}, {limits}")
    (fanout,) = bundle_of(tmp_path, arch=arch, p=PROBLEM).machine().fanouts
    assert isinstance(fanout, Fanout)
    assert fanout.multicast == {"Weights", "Outputs"}  # A is the first input, B the second
    assert fanout.forwards == {}


def test_a_mapping_cannot_forbid_what_a_machine_does(tmp_path: Path) -> None:
    nest = MAPPING.replace("factors: [K=4]", "factors: [K=4], no_link_transfer: [A]")
    together = bundle_of(tmp_path, arch=ARCH, problem=PROBLEM, map=nest)
    arch, layer = together.machine(), layer_of(together)
    assert set(arch.fanouts[0].forwards) == {"Inputs"}
    together.mapping(arch, layer)
    apart = bundle_of(tmp_path, arch=ARCH, problem=PROBLEM, map=MAPPING).machine()
    alone = bundle_of(tmp_path, map=nest)
    with pytest.raises(SpecError, match="'A' is passed on between neighbours in 'PE'"):
        alone.mapping(apart, layer)


def test_the_lengths_of_cycles_and_several_lists_of_variables(tmp_path: Path) -> None:
    more = "variables_1: {period: 2}\nvariables: {global_cycle_seconds: period * 1e-9}\n"
    assert machine_of(tmp_path, more + ARCH).clock_hz == 500e6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7),
        ("7 // 2", 3),
        ("7 / 2", 3.5),
        ("-x ** 2", -9),
        ("max(x, 4) if x > 2 else 0", 4),
        ("ceil(log2(x + 6))", 4),
        ("2 ** 0.5 < 1.5", 1),
        ("1e-9 * 10", 1e-8),
    ],
)
def test_expressions(text: str, value: float) -> None:
    known: dict[str, int | float] = {"x": 3}

    def value_of(name: str) -> int | float | None:
        return known.get(name)

    assert evaluate(text, value_of) == value


def test_a_number_may_not_grow_large_on_its_way() -> None:
    with pytest.raises(ValueProblemError, match="too large"):
        evaluate("(9 ** 9 ** 9) * 0", lambda _: None)


def test_sound_files_are_sound(tmp_path: Path) -> None:
    """The hostile files are made from these."""
    texts = {name.removesuffix(".yaml"): text for name, text in SOUND.items()}
    bundle = bundle_of(tmp_path, **texts)
    arch, layer = bundle.machine(), layer_of(bundle)
    assert bundle.mapping(arch, layer).block("RF").keep == {"A", "Z"}


@pytest.mark.parametrize(("columns", "noted"), [(4, False), (5, True)])
def test_rows_of_a_layer_of_ours(tmp_path: Path, columns: int, noted: bool) -> None:
    nest = "mapping: [{target: RF, type: temporal, factors: [P=4, Q=0, R=3, S=3]}]"
    bundle = bundle_of(tmp_path, arch=ARCH.replace("depth: 16", "depth: 999"), map=nest)
    layer = read_layer({"shape": "conv", "P": 4, "Q": columns, "R": 3, "S": 3})
    bundle.mapping(bundle.machine(), layer)
    assert any("P and R are rows of this layer" in note for note in notes(bundle)) is noted


def test_links_that_pass_nothing_are_explained(tmp_path: Path) -> None:
    """Lanes along K need other words each, at every step."""
    for name, text in SOUND.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [tmp_path / name for name in ("arch.yaml", "problem.yaml", "map.yaml")]
    machine = acs.load(files[0])
    assert isinstance(machine, Architecture)
    assert any(fanout.forwards for fanout in machine.fanouts)
    found = acs.explain(*files).explanation
    assert found is not None
    assert all(link.energy > 0 for link in found.links)
