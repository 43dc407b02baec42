"""Tables that start from others, parts with widths of their own, and areas that are not known."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError
from accelsim.evaluation.area import area_mm2, unknown_areas
from accelsim.evaluation.expected import word_energy
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.interchange.accelergy import reference_tables
from accelsim.technology.estimators.contract import Attributes
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Tensor

BASE = """\
kind: technology
name: base
unit: pJ
source: a test
node_nm: 65
prices:
  dram: {access: 100}
  array: {deliver: 1, collect: 1, reduce: 1}
  cells: {access: 8}
  adder: {add: {energy: 32, width: 32 b}}
  mac: {mac: 4, alu: 1, mac.gated: 0.5}
curves:
  sram: {access: {points: [{size: 1 KiB, energy: 10}, {size: 2 KiB, energy: 20}]}}
compounds:
  spad:
    parts: {cells: {component: cells}, generator: {component: adder, width: 5 b}}
    actions: {access: {cells.access: 1, generator.add: 1}, read.gated: {generator.add: 1}}
areas:
  mac: {area: 500 um2}
  sram: {points: [{size: 1 KiB, area: 100 um2}, {size: 2 KiB, area: 200 um2}]}
  spad: {area: 10 um2}
"""

MACHINE = """\
kind: architecture
name: chip
source: a test
levels:
- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs]}
- {memory: buffer, component: sram, size: 1 KiB, keep: [Inputs, Outputs]}
- {fanout: array, component: array, mesh_x: 2}
- {memory: spad, component: spad, size: 64 B, keep: [Weights], gating: {Weights: [Inputs]}}
- {compute: mac, component: mac, gating: [Inputs]}
"""

SCALING = """\
kind: technology
name: scaled
unit: pJ
source: a test
scaling:
  table: base.yaml
  to_nm: 45
  energies: [{nm: 45, energy: 1}, {nm: 65, energy: 2}]
  unscaled: [sram]
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE, encoding="utf-8")
    Path("chip.yaml").write_text(MACHINE, encoding="utf-8")


def test_scaling_keeps_the_areas_of_what_does_not_scale_and_says_so_of_the_rest() -> None:
    Path("scaled.yaml").write_text(SCALING, encoding="utf-8")
    base, scaled = read_technology("base.yaml"), read_technology("scaled.yaml")
    chip = read_architecture("chip.yaml")
    # A buffer, and two lanes of a scratchpad and a multiplier.
    assert area_mm2(chip, base) == pytest.approx((100 + 2 * (10 + 500)) / 1e6)
    assert unknown_areas(chip, base) == []
    assert area_mm2(chip, scaled) is None
    assert unknown_areas(chip, scaled) == ["spad (nothing states it)", "mac (nothing states it)"]
    assert scaled.assumptions == ("no area is scaled from table 'base': unknown of mac, spad",)


def test_a_size_beyond_a_curve_of_areas_is_named() -> None:
    chip = read_architecture("chip.yaml", ["buffer.size=4 KiB"])
    assert unknown_areas(chip, read_technology("base.yaml")) == [
        "buffer (its curve goes from 1 KiB to 2 KiB; the level has 4 KiB)"
    ]


@pytest.mark.parametrize("bits", [4, 8, 16, 32])
def test_a_part_with_a_width_costs_the_same_whatever_the_word(bits: int) -> None:
    """5 of 32 bits of an adder that takes 32 pJ, beside cells of 8 pJ for 16 bits."""
    chip, table = read_architecture("chip.yaml"), read_technology("base.yaml")
    prices = resolve(chip, table, DEFAULT_ACCOUNTING)
    tensor = Tensor("Weights", "Weights", (), bits)
    assert word_energy(prices, chip.memory["spad"], "fill", tensor) == 8 * bits / 16 + 5
    assert word_energy(prices, chip.memory["spad"], "read", tensor, ".gated") == 5


def test_a_table_over_another_wins_in_whatever_section_it_prices() -> None:
    over = SCALING.replace("to_nm: 45", "to_nm: 65") + (
        "prices:\n  sram: {read: 3}\n"
        "curves:\n  dram: {update: {points: [{size: 1 KiB, energy: 5}, "
        "{size: 2 KiB, energy: 5}]}}\n"
    )
    Path("over.yaml").write_text(over, encoding="utf-8")
    table, its = read_technology("over.yaml"), Attributes(size_bits=8192)
    found = {
        f"{component}.{action}": price.energy
        for component in ("sram", "dram")
        for action in ("read", "update", "fill")
        for price in [table.estimate(component, its, action)]
        if price is not None
    }
    assert found == {
        "sram.read": 3, "sram.update": 10, "sram.fill": 10,
        "dram.read": 100, "dram.update": 5, "dram.fill": 100,
    }  # fmt: skip


def test_what_a_table_says_of_access_wins_over_all_that_another_spells_out() -> None:
    spelt = BASE.replace("dram: {access: 100}", "dram: {read: 100, update: 200, fill: 1, drain: 2}")
    Path("base.yaml").write_text(spelt, encoding="utf-8")
    Path("over.yaml").write_text(SCALING + "prices: {dram: {access: 7}}\n", encoding="utf-8")
    table = read_technology("over.yaml")
    found = [table.price("dram", action) for action in ("read", "update", "fill", "drain")]
    assert [price.energy for price in found if price] == [7, 7, 7, 7]


def test_the_word_of_a_table_over_another_is_that_of_its_own_prices() -> None:
    over = SCALING + "word: 64 b\nprices: {array: {deliver: 8}}\n"
    Path("over.yaml").write_text(over, encoding="utf-8")
    chip, table = read_architecture("chip.yaml"), read_technology("over.yaml")
    prices = resolve(chip, table, DEFAULT_ACCOUNTING)
    weights = Tensor("Weights", "Weights", (), 16)
    (array,) = chip.fanouts
    # 8 for 64 b, and half of 100 for 16 b.
    assert word_energy(prices, array, "deliver", weights) == 2
    assert word_energy(prices, chip.memory["dram"], "read", weights) == 50


def test_own_prices_beside_reference_tables_are_for_words_and_theirs_for_accesses() -> None:
    Path("chip.ERT.yaml").write_text(
        "ERT:\n  tables:\n"
        "  - {name: c.dram, actions: [{name: read, energy: 512}, {name: write, energy: 512}]}\n"
        "  - {name: c.sram, actions: [{name: read, energy: 8}, {name: write, energy: 9}]}\n"
        "  - {name: c.mac, actions: [{name: compute, energy: 1}]}\n",
        encoding="utf-8",
    )
    Path("mine.yaml").write_text(
        "kind: technology\nname: mine\nunit: pJ\nsource: a test\n"
        "accelergy: {ert: chip.ERT.yaml}\nprices:\n  sram: {read: 3}\n"
        "  adder: {add: 1}\n"
        "compounds: {spad: {parts: {own: {component: adder}, theirs: {component: sram}},"
        " actions: {access: {own.add: 1, theirs.fill: 1}}}}\n",
        encoding="utf-8",
    )
    table, its = read_technology("mine.yaml"), Attributes(size_bits=8192, access_bits=64)

    def of_a_block(component: str, action: str) -> float:
        price = table.estimate(component, its, action)
        assert price is not None
        return price.at(64, table.word_bits)

    assert of_a_block("sram", "read") == 4 * 3
    assert of_a_block("sram", "fill") == 9
    assert of_a_block("spad", "fill") == 4 * 1 + 9


def test_a_compound_scales_as_its_parts_do() -> None:
    Path("scaled.yaml").write_text(
        SCALING.replace("unscaled: [sram]", "unscaled: [spad]"), encoding="utf-8"
    )
    with pytest.raises(SpecError) as caught:
        read_technology("scaled.yaml")
    assert str(caught.value) == (
        "scaled.yaml:9:14: compound 'spad' scales as its parts do; expected one of adder, cells"
    )


def test_a_compound_is_made_of_no_compounds() -> None:
    nested = "  outer: {parts: {a: {component: spad}}, actions: {access: {a.read: 1}}}\nareas:"
    Path("base.yaml").write_text(BASE.replace("areas:", nested), encoding="utf-8")
    said = "part 'a' of compound 'outer' is of component 'spad', a compound itself; expected one of"
    with pytest.raises(SpecError, match=said):
        read_technology("base.yaml")


def test_gated_prices_are_in_reference_tables() -> None:
    chip = read_architecture("chip.yaml")
    table = read_technology("base.yaml")
    Path("chip.ERT.yaml").write_text(reference_tables(chip, table).ert, encoding="utf-8")
    back = resolve(chip, read_technology("chip.ERT.yaml"), DEFAULT_ACCOUNTING)
    there = resolve(chip, table, DEFAULT_ACCOUNTING)
    for key in (("spad", "read.gated"), ("mac", "mac.gated"), ("spad", "read")):
        assert back.by_level[key].at(16, 16) == there.by_level[key].at(16, 16)


def test_tables_of_another_form_are_refused() -> None:
    text = (
        "ERT:\n  version: 9\n  units: nJ\n  extra: 1\n"
        "  tables: [{name: a.b, actions: [{name: read, energy: 1}]}]\n"
    )
    Path("odd.ERT.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_technology("odd.ERT.yaml")
    assert str(caught.value).splitlines() == [
        "odd.ERT.yaml:2:12: an ERT of version '9'; expected one of 0.1, 0.2, 0.3, 0.4",
        "odd.ERT.yaml:3:10: an ERT in 'nJ'; expected pJ",
        "odd.ERT.yaml:4:3: unknown key 'extra' of the ERT; expected version and tables",
    ]


def test_two_tables_that_start_from_each_other() -> None:
    for one, other in (("one", "other"), ("other", "one")):
        Path(f"{one}.yaml").write_text(SCALING.replace("base", other), encoding="utf-8")
    with pytest.raises(SpecError, match=r"other.yaml:6:10: table 'scaled' starts from itself"):
        read_technology("one.yaml")


LAYERS = """\
kind: workload
name: layers
source: a test
layers:
- {name: fc, shape: fc, M: 8, C: 8, density: {inputs: 0.5}}
- {name: pool, shape: pool, G: 4, P: 2, Q: 2, R: 2, S: 2, bits: {weights: 8}}
"""


def test_check_says_what_formats_cannot_hold_of_a_layer_beside_them() -> None:
    Path("layers.yaml").write_text(LAYERS, encoding="utf-8")
    Path("chip.yaml").write_text(
        MACHINE.replace(
            "dram, keep",
            "dram, format: {Inputs: {kind: n_of_m, nonzeros: 1, of: 4}}, keep",
        ),
        encoding="utf-8",
    )
    _, network = acs.check("chip.yaml", "layers.yaml")
    (problem,) = network.problems
    assert str(problem.where) == "chip.yaml:5:52"
    assert "cannot hold Inputs of layer 'fc' as n_of_m" in problem.what
    with pytest.raises(SpecError, match=r"^chip.yaml:5:52: 'dram' cannot hold"):
        acs.map("chip.yaml", "layers.yaml:fc", technology="base.yaml")


def test_check_remarks_on_settings_without_effect() -> None:
    Path("layers.yaml").write_text(LAYERS, encoding="utf-8")
    machine = (
        "kind: architecture\nname: odd\nsource: a test\nlevels:\n"
        "- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs], buffering: 2,"
        " ports: [{bandwidth: 8 b/cycle, read: [Inputs], fill: [Weights], drain: [Outputs]}]}\n"
        "- {memory: buffer, component: sram, size: 1 KiB, keep: [Inputs], widths: {Weights: 8},"
        " overlap: false, gates_unused: true, energy: {width: 8 b},"
        " ports: [{bandwidth: 8 b/cycle, update: [Inputs], read: [Inputs, Weights]}]}\n"
        "- {memory: rest, component: sram, size: 1 KiB, keep: [Inputs], overlap: false}\n"
        "- {fanout: array, component: array, mesh_x: 2, sums_return: false, energy: {hop: 1},"
        " forwards: {Inputs: [ZZ]}}\n"
        "- {compute: mac, component: mac}\n"
    )
    Path("odd.yaml").write_text(machine, encoding="utf-8")
    odd, layers = acs.check("odd.yaml", "layers.yaml")
    assert odd.notes == (
        "dram: no Outputs pass port 1 as `drain`: nothing is outside of it",
        "dram: no Weights pass port 1 as `fill`: nothing is outside of it",
        "dram: `buffering` changes nothing: it states no `size`",
        "buffer: `widths` of Weights change nothing: it cannot keep them",
        "buffer: no Weights pass port 1 as `read`: it cannot keep them",
        "buffer: no Inputs pass port 1 as `update`: only Outputs are",
        "buffer: `gates_unused` changes nothing: it states no `leakage`",
        "buffer: the `width` of `energy` changes nothing: it states no price",
        "rest: `overlap` changes nothing: its transfers take no time, unlimited",
        "array: energy `hop` changes nothing: it has no `network`",
        "array: `sums_return` changes nothing: it has no `network`",
    )
    assert layers.notes == (
        "layers.yaml:6:66: `bits` of weights change nothing: the layer has none",
        "on odd, densities of Inputs change nothing: nothing reads them",
        "on odd, array passes Inputs on along ZZ, which no layer has",
    )
    Path("base.yaml").write_text(
        BASE.replace("access: 100", "access: 100, read.repeated: 1"), encoding="utf-8"
    )
    (table,) = acs.check("base.yaml")
    said = "dram.read.repeated is never charged: every access is taken to be at random"
    assert table.notes == (said,)
