"""Which machine is best: a search over values of parameters that tries few of many points."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

from accelsim.errors import Problem, UsageError, Where
from accelsim.evaluation.area import area_mm2
from accelsim.explore.cluster import Dask
from accelsim.explore.constraints import AREA, dimensions_of, read_constraint
from accelsim.explore.goals import objective_for
from accelsim.explore.measures import (
    MEASURES,
    OF_MACHINE,
    OF_RESULT,
    PICOJOULES,
    POWER,
    Goal,
    read_by,
)
from accelsim.explore.run import OnProgress, SweepProgress, silent
from accelsim.explore.samplers import RANDOM, sampler_named
from accelsim.explore.search import ArchitectureSearch
from accelsim.explore.store import Store
from accelsim.given import whole_number
from accelsim.mapper.contract import never
from accelsim.report.searches import SearchResult
from accelsim.report.sweeps import SweepResult
from accelsim.units import ENERGY, Dimension
from accelsim.verbs.search import Search, Stop
from accelsim.verbs.sweep import every_setting, laid_out, sweep_key
from accelsim.verbs.sweep_executor import PROCESSES, carried, executor_named
from accelsim.verbs.sweep_point import Bench, forget
from accelsim.verbs.sweep_words import searched_by, words_of
from accelsim.verbs.words import (
    Flow,
    Machine,
    Rules,
    Technology,
    Work,
    as_architecture,
    as_network,
    several,
)


def search_architectures(
    *what: Machine | Work,
    parameters: Sequence[str] | str,
    store: str | Path,
    by: str | Sequence[str] = "energy",
    trials: int = 100,
    sampler: str = RANDOM,
    seed: int = 0,
    where: Sequence[str] | str = (),
    dataflows: Sequence[Flow] | Flow = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] | str = (),
    search: Search | None = None,
    executor: str = PROCESSES,
    workers: int | None = None,
    stop: Stop = never,
    progress: OnProgress = silent,
) -> SearchResult:
    """Try points of a space, those that look promising, and return the best or the front.

    Points are kept in a store as those of :func:`accelsim.sweep`, and found there: none is computed
    twice.  Called again with more trials, after whatever ended it, a search goes on where it was.

    Parameters
    ----------
    what : names, paths or records: one machine or more, one workload
    parameters, store, dataflows, technology, accounting, overrides, executor, workers, stop
        As for :func:`accelsim.sweep`.
    by : what is to be small: measures, as "energy,area"; utilization is to be large
    trials : how many points to try, those that the store has counted too
    sampler : "random", "tpe" or "nsga2"
    seed : start of the random choices
    where : constraints, on settings and on results, as ``area<=2`` or ``power<=300mW``
    search : how to map (default: the best mappings for the first of ``by``)
    progress : called with a :class:`~accelsim.explore.run.SweepProgress` now and then

    Raises
    ------
    SpecError
        If a spec cannot be read, or a path means nothing in it.
    UsageError
        If an option has no sense, or the store cannot be used.
    MissingExtraError
        If the sampler is one of Optuna's, or the executor Dask, which is not installed.
    """
    forget()
    parameters, where, overrides = map(several, (parameters, where, overrides))
    trials, seed = whole_number("trials", trials), whole_number("seed", seed, least=0)
    names = read_by(by if isinstance(by, str) else ",".join(by))
    how = search or Search(objective_for(names[0]))
    bench, space = laid_out(what, parameters, dataflows, technology, accounting, overrides, how)
    if len(bench.workloads) > 1:
        raise UsageError(
            Problem(
                f"{len(bench.workloads)} workloads",
                expected="one: figures of different networks cannot be compared",
                hint="accelsim sweep takes several",
            )
        )
    settings = every_setting(bench, space)
    paths = {path for path, _ in settings}
    dimensions = {**dimensions_of(settings), **_energy_dimensions(bench, paths)}
    constraints = [read_constraint(words, sorted(paths), MEASURES, dimensions) for words in where]
    goal = Goal(names, tuple(constraints))
    _see_that_all_is_known(bench, goal)
    before = tuple(
        its for its in goal.constraints if its.needs_machine and its.names <= {*paths, *OF_MACHINE}
    )
    bench = replace(bench, constraints=before)
    by_whom = executor_named(executor, workers)
    its_sampler = sampler_named(sampler, space, len(names), seed)
    measure = (OF_RESULT | OF_MACHINE).get(names[0], names[0])
    told = SweepProgress(trials, measure, comparable=False)
    key = sweep_key(bench, space, [*where, "by", *names, sampler, str(seed)])
    options = [("--by", ",".join(names)), ("--sampler", sampler), ("--seed", str(seed))]
    options += [("--trials", str(trials)), *searched_by(how, objective_for(names[0]))]
    given = (what, parameters, where, dataflows, technology, accounting, overrides)
    words = words_of(*given, options)
    with Store(Path(store), writing=True) as opened:
        number = opened.begin_sweep(key, words, trials)
        its = ArchitectureSearch(
            space=space,
            sampler=its_sampler,
            goal=goal,
            settings=bench.settings,
            key=bench.key,
            row=bench.row,
            store=opened,
            number=number,
            progress=told,
            trials=trials,
            seed=seed,
        )
        work = carried(bench, space) if isinstance(by_whom, Dask) else bench.measure
        its.run(by_whom, work, stop, progress)
    points = SweepResult(Path(store), number, how.objective)
    return SearchResult(points, goal, tuple(where), sampler, told, exhausted=its.exhausted)


def _energy_dimensions(bench: Bench, paths: Set[str]) -> dict[str, Dimension]:
    """Return what energies are given in; nothing if not in joules, or not at every point."""
    if bench.technology is None and "technology" in paths:
        return {}
    tables = [bench.table(as_architecture(machine)) for machine in bench.machines]
    joules = all(table is not None and table.unit == PICOJOULES for table in tables)
    return dict.fromkeys(("energy", "energy_per_mac"), ENERGY) if joules else {}


def _see_that_all_is_known(bench: Bench, goal: Goal) -> None:
    """See that what is to be small or limited is known of every machine.

    Raises
    ------
    UsageError
        If the area is not, or power is asked for under a table that is not in pJ.
    """
    asked = {name: Where(f"--by {','.join(goal.by)}") for name in goal.by}
    asked |= {name: Where(f"--where {its.words}") for its in goal.constraints for name in its.names}
    for machine in bench.machines:
        words = [f"{path}={value}" for path, value in bench.overrides if path in bench.of_machine]
        arch = as_architecture(machine, words, lambda: as_network(bench.workloads[0]))
        table = bench.table(arch)
        if table is None:
            continue  # the technology is varied
        if AREA in asked and area_mm2(arch, table) is None:
            hint = "give each of its memories and its compute an `area:`"
            what = f"the area of '{arch.name}' is not known"
            raise UsageError(Problem(what, asked[AREA], hint=hint))
        if POWER in asked and table.unit != PICOJOULES:
            what = f"power is not known: '{table.name}' is in {table.unit}"
            hint = "choose a table in pJ with --technology"
            raise UsageError(Problem(what, asked[POWER], hint=hint))
