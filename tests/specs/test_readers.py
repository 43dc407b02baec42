"""What sound specs mean."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from accelsim.arch.records import (
    LEGACY_MESH,
    Architecture,
    Compute,
    Fanout,
    Holding,
    Memory,
    Place,
    structural_problems,
)
from accelsim.arch.spec import read_architecture
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.mapspace.spec import read_dataflow
from accelsim.study import Row, Study, read_study
from accelsim.technology.records import Accounting, EnergyTable, Price
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.workload.records import Edge, Layer, Network, Rank, Tensor, Term
from accelsim.workload.shapes import layer_faults
from accelsim.workload.spec import read_layer, read_workload
from tests.specs import sound

W, I, O = "Weights", "Inputs", "Outputs"  # noqa: E741
ALL = frozenset({W, I, O})


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def machine(tmp_path: Path, text: str) -> Architecture:
    return read_architecture(written(tmp_path, text))


def layer(tmp_path: Path, text: str) -> Layer:
    spec = f"kind: workload\nname: one\nlayers:\n- {{name: it, {text}}}\n"
    (only,) = read_workload(written(tmp_path, spec)).layers
    return only


# --- machines -------------------------------------------------------------------------------------


def test_a_machine(tmp_path: Path) -> None:
    assert machine(tmp_path, sound.ARCHITECTURE) == Architecture(
        name="tiny",
        nodes=(
            Place("dram", (Holding("dram", ALL),)),
            Place("glb", (Holding("glb", frozenset({I, O})),)),
            Fanout("array", "array", "array", 4, 3),
            Place(
                "spads",
                (
                    Holding("filter_spad", may_keep=frozenset({W})),
                    Holding("input_spad", may_keep=frozenset({I})),
                ),
            ),
            Compute("mac", "mac"),
        ),
        memories=(
            Memory("dram", "dram"),
            Memory("glb", "buffer", 64 * 8192),
            Memory("filter_spad", "register_file", 24 * 16),
            Memory("input_spad", "register_file", 12 * 16),
        ),
        clock_hz=2e8,
        technology="eyeriss-relative",
        source="a paper",
        parameters=(("pes", 12),),
    )


def test_everything_that_a_memory_may_say(tmp_path: Path) -> None:
    text = sound.ARCHITECTURE.replace(
        "  size: 64 KiB\n",
        "  size: 64 KiB\n  word: 8 b\n  block: 64 b\n  buffering: 2\n"
        "  widths: {Outputs: 24}\n  packing: lanes\n"
        "  read_bandwidth: 4 words/cycle\n"
        "  write_bandwidth: 16 b/cycle\n  shared_bandwidth: 0.5 words/cycle\n  overlap: false\n"
        "  energy: {read: 6, access: 7}\n  leakage: 1 mW\n  gates_unused: true\n  area: 1.2 mm2\n"
        "  assumed: a guess\n",
    )
    arch = machine(tmp_path, text)
    assert arch.memory["glb"] == Memory(
        "glb",
        "buffer",
        64 * 8192,
        word_bits=8,
        block_bits=64,
        widths={"Outputs": 24},
        packing="lanes",
        buffering=2,
        read_words_per_cycle=4.0,
        write_words_per_cycle=2.0,
        shared_words_per_cycle=0.5,
        overlap=False,
        energy={"read": 6.0, "access": 7.0},
        leakage_mw=1.0,
        gates_unused=True,
        area_um2=1.2e6,
    )
    assert arch.assumptions == ("glb: a guess",)


def test_sizes_are_rounded_down_to_whole_bits(tmp_path: Path) -> None:
    arch = machine(tmp_path, sound.ARCHITECTURE.replace("64 KiB", "334.3 KiB"))
    assert arch.memory["glb"].size_bits == 2738585  # 334.3 * 8192 = 2738585.6


def test_a_memory_of_size_0_keeps_nothing_and_its_place_stays(tmp_path: Path) -> None:
    arch = machine(tmp_path, sound.ARCHITECTURE.replace("24 words", "0 B"))
    assert arch.places[2] == Place(
        "spads", (Holding("filter_spad"), Holding("input_spad", may_keep=frozenset({I})))
    )
    assert arch.memory["filter_spad"].size_bits == 0
    assert arch.selected("filter_spad") == (arch.places[2],)


def test_one_memory_as_several_places(tmp_path: Path) -> None:
    text = sound.ARCHITECTURE.replace(
        "  keep: [Inputs, Outputs]\n",
        "  places: [{place: sums, keep: [Outputs]}, {place: lines, may_keep: [Inputs]}]\n",
    )
    arch = machine(tmp_path, text)
    assert arch.places[1:3] == (
        Place("sums", (Holding("glb", frozenset({O})),)),
        Place("lines", (Holding("glb", may_keep=frozenset({I})),)),
    )
    assert arch.selected("glb") == arch.places[1:3]


def test_everything_that_a_network_may_say(tmp_path: Path) -> None:
    text = sound.ARCHITECTURE.replace(
        "  mesh_y: 3\n",
        "  mesh_y: 3\n  network: legacy_mesh\n  sums_return: false\n  fill_cycles: 4\n"
        "  drain_cycles: 3\n  energy: {hop: 0.5, route: 0.25}\n",
    )
    (array,) = machine(tmp_path, text).fanouts
    assert (array.network, array.sums_return) == (LEGACY_MESH, False)
    assert (array.fill_cycles, array.drain_cycles) == (4, 3)
    assert array.energy == {"hop": 0.5, "route": 0.25}
    assert machine(tmp_path, text).latency_cycles == 7
    (plain,) = machine(tmp_path, sound.ARCHITECTURE).fanouts
    assert (plain.network, plain.sums_return, plain.fill_cycles) == ("", True, 0)


def test_one_array_as_several_fanouts(tmp_path: Path) -> None:
    text = sound.ARCHITECTURE.replace(
        "  mesh_y: 3\n",
        "  mesh_y: 3\n  multicast: [Weights]\n  bandwidth: 2 words/cycle\n  energy: {deliver: 2}\n"
        "  parts:\n"
        "  - {fanout: rows, reduces: false, energy: {deliver: 0}, component: bus}\n"
        "  - {fanout: lanes, multicast: [Inputs], bandwidth: 4 words/cycle}\n",
    )
    rows, lanes = machine(tmp_path, text).fanouts
    assert rows == Fanout(
        "rows", "array", "bus", 4, 3, frozenset({W}), False, {"deliver": 0.0}, 2.0
    )
    assert lanes == Fanout(
        "lanes", "array", "array", 4, 3, frozenset({I}), True, {"deliver": 2.0}, 4.0
    )


def test_a_clock_that_is_not_stated_is_an_assumption(tmp_path: Path) -> None:
    arch = machine(tmp_path, sound.ARCHITECTURE.replace("clock: 200 MHz\n", ""))
    assert arch.clock_hz == 1e9
    assert arch.assumptions == ("clock: 1 GHz, as the spec states none",)


def test_machines_made_by_hand_are_checked_as_well() -> None:
    outer = Place("m", (Holding("m", ALL),))
    twice = Architecture(
        "odd", (outer, Compute("c", "mac"), outer, Compute("c", "mac")), (Memory("m", "dram"),)
    )
    assert [str(problem) for problem in structural_problems(twice)] == [
        "the compute 'c' must be the last level",
        "two levels are called 'm'",
        "two levels are called 'c'",
    ]
    assert [str(problem) for problem in structural_problems(Architecture("none", (), ()))] == [
        "the last level must be the compute"
    ]


# --- workloads ------------------------------------------------------------------------------------


def tensor(name: str, role: str, *ranks: str) -> Tensor:
    """Write a tensor as ``P*2+R`` per rank, named as the reader names ranks."""
    made = []
    for text in ranks:
        label, _, index = text.rpartition(":")
        terms = []
        for term in index.split("+"):
            dim, _, factor = term.partition("*")
            terms.append(Term(dim, int(factor or 1)))
        made.append(Rank(label or index, tuple(terms)))
    return Tensor(name, role, tuple(made))  # type: ignore[arg-type]


def test_conv(tmp_path: Path) -> None:
    found = layer(
        tmp_path,
        "shape: conv, N: 2, M: 4, C: 3, P: 7, Q: 9, R: 3, S: 5, stride: 2, dilation: [1, 3]",
    )
    assert found == Layer(
        "it",
        "conv",
        (("N", 2), ("M", 4), ("C", 3), ("P", 7), ("Q", 9), ("R", 3), ("S", 5)),
        (
            tensor("Weights", W, "M", "C", "R", "S"),
            tensor("Inputs", I, "N", "C", "H:P*2+R", "W:Q*2+S*3"),
            tensor("Outputs", O, "N", "M", "P", "Q"),
        ),
        group="conv",
    )


NAMED_SHAPES = {
    "shape: conv, G: 2, M: 4, C: 3, P: 7": """
        conv mac: N1 G2 M4 C3 P7 Q1 R1 S1
        Weights G M C R S | Inputs N G C H:P+R W:Q+S | Outputs N G M P Q""",
    "shape: depthwise, G: 8, P: 7, Q: 7, R: 3, S: 3, stride: 2": """
        conv mac: N1 G8 M1 P7 Q7 R3 S3
        Weights G M R S | Inputs N G H:P*2+R W:Q*2+S | Outputs N G M P Q""",
    "shape: fc, N: 2, M: 3, C: 4": """
        fc mac: N2 M3 C4
        Weights M C | Inputs N C | Outputs N M""",
    "shape: gemm, M: 2, N: 3, K: 4": """
        gemm mac: M2 N3 K4
        Weights M K | Inputs K N | Outputs M N""",
    "shape: bgemm, B: 5, M: 2, N: 3, K: 4, group: attention": """
        attention mac: B5 M2 N3 K4
        Weights B M K | Inputs B K N | Outputs B M N""",
    "shape: pool, N: 2, G: 3, P: 4, Q: 5, R: 2, S: 3, stride: [2, 3]": """
        pool alu: N2 G3 P4 Q5 R2 S3
        Inputs N G H:P*2+R W:Q*3+S | Outputs N G P Q""",
    "shape: elementwise, N: 2, G: 3, P: 4, Q: 5, operands: 3": """
        elementwise alu: N2 G3 P4 Q5
        Inputs N G P Q | Inputs2 N G P Q | Inputs3 N G P Q | Outputs N G P Q""",
}
"""What a file says -> group, operation and dims; tensors with their ranks."""


@pytest.mark.parametrize(("text", "meaning"), NAMED_SHAPES.items(), ids=NAMED_SHAPES)
def test_named_shapes(tmp_path: Path, text: str, meaning: str) -> None:
    head, tensors = (line.strip() for line in meaning.strip().split("\n"))
    found = layer(tmp_path, text)
    dims = " ".join(f"{dim}{bound}" for dim, bound in found.dims)
    assert f"{found.group} {found.op}: {dims}" == head
    names = [words.split() for words in tensors.split("|")]
    assert found.tensors == tuple(tensor(name, name.rstrip("23"), *ranks) for name, *ranks in names)
    assert layer_faults(found) == []
    assert read_layer({"name": "it", **yaml.safe_load(f"{{{text}}}")}) == found


def test_a_layer_without_a_file_is_called_by_its_shape() -> None:
    assert read_layer({"shape": "fc", "M": 2}).name == "fc"


def test_einsum(tmp_path: Path) -> None:
    text = (
        "kind: workload\nname: one\nparameters: {u: 3}\nlayers:\n- name: it\n  shape: einsum\n"
        '  dims: {I: 4, J: 5, K: 6, L: 2}\n  output: "Z[I, J]"\n  op: alu\n'
        "  bits: {A: 4, weights: 8}\n  density: {inputs: 0.5}\n"
        '  inputs: ["A[u*I + K, L]", "B[K,J] as Weights", "Weights[J - 2*L]", "S[]"]\n'
    )
    (found,) = read_workload(written(tmp_path, text)).layers
    assert found == Layer(
        "it",
        "einsum",
        (("I", 4), ("J", 5), ("K", 6), ("L", 2)),
        (
            Tensor(
                "A",
                "Inputs",
                (Rank("u*I + K", (Term("I", 3), Term("K"))), Rank("L", (Term("L"),))),
                4,
                0.5,
            ),
            Tensor("B", "Weights", (Rank("K", (Term("K"),)), Rank("J", (Term("J"),))), 8),
            Tensor("Weights", "Weights", (Rank("J - 2*L", (Term("J"), Term("L", -2))),), 8),
            Tensor("S", "Inputs", (), 16, 0.5),
            Tensor("Z", "Outputs", (Rank("I", (Term("I"),)), Rank("J", (Term("J"),)))),
        ),
        op="alu",
        group="einsum",
    )


def test_an_elementwise_layer_reads_one_tensor_unless_it_says_more(tmp_path: Path) -> None:
    found = layer(tmp_path, "shape: elementwise, G: 3, P: 4")
    assert [(t.name, found.tensor_words(t)) for t in found.tensors] == [
        ("Inputs", 12),
        ("Outputs", 12),
    ]


def test_a_network(tmp_path: Path) -> None:
    text = (
        "kind: workload\nname: net\nassumed: a sketch\nparameters: {batch: 2}\n"
        "assumptions: [biases are left out]\nbits: {weights: 8}\ninputs: {image: batch*8}\n"
        "layers:\n"
        "- {name: a, shape: fc, N: batch, M: 4, C: 8, reads: image, assumed: a guess}\n"
        "- {name: b, shape: fc, N: batch, M: 2, C: 4, bits: {Weights: 4}, reads: {Inputs: [a]},\n"
        "   source: table 2}\n"
        "outputs: [a]\n"
    )
    net = read_workload(written(tmp_path, text))
    assert isinstance(net, Network)
    assert (net.name, net.parameters) == ("net", (("batch", 2),))
    assert net.edges == (Edge("image", "a", "Inputs"), Edge("a", "b", "Inputs"))
    assert (net.inputs, net.outputs) == ((("image", 16),), ("a",))
    assert net.assumptions == ("a sketch", "biases are left out")
    assert net.layers[0].assumptions == ("a guess",)
    assert [found.source for found in net.layers] == ["", "table 2"]
    assert [found.tensors[0].bits for found in net.layers] == [8, 4]
    assert net.macs == 2 * 4 * 8 + 2 * 2 * 4
    assert net.weights == 4 * 8 + 2 * 4


# --- the rest -------------------------------------------------------------------------------------


def test_a_dataflow(tmp_path: Path) -> None:
    text = sound.DATAFLOW + (
        "- at: array\n  spatial_x: {P: 3}\n  required: true\n  because: says so\n"
        "- {at: glb, keep: [Inputs], others: any, temporal: {}}\n"
    )
    assert read_dataflow(written(tmp_path, text)) == Dataflow(
        "ws",
        "Weight stationary",
        (
            Rule(
                "registers",
                "temporal",
                (("S", Limit(whole=True)), ("C", Limit()), ("M", Limit(at_most=4))),
                others_free=False,
                may_keep=frozenset({W}),
            ),
            Rule("buffers", order=(("M", "C"), ("Q",)), tile=((W, 1),)),
            Rule("array", "spatial_x", (("P", Limit(exact=3)),), required=True, because="says so"),
            Rule("glb", "temporal", keep=frozenset({I})),
        ),
        "a paper",
    )


def test_what_a_dataflow_assumes(tmp_path: Path) -> None:
    text = sound.DATAFLOW.replace("source: a paper", "assumed: a sketch") + (
        "- {at: glb, keep: [Inputs], assumed: a guess}\n"
        "- {at: glb, keep: [Outputs], source: section 3}\n"
    )
    flow = read_dataflow(written(tmp_path, text))
    assert (flow.source, flow.assumptions) == ("", ("a sketch", "glb: a guess"))
    assert [rule.source for rule in flow.rules] == ["", "", "", "section 3"]


def test_an_energy_table(tmp_path: Path) -> None:
    text = sound.TECHNOLOGY.replace("{mac: 1}", "{mac: 1.5 nJ, alu: {energy: 0, assumed: free}}")
    assert read_technology(written(tmp_path, text)) == EnergyTable(
        "table",
        "pJ",
        {
            "dram": {"access": Price(200.0, "a paper")},
            "array": {
                "deliver": Price(2.0, "a paper"),
                "reduce": Price(4.0, "another paper"),
            },
            "mac": {"mac": Price(1500.0, "a paper"), "alu": Price(0.0, "free", assumed=True)},
        },
        16,
        "a paper",
    )


def test_a_table_that_is_assumed_as_a_whole(tmp_path: Path) -> None:
    text = sound.TECHNOLOGY.replace("source: a paper", "assumed: for a test")
    table = read_technology(written(tmp_path, text))
    assert (table.source, table.assumptions) == ("", ("for a test",))
    assert table.prices["dram"]["access"] == Price(200.0, "for a test", assumed=True)
    assert table.prices["array"]["reduce"] == Price(4.0, "another paper")


def test_a_price_with_a_source_may_assume_something_as_well(tmp_path: Path) -> None:
    text = sound.TECHNOLOGY.replace("source: another paper", "source: another, assumed: scaled")
    price = read_technology(written(tmp_path, text)).prices["array"]["reduce"]
    assert price == Price(4.0, "another; scaled", assumed=True)


@pytest.mark.parametrize("beside", ["assumed: a guess", "source: a paper\nassumed: a guess"])
def test_what_an_accounting_and_a_study_assume(tmp_path: Path, beside: str) -> None:
    source = "a paper" if "paper" in beside else ""
    rules = read_accounting(written(tmp_path, sound.ACCOUNTING.replace("source: a paper", beside)))
    assert (rules.source, rules.assumptions) == (source, ("a guess",))
    study = read_study(written(tmp_path, sound.STUDY.replace("source: a paper", beside)))
    assert (study.source, study.assumptions) == (source, ("a guess",))


def test_an_accounting_spells_access_out(tmp_path: Path) -> None:
    text = sound.ACCOUNTING.replace("{fill: 0}", "{access: 2, fill: 0, access.Outputs: 3}")
    rules = read_accounting(written(tmp_path, text))
    assert isinstance(rules, Accounting)
    charged = {
        (action, role): rules.weight("buffer", action, role)
        for action in ("read", "fill", "first_read")
        for role in (W, O)
    }
    assert charged == {
        ("read", W): 2,
        ("read", O): 3,
        ("fill", W): 0,
        ("fill", O): 3,
        ("first_read", W): 1,
        ("first_read", O): 1,
    }
    assert rules.weight("array", "deliver", O) == 0
    assert rules.weight("array", "deliver", W) == 1


def test_a_study(tmp_path: Path) -> None:
    text = sound.STUDY + (
        '- {label: "both {pes}", architecture: "x:pes={pes}", dataflow: [a, "b{pes}"],'
        " technology: t, source: a table}\n"
    )
    assert read_study(written(tmp_path, text)) == Study(
        "pairs",
        "pairs",
        (
            Row("RS", "rs_256", ("rs",), "default"),
            Row("WS", "ws_256", ("ws",), "default"),
            Row("both 256", "x:pes=256", ("a", "b256"), "default", "t", "a table"),
        ),
        "a paper",
        (("pes", 256),),
    )
