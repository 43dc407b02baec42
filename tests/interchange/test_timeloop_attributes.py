"""Attributes of Timeloop's components: each is read, refused, or left out with a note."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from accelsim.interchange.timeloop.bundle import Bundle, read_bundle
from tests.interchange.test_timeloop_energies import REST
from tests.interchange.timeloop_hostile import ARCH, TREE

RF = "{name: RF, class: regfile, attributes: {depth: 16}}"
MAC = "{name: MAC, class: intmac}"


def bundle_of(folder: Path, text: str) -> Bundle:
    file = folder / "arch.yaml"
    file.write_text(text, encoding="utf-8")
    return read_bundle([file])


def notes(folder: Path, text: str) -> list[str]:
    bundle = bundle_of(folder, text)
    bundle.machine()
    priced = "no energy is stated"
    return [str(it) for it in bundle.sources.notes if not it.what.startswith(priced)]


def with_rf(attributes: str) -> str:
    return ARCH.replace("{depth: 16}", f"{{{attributes}}}")


def test_an_unknown_attribute_is_noted_where_it_stands(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, with_rf("depth: 16, frobnicate: 7"))
    column = with_rf("depth: 16, frobnicate: 7").splitlines()[7].index("7}") + 1
    assert note.endswith(f"arch.yaml:8:{column}: unknown attribute 'frobnicate' of 'RF', left out")


@pytest.mark.parametrize(
    "said",
    [
        "num_ports: 2",  # of an SRAM's model; near to none of ours
        "n_banks: 4, technology: 45nm, power_gated_at: chip",
        "data_storage_width: 32",
        "rows: 4, n_words: rows / 2",  # a word of the file's own
        "allow_overbooking: false",
    ],
)
def test_attributes_that_need_no_note(tmp_path: Path, said: str) -> None:
    assert notes(tmp_path, with_rf(f"depth: 16, {said}")) == []


def test_latencies_are_noted(tmp_path: Path) -> None:
    text = with_rf("depth: 16, latency: 2").replace(MAC, MAC[:-1] + ", attributes: {latency: 3}}")
    memory, compute = notes(tmp_path, text)
    assert "'latency' is left out: transfers take what bandwidths say" in memory
    assert "'latency' is left out: an operation ends in its cycle" in compute


def test_technology_dram_makes_a_dram(tmp_path: Path) -> None:
    text = ARCH.replace("SRAM, attributes: {", "SRAM, attributes: {technology: DRAM, ")
    machine = bundle_of(tmp_path, text).machine()
    assert machine.memory["GLB"].component == "dram"
    assert machine.fanouts[0].sums_return  # a DRAM cannot add in place
    assert not bundle_of(tmp_path, ARCH).machine().fanouts[0].sums_return


LINE = """\
architecture:
  version: 0.4
  nodes:
  - !Component {name: Far, class: DRAM, attributes: {datawidth: 8}}
  - !Component {name: Near, class: regfile, attributes: {depth: 64, datawidth: 8ADDRESS}}
  - !Component {name: Mul, class: intmac}
"""


def test_addresses_are_charged_without_other_prices(tmp_path: Path) -> None:
    """4 + 1 for Weights, 4 + 4 for Inputs and 4 updates are 17 addresses; of 2 pJ, 34 pJ."""
    spent = []
    for stated in ("", ", addr-gen-energy: 2"):
        file = tmp_path / "all.yaml"
        file.write_text(LINE.replace("ADDRESS", stated) + REST, encoding="utf-8")
        (row,) = acs.evaluate(file, file, file, accounting="timeloop").rows
        evaluation = row.layers[0].evaluation
        assert evaluation is not None
        spent.append(evaluation.energy.over("level")["Near"])
    assert spent[1] - spent[0] == pytest.approx(34)


CLUSTERS = "arch.yaml:8:{column}: clusters of {n} are not modelled"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("depth: 16, cluster_size: 4", "4}"),
        ("depth: 16, width: 64, block_size: 1", "64"),
        ("depth: 16, width: 64, cluster-size: 4, block_size: 1", "4, b"),
    ],
)
def test_clusters_are_noted(tmp_path: Path, said: str, key: str) -> None:
    text = with_rf(said)
    (note,) = notes(tmp_path, text)
    column = text.splitlines()[7].index(key) + 1
    assert CLUSTERS.format(column=column, n=4) in note
    assert "for at most one in 4 of its instances" in note


def test_a_row_of_clusters_has_a_block_each(tmp_path: Path) -> None:
    """64 bits are two blocks of two 16-bit words."""
    machine = bundle_of(tmp_path, with_rf("depth: 16, width: 64, cluster_size: 2")).machine()
    assert machine.memory["RF"].block_bits == 32
    assert machine.memory["RF"].size_bits == 16 * 32


REFUSED = {
    "a width of part of a block": (
        with_rf("depth: 16, width: 48, block_size: 2"),
        "8: a width of 48 b does not hold whole blocks of 2 x 16 b",
    ),
    "a width that is no product": (
        with_rf("depth: 16, width: 64, block_size: 2, cluster_size: 4"),
        "8: a width of 64 b is not 2 x 16 b in clusters of 4",
    ),
    "entries and kilobytes": (
        with_rf("entries: 16, sizeKB: 1"),
        "8: 'sizeKB' and 'entries' both state a size",
    ),
    "rows and kilobytes": (
        with_rf("depth: 16, sizeKB: 1"),
        "8: 'sizeKB' and 'depth' both state a size",
    ),
    "a DRAM in clusters": (
        ARCH.replace("class: DRAM}", "class: DRAM, attributes: {cluster_size: 2}}"),
        "5: the DRAM 'DRAM' stands in clusters of 2",
    ),
    "a range among nodes": (
        ARCH.replace("{name: PE, spatial: {meshX: 4}}", '{name: "PE[0..3]"}'),
        "7: the range in the name 'PE[0..3]' is of generations 0.2 and 0.3",
    ),
    "a range of a compute": (
        ARCH.replace("{name: MAC,", '{name: "MAC[0..1]",'),
        "9: the range in the name 'MAC[0..1]' is of generations 0.2 and 0.3",
    ),
    "a mesh among attributes": (
        with_rf("depth: 16, meshX: 4"),
        "8: 'meshX' among the attributes of 'RF' is of generations 0.2 and 0.3",
    ),
    "instances": (
        with_rf("depth: 16, instances: 4"),
        "8: 'instances' among the attributes of 'RF' is of generations 0.2 and 0.3",
    ),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_timeloop_refuses(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        bundle_of(tmp_path, text).machine()
    (problem,) = caught.value.problems
    line, what = said.split(": ", 1)
    assert problem.where is not None
    assert (problem.where.line, problem.what) == (int(line), what)


def test_meshes_of_trees_are_attributes(tmp_path: Path) -> None:
    text = TREE.replace("depth: 16", "depth: 16, meshX: 2, instances: 4")
    (fanout,) = bundle_of(tmp_path, text).machine().fanouts
    assert (fanout.mesh_x, fanout.mesh_y) == (2, 2)
