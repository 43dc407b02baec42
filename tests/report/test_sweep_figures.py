"""The data behind the figures of a sweep, held against plain twins, and what cannot be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import accelsim as acs
from accelsim.errors import UsageError
from accelsim.explore.records import DONE, IMPOSSIBLE, Row
from accelsim.explore.store import Store
from accelsim.report.heatmap_figure import cells_of
from accelsim.report.numbered import MOST_NAMED, named
from accelsim.report.sensitivity_figure import line_of
from accelsim.report.slope_figure import slopes_of
from accelsim.report.stack_figure import stacks_of
from accelsim.report.sweep_figures import KINDS, Asked, sweep_figure
from accelsim.report.sweep_front_figure import nondominated
from accelsim.report.sweep_points import Points
from tests.small.results import network_run

IDENTITY = ("architecture", "workload", "dataflow", "technology", "accounting", "objective")

SIZES = ("1KiB", "2KiB", "16KiB")
LANES = ("4", "8")


def point(size: str, lanes: str, workload: str = "net", **figures: Any) -> Row:
    """A point that is done, or impossible if it has no figures.

    Of its energy, 200 a word goes to the DRAM, 50 to the buffer, and 7 leaks.
    """
    identity = dict.fromkeys(IDENTITY, "") | {"architecture": "chip", "workload": workload}
    its: dict[str, Any] = {}
    if figures:
        words = figures["words"]
        cycles = figures.get("cycles", 100.0)
        energy = 200.0 * words + 50 + 7
        its = {
            "energy": energy,
            "energy_unit": "MAC",
            "energy_per_mac": energy / 100,
            "cycles": cycles,
            "seconds": cycles / 2e8,
            "edp": energy * cycles / 2e8,
            "utilization": 25 / cycles,
            "macs": 100,
            "area_mm2": None,
            "compulsory_words": 3,
            "energy_by_level": {"dram": 200.0 * words, "glb": 50.0, "mac": 0.0},
            "words_by_level": {"dram": words, "glb": 2 * words, "mac": 100},
        }
    status = DONE if figures else IMPOSSIBLE
    parameters = {"glb.size": size, "array.x": lanes}
    key = "/".join((workload, size, lanes))
    return Row(key, status, identity, parameters, its, "" if figures else "too small", 0.0, "test")


def swept() -> Points:
    """Three sizes and two widths; of the smallest size the wide one is impossible."""
    done = (
        point("1KiB", "4", words=40, cycles=100.0),
        point("2KiB", "4", words=20, cycles=100.0),
        point("2KiB", "8", words=24, cycles=50.0),
        point("16KiB", "4", words=10, cycles=100.0),
        point("16KiB", "8", words=12, cycles=60.0),
    )
    return Points(done, (point("1KiB", "8"),))


def energy(words: int) -> float:
    return 200.0 * words + 57


def naive_front(pairs: list[tuple[float, float]]) -> list[int]:
    """Every pair held against every other, by the definition."""

    def dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one[0] <= other[0] and one[1] <= other[1] and one != other

    return [
        place
        for place, pair in enumerate(pairs)
        if not any(dominates(other, pair) for other in pairs)
    ]


numbers = st.integers(0, 6).map(float) | st.floats(0, 6)


@given(st.lists(st.tuples(numbers, numbers), max_size=30))
def test_a_front_is_what_no_other_point_dominates(pairs: list[tuple[float, float]]) -> None:
    assert nondominated(pairs) == naive_front(pairs)


unit = st.floats(0, 1)


@given(st.lists(st.tuples(unit, unit), min_size=1, max_size=100), st.integers(0, 99))
def test_both_ends_of_a_front_have_numbers(places: list[tuple[float, float]], also: int) -> None:
    also = min(also, len(places) - 1)
    shown = named(places, also)
    assert len(shown) <= MOST_NAMED
    numbered = [places[first] for first, _ in shown]
    assert len({*numbered}) == len(numbered)
    assert places[0] in numbered
    assert places[-1 - also] in numbered
    for first, alike in shown:
        assert alike == places.count(places[first]) - 1


def lines_of(figure: Any) -> Iterator[list[tuple[float, float]]]:
    for line in figure.axes[0].lines:
        yield [(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)]


def test_a_front_has_steps_and_the_rest_is_pale() -> None:
    figure = sweep_figure(swept(), "front")
    beaten, stepped, front = lines_of(figure)
    assert front == stepped == [(50, energy(24) / 1e3), (60, energy(12) / 1e3), (100, 2.057)]
    assert sorted(beaten) == [(100, energy(20) / 1e3), (100, energy(40) / 1e3)]
    ax = figure.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("cycles", "energy (10^3 MAC)")
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "glb.size, array.x"
    said = [text.get_text() for text in legend.get_texts()]
    assert said[:2] == ["front (3 points)", "dominated (2)"]
    on_front = ["1: 2KiB, 8", "2: 16KiB, 8", "3: 16KiB, 4"]
    assert said[2:] == [*on_front, "4: 2KiB, 4", "5: 1KiB, 4"]


def test_a_front_of_what_is_to_be_large() -> None:
    _, _, front = lines_of(sweep_figure(swept(), "front", Asked(("utilization", "energy"))))
    assert front == [(2.057, 25.0), (energy(12) / 1e3, pytest.approx(100 * 25 / 60)), (4.857, 50.0)]


def test_a_line_is_relative_to_the_best_of_all() -> None:
    points = swept()
    its = line_of(points, "glb.size", points.measure("energy"))
    words = {"1KiB": [40], "2KiB": [20, 24], "16KiB": [10, 12]}
    assert its.values == SIZES
    ratios = {size: [energy(w) / energy(10) for w in words[size]] for size in SIZES}
    assert its.best == pytest.approx([min(ratios[size]) for size in SIZES])
    assert its.middle == pytest.approx([median(ratios[size]) for size in SIZES])
    figure = sweep_figure(points, "sensitivity", Asked(("cycles",)))
    assert [ax.get_xlabel() for ax in figure.axes] == ["glb.size", "array.x"]
    only = Points(points.done[:1] + points.done[3:4], points.undone)
    assert line_of(only, "array.x", only.measure("energy")).best == (1.0, None)


def test_cells_hold_the_best_over_the_rest() -> None:
    row = point("1KiB", "4", words=9)
    better = replace(row, key="z", parameters={**row.parameters, "n": "2"})
    points = Points((*swept().done, better), swept().undone)
    cells = cells_of(points, "glb.size", "array.x", points.measure("energy"))
    assert (cells.across, cells.up) == (SIZES, LANES)
    scaled = [[energy(w) / 1e3 for w in line] for line in ((9, 20, 10), (24, 12))]
    assert cells.best[0] == pytest.approx(scaled[0])
    assert cells.best[1][0] is None
    assert cells.best[1][1:] == pytest.approx(scaled[1])
    assert cells.tried == [[True] * 3, [True] * 3]
    figure = sweep_figure(swept(), "heatmap")
    shown = {text.get_text() for text in figure.axes[0].texts}
    assert shown == {"8.06", "4.06", "2.06", "4.86", "2.46"}
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["best", "no point done"]


def test_a_slope_has_the_fewest_words_of_each_size_and_its_floor() -> None:
    (its,) = slopes_of(swept(), "glb.size")
    assert its.points == (("1KiB", 8192.0, 40), ("2KiB", 16384.0, 20), ("16KiB", 131072.0, 10))
    assert its.floor == 3
    (inner,) = slopes_of(swept(), "glb.size", "glb")
    assert [words for *_, words in inner.points] == [80, 40, 20]
    assert inner.floor is None
    several = Points((*swept().done, *(point(s, "4", "other", words=5) for s in SIZES)), ())
    assert [slope.label for slope in slopes_of(several, "glb.size")] == ["net", "other"]
    figure = sweep_figure(several, "slope")
    ax = figure.axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in ax.get_xticklabels()] == [*SIZES]


def test_stacks_add_up_to_the_energy() -> None:
    points = swept()
    measure = points.measure("energy")
    stacks = stacks_of(points, measure)
    assert [stack.total for stack in stacks] == pytest.approx(
        [energy(words) / 1e3 for words in (10, 12, 20, 24, 40)]
    )
    assert stacks[0].parts == pytest.approx({"dram": 2.0, "glb": 0.05, "leakage": 0.007})
    assert stacks[0].label == "16KiB, 4"
    along = stacks_of(points, measure, "array.x")
    assert [stack.label for stack in along] == ["4", "8"]
    assert [stack.total for stack in along] == pytest.approx([energy(10) / 1e3, energy(12) / 1e3])
    several = Points((*points.done, point("1KiB", "4", "other", words=5)), ())
    figure = sweep_figure(several, "stack", Asked(along=("workload",)))
    assert figure.axes[0].get_ylabel() == "energy per MAC (one 16-bit MAC = 1)"
    many = Points(tuple(point(f"{n}KiB", "4", words=n) for n in range(1, 60)), ())
    assert sweep_figure(many, "stack").axes[0].get_xlabel() == "59 points, the best first"


@pytest.mark.parametrize(
    ("kind", "asked", "message"),
    [
        ("pie", Asked(), "unknown kind 'pie' of a sweep; expected one of front, sensitivity"),
        ("front", Asked(("energy",)), "a front of 1 figure; expected two, up and across"),
        ("front", Asked(("energy", "cycle")), r"no figure 'cycle'; .*did you mean 'cycles'\?"),
        ("front", Asked(("energy", "area_mm2")), "no point knows its area_mm2"),
        ("front", Asked(along=("glb.size",)), "a front is drawn over all parameters"),
        ("sensitivity", Asked(along=("glb.siz",)), "not varied here.*did you mean 'glb.size'"),
        ("sensitivity", Asked(along=("architecture",)), "has only one value here: chip"),
        ("sensitivity", Asked(("energy", "edp")), "a sensitivity of 2 figures; expected one"),
        ("sensitivity", Asked(level="glb"), "a sensitivity has no level; 'level' is for slope"),
        ("heatmap", Asked(along=("glb.size",)), "needs two parameters; 1 parameter given"),
        ("heatmap", Asked(along=("glb.size", "dataflow")), "has only one value here: none"),
        ("slope", Asked(along=("array.x",)), "'array.x' is not the size of a buffer: 4"),
        ("slope", Asked(level="glob"), r"no point has a level 'glob'; .*did you mean 'glb'\?"),
        ("slope", Asked(("energy",)), "a slope shows words; expected no figure, but a level"),
        ("stack", Asked(("cycles",)), "'cycles' has no parts to stack; expected energy or"),
        ("stack", Asked(along=("glb.size", "array.x")), "a stack along 2 parameters"),
    ],
)
def test_what_cannot_be_drawn(kind: str, asked: Asked, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sweep_figure(swept(), kind, asked)


def test_one_point_has_nothing_to_be_drawn_against() -> None:
    one = Points((point("1KiB", "4", words=4),), ())
    for kind, message in (
        ("sensitivity", "the points differ in no parameter"),
        ("heatmap", "none varies here"),
        ("slope", "there is none"),
    ):
        with pytest.raises(UsageError, match=message):
            sweep_figure(one, kind)
    for kind in ("front", "stack"):
        sweep_figure(one, kind)


def test_what_counts_a_workload_is_not_compared_with_another() -> None:
    several = Points((*swept().done, point("1KiB", "4", "other", words=5)), ())
    with pytest.raises(UsageError, match="'energy' cannot be compared between workloads: net, oth"):
        sweep_figure(several, "front")
    sweep_figure(several, "front", Asked(("energy_per_mac", "utilization")))
    sweep_figure(several, "heatmap", Asked(along=("workload", "glb.size")))
    assert several.only("other").done == (several.done[-1],)
    with pytest.raises(UsageError, match="no point of the workload 'othr' is done"):
        several.only("othr")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "study.db"
    with Store(path, writing=True) as opened:
        rows = (*swept().done, *swept().undone)
        opened.add(rows, sweep=opened.begin_sweep("one", "words", len(rows)))
        opened.add(swept().undone, sweep=opened.begin_sweep("two", "words", 1))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_is_drawn_the_same_every_time(store: Path, kind: str) -> None:
    files = [store.parent / f"{number}.svg" for number in range(2)]
    for file in files:
        acs.plot(store, kind=kind, output=file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_bytes()) < 100_000


def test_a_store_or_what_was_read_of_it(store: Path) -> None:
    assert acs.plot(store).axes[0].get_title() == "net on chip"
    result = acs.sweep_show(store, sweep=1)
    drawn = acs.plot(result, kind="sensitivity", figures="cycles", along="glb.size")
    assert [ax.get_xlabel() for ax in drawn.axes] == ["glb.size"]
    for sweep, message in ((2, "no point is done; accelsim sweep show"), (3, "has no sweep 3")):
        with pytest.raises(UsageError, match=message):
            acs.plot(store, kind="stack", sweep=sweep)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "roofline"}, "a sweep has no figure 'roofline'; expected one of front, sensit"),
        ({"by": "level"}, "a sweep is drawn whole; 'by' and 'group' are for energy-breakdown"),
    ],
)
def test_a_sweep_is_not_a_run(store: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        acs.plot(store, **options)
    with pytest.raises(UsageError, match="2 sweeps to draw; expected one"):
        acs.plot([store, store])


def test_a_run_is_not_a_sweep() -> None:
    with pytest.raises(UsageError, match="a result has no figure 'front'; expected the store of a"):
        acs.plot(network_run(), kind="front")
    with pytest.raises(UsageError, match="'workload' and 'sweep' are for sweeps"):
        acs.plot(network_run(), level="dram")
