"""Tables against numbers counted by hand (tests/small)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.network.records import NetworkResult
from accelsim.report.figures import comparison_panel
from accelsim.report.html import table_html
from accelsim.report.tables import (
    Table,
    accesses_table,
    comparison_table,
    energy_table,
    group_tables,
    layers_table,
    use_table,
)
from accelsim.report.text import table_text
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from tests.small import TABLE
from tests.small.results import comparison, entry, machine, network_run, pooling, refused, row


def in_picojoules() -> EnergyTable:
    return replace(read_technology(TABLE), unit="pJ")


COMPARISON = """\
fc (1 layer, 4 MACs)
           energy    energy                                                                      EDP
dataflow     /MAC   vs best     DRAM   buffer   network    RF     MAC   cycles   util.   10^-6 MAC s
────────────────────────────────────────────────────────────────────────────────────────────────────
outputs       254      1.02   78.6 %   19.6 %     1.4 %   0 %   0.4 %     2.00   100 %          2.04
inputs        249      best   80.3 %   18.1 %     1.2 %   0 %   0.4 %     2.00   100 %          1.99
"""
"""1018 / 4 = 254.5 and 996 / 4 = 249; 1018 / 996 = 1.02; 800 of each at the DRAM, 200 and 180 at
the buffer, 14 and 12 in the array, 4 for the MACs; 2 cycles of 1 ns."""


def test_a_comparison_as_text() -> None:
    (table,) = comparison().tables()
    assert table_text(table) == COMPARISON


def test_the_best_row_is_stressed_where_there_are_colours() -> None:
    (table,) = comparison().tables()
    lines = table_text(table, colour=True).splitlines()
    assert [line.startswith("\x1b[1m") for line in lines[-2:]] == [False, True]


def test_a_narrow_terminal_folds_cells() -> None:
    table = Table("t", ("name", "number"), (("a long name of a row", "1"),))
    assert table_text(table, width=20) == (
        "t\nname          number\n────────────────────\na long name\nof a row           1\n"
    )


def test_other_objectives_rank_by_what_they_measure() -> None:
    rows = comparison().rows
    assert comparison_table(rows, None, "latency", "dataflow").headings[2] == "time\nvs best"
    table = comparison_table(rows, None, "edp", "dataflow")
    assert table.headings[2] == "EDP\nvs best"
    assert [cells[2] for cells in table.rows] == ["1.02", "best"]
    # Equal cycles: the row of less energy is the best.
    table = comparison_table(rows, None, "latency", "dataflow")
    assert [cells[2] for cells in table.rows] == ["1.00", "best"]


def slower(its: NetworkResult, label: str, factor: float, energy: float = 1.0) -> NetworkResult:
    """Return a row of one layer under another name, with other cycles and energy."""
    (only,) = its.layers
    assert only.evaluation is not None
    evaluation = replace(
        only.evaluation,
        cycles=only.evaluation.cycles * factor,
        energy_total=only.evaluation.energy_total * energy,
    )
    return replace(its, label=label, layers=(replace(only, evaluation=evaluation),))


@pytest.mark.parametrize("rounding", [1.0, 1 - 1e-15])
def test_of_rows_equal_in_energy_the_fastest_is_best_then_the_first(rounding: float) -> None:
    """A sum in another order may be less in the last digit, which makes no row the better one."""
    fast = row("fast", entry("C"))
    rows = [slower(fast, "slow", 3.0, rounding), fast, slower(fast, "twin", 1.0, rounding)]
    table = comparison_table(rows, None, "energy", "dataflow")
    assert [cells[2] for cells in table.rows] == ["1.00", "best", "1.00"]
    assert table.strong == {1}
    found = comparison(*rows)
    assert found.best() is fast
    assert found.data()["best"] == {"fc": "fast", "all": "fast"}
    less = [*rows, slower(fast, "less", 9.0, 0.99)]
    assert comparison(*less).best() is less[-1]


def test_seconds_stand_beside_cycles_of_different_clocks() -> None:
    """Twice the clock: as many cycles, half the time."""
    fast = replace(machine(), clock_hz=2e9)
    rows = (row("slow", entry("M")), row("fast", entry("M", arch=fast), arch=fast))
    table = comparison_table(rows, None, "latency", "machine")
    at = table.headings.index("time\nns")
    assert table.headings[at - 1] == "cycles"
    assert [cells[at - 1 : at + 1] for cells in table.rows] == [("2.00", "2.00"), ("2.00", "1.00")]
    assert [cells[2] for cells in table.rows] == ["2.00", "best"]
    alike = comparison_table(rows[:1] * 2, None, "latency", "machine")
    assert not any(heading.startswith("time\n") for heading in alike.headings[3:])


def test_a_row_that_lacks_layers_is_marked_and_never_ranked() -> None:
    partial = row("partial", entry("C", "fc1"), refused("fc2"))
    whole = row("whole", entry("M", "fc1"), entry("M", "fc2"))
    nothing = row("nothing", refused("fc1"), refused("fc2"))
    table = comparison_table((partial, whole, nothing), None, "energy", "dataflow")
    assert [cells[0] for cells in table.rows] == [
        "partial (1/2 layers)",
        "whole",
        "nothing (0/2 layers)",
    ]
    assert [cells[2] for cells in table.rows] == ["–", "best", "–"]
    assert set(table.rows[2][1:]) == {"–"}
    assert table.strong == {1}


def test_where_no_row_is_complete_none_is_best() -> None:
    partial = row("partial", entry("C", "fc1"), refused("fc2"))
    table = comparison_table((partial,), None, "energy", "dataflow")
    assert table.strong == frozenset()
    assert table.title == "all (2 layers)"


def test_one_table_per_group_and_one_for_all() -> None:
    both = row("both", entry("M", "a", "conv"), pooling(), entry("C", "b", "fc"))
    titles = [table.title for table in group_tables((both,), "energy", "dataflow")]
    assert titles == [
        "conv (1 layer, 4 MACs)",
        "pool (1 layer)",
        "fc (1 layer, 4 MACs)",
        "all (3 layers, 8 MACs)",
    ]
    pool = group_tables((both,), "energy", "dataflow")[1]
    assert pool.headings[1] == "energy\n/operation"


def test_leakage_has_a_column_only_where_something_leaks() -> None:
    leaky = machine(leakage_mw=1.0)
    pj = in_picojoules()
    table = comparison_table(
        (row("leaky", entry("C", arch=leaky, table=pj), arch=leaky),), None, "energy", "dataflow"
    )
    # 1 mW for 2 cycles of 1 ns is 2 pJ, beside 996 pJ.
    at = table.headings.index("leakage")
    assert table.rows[0][at] == "0.2 %"
    assert table.rows[0][1] == "250"
    assert table.headings[1] == "energy\npJ/MAC"


def test_rounding_does_not_leak() -> None:
    """Sums in different orders differ in the last bit; that is no leakage."""
    many = row("many", *(entry("M", f"fc{i}", table=thirds()) for i in range(30)))
    assert many.total.energy_total != many.total.energy.total
    table = comparison_table((many,), None, "energy", "dataflow")
    assert "leakage" not in table.headings
    assert "leakage" not in layers_table(many).headings
    assert comparison(many).data()["rows"][0]["totals"]["all"]["leakage"] == 0.0


def test_leakage_is_that_of_the_evaluations_to_the_last_bit() -> None:
    leaky = machine(leakage_mw=1 / 3)
    made = [entry("M", f"fc{i}", arch=leaky, table=thirds("pJ")) for i in range(3)]
    shown = row("leaky", *made, arch=leaky)
    leaked = sum(its.evaluation.leakage for its in made if its.evaluation is not None)
    assert leaked > 0
    assert shown.total.leakage == leaked
    data = comparison(shown).data()["rows"][0]
    assert data["totals"]["all"]["leakage"] == leaked
    assert [layer["evaluation"]["leakage"] for layer in data["layers"]] == [leaked / 3] * 3
    panel = comparison_panel([shown], None, "level", "dataflow")
    assert panel.bars[0].parts["leakage"] == leaked / shown.total.macs


def thirds(unit: str = "MAC") -> EnergyTable:
    table = read_technology(TABLE)
    prices = {
        component: {
            action: replace(price, energy=price.energy / 3) for action, price in actions.items()
        }
        for component, actions in table.prices.items()
    }
    return replace(table, prices=prices, unit=unit)


def test_energy_by_level_and_tensor() -> None:
    run = network_run()
    total = run.total
    table = energy_table(total.energy, 0.0, total.macs, "MAC")
    assert table.title == "energy by level and tensor, 10^3 MAC"
    assert table.headings == (
        "level",
        "Weights",
        "Inputs",
        "Outputs",
        "compute",
        "total",
        "share",
        "x MAC",
    )
    # The sums of both mappings: 800 + 800; 200 + 180; 14 + 12; 4 + 4.
    assert [cells[5] for cells in table.rows] == ["1.60", "0.380", "0.0260", "0.00800", "2.01"]
    assert table.rows[-1][-1] == "252"


def test_energy_that_leaks_belongs_to_no_tensor() -> None:
    leaky = machine(leakage_mw=1.0)
    evaluation = entry("C", arch=leaky, table=in_picojoules()).evaluation
    assert evaluation is not None
    table = energy_table(evaluation.energy, evaluation.leakage, 4, "MAC")
    assert table.rows[-2][0] == "leakage"
    assert table.rows[-2][4:6] == ("2.00", "2.00")
    assert table.rows[-1][5] == "998"
    assert table.title == "energy by level and tensor, pJ"


def test_layers_of_a_network() -> None:
    table = layers_table(network_run().result)
    assert [cells[:2] for cells in table.rows] == [("fc1", "fc"), ("fc2", "fc"), ("all", "")]
    assert [cells[2] for cells in table.rows] == ["254", "249", "252"]
    assert [cells[9] for cells in table.rows] == ["2", "2", "4"]
    partial = layers_table(row("partial", entry("M", "fc1"), refused("fc2")))
    assert partial.rows[1][-1] == "no mapping"
    assert partial.rows[2][0] == "1/2 layers"


def test_accesses_and_use() -> None:
    evaluation = entry("M").evaluation
    assert evaluation is not None
    accesses = accesses_table(evaluation)
    assert accesses.headings[2:] == (
        "read",
        "first read",
        "update",
        "fill",
        "drain",
        "deliver",
        "collect",
        "mac",
    )
    counts = {cells[:2]: cells[2:] for cells in accesses.rows}
    assert counts["buffer", "Outputs"] == ("2", "2", "4", "–", "2", "–", "–", "–")
    assert counts["array", "Outputs"] == ("–", "–", "–", "–", "–", "2", "4", "–")
    use = {cells[0]: cells[1:] for cells in use_table(evaluation).rows}
    assert use["buffer"] == ("Weights 4, Inputs 2, Outputs 2", "100 %", "1/1", "–")
    assert use["mac"] == ("–", "–", "2/2", "2")


def test_tables_as_html_escape_what_they_show() -> None:
    table = Table("a < b", ("x & y", "n"), (("<script>", "1"),), notes=('"quoted"',))
    shown = table_html(table)
    assert "<script>" not in shown
    assert "a &lt; b" in shown
    assert "x &amp; y" in shown
    assert '<td style="text-align:right">1</td>' in shown


def test_every_result_shows_itself_in_a_notebook() -> None:
    shown = (comparison(), network_run(), network_run()["fc1"])
    for result in shown:
        page = result._repr_html_()
        assert page.startswith("<div><table>")
        assert "biases are left out" in page
