"""Swap points: by hand, against real repricing, and between them nothing changes."""

from __future__ import annotations

from dataclasses import replace
from math import fsum, isclose
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import accelsim as acs
from accelsim import shipped
from accelsim.arch.records import Compute, Fanout, Memory
from accelsim.arch.spec import read_architecture
from accelsim.conventions import Conventions
from accelsim.errors import UsageError
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapping.spec import read_mapping
from accelsim.network.robustness import Ranked, Robustness, paid_by_price, robustness
from accelsim.report.results import Comparison
from accelsim.report.robustness import sentence
from accelsim.report.tornado_figure import leads, pairs_shown
from accelsim.technology.records import EnergyTable, Price
from accelsim.technology.spec import read_technology
from accelsim.workload.spec import read_workload
from tests.evaluation import machines
from tests.evaluation.cases import random_priced_case
from tests.evaluation.test_mesh import HOPS, MESH
from tests.naive.zeros_compare import TABLE as ZEROS_TABLE
from tests.naive.zeros_compare import known_zeros_case, zeros_case
from tests.small import PICOJOULES, TABLE
from tests.small.results import comparison, entry, network_run, refused, row


def table_with(component: str, action: str, energy: float) -> EnergyTable:
    """Return the small table with one other price."""
    table = read_technology(TABLE)
    prices = {name: dict(actions) for name, actions in table.prices.items()}
    prices[component][action] = Price(energy, "made up")
    return replace(table, prices=prices)


def small(table: EnergyTable | None = None, objective: str = "energy") -> Comparison:
    rows = (row("outputs", entry("M", table=table)), row("inputs", entry("C", table=table)))
    return comparison(*rows, objective=objective)


PAID = {
    "outputs": {"dram.access": 800, "buffer.access": 200, "array.deliver": 10, "array.collect": 4},
    "inputs": {
        "dram.access": 800,
        "buffer.access": 180,
        "array.deliver": 8,
        "array.collect": 2,
        "array.reduce": 2,
    },
}
"""By price, as ``tests/small`` derives them; and 4 for the MACs."""


def test_what_each_row_pays_by_hand() -> None:
    found = robustness(small().rows, "energy", 0.3)
    assert found.order == ("inputs", "outputs")
    assert {its.label: its.paid for its in found.rows} == {
        label: {**paid, "mac.mac": 4} for label, paid in PAID.items()
    }


def test_the_only_swap_by_hand() -> None:
    """``inputs`` leads by 1018 - 996 = 22, and pays more for reductions only: 2.

    They are level where 996 + 2 x = 1018, x = 11.  The buffer would have to fall by 22/20, which is
    more than all of it; deliveries and collections, by 22/2.
    """
    found = robustness(small().rows, "energy", 0.3)
    assert [(its.price, its.change) for its in found.swaps] == [("array.reduce", 11.0)]
    assert found.holds
    assert sentence(found) == (
        "The order inputs < outputs holds under every single change of 30 %;"
        " first, inputs and outputs swap when array.reduce rises by 1100 %."
    )


def test_an_order_that_breaks_by_hand() -> None:
    """With additions at 10, ``inputs`` needs 996 - 2 + 20 = 1014: 4 less, 20 for additions.

    They are level where 1014 + 20 x = 1018: x = 0.2.  The buffer: 180 against 200, -4/20 = -0.2.
    Deliveries and collections: -4/2, more than all.
    """
    found = robustness(small(table_with("array", "reduce", 10.0)).rows, "energy", 0.3)
    assert [its.price for its in found.swaps] == ["buffer.access", "array.reduce"]
    assert [its.change for its in found.swaps] == pytest.approx([-0.2, 0.2])
    assert not found.holds
    assert found.at("array.reduce", 0.19) == ("inputs", "outputs")
    assert found.at("array.reduce", 0.21) == ("outputs", "inputs")
    assert sentence(found) == (
        "The order inputs < outputs does not hold under every single change of 30 %:"
        " inputs and outputs swap when buffer.access falls by 20.0 %."
    )
    assert replace(found, change=0.19).holds


def test_a_swap_at_the_very_change_is_one() -> None:
    rows = (Ranked("a", 10.0, {"p": 10.0}), Ranked("b", 15.0, {}))
    assert not Robustness(rows, "energy", 0.5).holds


LEVEL = (Ranked("a", 10.0, {"p": 8.0, "q": 2.0}), Ranked("b", 10.0, {"p": 3.0, "q": 7.0}))


def test_level_rows_have_no_order_to_break_and_are_named() -> None:
    found = Robustness((*LEVEL, Ranked("c", 90.0, {"p": 3.0, "q": 7.0})), "energy", 0.5)
    assert found.holds
    assert found.parting == (("a", "b", ("p", "q")),)
    assert sentence(found) == (
        "The order a = b < c holds under every single change of 50 %; first, a and c swap when p"
        " rises by 1600 %. a and b are level, and part at any change of p or q."
    )


def test_level_rows_that_pay_the_same_do_not_part() -> None:
    first, _ = LEVEL
    found = Robustness((first, replace(first, label="b")), "energy", 0.5)
    assert found.parting == ()
    assert sentence(found) == (
        "The order a = b holds under every single change of 50 %, and under any other of one price."
    )


def test_level_rows_are_named_where_others_swap_too() -> None:
    found = Robustness((*LEVEL, Ranked("c", 10.5, {"p": 3.0})), "energy", 0.5)
    assert not found.holds
    assert sentence(found).endswith(" a and b are level, and part at any change of p or q.")


def test_latency_depends_on_no_price() -> None:
    found = robustness(small(objective="latency").rows, "latency", 0.3)
    assert found.swaps == ()
    assert sentence(found) == "The order outputs = inputs does not depend on any energy."


def test_edp_weighs_energy_with_time() -> None:
    """Both take 2 ns, so that the swap is that of the energies."""
    table = table_with("array", "reduce", 10.0)
    found = robustness(small(table).rows, "edp", 0.3)
    assert {its.price: its.change for its in found.swaps} == {
        "buffer.access": pytest.approx(-0.2),
        "array.reduce": pytest.approx(0.2),
    }


# --- against real prices --------------------------------------------------------------------------


@pytest.mark.parametrize("change", [-1.0, -0.3, 0.3, 12.0])
@pytest.mark.parametrize("price", ["dram.access", "buffer.access", "array.reduce", "mac.mac"])
def test_a_changed_price_is_what_repricing_says(price: str, change: float) -> None:
    found = robustness(small().rows, "energy", 0.3)
    component, action = price.split(".")
    before = read_technology(TABLE).prices[component][action].energy
    repriced = small(table_with(component, action, before * (1 + change)))
    for its in found.rows:
        assert isclose(its.at(price, change), repriced[its.label].total.energy_total, rel_tol=1e-12)


@given(st.integers(0, 2**32))
def test_what_is_paid_by_price_is_the_whole_energy(seed: int) -> None:
    priced = random_priced_case(seed)
    case = priced.case
    table = with_addresses(priced.table) if seed % 2 else priced.table
    leaking = Conventions(leakage="used" if seed % 3 else "built")
    accounting = replace(priced.accounting, conventions=leaking)
    evaluation = evaluate(case.layer, case.architecture, case.mapping, table, accounting)
    paid = paid_by_price(evaluation)
    assert isclose(fsum(paid.values()), evaluation.energy_total, rel_tol=1e-12)
    for price, its in paid.items():
        owner, _, action = price.rpartition(".")
        if owner in table.prices:
            prices = {name: dict(actions) for name, actions in table.prices.items()}
            old = prices[owner][action]
            prices[owner][action] = replace(old, energy=3 * old.energy)
            changed = replace(table, prices=prices)
            again = evaluate(case.layer, case.architecture, case.mapping, changed, accounting)
            expected = evaluation.energy_total + 2 * its
            assert isclose(again.energy_total, expected, rel_tol=1e-12)
        else:
            arch = case.architecture
            parts: list[Memory | Fanout | Compute]
            parts = [*arch.memories, *arch.fanouts, arch.compute]
            (part,) = [one for one in parts if owner == f"{arch.name}.{one.name}"]
            leaks = isinstance(part, Memory) and action == "leakage"
            assert leaks or action in part.energy


def with_addresses(table: EnergyTable) -> EnergyTable:
    """Return a table that prices the addresses of every memory that it knows."""
    prices = {
        name: {**actions, "address": Price(0.5, "made up")} if "access" in actions else actions
        for name, actions in table.prices.items()
    }
    return replace(table, prices=prices)


def test_addresses_of_a_shipped_machine_are_paid() -> None:
    """At 1 for each address, every memory is paid what it generates."""
    arch = read_architecture("eyeriss")
    memories = tuple(replace(m, energy={**m.energy, "address": 1.0}) for m in arch.memories)
    arch = replace(arch, memories=memories)
    (conv3,) = read_workload("alexnet:conv3,batch=4").layers
    nest = read_mapping(shipped.find("mapping", "eyeriss_alexnet_conv3"), arch, conv3)
    found = evaluate(conv3, arch, nest, read_technology(arch.technology))
    paid = paid_by_price(found)
    by_level = dict(zip(found.levels, found.addresses.sum(axis=1), strict=True))
    assert sum(by_level.values()) > 1e9
    for memory in memories:
        assert paid.get(f"{arch.name}.{memory.name}.address", 0.0) == by_level[memory.name]
    assert isclose(fsum(paid.values()), found.energy_total, rel_tol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_gated_is_paid_at_a_price_of_its_own(seed: int) -> None:
    case = known_zeros_case(seed) if seed % 2 else zeros_case(seed)
    found = evaluate(case.layer, case.architecture, case.mapping, ZEROS_TABLE)
    paid = paid_by_price(found)
    assert isclose(fsum(paid.values()), found.energy_total, rel_tol=1e-12)
    for component, actions in ZEROS_TABLE.prices.items():
        for action, price in actions.items():
            prices = {name: dict(known) for name, known in ZEROS_TABLE.prices.items()}
            prices[component][action] = replace(price, energy=3 * price.energy)
            changed = replace(ZEROS_TABLE, prices=prices)
            again = evaluate(case.layer, case.architecture, case.mapping, changed)
            expected = found.energy_total + 2 * paid.get(f"{component}.{action}", 0.0)
            assert isclose(again.energy_total, expected, rel_tol=1e-12), action


def test_what_a_machine_states_for_gating_is_paid_there() -> None:
    case = zeros_case(1)
    compute = replace(
        case.architecture.compute,
        energy={"mac": 4.0, "gated": 1.0},
        gating=frozenset({"Inputs", "Weights"}),
        skipping=frozenset(),
    )
    arch = case.architecture
    arch = replace(arch, nodes=(*arch.nodes[:-1], compute))
    tensors = tuple(replace(its, density=0.5, bits=16) for its in case.layer.tensors)
    layer = replace(case.layer, tensors=tensors)
    paid = paid_by_price(evaluate(layer, arch, case.mapping, ZEROS_TABLE))
    done = 0.5 ** (len(tensors) - 1)
    assert paid[f"{arch.name}.mac.mac"] == pytest.approx(4.0 * done * layer.operations)
    assert paid[f"{arch.name}.mac.gated"] == pytest.approx((1 - done) * layer.operations)


def test_hops_and_routers_are_paid() -> None:
    found = evaluate(machines.row(), machines.machine(array=MESH), machines.MAPPING, HOPS)
    paid = paid_by_price(found)
    component = found.arch.fanouts[0].component
    for action in ("hop", "route"):
        assert paid[f"{component}.{action}"] == found.energy.over("action")[action] > 0
    assert isclose(fsum(paid.values()), found.energy_total, rel_tol=1e-12)


def test_prices_that_are_not_the_whole_energy_are_a_defect() -> None:
    whole = entry("C").evaluation
    assert whole is not None
    with pytest.raises(AssertionError, match="prices add up to 996"):
        paid_by_price(replace(whole, energy_total=997.0))


FIGURES = st.floats(1, 100)


@st.composite
def rankings(draw: st.DrawFn) -> Robustness:
    rows = []
    for label in "abcd"[: draw(st.integers(2, 4))]:
        paid = {price: draw(FIGURES) for price in ("p", "q")}
        rows.append(Ranked(label, sum(paid.values()) + draw(FIGURES), paid))
    ordered = tuple(sorted(rows, key=lambda one: one.figure))
    return Robustness(ordered, "energy", draw(st.floats(0.05, 0.95)))


@given(rankings(), st.floats(-1, 1), st.sampled_from(["p", "q"]))
def test_the_order_changes_at_swaps_and_nowhere_else(
    found: Robustness, change: float, price: str
) -> None:
    crossed = (
        [
            {swap.better, swap.worse}
            for swap in found.swaps
            if swap.price == price and 0 < swap.change / change < 1 - 1e-6
        ]
        if change
        else []
    )
    close = any(
        swap.price == price and change and abs(swap.change / change - 1) <= 1e-6
        for swap in found.swaps
    )
    if close or len(found.ties) < len(found.rows):
        return
    now = found.at(price, change)
    for i, first in enumerate(found.order):
        for second in found.order[i + 1 :]:
            swapped = now.index(first) > now.index(second)
            assert swapped == ({first, second} in crossed)
    if found.holds and abs(change) <= found.change:
        assert now == found.order


# --- what is ranked, what is drawn, what is refused -----------------------------------------------


def test_rows_that_lack_layers_are_not_ranked() -> None:
    rows = (row("outputs", entry("M")), row("inputs", entry("C")), row("none", refused()))
    found = acs.robustness(comparison(*rows))
    assert found.robustness.order == ("inputs", "outputs")
    assert "Not ranked: none." in found.notes()


def test_the_row_without_a_dataflow_is_not_ranked() -> None:
    free = replace(row("unconstrained", entry("C")), dataflow="")
    found = acs.robustness(comparison(*comparison().rows, free))
    assert found.robustness.order == ("inputs", "outputs")
    assert "Not ranked: unconstrained." in found.notes()


def test_the_tornado_shows_the_leads(tmp_path: Path) -> None:
    """The buffer 30 % cheaper: 1018 - 60 against 996 - 54."""
    found = acs.robustness(comparison(), output=tmp_path / "tornado.svg")
    ((better, worse),) = pairs_shown(found.robustness)
    assert (better.label, worse.label) == ("inputs", "outputs")
    by_price = {its.price: its for its in leads(better, worse, found.robustness)}
    assert by_price["buffer.access"].fallen == pytest.approx((1018 - 60) / (996 - 54) - 1)
    assert by_price["buffer.access"].risen == pytest.approx((1018 + 60) / (996 + 54) - 1)
    swings = [its.swing for its in by_price.values()]
    assert swings == sorted(swings, reverse=True)
    first = (tmp_path / "tornado.svg").read_bytes()
    acs.robustness(comparison(), output=tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == first
    (ax,) = found.figure("small").axes
    assert ax.get_title() == "inputs ahead of outputs"
    assert ax.get_xlabel() == "lead in energy, % (below 0 they swap)"
    assert ax.get_yticklabels()[0].get_text() == next(iter(by_price))


def test_the_same_prices_of_two_tables_have_names_of_their_own() -> None:
    prices = read_technology(PICOJOULES)
    other = replace(row("in pJ", entry("C", table=prices)), technology=prices.name)
    found = robustness((row("outputs", entry("M")), other), "energy", 0.3)
    assert {"small-table: dram.access", "small-pj: dram.access"} <= {*found.prices}


def test_what_cannot_be_ranked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one row: there is no order to break"):
        acs.robustness(network_run())
    with pytest.raises(UsageError, match="no layers of group 'conv'; expected one of fc"):
        acs.robustness(comparison(), group="conv")
    with pytest.raises(UsageError, match="a change of 0 %; expected more than 0, less than 100 %"):
        acs.robustness(comparison(), change=0)
    with pytest.raises(UsageError, match="change is 'a'; expected a number"):
        acs.robustness(comparison(), change="a")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"cannot write a figure as 'x.gif'"):
        acs.robustness(comparison(), output=tmp_path / "x.gif")
    with pytest.raises(UsageError, match="nothing to draw: the order does not depend on any"):
        acs.robustness(small(objective="latency"), output=tmp_path / "x.svg")
    alone = acs.robustness(comparison(row("outputs", entry("M"))))
    assert not alone.satisfied
    assert alone.notes()[-1] == "Fewer than two rows: nothing is ranked."
