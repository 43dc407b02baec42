from __future__ import annotations

from dataclasses import replace

from accelsim.report import notes
from accelsim.report.settings import FoundUnder
from tests.small.results import comparison, entry, machine, network_run, pooling, refused, row


def test_what_a_comparison_says_below_its_tables() -> None:
    assert comparison().notes() == [
        "Energy: one 16-bit multiply-accumulate is 1; table small-table.",
        (
            "Shares are of the row's energy: DRAM = dram, buffer = buffer, network = array,"
            " MAC = mac."
        ),
        (
            "Cycles: layers run one after another. util.: operations done / operations that all"
            " multipliers could have done in these cycles. EDP: energy x seconds."
        ),
        (
            "Mapper: sampling, for least energy, seed 0; 20 mappings considered;"
            " 0 of 2 searches proved optimal."
        ),
    ]


def test_layers_without_a_mapping_equal_reasons_once() -> None:
    rows = [row("a", entry("M", "l1"), refused("l2"), refused("l3"))]
    assert notes.unmapped_notes(rows) == [
        "a: no mapping for l2, l3: array needs 4 lanes, has 2.",
        "Rows that lack layers sum only what they could map, and are not ranked.",
    ]
    assert notes.unmapped_notes([row("a", entry("M"))]) == []


def test_a_layer_that_was_not_reached() -> None:
    late = replace(refused(), infeasible=None)
    assert notes.why_unmapped(late) == "stopped before a mapping was found"


def test_layers_of_equal_shape_count_as_one_search() -> None:
    twice = row("a", entry("M", "l1"), replace(entry("M", "l2"), same_as="l1"))
    assert notes.search_note([twice], "edp", 7) == (
        "Mapper: sampling, for least edp, seed 7; 10 mappings considered; not proved optimal."
    )


def test_searches_that_time_ended() -> None:
    hasty = entry("M")
    assert hasty.certificate is not None
    hasty = replace(hasty, certificate=replace(hasty.certificate, stopped_by="seconds"))
    assert notes.search_note([row("a", hasty, entry("C"))], "energy", 0).endswith(
        "0 of 2 searches proved optimal; 1 ended early, so that another run may find another"
        " mapping."
    )


def test_repriced_rows_name_what_they_were_found_under() -> None:
    under = [
        FoundUnder("a", "small-table", "default", "k"),
        FoundUnder("b", "small-table", "default", "k"),
        FoundUnder("c", "other", "isca2016", "l"),
    ]
    (said,) = notes.repriced_notes(under)
    assert said == (
        "Repriced: the mappings were the best found under other prices: table small-table,"
        " accounting default (a, b); table other, accounting isca2016 (c). Under these prices,"
        " others may be better."
    )
    assert notes.repriced_notes([]) == []


def test_given_mappings() -> None:
    given = row("a", replace(entry("M"), certificate=None))
    assert notes.search_note([given], "", 0) == "Mappings were given, not searched."


def test_assumptions_each_once_and_in_short() -> None:
    arch = replace(machine(), assumptions=("no bandwidths", "no sparsity"))
    rows = [row("a", entry("M", arch=arch), arch=arch), row("b", entry("C", arch=arch), arch=arch)]
    every = notes.assumptions(rows)
    assert every == [
        "tiny: biases are left out",
        "small: no bandwidths",
        "small: no sparsity",
        "small: mac.alu = 1 MAC: an addition costs what a MAC costs",
    ]
    assert notes.assumptions_note(every, 3) == [
        "Assumes 4 things (all of them: -v, --json):",
        "  - tiny: biases are left out",
        "  - small: no bandwidths",
        "  - small: no sparsity",
        "  - and 1 more",
    ]
    assert notes.assumptions_note([], 3) == []


def test_assumptions_of_tables_of_accountings_and_of_what_no_row_knows() -> None:
    assumed = entry("M")
    assert assumed.evaluation is not None
    prices = assumed.evaluation.prices
    prices = replace(
        prices,
        table=replace(prices.table, assumptions=("a sketch",)),
        accounting=replace(prices.accounting, assumptions=("as told",)),
    )
    evaluation = replace(assumed.evaluation, prices=prices)
    rows = [row("a", replace(assumed, evaluation=evaluation))]
    every = notes.assumptions(rows, ["pairs: equal area"])
    assert every[0] == "pairs: equal area"
    assert {"small-table: a sketch", "default: as told"} < set(every)


def test_one_layer_in_a_sentence() -> None:
    run = network_run()["fc1"]
    assert run.notes()[0] == (
        "1.02 x 10^3 MAC for 4 operations; 2 cycles = 2.00 ns, bound by compute;"
        " utilisation 100 %; EDP 2.04 x 10^-6 MAC s."
    )
    assert run.nest.splitlines()[-1] == "mac: Outputs += Weights * Inputs"
    assert run.yaml.startswith("kind: mapping\n")


def test_pooling_is_counted_in_operations() -> None:
    evaluation = pooling().evaluation
    assert evaluation is not None
    assert "for 4 operations" in notes.cost_note(evaluation)
