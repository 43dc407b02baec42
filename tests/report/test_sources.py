"""Every result says where its energies come from: in words, in JSON and in CSV."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from weakref import ReferenceType, ref

import numpy as np

from accelsim.evaluation.energies import level_names
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, Prices, resolve
from accelsim.report.export import energy_csv, energy_sources, layers_csv
from accelsim.report.sources import IMPLIED, STATED, Priced, lines_of, source_lines, sources_note
from accelsim.technology.records import ACTIONS, EnergyTable, Price
from accelsim.technology.spec import read_technology
from tests.small import TABLE
from tests.small.results import comparison, entry, machine, pooling, refused, row

MADE_UP = "made up for tests"


def table() -> EnergyTable:
    """Return the table of the small case with a source of its own for reading the buffer."""
    small = read_technology(TABLE)
    reading = {"read": Price(10.0, "a data sheet"), "access": small.prices["buffer"]["access"]}
    return replace(small, prices={**small.prices, "buffer": reading})


def test_a_line_for_each_source_of_what_happens() -> None:
    assert source_lines(comparison().rows) == [f"dram, buffer, array, mac: {MADE_UP}"]
    # A level with prices of several sources is named action by action.
    assert source_lines([row("a", entry("M", table=table()))]) == [
        f"dram, buffer.update, buffer.fill, buffer.drain, array, mac: {MADE_UP}",
        "buffer.read: a data sheet",
    ]
    # A pooling layer does cheap operations, whose price is assumed, and no MACs.
    assert "mac: assumed: an addition costs what a MAC costs" in source_lines([row("a", pooling())])
    assert source_lines([row("a", refused())]) == []
    assert sources_note([row("a", refused())]) == []


def test_a_text_shows_it_short_and_whole() -> None:
    long = "a " + "very " * 60 + "long source"
    small = read_technology(TABLE)
    prices = {**small.prices, "dram": {"access": Price(100.0, long)}}
    rows = [row("a", entry("M", table=replace(small, prices=prices)))]
    short, whole = sources_note(rows), sources_note(rows, whole=True)
    assert (short[0], len(short)) == ("Energies are from 2 sources:", 3)
    assert short[1].endswith(" ...")
    assert len(short[1]) <= 164
    assert whole[1] == f"  - dram: {long}"
    shown = comparison(*rows)
    assert short[1] in shown.text()
    assert whole[1] in shown.text(every_assumption=True)
    assert long in shown._repr_html_()


def test_what_leaks_has_a_source_too() -> None:
    leaky = machine(leakage_mw=30.0)
    picojoules = replace(read_technology(TABLE), unit="pJ")
    rows = [row("a", entry("C", arch=leaky, table=picojoules), arch=leaky)]
    assert source_lines(rows)[-1] == f"buffer.leakage: {STATED}"
    evaluation = rows[0].layers[0].evaluation
    assert evaluation is not None
    found = energy_sources(evaluation)
    assert (found[-1]["level"], found[-1]["action"]) == ("buffer", "leakage")
    assert (found[-1]["energy"], found[-1]["unit"]) == (30.0, "mW")
    assert found[0]["unit"] == "pJ"
    lines = list(csv.DictReader(StringIO(energy_csv(rows))))
    assert lines[-1]["energy_source"] == STATED


def test_every_line_of_the_tidy_tables_says_where_it_is_from() -> None:
    rows = [row("a", entry("M", table=table()), pooling(), refused("fc2"))]
    lines = list(csv.DictReader(StringIO(energy_csv(rows))))
    sources = {(line["layer"], line["level"], line["action"]): line["energy_source"]
               for line in lines}  # fmt: skip
    assert sources["fc", "buffer", "read"] == "a data sheet"
    assert sources["fc", "buffer", "update"] == MADE_UP
    assert sources["pool1", "mac", "alu"] == "assumed: an addition costs what a MAC costs"
    layers = list(csv.DictReader(StringIO(layers_csv(rows))))
    assert {(line["technology"], line["accounting"]) for line in layers} == {
        ("small-table", "default")
    }


def test_layers_say_together_what_each_says_alone() -> None:
    rng = np.random.default_rng(0)
    arches = [machine(leakage_mw=leakage) for leakage in (0.0, 30.0)]
    picojoules = replace(table(), unit="pJ")
    machines = [(arch, resolve(arch, picojoules, DEFAULT_ACCOUNTING)) for arch in arches]
    for _ in range(50):
        layers = []
        for _ in range(rng.integers(1, 6)):
            arch, prices = machines[rng.integers(2)]
            happens = rng.random((len(level_names(arch)), len(ACTIONS))) < rng.random()
            layers.append(Priced(arch, prices, happens))
        assert lines_of(layers) == plainly(layers)


def test_prices_that_are_told_by_their_places_keep_them() -> None:
    """Prices that were made when others are gone could stand where those stood."""
    arch, small = machine(), read_technology(TABLE)
    happens = np.ones((len(level_names(arch)), len(ACTIONS)), dtype=bool)
    sheets = [Price(100.0, f"sheet {number}") for number in range(4)]
    given = list[ReferenceType[Prices]]()

    def layer(sheet: Price) -> Priced:
        assert None not in [its() for its in given]
        prices = Prices(small, DEFAULT_ACCOUNTING, {("dram", "read"): sheet})
        given.append(ref(prices))
        return Priced(arch, prices, happens)

    assert lines_of(map(layer, sheets)) == [f"dram.read: {sheet.source}" for sheet in sheets]


def plainly(layers: list[Priced]) -> list[str]:
    """Go through all layers and actions, whatever was said before."""
    said: dict[tuple[str, str], list[str]] = {}
    for arch, prices, happens in layers:
        for at, action in np.argwhere(happens).tolist():
            key = level_names(arch)[at], ACTIONS[action]
            price = prices.by_level.get(key)
            if price and (price.energy or key[1] not in IMPLIED):
                words = f"assumed: {price.source}" if price.assumed else price.source
                said.setdefault((key[0], words), []).append(key[1])
        for memory in arch.memories:
            if memory.leakage_mw:
                said.setdefault((memory.name, memory.source or STATED), []).append("leakage")
    levels = [level for level, _ in said]
    lines: dict[str, list[str]] = {}
    for (level, words), actions in said.items():
        names = [f"{level}.{action}" for action in dict.fromkeys(actions)]
        lines.setdefault(words, []).extend(names if levels.count(level) > 1 else [level])
    return [f"{', '.join(names)}: {words}" for words, names in lines.items()]
