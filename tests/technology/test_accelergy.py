"""Accelergy's reference tables, read and used as energy tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from accelsim.arch.records import Compute, Memory
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapping.records import Block
from accelsim.technology.estimators.contract import Area, Attributes
from accelsim.technology.spec import read_technology
from tests.evaluation.machines import ARRAY, MAPPING, machine, row

ERT = Path(__file__).with_name("eyeriss_like.ERT.yaml")

OLDER = """\
ERT:
  version: 0.2
  tables:
    chip.PE[0..3].spad:
      read:
      - {arguments: {data_delta: 1, address_delta: 1}, energy: 3}
      - {arguments: {data_delta: 0, address_delta: 0}, energy: 0.5}
      write: 4
      update: 5
      leak: 0.1
    chip.PE[0..3].mac: {compute: 2}
"""


def test_a_hand_counted_mapping_to_the_last_digit() -> None:
    """The worked example of docs/model.md on memories with blocks of 64 b, 64 b and 16 b."""
    arch = machine(
        dram=Memory("dram", "DRAM", block_bits=64),
        buffer=Memory("buffer", "shared_glb", block_bits=64),
        register=Memory("register", "weights_spad"),
        array=replace(ARRAY, energy={"deliver": 0.0, "collect": 0.0, "reduce": 0.0}),
        mac=Compute("mac", "mac"),
    )
    found = evaluate(row(), arch, MAPPING, read_technology(ERT))
    accesses = {
        (level, tensor, action): int(found.accesses[i, j, k])
        for i, level in enumerate(found.levels)
        for j, tensor in enumerate(found.tensors)
        for k, action in enumerate(found.energy.labels["action"])
        if found.accesses[i, j, k]
    }
    # Blocks of four words, by visit.  The buffer takes its inputs in sweeps of 4 + 2 + 2 words (two
    # sweeps), 6 weights twice, and 4 sums at each of 6 visits (3 of them take 4 sums back).
    assert accesses["dram", "Inputs", "read"] == 2 * (1 + 1 + 1)
    assert accesses["dram", "Weights", "read"] == 2 * 2
    assert accesses["dram", "Outputs", "update"] == 6
    assert accesses["dram", "Outputs", "read"] == 3
    assert accesses["buffer", "Inputs", "fill"] == 6
    assert accesses["buffer", "Weights", "fill"] == 4
    assert accesses["buffer", "Outputs", "fill"] == 3
    assert accesses["buffer", "Outputs", "drain"] == 6
    # The array takes 4 inputs and 3 weights a step, 12 steps; sums come one by one, lane by lane.
    assert accesses["buffer", "Inputs", "read"] == 12
    assert accesses["buffer", "Weights", "read"] == 12
    assert accesses["buffer", "Outputs", "update"] == 24
    assert accesses["buffer", "Outputs", "read"] == 12
    assert accesses["register", "Weights", "fill"] == 72
    assert accesses["register", "Weights", "read"] == 72
    energy = found.energy.by("level")
    assert energy["dram",] == (6 + 4 + 6 + 3) * 512
    reads, writes = 12 + 12 + 12 + 6, 6 + 4 + 3 + 24
    assert energy["buffer",] == pytest.approx(reads * 74.144 + writes * 75.215, rel=1e-15)
    assert energy["register",] == pytest.approx(144 * 1.586, rel=1e-15)
    assert energy["mac",] == pytest.approx(72 * 2.2, rel=1e-15)
    total = 9728 + 3114.048 + 2782.955 + 228.384 + 158.4
    assert found.energy_total == pytest.approx(total, rel=1e-15)


@pytest.mark.parametrize(
    ("spad", "kept", "fills", "reads", "energy"),
    [
        # A weight stays for one of the 12 steps, in each of 6 lanes; so does what is read of it.
        ("weights_spad", "Weights", 12 * 6, 12 * 6, 144 * 1.586),
        # An input stays while the 2 filters pass: 6 times a word in each of 6 lanes.
        ("ifmap_spad", "Inputs", 6 * 6, 12 * 6, (36 + 72) * 0.237),
    ],
)
def test_scratchpads_of_the_table_by_hand(
    spad: str, kept: str, fills: int, reads: int, energy: float
) -> None:
    """The same example (docs/model.md: loops C2 P3 M2 outside of 2 x 3 lanes), either operand."""
    arch = machine(
        dram=Memory("dram", "DRAM"),
        buffer=Memory("buffer", "shared_glb"),
        register=Memory("register", spad),
        array=replace(ARRAY, energy={"deliver": 0.0, "collect": 0.0, "reduce": 0.0}),
        mac=Compute("mac", "mac"),
    )
    mapping = replace(
        MAPPING, steps=(*MAPPING.steps[:-1], Block("register", (), frozenset({kept})))
    )
    found = evaluate(row(), arch, mapping, read_technology(ERT))
    counted = found.traffic.by("level", "tensor", "action")
    assert counted["register", kept, "fill"] == fills
    assert counted["register", kept, "read"] == reads
    assert found.energy.by("level")["register",] == pytest.approx(energy, rel=1e-15)


def test_kinds_of_actions_and_what_is_assumed() -> None:
    table = read_technology(ERT)
    known = Attributes(access_bits=64)
    energies = {
        action: price.energy
        for action in ("read", "read.random", "drain", "read.repeated", "fill", "fill.repeated")
        if (price := table.estimate("shared_glb", known, action))
    }
    assert energies == {
        "read": 74.144,
        "read.random": 74.144,
        "drain": 74.144,
        "read.repeated": 0.055,
        "fill": 75.215,
        "fill.repeated": 0.055,
    }
    gated = table.estimate("mac", Attributes(), "mac.gated")
    assert gated is not None
    assert gated.energy == 0.103
    alu = table.price("mac", "alu")
    assert alu is not None
    assert alu.assumed
    assert table.assumptions == (
        "an access is as wide as the machine's block: a reference table does not say",
        "every access is at random: the largest values of address_delta and data_delta",
        "not charged: idle",
    )


def test_the_older_form_and_areas(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(OLDER + "ART:\n  tables:\n  - {name: 'chip.PE[0..3].spad', area: 12.5}\n")
    table = read_technology(path)
    energies = [
        price.energy
        for action in ("read", "drain", "read.repeated", "fill", "update")
        if (price := table.price("spad", action))
    ]
    assert energies == [3, 3, 0.5, 4, 5]
    mac = table.price("mac", "mac")
    assert mac is not None
    assert mac.energy == 2
    area = table.area("spad", Attributes())
    assert area is not None
    assert area.um2 == 12.5
    assert table.area("mac", Attributes()) is None
    assert isinstance(area, Area)


def test_a_file_lays_its_own_prices_over_the_tables(tmp_path: Path) -> None:
    (tmp_path / "old.ERT.yaml").write_text(OLDER)
    (tmp_path / "old.ART.yaml").write_text("ART: {tables: {chip.spad: 7}}\n")
    path = tmp_path / "mine.yaml"
    path.write_text(
        "kind: technology\nname: mine\nunit: pJ\nsource: a test\n"
        "accelergy: {ert: old.ERT.yaml, art: old.ART.yaml}\n"
        "prices: {spad: {update: 9}, array: {deliver: 1}}\n"
    )
    table = read_technology(path)
    energies = [
        price.energy
        for component, action in (("spad", "read"), ("spad", "update"), ("array", "deliver"))
        if (price := table.price(component, action))
    ]
    assert energies == [3, 9, 1]
    area = table.area("spad", Attributes())
    assert area is not None
    assert area.um2 == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ERT: {version: 0.3}\n", "bad.yaml:1:6: this ERT has no tables"),
        ("ERT:\n  tables:\n  - {actions: []}\n", "bad.yaml:3:5: a table has no name"),
        (
            "ERT:\n  tables:\n  - name: mac\n    actions:\n    - {name: compute}\n",
            "bad.yaml:5:7: an action has no energy",
        ),
        (
            "ERT:\n  tables:\n  - {name: a.mac, actions: []}\n  - {name: b.mac, actions: []}\n",
            "bad.yaml:4:5: two components are called 'mac'",
        ),
        (
            "ERT: {tables: {mac: {compute: [{energy: 1}, {energy: 4, arguments: {b: 8}}]}}}\n",
            "bad.yaml:1:21: 'compute' of 'mac' has several energies; expected one, or one for each",
        ),
        (
            "{ERT: {tables: {m: {mac: 1}}}, ART: {tables: {a.m: {area: 1}, b.m: {area: 2}}}}\n",
            "bad.yaml:1:68: two components are called 'm'; expected distinct last parts",
        ),
        (
            "ERT:\n  tables:\n    mac: {compute: -1}\n",
            "bad.yaml:3:20: the energy of an action is '-1'; expected `energy:`",
        ),
    ],
)
def test_a_broken_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text(text)
    with pytest.raises(SpecError) as refusal:
        read_technology("bad.yaml")
    assert str(refusal.value).startswith(said)


def test_what_a_table_lacks_is_refused_by_name() -> None:
    arch = machine(
        dram=Memory("dram", "DRAM"),
        buffer=Memory("buffer", "shared_glb"),
        register=Memory("register", "weights_spad"),
    )
    with pytest.raises(SpecError, match="'deliver', 'collect', 'reduce'"):
        evaluate(row(), arch, MAPPING, read_technology(ERT))


NO_AMOUNT = (
    "the energy of an action is '.inf'; expected `energy:` with a number of at least 0 and at most"
    " 1e18, in pJ"
)
NO_TABLES = (
    "this ERT has no tables; expected `ERT:` with a list `tables:` of components, each with "
    "`name:` and `actions:`"
)
NO_ACTION = (
    "no component of this ERT has an action priced; expected actions such as read, write, compute, "
    "transfer"
)


@pytest.mark.parametrize(
    ("tables", "place", "what"),
    [
        ("tables: []", "3:11", NO_TABLES),
        ("tables: {}", "3:11", NO_TABLES),
        ("tables:", "3:10", NO_TABLES),
        ("tables: none", "3:11", NO_TABLES),
        ("tables: [{name: a.b, actions: []}]", "3:11", NO_ACTION),
        ("tables: [{name: a.b, actions: [{name: idle, energy: 1}]}]", "3:11", NO_ACTION),
        (
            "tables: [{name: a.b, actions: [{name: read, energy: .inf}]}]",
            "3:34",
            NO_AMOUNT,
        ),
    ],
)
def test_a_table_that_prices_nothing(tmp_path: Path, tables: str, place: str, what: str) -> None:
    path = tmp_path / "chip.ERT.yaml"
    path.write_text(f"ERT:\n  version: 0.4\n  {tables}\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_technology(path)
    assert str(caught.value) == f"{path}:{place}: {what}"


def test_an_area_table_without_areas(tmp_path: Path) -> None:
    path = tmp_path / "chip.ERT.yaml"
    path.write_text(f"{OLDER}ART:\n  tables: []\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_technology(path)
    assert str(caught.value) == (
        f"{path}:13:11: this ART has no tables; expected `ART:` with a list `tables:` of "
        "components, each with `name:` and `area:`"
    )
