"""Searches over spaces whose every point is known."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.errors import MissingExtraError, UsageError
from accelsim.explore.cluster import Dask
from accelsim.explore.constraints import read_constraint
from accelsim.explore.executors import Executor, InProcess
from accelsim.explore.measures import Goal, Verdict, front, measures_of, read_by
from accelsim.explore.parameters import read_parameters
from accelsim.explore.points import Point, Space
from accelsim.explore.processes import Processes
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, LEFT_OUT, Outcome, Row
from accelsim.explore.run import SweepProgress, Task
from accelsim.explore.samplers import SAMPLERS, in_order, sampler_named, shuffled
from accelsim.explore.search import ArchitectureSearch
from accelsim.explore.store import Store
from tests.explore import counting
from tests.explore.hypervolume import hypervolume

SPACE = Space(1, 1, 1, read_parameters(["a=0:9:+1", "b=0:9:+1", "kind=x,y"]))

GOAL = Goal(("energy", "latency"), (read_constraint("energy+a<=30", ["a"], ["energy"]),))


def figures(settings: dict[str, str]) -> dict[str, float]:
    """Return two measures that pull apart along ``a``; ``b`` and ``kind`` do harm or not."""
    a, b, harm = int(settings["a"]), int(settings["b"]), settings["kind"] == "y"
    energy = 2.0 * a + (b - 4) ** 2 + harm
    return {"energy": energy, "seconds": 20.0 - 2 * a + abs(b - 5) + harm, "pes": a}


def outcome(settings: dict[str, str]) -> Outcome:
    if settings["a"] == "3":
        return Outcome(IMPOSSIBLE, reason="no machine has 3")
    if settings["b"] == "9":
        return Outcome(LEFT_OUT, reason="not so wide")
    return Outcome(DONE, figures(settings))


@dataclass(frozen=True)
class Measure:
    log: Path
    fails: str = ""

    def __call__(self, task: Task, stop: Callable[[], bool]) -> Outcome | None:
        if stop():
            return None
        with self.log.open("a") as file:
            file.write(f"{task.key}\n")
        if task.key == self.fails:
            return Outcome(FAILED, reason="oh")
        return outcome(dict(task.point.settings))


@dataclass
class Bench:
    """A search in a folder: its store, and what was computed."""

    folder: Path
    goal: Goal = GOAL
    sampler: str = "random"
    seed: int = 0
    fails: str = ""
    seen: list[int] = field(default_factory=list)

    def search(
        self, trials: int, executor: Executor | None = None, stop_after: int | None = None
    ) -> SweepProgress:
        progress = SweepProgress(trials, "energy", comparable=False)
        sampler = sampler_named(self.sampler, SPACE, len(self.goal.by), self.seed)
        with Store(self.folder / "s.db", writing=True) as store:
            number = store.begin_sweep("search", "a search", trials)
            its = ArchitectureSearch(
                SPACE,
                sampler,
                self.goal,
                settings=lambda point: dict(point.settings),
                key=key,
                row=counting.row,
                store=store,
                number=number,
                progress=progress,
                trials=trials,
                seed=self.seed,
            )

            def stop() -> bool:
                return stop_after is not None and progress.computed >= stop_after

            its.run(executor or InProcess(), Measure(self.folder / "log", self.fails), stop)
        return progress

    def computed(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().split() if log.exists() else []

    def asked(self) -> list[tuple[int, ...]]:
        with Store(self.folder / "s.db") as store:
            return [its.choices for its in store.trials(1)]

    def rows(self) -> list[Row]:
        with Store(self.folder / "s.db") as store:
            return list(store.rows(1))


def key(point: Point) -> str:
    return "-".join(value for _, value in point.settings)


@pytest.fixture(params=SAMPLERS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path, sampler=request.param)


def test_as_many_points_as_asked_for_each_once(bench: Bench) -> None:
    progress = bench.search(60)
    assert (progress.computed + progress.left_out, progress.known) == (60, 0)
    assert len(bench.computed()) == len({*bench.computed()}) == 60


def test_the_same_seed_makes_the_same_trials(tmp_path: Path) -> None:
    for sampler in SAMPLERS:
        asked = []
        for number, seed in enumerate((1, 1, 2)):
            folder = tmp_path / f"{sampler}{number}"
            folder.mkdir()
            bench = Bench(folder, sampler=sampler, seed=seed)
            bench.search(40)
            asked.append(bench.asked())
        assert asked[0] == asked[1] != asked[2]


def test_a_search_that_was_interrupted_goes_on_as_if_it_had_not(bench: Bench) -> None:
    whole = Bench(bench.folder / "whole", sampler=bench.sampler)
    whole.folder.mkdir()
    whole.search(60)
    for stop_after in (7, 20):
        bench.search(60, stop_after=stop_after)
    computed = len(bench.computed())
    progress = bench.search(60)
    assert progress.known + progress.left_out + progress.computed == 60
    assert len(bench.computed()) == len({*bench.computed()}) > computed
    assert bench.asked() == whole.asked()
    assert [its.key for its in bench.rows()] == [its.key for its in whole.rows()]
    again = bench.search(60)
    assert again.computed == 0
    more = bench.search(70)
    assert more.finished == 70


def test_what_another_sweep_computed_is_not_computed_again(bench: Bench) -> None:
    counting_rows = [
        counting.row(Task(key(point), point), its)
        for choices in itertools.product(*map(range, SPACE.sides))
        for point in [SPACE.point(choices)]
        if (its := outcome(dict(point.settings))).status != LEFT_OUT
    ]
    with Store(bench.folder / "s.db", writing=True) as store:
        store.add(counting_rows)
    progress = bench.search(50)
    assert progress.computed == 0
    assert progress.known + progress.left_out == 50


def test_all_of_a_space_is_found_and_then_it_ends(bench: Bench) -> None:
    goal = Goal(("energy",), (read_constraint("a+b<=3", ["a", "b"]),))
    its = Bench(bench.folder, goal, bench.sampler)
    progress = its.search(10_000)
    wanted = [(a, b, k) for a in range(10) for b in range(10) if a + b <= 3 for k in "xy"]
    assert progress.finished == len(wanted)
    assert sorted(its.computed()) == sorted("-".join(map(str, one)) for one in wanted)


def test_what_failed_is_tried_again(bench: Bench) -> None:
    bench.search(30)
    failed = bench.computed()[10]
    other = Bench(bench.folder / "other", sampler=bench.sampler, fails=failed)
    other.folder.mkdir()
    other.search(30)
    assert {row.status for row in other.rows() if row.key == failed} == {FAILED}
    other.fails = ""
    assert other.search(30).computed == 1
    assert {row.status for row in other.rows() if row.key == failed} <= {DONE, IMPOSSIBLE}


@pytest.mark.parametrize(
    "executor",
    [Processes(1), pytest.param(Dask(workers=1), marks=pytest.mark.full)],
    ids=repr,
)
def test_one_worker_is_asked_the_same(bench: Bench, executor: Executor) -> None:
    here = Bench(bench.folder / "here", sampler=bench.sampler)
    here.folder.mkdir()
    here.search(40)
    bench.search(40, executor)
    assert bench.asked() == here.asked()
    assert [(its.key, its.figures) for its in bench.rows()] == [
        (its.key, its.figures) for its in here.rows()
    ]


def test_several_workers_try_as_many(bench: Bench) -> None:
    progress = bench.search(40, Processes(2))
    assert progress.computed + progress.left_out == 40
    assert len(bench.computed()) == len({*bench.computed()}) == 40


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_samplers_learn(tmp_path: Path, sampler: str) -> None:
    """What they ask for after they were told of some points is better than those were."""
    bench = Bench(tmp_path, Goal(("energy",)), sampler)
    bench.search(60)
    energies = [figures(dict(SPACE.point(choices).settings))["energy"] for choices in bench.asked()]
    assert sum(energies[-20:]) < 0.7 * sum(energies[:20])


values = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(st.lists(st.tuples(values, st.booleans()), max_size=12))
def test_a_front_is_what_nothing_dominates(points: list[tuple[tuple[int, int], bool]]) -> None:
    row = counting.row(next(counting.tasks(1)), Outcome(DONE))
    found = [
        (row, Verdict(tuple(map(float, its)), (0.0 if sound else 0.5, 0.0)))
        for its, sound in points
    ]
    sound = [its for its, ok in points if ok]
    best = [
        one
        for one in sound
        if not any(other != one and other[0] <= one[0] and other[1] <= one[1] for other in sound)
    ]
    assert [its.values for _, its in front(found)] == sorted(best)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_hypervolume_is_the_squares_that_are_dominated(points: list[tuple[int, int]]) -> None:
    squares = [
        (x, y)
        for x, y in itertools.product(range(6), range(6))
        if any(a <= x and b <= y for a, b in points)
    ]
    assert hypervolume([(float(a), float(b)) for a, b in points], (6.0, 6.0)) == len(squares)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers())
def test_shuffled_is_every_point_once(sides: list[int], seed: int) -> None:
    found = list(shuffled(sides, str(seed)))
    assert sorted(found) == list(itertools.product(*map(range, sides)))


def test_shuffled_prefers_nothing() -> None:
    firsts = [next(shuffled((4,), str(seed)))[0] for seed in range(4000)]
    assert all(900 < firsts.count(number) < 1100 for number in range(4))


def test_what_is_in_order() -> None:
    words = ["a=1:8:x2", "a=8,4,2", "a=1,3,2", "a=rs,ws", "a,b=1KiB:x,2KiB:y"]
    assert [in_order(its) for word in words for its in read_parameters([word])] == [
        True,
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("energie", "--by energie: unknown measure 'energie'; expected one of energy,"),
        ("energy,energy", "--by energy,energy: a measure stands there twice"),
        ("latency,seconds", "a measure stands there twice"),
        ("", "unknown measure ''"),
    ],
)
def test_measures_that_there_are_not(words: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_by(words)
    assert complaint in str(caught.value)


def test_power_is_energy_by_time() -> None:
    """3 uJ in 10 us are 0.3 W; in units of a MAC nothing is known."""
    its = {"energy": 3e6, "seconds": 1e-5, "energy_unit": "pJ"}
    assert measures_of(its)["power"] == pytest.approx(300.0)
    assert "power" not in measures_of(its | {"energy_unit": "MAC"})


def test_optuna_is_an_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(_: str) -> Any:
        raise ModuleNotFoundError(name="optuna")

    monkeypatch.setattr("accelsim.interchange.extras.import_module", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'accelsim\[opt\]'"):
        Bench(tmp_path, sampler="tpe").search(1)
    assert Bench(tmp_path).search(3).finished == 3


def test_violations() -> None:
    constraint = read_constraint("a<=10", ["a"])
    rng = random.Random(1)
    for _ in range(100):
        a = rng.randrange(40)
        its = constraint.violation({"a": float(a)})
        assert (its == 0) == (a <= 10)
        assert its == pytest.approx(max(0, (a - 10) / max(a, 10)))
    assert read_constraint("a!=10", ["a"]).violation({"a": 10.0}) > 0
