"""Searches over machines by their Python call."""

from __future__ import annotations

import statistics
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import accelsim as acs
from accelsim.errors import SpecError, UsageError
from accelsim.explore.constraints import values_of
from accelsim.explore.measures import measures_of
from accelsim.explore.records import DONE, Row
from accelsim.report.searches import SearchResult
from tests.explore.hypervolume import hypervolume

SMALL = ("tests/small/machine.yaml", "tests/small/layer.yaml")
PARAMETERS = ("array.mesh_x=0:6:+1", "array.mesh_y=1,2,4", "buffer.size=2words:16words:x2")


def searched(store: Path, *what: Any, **more: Any) -> SearchResult:
    options: dict[str, Any] = {
        "executor": "in-process",
        "parameters": PARAMETERS,
        "technology": "tests/small/table.yaml",
        **more,
    }
    return acs.search_architectures(*(what or SMALL), store=store, **options)


def undominated(rows: list[Row], by: tuple[str, ...]) -> set[str]:
    """Return the keys of the points that no other dominates, by looking at every pair."""
    values = {row.key: [measures_of(row.figures)[name] for name in by] for row in rows}

    def dominates(one: list[float], other: list[float]) -> bool:
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    return {
        key
        for key, its in values.items()
        if not any(dominates(other, its) for other in values.values())
    }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@pytest.mark.parametrize("sampler", ["random", "nsga2"])
def test_the_front_of_a_whole_space_violates_nothing(store: Path, sampler: str) -> None:
    where = ["array.mesh_x*array.mesh_y<=12", "pes>=2", "energy<=1030"]
    result = searched(store, by="energy,pes", where=where, trials=1000, sampler=sampler)
    assert result.exhausted
    swept = acs.sweep(
        *SMALL,
        store=store,
        parameters=PARAMETERS,
        technology="tests/small/table.yaml",
        executor="in-process",
    )
    sound = []
    for row in swept.points(DONE):
        x, y = int(row.parameters["array.mesh_x"]), int(row.parameters["array.mesh_y"])
        if x * y <= 12 and row.figures["pes"] >= 2 and row.figures["energy"] <= 1030:
            sound.append(row)
    front = result.front()
    assert {row.key for row in front} == undominated(sound, ("energy", "pes"))
    assert result.counts()["sound"] == len(sound)
    assert (result.exit_code(), result.problems()) == (0, [])
    assert swept.progress is not None
    assert swept.progress.known == result.progress.computed
    assert [row["key"] for row in result.data()["front"]] == [row.key for row in front]


def test_nothing_sound_is_found(store: Path) -> None:
    result = searched(store, where=["energy<=1"], trials=5)
    assert (result.front(), result.exit_code()) == ([], 4)
    assert str(result.problems()[0]).startswith("none of ")
    assert "points satisfies every --where" in str(result.problems()[0])
    assert result.progress.best is None
    nothing = searched(store, parameters=["array.mesh_x=0"])
    assert str(nothing.problems()[0]).startswith("no point could be done")
    left_out = searched(store, parameters=["array.mesh_x=2"], where=["array.mesh_x<2"])
    assert (str(left_out.problems()[0]), left_out.exit_code()) == (
        "no point is left to try; see its --where",
        4,
    )


def test_it_stops_when_told_and_goes_on(store: Path) -> None:
    seen = list[int]()
    result = searched(
        store,
        trials=20,
        stop=lambda: bool(seen) and seen[-1] >= 4,
        progress=lambda its: seen.append(its.finished),
    )
    assert (result.interrupted, result.exit_code()) == (True, 130)
    assert str(result.problems()[0]).startswith("interrupted: 4 of 20 trials are in ")
    again = searched(store, trials=20)
    assert (again.progress.known, again.progress.computed) == (4, 16)
    (entry,) = acs.sweep_status(store)["sweeps"]
    assert (entry["points"], entry["finished"]) == (20, 20)
    assert entry["words"].endswith("--by energy --sampler random --seed 0 --trials 20")
    assert entry["command"] == f"accelsim search {entry['words']} -o {store}"
    assert entry["complete"]


def test_what_is_small_decides_how_layers_are_mapped(store: Path) -> None:
    result = searched(store, by=["latency"], trials=2)
    assert {row.identity["objective"] for row in result.points} == {"latency"}
    result = searched(store, by=["latency"], trials=2, search=acs.Search("edp"))
    assert {row.identity["objective"] for row in result.points} == {"edp"}


@pytest.mark.parametrize(
    ("what", "more", "complaint"),
    [
        ((), {"by": "area"}, "--by area: the area of 'small' is not known; give each of its"),
        ((), {"where": ["area<=1"]}, "--where area<=1: the area of 'small' is not known"),
        ((), {"where": ["power<=1mW"]}, "power is not known: "),
        ((), {"where": ["beauty<=1"]}, "'beauty' is not varied or set here"),
        ((), {"trials": 0}, "trials is 0; expected more than 0"),
        ((), {"trials": 2.5}, "trials is 2.5; expected a whole number"),
        ((), {"seed": "a"}, "seed is 'a'; expected a whole number"),
        ((), {"executor": "processes", "workers": 1.5}, "workers is 1.5; expected a whole number"),
        ((), {"sampler": "guess"}, "unknown sampler 'guess'; expected one of random, tpe, nsga2"),
        ((*SMALL, "alexnet:fc8"), {"parameters": []}, "2 workloads; expected one"),
        ((), {"parameters": ["bufer.size=1"]}, "did you mean 'buffer'?"),
    ],
)
def test_what_has_no_sense_is_said_before_it_runs(
    store: Path, what: tuple[str, ...], more: dict[str, Any], complaint: str
) -> None:
    with pytest.raises((SpecError, UsageError)) as caught:
        searched(store, *what, **more)
    assert complaint in str(caught.value)
    assert not store.exists()


def test_it_shows_itself(store: Path) -> None:
    result = searched(store, by="energy,pes", trials=84)
    assert result.text().startswith("front of energy and pes\n")
    assert "Of 84 trials, 0 were in the store, 84 computed now." in result.text()
    assert "impossible." in result.text()
    assert "array.mesh_x" in result._repr_html_()
    assert repr(result).startswith(f"SearchResult({store}: {len(result.front())} of ")


SPACE = ("array.mesh_x=3:16:+1", "array.mesh_y=3:14:+1", "glb.size=16KiB:192KiB:+16KiB")
WORDS = ("eyeriss_shared", "alexnet:conv3")


@pytest.mark.full
def test_samplers_reach_the_front_of_an_enumerated_space(store: Path) -> None:
    """Of 2,016 points, 200 trials find nine tenths of the area that the true front dominates.

    The area is that below the worst of each measure on the front itself, where it is hard: of all
    points, even chance finds nearly everything.
    """
    every = list(acs.sweep(*WORDS, store=store, parameters=SPACE).points(DONE))
    assert len(every) == 14 * 12 * 12
    for where, limit in (([], 1.0), (["glb.size<=64KiB", "cycles<=4e6"], 0.4)):
        sound = [
            row
            for row in every
            if not where
            or (
                values_of(row.parameters)["glb.size"] <= 64 * 1024 * 8
                and row.figures["cycles"] <= 4e6
            )
        ]
        assert len(sound) <= limit * len(every)
        points = [(row.figures["energy"], row.figures["pes"]) for row in sound]
        best = front_of(points)
        reference = (1.01 * max(a for a, _ in best), 1.01 * max(b for _, b in best))
        whole = hypervolume(best, reference)
        reached: dict[str, list[float]] = {}
        for sampler, seed in product(("random", "tpe", "nsga2"), range(5)):
            result = acs.search_architectures(
                *WORDS,
                store=store,
                parameters=SPACE,
                by="energy,pes",
                where=where,
                trials=200,
                sampler=sampler,
                seed=seed,
                executor="in-process",
            )
            assert (result.progress.computed, result.progress.finished) == (0, 200)
            found = [(row.figures["energy"], row.figures["pes"]) for row in result.front()]
            assert {*found} <= {*points}  # none violates a constraint
            reached.setdefault(sampler, []).append(hypervolume(found, reference) / whole)
        medians = {sampler: statistics.median(shares) for sampler, shares in reached.items()}
        assert min(medians["tpe"], medians["nsga2"]) >= 0.9
        assert min(medians["tpe"], medians["nsga2"]) >= medians["random"]


def front_of(points: list[tuple[float, int]]) -> list[tuple[float, float]]:
    return [
        (a, b)
        for a, b in {*points}
        if not any((c, d) != (a, b) and c <= a and d <= b for c, d in points)
    ]
