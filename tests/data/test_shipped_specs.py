"""Every shipped file reads, is called what its file is called, and has sources for its numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pytest

from accelsim import shipped
from accelsim.arch.records import structural_problems
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import resolve
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapping.spec import read_mapping
from accelsim.mapspace.space import mapspace
from accelsim.mapspace.spec import read_dataflow
from accelsim.roles import ROLES
from accelsim.study import read_study
from accelsim.technology.estimators.contract import Attributes
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.verbs.made_for import read_machine_and_layer, read_made_for
from accelsim.workload.spec import read_workload
from accelsim.yamldoc import load

FILES = [(kind, name) for kind in shipped.FOLDERS for name in shipped.names(kind)]


def data(kind: str, name: str) -> Mapping[str, object]:
    return load(shipped.find(kind, name)).data


def entries(value: object) -> Sequence[Mapping[str, object]]:
    assert isinstance(value, list)
    assert all(isinstance(entry, dict) for entry in value)
    return value


def test_what_is_promised_is_shipped() -> None:
    studied = {
        f"isca2016_{dataflow}_{pes}"
        for dataflow in ("rs", "ws", "osa", "osb", "osc", "nlr")
        for pes in (256, 512, 1024)
    }
    assert set(shipped.names("architecture")) >= studied | {
        "eyeriss",
        "eyeriss_shared",
        "eyeriss_rf512",
        "tpu_like",
        "shidiannao_like",
        "simba_like",
    }
    assert set(shipped.names("workload")) >= {
        "alexnet",
        "vgg16",
        "resnet18",
        "resnet50",
        "mobilenet_v1",
        "transformer_encoder",
        "llm_decode",
        "gemms",
        "squeezenet",
        "googlenet",
        "densenet121",
        "mobilenet_v2",
        "efficientnet_b0",
        "vit_b_16",
        "bert_base",
        "gpt2",
        "llama_7b_prefill",
        "llama_7b_decode",
    }
    general = {"rs", "ws", "os_a", "os_b", "os_c", "is", "nlr"}
    assert set(shipped.names("dataflow")) >= general
    assert set(shipped.names("technology")) >= {"eyeriss-relative", "nn-dataflow-65nm"}
    assert set(shipped.names("accounting")) >= {"default", "isca2016"}
    assert "isca2016" in shipped.names("study")


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_file_name_kind_and_source(kind: str, name: str) -> None:
    document = load(shipped.find(kind, name))
    assert next(iter(document.data)) == "kind"
    assert document.data["kind"] == kind
    assert document.data["name"] == name
    assert document.data.get("source") or document.data.get("assumed")
    assert max(map(len, document.lines)) <= 120


class Named(Protocol):
    """What every reader returns has a name."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Checked:
    """A mapping has a name in its file only."""

    name: str


def read_shipped_mapping(name: str) -> Checked:
    path = shipped.find("mapping", name)
    read_mapping(path, *read_machine_and_layer(read_made_for(path)))
    return Checked(str(load(path).data["name"]))


READERS: Mapping[str, Callable[[str], Named]] = {
    "architecture": read_architecture,
    "workload": read_workload,
    "dataflow": read_dataflow,
    "technology": read_technology,
    "accounting": read_accounting,
    "study": read_study,
    "mapping": read_shipped_mapping,
}


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_it_reads(kind: str, name: str) -> None:
    assert READERS[kind](name).name == name


def parts(name: str) -> Iterator[Mapping[str, object]]:
    for level in entries(data("architecture", name)["levels"]):
        yield from entries(level["memories"]) if "side_by_side" in level else (level,)


@pytest.mark.parametrize("name", shipped.names("architecture"))
def test_every_level_has_a_source_or_says_that_it_is_assumed(name: str) -> None:
    for part in parts(name):
        assert bool(part.get("source")) != bool(part.get("assumed")), part


@pytest.mark.parametrize("name", shipped.names("architecture"))
def test_every_machine_is_sound(name: str) -> None:
    machine = read_architecture(name)
    assert not structural_problems(machine)
    assert machine.technology in shipped.names("technology")


@pytest.mark.parametrize("table", shipped.names("technology"))
@pytest.mark.parametrize("name", shipped.names("architecture"))
def test_every_table_prices_every_machine(name: str, table: str) -> None:
    for accounting in shipped.names("accounting"):
        prices = resolve(
            read_architecture(name), read_technology(table), read_accounting(accounting)
        )
        assert all(price.energy >= 0 and price.source for price in prices.by_level.values())


@pytest.mark.parametrize("name", shipped.names("dataflow"))
def test_every_rule_says_whom_it_follows(name: str) -> None:
    dataflow = read_dataflow(name)
    assert dataflow.title
    assert dataflow.rules
    assert all(rule.because for rule in dataflow.rules)


@pytest.mark.parametrize("name", shipped.names("dataflow"))
def test_every_dataflow_says_what_the_register_file_may_keep(name: str) -> None:
    roles = [
        rule.keep if rule.may_keep is None else rule.may_keep
        for rule in read_dataflow(name).rules
        if rule.at == "registers"
    ]
    assert len(roles) == 1
    expected = {
        "rs": ROLES,
        "ws": ("Weights",),
        "is": ("Inputs",),
        "nlr": (),
        "os_a": ("Inputs", "Outputs"),
        "os_b": ("Inputs", "Outputs"),
        "os_c": ("Outputs",),
    }
    general = name.replace("isca2016_os", "os_").replace("isca2016_", "")
    general = general.removesuffix("_narrow").removesuffix("_unpinned")
    assert roles[0] == frozenset(expected[general])


@pytest.mark.parametrize("name", shipped.names("workload"))
def test_every_workload_says_what_it_leaves_out(name: str) -> None:
    assert read_workload(name).assumptions


def test_prices_of_the_eyeriss_table() -> None:
    # Chen et al., ISCA 2016, normalized energy costs; 4 per word of a spatial reduction: one access
    # of the array (2) out and one in.
    table = read_technology("eyeriss-relative")
    prices = {
        (component, action): price.energy
        for component, action in (
            ("dram", "read"),
            ("buffer", "fill"),
            ("buffer", "update"),
            ("register_file", "read"),
            ("register_file", "drain"),
            ("register_file", "first_read"),
            ("array", "deliver"),
            ("array", "reduce"),
            ("array", "collect"),
            ("mac", "mac"),
        )
        if (price := table.price(component, action)) is not None
    }
    assert list(prices.values()) == [200, 6, 6, 1, 1, 0, 2, 4, 0, 1]
    assert table.unit == "MAC"


def test_small_buffers_lie_on_the_line_between_register_file_and_buffer() -> None:
    for name, small, large, large_kib in (
        ("eyeriss-relative", 1.0, 6.0, 100.0),  # NVlabs/timeloop pat-public
        ("nn-dataflow-65nm", 1.0, 15.0, 108.0),  # nn_dataflow's two points
    ):
        table = read_technology(name)
        for kib in (0.5, 3, 8, 20, 32, 64):
            size = Attributes(size_bits=int(kib * 8192))
            price = table.estimate("sram", size, "read")
            assert price is not None
            expected = small + (large - small) * (kib - 0.5) / (large_kib - 0.5)
            assert price.energy == pytest.approx(expected, abs=5e-4)


def test_isca2016_accounting_charges_what_the_study_charges() -> None:
    study, nlr = read_accounting("isca2016"), read_accounting("isca2016_nlr")
    for accounting in (study, nlr):
        for role in ROLES:
            assert accounting.weight("dram", "read", role) == 1
            assert accounting.weight("dram", "update", role) == 1
            assert accounting.weight("buffer", "read", role) == 1
            assert accounting.weight("buffer", "update", role) == 1
            assert accounting.weight("buffer", "fill", role) == 0
            assert accounting.weight("register_file", "read", role) == 1
            assert accounting.weight("register_file", "update", role) == 1
            assert accounting.weight("register_file", "fill", role) == 0
            assert accounting.weight("register_file", "drain", role) == 0
            assert accounting.weight("array", "reduce", role) == 1
        assert accounting.weight("array", "deliver", "Inputs") == 1
        assert accounting.weight("array", "deliver", "Outputs") == 0
        assert accounting.weight("mac", "mac", "") == 1
    assert study.weight("array", "deliver", "Weights") == 1
    assert nlr.weight("array", "deliver", "Weights") == 0


@pytest.mark.parametrize("pes", [256, 512, 1024])
def test_the_rows_of_the_study_are_there(pes: int) -> None:
    study = read_study(f"isca2016:pes={pes}")
    assert [row.label for row in study.rows] == ["RS", "WS", "OSA", "OSB", "OSC", "NLR"]
    for row in study.rows:
        assert read_architecture(row.architecture).name.endswith(f"_{pes}")
        assert row.dataflows == (f"isca2016_{row.label.lower()}",)
        assert read_accounting(row.accounting).name.startswith("isca2016")


MACHINES_OF_THEIR_OWN = [n for n in shipped.names("architecture") if not n.startswith("isca2016")]

RUNS = {
    # Their registers keep weights only, and (tpu_like) always do.
    "tpu_like": {"ws"},
    "simba_like": {"ws", "nlr"},
    # Its registers keep no weights.
    "shidiannao_like": {"os_a", "os_b", "os_c", "is", "nlr"},
}
GENERAL = ("rs", "ws", "os_a", "os_b", "os_c", "is", "nlr")


GATE = 60
"""Layers of the gate, drawn anew for each machine; all of them, of every shape, are `full`."""


@pytest.mark.parametrize("name", MACHINES_OF_THEIR_OWN)
@pytest.mark.parametrize("most", [GATE, pytest.param(10**6, marks=pytest.mark.full)])
def test_every_layer_has_a_mapping_under_every_dataflow_that_suits_the_machine(
    name: str, most: int
) -> None:
    machine = read_architecture(name)
    distinct = {
        (layer.shape, layer.dims): layer
        for workload in shipped.names("workload")
        for layer in read_workload(workload).layers
    }
    layers = random.Random(name).sample(
        sorted(distinct.values(), key=str), min(most, len(distinct))
    )
    for dataflow in GENERAL:
        rules = (read_dataflow(dataflow),)
        for layer in layers:
            found = first_factors(mapspace(layer, machine, rules))
            if dataflow in RUNS.get(name, GENERAL):
                assert not isinstance(found, Infeasibility), f"{dataflow}: {found}"
            elif layer.op == "mac":
                assert isinstance(found, Infeasibility), (dataflow, layer.name)


@pytest.mark.parametrize("batch", [1, 16])
def test_the_study_runs_on_alexnet(batch: int) -> None:
    # Weight stationary holds the sums of all images and pixels of a layer in the buffer: at
    # N = 64 and 256 PEs that is refused (analysis code of the study), below it is not.
    for row in read_study("isca2016").rows:
        machine = read_architecture(row.architecture)
        rules = tuple(map(read_dataflow, row.dataflows))
        for layer in read_workload(f"alexnet:conv*,batch={batch}").layers:
            assert not isinstance(first_factors(mapspace(layer, machine, rules)), Infeasibility), (
                f"{row.label}: {layer.name}"
            )


def test_the_study_refuses_weight_stationary_where_its_sums_do_not_fit() -> None:
    (layer,) = read_workload("alexnet:conv1,batch=64").layers
    space = mapspace(layer, read_architecture("isca2016_ws_256"), (read_dataflow("isca2016_ws"),))
    refused = first_factors(space)
    assert isinstance(refused, Infeasibility)
    assert "buffer" in str(refused)
