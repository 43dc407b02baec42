"""map and run with pareto=True: against brute force, by hand, as folders."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError, UsageError
from accelsim.mapper.exact import covers
from accelsim.network.front import network_front
from accelsim.report import fronts
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.results import LayerRun, NetworkRun
from accelsim.workload.records import Network
from tests.mapper.problems import TABLE as PRICES
from tests.mapper.problems import problem, random_problem, solved
from tests.mapspace.cases import gemm
from tests.small import IMPOSSIBLE, LAYER, MACHINE, MIXED, TABLE

CLOSE = 1e-12
SEEDS = range(40)


def front_of(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return what no other point is better than; energies that differ by rounding are equal."""
    kept: list[tuple[float, float]] = []
    for energy, cycles in sorted(points):
        if not kept or cycles < kept[-1][1]:
            kept.append((energy, cycles))
    return [
        (energy, cycles)
        for (energy, cycles), after in zip(kept, [*kept[1:], None], strict=True)
        if after is None or after[0] > energy * (1 + CLOSE)
    ]


def same(found: list[tuple[float, float]], wanted: list[tuple[float, float]]) -> bool:
    return [cycles for _, cycles in found] == [cycles for _, cycles in wanted] and [
        energy for energy, _ in found
    ] == pytest.approx([energy for energy, _ in wanted], rel=CLOSE)


def test_equal_to_every_combination_of_every_mapping() -> None:
    """One layer twice and another one, on random machines: no mapping is left out of the sums."""
    other = gemm(M=2, N=2, K=3)
    lengths = []
    for seed in SEEDS:
        first = random_problem(seed, 50, 600)
        second = problem(other, first.arch)
        if covers(first) or covers(second) or second.space.size > 5_000:
            continue
        sets = [
            list({*zip(of.energy, of.cycles, strict=True)}) for of in map(solved, (first, second))
        ]
        if not all(sets) or len(sets[0]) ** 2 * len(sets[1]) > 100_000:
            continue
        layers = [(first.layer, "a"), (first.layer, "b"), (other, "c")]
        network = Network("three", tuple(replace(layer, name=name) for layer, name in layers))
        result = acs.run(first.arch, network, technology=PRICES, pareto=True)
        assert result.proved
        sums = [
            (sum(float(e) for e, _ in chosen), sum(float(c) for _, c in chosen))
            for chosen in product(sets[0], sets[0], sets[1])
        ]
        found = [(point.energy, point.cycles) for point in result.points]
        assert same(found, front_of(sums)), f"seed {seed}"
        one = acs.map(first.arch, Network("one", (first.layer,)), technology=PRICES, pareto=True)
        assert one.proved
        alone = [(point.energy, point.cycles) for point in one.points]
        assert same(alone, front_of([(float(e), float(c)) for e, c in sets[0]])), f"seed {seed}"
        lengths.append(len(found))
    assert len(lengths) > 10
    assert max(lengths) > 4


@pytest.fixture(scope="module")
def network() -> NetworkFront:
    return acs.run("eyeriss", "alexnet:conv*", dataflow="rs", pareto=True)


@pytest.fixture(scope="module")
def layer() -> LayerFront:
    return acs.map("eyeriss", "alexnet:conv3", dataflow="rs", pareto=True)


def test_the_points_of_a_layer_are_those_of_its_mappings(layer: LayerFront) -> None:
    assert layer.proved
    assert len(layer.points) > 2
    assert [point.number for point in layer.points] == [*range(1, len(layer.points) + 1)]
    for point, found in zip(layer.points, layer.front, strict=True):
        counted = acs.evaluate("eyeriss", "alexnet:conv3", found.mapping).evaluation
        assert counted is not None
        assert (point.energy, point.cycles) == (counted.energy_total, counted.cycles)
        assert (point.edp, point.utilization, point.bound) == (
            counted.edp,
            counted.utilization,
            counted.bound,
        )


@pytest.mark.parametrize("objective", ["energy", "latency", "edp"])
def test_the_ends_are_what_other_searches_prove_best(layer: LayerFront, objective: str) -> None:
    search = acs.Search(objective)
    best = acs.map("eyeriss", "alexnet:conv3", dataflow="rs", search=search).evaluation
    (point,) = (point for point in layer.points if objective in point.best)
    assert best is not None
    assert (point.energy, point.cycles) == (best.energy_total, best.cycles)
    front = acs.map("eyeriss", "alexnet:conv3", dataflow="rs", search=search, pareto=True)
    assert front.evaluation is not None
    assert front.evaluation.energy_total == best.energy_total
    assert front.points == layer.points


def test_a_point_of_a_network_is_the_sum_of_its_mappings(network: NetworkFront) -> None:
    assert network.proved
    for point in (network.points[0], network.points[len(network.points) // 2], network.points[-1]):
        total = network.at(point.number).total
        assert (point.energy, point.cycles) == (total.energy_total, total.cycles)
        assert point.edp == pytest.approx(total.edp)
        assert point.utilization == pytest.approx(total.utilization)
        assert point.energy_per_operation == pytest.approx(total.energy_per_mac)
    with pytest.raises(IndexError, match="no point 0; there are"):
        network.at(0)


def test_no_choice_of_each_layers_best_beats_the_front(network: NetworkFront) -> None:
    """Layers that are each best in EDP need not be best in it together."""
    for objective in ("energy", "latency", "edp"):
        search = acs.Search(objective)
        total = acs.run("eyeriss", "alexnet:conv*", dataflow="rs", search=search).total
        (point,) = (point for point in network.points if objective in point.best)
        assert any(
            p.energy <= total.energy_total * (1 + CLOSE) and p.cycles <= total.cycles
            for p in network.points
        )
        assert point.edp <= total.edp * (1 + CLOSE) or objective != "edp"
    assert network.points[0].energy == network.total.energy_total


def test_sampled_fronts_are_not_called_proved() -> None:
    search = acs.Search(samples=200, driver="sampling")
    result = acs.run("eyeriss", "alexnet:conv3", dataflow="rs", search=search, pareto=True)
    assert result.points
    assert not result.proved
    assert "0 of 1 layer with a proved front; the front is not proved" in result.notes()[2]
    one = result["conv3"]
    assert not one.proved
    assert one.notes()[2].endswith(
        "the front is not proved: other mappings may be better than its points."
    )


def test_a_trimmed_front_says_so(network: NetworkFront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts, "network_front", partial(network_front, most=5))
    trimmed = NetworkFront(network.rows, network.settings)
    assert 1 < len(trimmed.points) <= 5 < len(network.points)
    assert trimmed.front is not None
    assert trimmed.front.epsilon > 0
    assert not trimmed.proved
    assert "matched by a point of no more cycles and at most" in trimmed.notes()[2]
    assert trimmed.data()["front"]["epsilon"] == trimmed.front.epsilon
    for point in network.points:
        assert any(
            kept.cycles <= point.cycles
            and kept.energy <= (1 + trimmed.front.epsilon) * (1 + CLOSE) * point.energy
            for kept in trimmed.points
        )


def test_without_a_mapping_there_is_no_front(tmp_path: Path) -> None:
    quick = acs.Search(samples=50)
    one = acs.map(MACHINE, LAYER, dataflow=IMPOSSIBLE, technology=TABLE, search=quick, pareto=True)
    many = acs.run(MACHINE, LAYER, dataflow=IMPOSSIBLE, technology=TABLE, search=quick, pareto=True)
    for result in (one, many):
        assert (result.points, result.proved, result.tables()) == ((), False, [])
        assert result.notes()[0].startswith("impossible: no mapping for fc: array needs 4 lanes")
        assert [*result.data()["front"]["points"]] == []
        names = [path.name for path in acs.save(result, tmp_path)]
        assert "pareto.csv" in names
        assert not [name for name in names if name.endswith((".svg", ".yaml"))]


def test_in_one_line() -> None:
    one = acs.map(MACHINE, LAYER, technology=TABLE, pareto=True)
    many = acs.run(MACHINE, LAYER, technology=TABLE, pareto=True)
    assert repr(one).startswith("LayerFront(1 point, proved, LayerRun(fc: 996 MAC, 2 cycles")
    assert repr(many).startswith("NetworkFront(1 point, proved, NetworkRun(")
    assert isinstance(many["fc"], LayerFront)


def test_one_best_is_what_it_was() -> None:
    assert type(acs.map(MACHINE, LAYER, technology=TABLE)) is LayerRun
    result = acs.run(MACHINE, LAYER, technology=TABLE)
    assert type(result) is NetworkRun
    assert "front" not in result.data()


def test_the_folder_of_a_layer(layer: LayerFront, tmp_path: Path) -> None:
    names = [str(path.relative_to(tmp_path)) for path in acs.save(layer, tmp_path)]
    points = [f"mappings/rs/conv3/point-{p.number}.yaml" for p in layer.points]
    assert names == [
        *("results.json", "run.json", "energy.csv", "layers.csv", "mappings/rs/conv3.yaml"),
        *("pareto.csv", *points),
        *("energy-breakdown.svg", "energy-breakdown.png", "pareto.svg", "pareto.png"),
    ]
    lines = [*csv.DictReader((tmp_path / "pareto.csv").read_text(encoding="utf-8").splitlines())]
    assert [line["mapping"] for line in lines] == points
    for line in lines:
        counted = acs.evaluate("eyeriss", "alexnet:conv3", tmp_path / line["mapping"]).evaluation
        assert counted is not None
        assert float(line["energy"]) == counted.energy_total
        assert float(line["cycles"]) == counted.cycles


def test_the_folder_of_a_network(network: NetworkFront, tmp_path: Path) -> None:
    acs.save(network, tmp_path)
    lines = [*csv.DictReader((tmp_path / "pareto.csv").read_text(encoding="utf-8").splitlines())]
    assert len(lines) == len(network.points)
    middle = lines[len(lines) // 2]
    energy = cycles = 0.0
    for entry in network.layers:
        name = entry.layer.name
        path = tmp_path / f"mappings/rs/{name}/point-{middle[f'point of {name}']}.yaml"
        counted = acs.evaluate("eyeriss", f"alexnet:{name}", path).evaluation
        assert counted is not None
        energy += counted.energy_total
        cycles += counted.cycles
    assert (float(middle["energy"]), float(middle["cycles"])) == (energy, cycles)


def test_a_network_is_read_back_with_its_front(network: NetworkFront, tmp_path: Path) -> None:
    acs.save(network, tmp_path)
    again = acs.load(tmp_path)
    assert type(again) is NetworkFront
    assert again.data() == network.data()
    assert again.text() == network.text()
    assert again.points == network.points
    assert again["conv3"].front[0].mapping == network["conv3"].front[0].mapping


def test_equal_layers_are_read_back_with_their_fronts(tmp_path: Path) -> None:
    result = acs.run(MACHINE, f"{MIXED}:fc*", technology=TABLE, pareto=True)
    acs.save(result, tmp_path)
    again = acs.load(tmp_path)
    assert isinstance(again, NetworkFront)
    assert again.data() == result.data()
    assert [entry.front[0].layer.name for entry in again.layers] == ["fc1", "fc2"]


def test_a_layer_is_read_back_with_its_front(layer: LayerFront, tmp_path: Path) -> None:
    acs.save(layer, tmp_path)
    again = acs.load(tmp_path)
    assert type(again) is LayerFront
    assert again.data() == layer.data()
    assert again.text() == layer.text()
    drawn = [acs.plot(it, kind="pareto", output=tmp_path / "f.svg") for it in (layer, tmp_path)]
    titles = [figure.axes[0].get_title() for figure in drawn]
    assert titles == ["conv3 of alexnet:batch=1 on eyeriss, rs"] * 2
    for name in ("pareto", "energy-breakdown"):
        acs.plot(tmp_path, kind=name, output=tmp_path / "f.svg")
        assert (tmp_path / "f.svg").read_bytes() == (tmp_path / f"{name}.svg").read_bytes()
    with pytest.raises(UsageError, match="a front cannot be priced anew"):
        acs.reprice(tmp_path, TABLE)


def test_a_front_without_points_is_read_back(tmp_path: Path) -> None:
    for verb in (acs.map, acs.run):
        result = verb(MACHINE, LAYER, dataflow=IMPOSSIBLE, technology=TABLE, pareto=True)
        acs.save(result, tmp_path)
        again = acs.load(tmp_path)
        assert type(again) is type(result)
        assert again.text() == result.text()
        with pytest.raises(UsageError, match="nothing to draw: the front has no points"):
            acs.plot(again, kind="pareto")


def test_a_front_with_an_illegal_mapping_is_refused(layer: LayerFront, tmp_path: Path) -> None:
    acs.save(layer, tmp_path)
    path = tmp_path / "results.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["front"]["points"][1]["mapping"]["steps"].pop()
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(SpecError, match=r"results.json: layer conv3, point 2: "):
        acs.load(path)


def test_what_is_drawn_of_a_front(layer: LayerFront) -> None:
    with pytest.raises(UsageError, match="a front is drawn whole"):
        acs.plot(layer, kind="pareto", by="level")
    best = acs.map(MACHINE, LAYER, technology=TABLE)
    with pytest.raises(UsageError, match="this result has no front; run and map search one"):
        acs.plot(best, kind="pareto")


def test_data_of_equal_layers_stands_once(tmp_path: Path) -> None:
    result = acs.run(MACHINE, f"{MIXED}:fc*", technology=TABLE, pareto=True)
    first, second = json.loads(result.files(tmp_path)["results.json"])["front"]["layers"]
    assert (first["layer"], first["same_as"], len(first["points"])) == ("fc1", "", 1)
    assert (second["layer"], second["same_as"], second["points"]) == ("fc2", "fc1", [])


def test_a_front_is_kept_apart_from_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path))
    best = acs.run("eyeriss", "alexnet:conv3", dataflow="rs")
    first, again = (
        acs.run("eyeriss", "alexnet:conv3", dataflow="rs", pareto=True) for _ in range(2)
    )
    assert [of.run_data()["rows"][0]["cached"] for of in (best, first, again)] == [0, 0, 1]
    assert len(first.points) > 1
    assert again.data() == first.data()
    assert again.text() == first.text()
    assert best.layers[0].front == ()


def test_a_front_is_not_priced_anew() -> None:
    result = acs.run(MACHINE, LAYER, technology=TABLE, pareto=True)
    with pytest.raises(UsageError, match="a front cannot be priced anew"):
        acs.reprice(result, TABLE)
