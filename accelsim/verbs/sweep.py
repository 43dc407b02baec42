"""Many machines, networks and settings, kept in a store that survives whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar

from accelsim.arch import spec as arch_spec
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.explore.cluster import Dask
from accelsim.explore.constraints import (
    AREA,
    Constraint,
    dimensions_of,
    read_constraint,
    values_of,
)
from accelsim.explore.parameters import Parameter, read_parameters
from accelsim.explore.points import LATIN, Design, Point, Space, chosen, count
from accelsim.explore.run import OnProgress, Sweep, SweepProgress, Task, silent
from accelsim.explore.store import Store
from accelsim.files_read import file_version, files_read
from accelsim.keys import content_key
from accelsim.mapper.contract import never
from accelsim.mapspace.records import Dataflow
from accelsim.report.sweeps import MEASURES, SweepResult
from accelsim.specs.overrides import override_seen_from, parse_override
from accelsim.specs.references import parse_reference
from accelsim.technology.spec import read_technology
from accelsim.verbs.overrides import refuse_what_has_no_effect, split_overrides
from accelsim.verbs.search import Search, Stop, single_plan
from accelsim.verbs.sweep_executor import PROCESSES, carried, executor_named
from accelsim.verbs.sweep_files import patterns_set
from accelsim.verbs.sweep_point import Bench, forget, machine_values
from accelsim.verbs.sweep_words import searched_by, words_of
from accelsim.verbs.words import (
    Flow,
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Work,
    as_architecture,
    as_network,
    called,
    kind_of,
    open_work,
    several,
    word_of,
)
from accelsim.workload import spec as workload_spec
from accelsim.workload.records import Network

Spec = TypeVar("Spec")


def sweep(
    *what: Machine | Work,
    parameters: Sequence[str] | str = (),
    store: str | Path,
    where: Sequence[str] | str = (),
    design: Design = Design(),  # noqa: B008  (an immutable record)
    fresh: bool = False,
    dataflows: Sequence[Flow] | Flow = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] | str = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    executor: str = PROCESSES,
    workers: int | None = None,
    stop: Stop = never,
    progress: OnProgress = silent,
) -> SweepResult:
    """Search every combination of machines, networks, dataflows and values of parameters.

    Each point is committed to the store as it is finished.  Called again, after whatever ended it,
    the same sweep computes what is missing; a point is known by the contents of its specs, so that
    another sweep that needs it finds it too.

    Parameters
    ----------
    what : names, paths or records, in any order: one machine or more, one workload or more
    parameters : ``PATH=VALUES``, one text or several, as ``glb.size=32KiB:512KiB:x2`` or
        ``array.mesh_x=8,12,14``; see :mod:`accelsim.explore.parameters`
    store : the file that keeps what is found; made if it is not there
    where : constraints, one text or several, as ``array.mesh_x*array.mesh_y<=256`` or ``area<=2``
    design : which points of the space: all, some at random, or a Latin hypercube
    fresh : compute points again that the store has
    dataflows : one point for each; without any, the machine alone limits the mappings
    technology, accounting, overrides, search
        As for :func:`accelsim.compare`.  ``search.threads`` has no part in it.
    executor : "processes" on this machine, "in-process", "dask" (a cluster of Dask on this
        machine) or "dask://HOST:PORT" (the address of a scheduler)
    workers : how many processes (default: as many as there are processors)
    stop : asked often; once it answers yes, the result holds what is finished
    progress : called with a :class:`~accelsim.explore.run.SweepProgress` now and then

    Returns
    -------
    SweepResult
        The points of this sweep, read from the store.

    Raises
    ------
    SpecError
        If a spec cannot be read, or a path means nothing in it.
    UsageError
        If an option has no sense, or the store cannot be used.
    MissingExtraError
        If the executor is Dask, which is not installed.
    """
    forget()
    parameters, where, overrides = map(several, (parameters, where, overrides))
    bench, space = laid_out(what, parameters, dataflows, technology, accounting, overrides, search)
    bench, of_paths = _constrained(bench, space, where)
    by_whom = executor_named(executor, workers)

    def wanted(point: Point) -> bool:
        values = values_of(bench.settings(point))
        return all(its.holds(values) for its in of_paths)

    points = count(space, design)
    if of_paths or design.kind == LATIN:
        points = sum(1 for _ in chosen(space, design, wanted))
    if not points:
        what_left = Problem("no point is left to compute", hint="see its --where")
        raise UsageError(what_left)
    tasks = (Task(bench.key(point), point) for point in chosen(space, design, wanted))
    comparable = len(bench.workloads) == 1
    told = SweepProgress(points, MEASURES[search.objective], comparable)
    kind = [] if design.points is None else [("--design", design.kind)]
    options = [*kind, *(("--points", str(design.points)) for _ in kind), *searched_by(search)]
    if search.seed or (kind and design.seed):
        options.append(("--seed", str(design.seed if kind else search.seed)))
    given = (what, parameters, where, dataflows, technology, accounting, overrides)
    with Store(Path(store), writing=True) as opened:
        number = opened.begin_sweep(
            sweep_key(bench, space, [design, list(where)]), words_of(*given, options), points
        )
        work = carried(bench, space) if isinstance(by_whom, Dask) else bench.measure
        its = Sweep(tasks, work, bench.row, opened, number, told, fresh, bench.leaves_out)
        its.run(by_whom, stop, progress)
    return SweepResult(Path(store), number, search.objective, told)


def laid_out(
    what: Sequence[Machine | Work],
    parameters: Sequence[str],
    dataflows: Sequence[Flow] | Flow,
    technology: Technology | None,
    accounting: Rules | None,
    overrides: Sequence[str],
    search: Search,
) -> tuple[Bench, Space]:
    """Read all that a sweep is made of, so that what is wrong with it shows before it runs."""
    machines, workloads = _sorted(what)
    machines, workloads = _once(machines), _once(workloads)
    varied = read_parameters(parameters)
    flows: list[Flow] = (
        [dataflows] if isinstance(dataflows, str | Path | Dataflow) else _once(dataflows)
    )
    of_machine = _owners(machines, workloads, varied, overrides)
    refuse_what_has_no_effect(machines, workloads, varied, overrides, of_machine)
    moved = (override_seen_from(words, Path(), None) for words in overrides)
    fixed = tuple((its.path, its.value) for its in map(parse_override, moved))
    bench = Bench(
        machines=tuple(machines),
        workloads=tuple(workloads),
        dataflows=tuple(flows) or (None,),
        technology=technology,
        accounting=accounting,
        search=search,
        overrides=fixed,
        of_machine=of_machine,
    )
    words = [f"{path}={value}" for path, value in fixed if path in of_machine]
    for_work = [f"{path}={value}" for path, value in fixed if path not in of_machine]
    units = {}
    with files_read() as files:
        for network, machine in product([as_network(its, for_work) for its in workloads], machines):
            arch = as_architecture(machine, words, partial(_given, network))
            read_from = ReadFrom(word_of(machine), tuple(words))
            for named in [[flow] for flow in flows] or [[]]:
                row = single_plan(arch, named, technology, accounting, search, read_from, network)
                units[row.table.unit] = row.table.name
    steps = [(its.paths, step) for its in varied for step in its.values]
    changed = [setting for its in steps for setting in zip(*its, strict=True)]
    tables_varied = [value for path, value in changed if path == "technology"]
    units = {} if tables_varied else units
    for name in tables_varied:
        with suppress(SpecError):  # the point itself will say so
            units[read_technology(name).unit] = name
    if len(units) > 1:
        tables = ", ".join(f"{name} ({unit})" for unit, name in units.items())
        what_differs = f"the machines' energy tables have different units: {tables}"
        raise UsageError(Problem(what_differs, hint="choose one table for all with --technology"))
    versions = {path: noted.version for path, noted in files.items()}
    for setting in changed:
        versions.update((path, file_version(path)) for path in patterns_set(*setting))
    bench = replace(bench, files=tuple(versions.items()))
    space = Space(len(machines), len(workloads), len(bench.dataflows), varied)
    return bench, space


def _given(network: Network) -> Network:
    return network


def _once(specs: Sequence[Spec]) -> list[Spec]:
    """Return specs without those that are the same word again."""
    words = [str(its) if isinstance(its, str | Path) else "" for its in specs]
    return [its for at, its in enumerate(specs) if not words[at] or words[at] not in words[:at]]


def _sorted(what: Sequence[Machine | Work]) -> tuple[list[Machine], list[Work]]:
    machines: list[Machine] = []
    workloads: list[Work] = []
    for word in what:
        if isinstance(word, Architecture):
            machines.append(word)
        elif isinstance(word, Network):
            workloads.append(word)
        elif kind_of(word, ("architecture", "workload")) == "architecture":
            machines.append(word)
        else:
            workloads.append(word)
    for kind, found in (("machine", machines), ("workload", workloads)):
        if not found:
            raise UsageError(
                Problem(
                    f"no {kind} to sweep",
                    expected="one or more",
                    hint="as in: accelsim sweep eyeriss alexnet -p clock=100MHz,200MHz -o study.db",
                )
            )
    return machines, workloads


def _owners(
    machines: Sequence[Machine],
    workloads: Sequence[Work],
    varied: Sequence[Parameter],
    overrides: Sequence[str],
) -> frozenset[str]:
    """Return the paths that machines know, and see that each of all paths is known everywhere.

    Raises
    ------
    SpecError
        Naming what a path does not mean anything to, with what is close to it.
    """
    given = {words: words for words in overrides}
    origin = {words: Where(f"--set {words}") for words in overrides}
    for parameter in varied:
        for path, value in zip(parameter.paths, parameter.values[0], strict=True):
            given[path] = f"{path}={value}"
            origin[path] = parameter.where
    of_machine = set[str]()
    problems: dict[Problem, None] = {}
    for name, words in given.items():
        path = parse_override(words).path
        try:
            per_machine = [split_overrides([words], machines, work)[0] for work in workloads]
            takers = [bool(its) for row in per_machine for its in row]
            unknown = _unknown(path, machines if any(takers) else workloads, any(takers))
            if any(takers) and not all(takers):
                without = [
                    f"'{called(machine)}'"
                    for machine, *its in zip(machines, *per_machine, strict=True)
                    if not any(its)
                ]
                unknown = [Problem(f"'{path}' means nothing in {', '.join(without)}")]
        except SpecError as fault:
            unknown = list(fault.problems)
            takers = []
        problems |= dict.fromkeys(replace(problem, where=origin[name]) for problem in unknown)
        if any(takers):
            of_machine.add(path)
    if problems:
        raise SpecError(problems)
    return frozenset(of_machine)


def _unknown(path: str, owners: Sequence[Machine | Work], machines: bool) -> list[Problem]:
    words = [str(its) for its in owners if isinstance(its, str | Path)]
    if machines:
        found = [arch_spec.unknown_path(word, path) for word in words]
    else:
        works = (open_work(parse_reference(word)) for word in words)
        found = [workload_spec.unknown_path(document, path) for document in works]
    return [problem for problem in found if problem is not None]


def every_setting(bench: Bench, space: Space) -> list[tuple[str, str]]:
    """Return every path that is set or varied with each of its values."""
    varied = (
        pair
        for parameter in space.parameters
        for values in parameter.values
        for pair in zip(parameter.paths, values, strict=True)
    )
    return [*bench.overrides, *varied]


def _constrained(
    bench: Bench, space: Space, where: Sequence[str]
) -> tuple[Bench, list[Constraint]]:
    """Return the bench with the constraints that need the machine, and those that do not."""
    settings = every_setting(bench, space)
    paths, dimensions = [path for path, _ in settings], dimensions_of(settings)
    constraints = [read_constraint(words, paths, dimensions=dimensions) for words in where]
    for number, machine in enumerate(bench.machines):
        first = bench.settings(space.point([number, *[0] * (len(space.sides) - 1)]))
        words = [f"{path}={value}" for path, value in first.items() if path in bench.of_machine]
        try:
            arch = as_architecture(machine, words, lambda: as_network(bench.workloads[0]))
            table = bench.table(arch)
        except SpecError:
            continue  # the point itself will say so
        known = machine_values(arch, table, {}) if table else {}
        for its in constraints:
            if AREA in its.names - {*known}:
                raise its.fault(
                    f"the area of '{arch.name}' is not known",
                    hint="give each of its memories and its compute an `area:`",
                )
    needing = tuple(its for its in constraints if its.needs_machine)
    return replace(bench, constraints=needing), [its for its in constraints if its not in needing]


def sweep_key(bench: Bench, space: Space, more: Sequence[object]) -> str:
    """Return what makes two calls one sweep: it goes on where it ended."""
    fixed = product(*map(range, space.sides[:3]))
    first = [0] * len(space.parameters)
    corners = [bench.key(space.point([*choices, *first])) for choices in fixed]
    varied = [(its.paths, its.values) for its in space.parameters]
    return content_key([corners, varied, *more])
