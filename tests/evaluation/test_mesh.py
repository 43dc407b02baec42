"""Hops over a mesh, worked out by hand (rule 13), on the example of ``docs/model.md``.

Lanes (x, y) = (p0, r) on 2 columns and 3 rows; the middle row is 1.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product, starmap

import numpy as np
import pytest

from accelsim.arch.records import LEGACY_MESH, Fanout
from accelsim.conventions import Conventions
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.lanes import groups_of_lanes, hops_of_groups, lanes_of_fanouts
from accelsim.evaluation.links import TimeLoop, moves, passings, served_lanes
from accelsim.evaluation.mesh import MeshEntry, MeshTraffic
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import mapping_problem
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.report.tables import accesses_table
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer, Rank, Tensor, Term
from tests.evaluation.machines import (
    ALL,
    ARRAY,
    MAPPING,
    loops,
    machine,
    priced,
    row,
    tensor,
)

MESH = replace(ARRAY, network=LEGACY_MESH)
HOPS = priced(array={"hop": 0.5, "route": 0.25})


# --- hops of a group ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lanes", "middle", "hops"),
    [
        # Where words enter.
        ([(0, 0)], 0.0, 0.0),
        # Along the middle row to column 3.
        ([(3, 2)], 2.0, 3.0),
        # Column 1, up 2 and down 1: 1 + 3.
        ([(1, 0), (1, 3)], 2.0, 4.0),
        # Only upward of the middle: the nearer lane lies on the way.
        ([(0, 0), (0, 1)], 3.0, 3.0),
        # Columns 0 and 2, each one row from the middle: 2 + 1 + 1.
        ([(0, 1), (2, 3)], 2.0, 4.0),
        # An even number of rows has its middle between two: 0.5 up, 1.5 down.
        ([(0, 1), (0, 3)], 1.5, 2.0),
    ],
)
def test_hops_of_one_group(lanes: list[tuple[int, int]], middle: float, hops: float) -> None:
    x, y = (np.array(axis, dtype=np.int64) for axis in zip(*lanes, strict=True))
    group = np.zeros(len(lanes), dtype=np.int64)
    assert hops_of_groups(group, x, y, middle).tolist() == [hops]


def naive_hops(lanes: list[tuple[int, int]], middle: float) -> float:
    """Go to every lane, and count each piece of wire once."""
    wires: set[tuple[str, float, float]] = set()
    for x, y in lanes:
        wires |= {("along", step, 0.0) for step in range(x)}
        row, step = middle, 1 if y > middle else -1
        while abs(row - y) >= 1:
            wires.add((f"whole {x}", row, row + step))
            row += step
        if row != y:
            wires.add((f"half {x}", row, y))
    # Half a piece lies next to a middle between two rows.
    return sum(0.5 if name.startswith("half") else 1.0 for name, _, _ in wires)


@pytest.mark.parametrize("seed", range(40))
def test_hops_of_random_groups(seed: int) -> None:
    rng = random.Random(seed)
    width, height = rng.randint(1, 6), rng.randint(1, 6)
    every = list(product(range(width), range(height)))
    lanes = rng.sample(every, rng.randint(1, len(every)))
    numbers = [rng.randint(0, 3) for _ in lanes]
    group = np.unique(np.array(numbers), return_inverse=True)[1].ravel()
    x, y = (np.array(axis, dtype=np.int64) for axis in zip(*lanes, strict=True))
    middle = (height - 1) / 2
    found = hops_of_groups(group, x, y, middle)
    for g, number in enumerate(sorted(set(numbers))):
        mine = [lane for lane, its in zip(lanes, numbers, strict=True) if its == number]
        whole_rows = middle == int(middle)
        expected = naive_hops(mine, middle) if whole_rows else half_hops(mine, middle)
        assert found[g] == expected


def half_hops(lanes: list[tuple[int, int]], middle: float) -> float:
    """As :func:`naive_hops` on a mesh of twice the rows, where the middle is one of them."""
    far = max(x for x, _ in lanes)
    return far + (naive_hops([(x, 2 * y) for x, y in lanes], 2 * middle) - far) / 2


# --- the example ----------------------------------------------------------------------------------


def example(
    array: Fanout = MESH, prices: EnergyTable = HOPS, accounting: Accounting | None = None
) -> dict[str, MeshTraffic]:
    found = evaluate(
        row(), machine(array=array), MAPPING, prices, accounting or Accounting("default")
    )
    return {tensor: mesh for (_, tensor), mesh in found.meshes.items()}


def test_weights_go_along_rows() -> None:
    # A row of 2 lanes needs the same weight: 1 along, and |r - 1| in each of 2 columns: 3, 1, 3.
    # The buffer reads 36 words, 12 for each row.
    mesh = example()["Weights"]
    assert mesh.entries == (MeshEntry(2, 3, 36.0, 7 / 3),)
    assert mesh.hops == pytest.approx(12 * 7)
    assert mesh.routed == 36 * (1 + 2)


def test_inputs_go_along_diagonals_and_pass_by_the_register() -> None:
    # p0 + r is 0 for one lane, 1 and 2 for two, 3 for one: hops 1, 2, 2, 2.  12 steps take 12 words
    # each.  A register that kept them would take 2 x 3 words a lane: 6 x (1 + 2 + 2 + 2) hops.
    mesh = example()["Inputs"]
    assert mesh.entries == (MeshEntry(1, 2, 24.0, 18 / 24), MeshEntry(2, 2, 24.0, 1.0))
    assert (mesh.words, mesh.hops) == (48.0, 42.0)
    assert mesh.routed == 24 * (1 + 0) + 24 * (1 + 1)


def test_outputs_rise_from_columns_and_return_to_one_lane() -> None:
    # The three rows of a column share a sum: p0 + 2 hops, 12 words each.  12 words return to row 0.
    up, down = MeshEntry(3, 2, 24.0, 2.5), MeshEntry(1, 2, 12.0, 1.5)
    assert example()["Outputs"].entries == (down, up)
    assert example(replace(MESH, sums_return=False))["Outputs"].entries == (up,)


def test_sums_that_return_to_all_lanes_go_as_they_rose_but_for_the_first() -> None:
    everyone = Accounting("all", conventions=Conventions(returns="all"))
    # 24 up and 24 - 12 down.
    assert example(accounting=everyone)["Outputs"].entries == (MeshEntry(3, 2, 36.0, 2.5),)


def test_a_network_that_cannot_multicast_or_reduce_sends_to_every_lane() -> None:
    lonely = replace(MESH, multicast=frozenset[str](), reduces=False, sums_return=False)
    found = example(lonely)
    # x + |r - 1|: 1 0 1, 2 1 2.
    assert found["Weights"].entries == (MeshEntry(1, 6, 72.0, 7 / 6),)
    assert found["Outputs"].entries == (MeshEntry(1, 6, 72.0, 7 / 6),)


def test_what_hops_cost() -> None:
    with_hops = evaluate(row(), machine(array=MESH), MAPPING, HOPS)
    assert with_hops.energy.by("level", "action")["array", "hop"] == pytest.approx(0.5 * 204)
    assert with_hops.energy.by("level", "action")["array", "route"] == pytest.approx(0.25 * 276)
    assert with_hops.energy_total == pytest.approx(0.5 * 204 + 0.25 * 276)
    weighed = Accounting("half", {"array": {"hop": 0.5, "route.Weights": 0.0}})
    found = evaluate(row(), machine(array=MESH), MAPPING, HOPS, weighed)
    assert found.energy_total == pytest.approx(0.25 * 204 + 0.25 * (276 - 108))


def test_what_was_done_times_its_price_is_the_energy() -> None:
    prices = priced(array={"hop": 0.5, "route": 0.25}, dram={"access": 3.0, "address": 2.0})
    found = evaluate(row(), machine(array=MESH), MAPPING, prices)
    done = found.performed.by("level", "action")
    assert (done["array", "hop"], done["array", "route"]) == (204.0, 276.0)
    assert (done["dram", "address"], done["buffer", "address"]) == (52.0, 0.0)  # one is priced
    assert done["dram", "read"] == 40.0
    (hops,) = (r for r in accesses_table(found).rows if r[:2] == ("array", "Weights"))
    assert hops[-2:] == ("84", "108")


def test_no_network_makes_no_hops() -> None:
    found = evaluate(row(), machine(), MAPPING, HOPS)
    assert (found.meshes, found.energy_total) == ({}, 0.0)


def test_a_table_must_price_hops() -> None:
    with pytest.raises(SpecError, match="no price for 'hop', 'route' of component 'array'"):
        evaluate(row(), machine(array=MESH), MAPPING, priced())


def test_remainders_are_refused() -> None:
    short = replace(
        MAPPING,
        steps=(Block("dram", loops("C2 P4"), ALL), *MAPPING.steps[1:]),
        remainders=True,
    )
    layer = replace(row(), dims=(("M", 2), ("C", 2), ("P", 7), ("R", 3)))
    with pytest.raises(SpecError, match="hops of a mapping with remainders are not counted"):
        evaluate(layer, machine(array=MESH), short, HOPS)
    evaluate(layer, machine(), short, HOPS)


def test_searches_are_refused() -> None:
    prices = resolve(machine(array=MESH), HOPS, Accounting("default"))
    with pytest.raises(SpecError, match="no search knows what hops cost; 'array' of machine"):
        mapping_problem(row(), machine(array=MESH), prices)


# --- neighbours -----------------------------------------------------------------------------------

ROW = Tensor("Inputs", "Inputs", (Rank("W", (Term("P"), Term("R"))),))


def test_who_is_served_by_a_neighbour() -> None:
    # Four lanes in a row hold 0 1 2 3 and then need 1 2 3 4: all but the last have a neighbour.
    x, y = np.arange(4), np.zeros(4, dtype=np.int64)
    offsets = np.arange(4).reshape(-1, 1)
    assert served_lanes(x, y, offsets, np.array([1])).tolist() == [True, True, True, False]
    assert served_lanes(x, y, offsets, np.array([-1])).tolist() == [False, True, True, True]
    assert served_lanes(x, y, offsets, np.array([2])).tolist() == [False] * 4
    assert served_lanes(y, x, offsets, np.array([1])).tolist() == [True, True, True, False]


def test_when_neighbours_serve() -> None:
    x, y, offsets = np.arange(4), np.zeros(4, dtype=np.int64), np.arange(4).reshape(-1, 1)
    within = (TimeLoop("K", 5, 1), TimeLoop("R", 3, 1))
    steps = moves(ROW, within)
    assert [step.tolist() for step in steps] == [[-2], [1]]
    # Tiles of one word, fetched whole: 2 steps of R in each of 5 turns; a turn of K goes back by 2.
    (passing,) = passings(within, steps, np.array([1]), x, y, offsets)
    assert (passing.steps, passing.served.sum()) == (10, 3)
    # A tile of two words slides by one: no whole tile is fetched.
    assert passings(within, steps, np.array([2]), x, y, offsets) == []
    # A loop inside that leaves the tile in place comes between the fetches.
    apart = (TimeLoop("R", 3, 1), TimeLoop("K", 5, 1))
    assert passings(apart, moves(ROW, apart), np.array([1]), x, y, offsets) == []
    # But not at the compute, which keeps nothing.
    (passing,) = passings(apart, moves(ROW, apart), None, x, y, offsets)
    assert (passing.steps, passing.served.sum()) == (2, 3)


def test_words_that_neighbours_pass_on() -> None:
    # 4 lanes slide over P under R 3: lanes hold p + r.  Timeloop's rules: one word a lane at r = 0,
    # then 2 steps at which 3 of 4 lanes take a neighbour's word, and lane 3 reads.
    layer = Layer(
        "row",
        "conv",
        (("P", 4), ("R", 3)),
        (ROW, tensor("Weights", "Weights", ("R",)), tensor("Outputs", "Outputs", ("P",))),
    )
    array = replace(
        MESH, mesh_x=4, mesh_y=1, forwards={"Inputs": frozenset({"*"})}, sums_return=False
    )
    mapping = Mapping(
        (
            Block("dram", (), ALL),
            Block("buffer", loops("R3"), ALL),
            Spread("array", x=loops("P4")),
            Block("register", (), ALL),
        )
    )
    timeloop = Conventions(reuse="timeloop", multicast="equal", tiles="box", returns="all")
    found = evaluate(
        layer, machine(array=array), mapping, HOPS, Accounting("timeloop", conventions=timeloop)
    )
    mesh = found.meshes["array", "Inputs"]
    # 4 lanes, 1.5 hops on average; then twice lane 3 alone, 3 hops.
    assert mesh.entries == (MeshEntry(1, 1, 2.0, 3.0), MeshEntry(1, 4, 4.0, 1.5))
    assert mesh.linked == 6.0
    assert mesh.hops == 6 + 6 + 6
    assert mesh.routed == 2 * 4 + 4 * 2 + 6 * 2
    linkless = replace(array, forwards={})
    found = evaluate(
        layer, machine(array=linkless), mapping, HOPS, Accounting("timeloop", conventions=timeloop)
    )
    assert found.meshes["array", "Inputs"].entries == (MeshEntry(1, 4, 12.0, 1.5),)


# --- a twin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_groups_of_random_lanes(seed: int) -> None:
    """Lanes of one group are those whose loops add up to the same index, rank by rank."""
    rng = random.Random(seed)
    ranks = tuple(
        Rank(str(r), tuple(Term(d, rng.choice([1, 1, 2, 3])) for d in rng.sample("PRCM", k)))
        for r, k in enumerate(rng.choices([1, 2], k=2))
    )
    its = Tensor("T", "Inputs", ranks)
    x_loops = [(rng.choice("PRC"), rng.randint(1, 3)) for _ in range(2)]
    y_loops = [(rng.choice("PRC"), rng.randint(1, 3)) for _ in range(2)]
    register = loops("P2 R1")
    spread = Spread("array", x=tuple(starmap(Loop, x_loops)), y=tuple(starmap(Loop, y_loops)))
    (lanes,) = lanes_of_fanouts(Mapping((spread, Block("register", register))))
    nest = [*y_loops, *x_loops]
    seen: dict[tuple[int, int], tuple[int, ...]] = {}
    for turns in product(*(range(bound) for _, bound in nest)):
        column = row_ = 0
        for (_, bound), turn in zip(nest[2:], turns[2:], strict=True):
            column = column * bound + turn
        for (_, bound), turn in zip(nest[:2], turns[:2], strict=True):
            row_ = row_ * bound + turn
        index = dict.fromkeys("PRCM", 0)
        for position, ((dim, _), turn) in enumerate(zip(nest, turns, strict=True)):
            stride = 2 if dim == "P" else 1
            for inner, bound in nest[position + 1 :]:
                stride *= bound if inner == dim else 1
            index[dim] += stride * turn
        seen[column, row_] = tuple(
            sum(t.coefficient * index[t.dim] for t in rank.terms) for rank in ranks
        )
    group = groups_of_lanes(its, lanes, alike=True)
    assert len(group) == len(seen)
    number: dict[tuple[int, ...], int] = {}
    for x, y, g in zip(lanes.x.tolist(), lanes.y.tolist(), group.tolist(), strict=True):
        assert number.setdefault(seen[x, y], g) == g
    assert len(number) == len(set(group.tolist()))
    apart = groups_of_lanes(its, lanes, alike=False)
    assert sorted(apart.tolist()) == list(range(len(seen)))
