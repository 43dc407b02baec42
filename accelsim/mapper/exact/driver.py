"""The exact driver behind the contract of drivers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from accelsim.errors import AccelsimError
from accelsim.evaluation.kernel import make_case, price_batch
from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    Certificate,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    StoppedBy,
    never,
    silent,
)
from accelsim.mapper.exact import search as kernels
from accelsim.mapper.exact.labels import END, NO_LOOP, Labels, Sizes, empty_labels
from accelsim.mapper.exact.lanes import run_fanout
from accelsim.mapper.exact.loops import run_place
from accelsim.mapper.exact.outlook import fresh_future
from accelsim.mapper.exact.search import Search
from accelsim.mapper.exact.tables import (
    MAX_POINTS,
    MAX_WINDOW,
    Lattice,
    Nodes,
    Pattern,
    active_dims,
    build_lattice,
    build_nodes,
    build_pattern,
    lattice_points,
    node_slots,
    split_lanes,
)
from accelsim.mapper.exact.units import STRIP
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.arrays import Ints, MappingArrays, unpack_mapping
from accelsim.mapping.records import Mapping

FIRST_ROOM = 1 << 18
MAX_LABELS = 1 << 20
"""Room for labels of one pattern, at first and at most (some 400 bytes each, where touched)."""

SLICE_STEPS = 30_000
"""Steps between two looks at the clock."""

TOLERANCE = 1e-12
"""Figures that differ by less are equal: sums of the same terms in another order."""

MAX_PATTERNS = 4096
MAX_TENSORS = 5
FIRST_SAMPLES = 500

BEAMS = (64, 0)
"""Labels kept after each node in successive passes; 0 keeps all."""


def covers(problem: MappingProblem, front: bool = False) -> str:
    """Return why the exact driver cannot answer; empty if it can."""
    if front:
        return "fronts of energy and cycles"
    prices, machine, arrays = problem.price_arrays, problem.machine, problem.space.arrays
    limited = (prices.read_bits, prices.write_bits, prices.shared_bits, prices.fanout_bits)
    if any(widths.any() for widths in limited):
        return "ports or networks of limited bandwidth"
    if prices.gated_leakage.any():
        return "leakage of memories that are switched off where unused"
    if (
        min(
            (float(a.min()) for a in (prices.place_energy, prices.fanout_energy) if a.size),
            default=0.0,
        )
        < 0
    ):
        return "negative prices"
    if (machine.place_block[:, problem.layer_arrays.output] > 1).any():
        return "blocks wider than a word that hold outputs"
    if len(problem.layer_arrays.relevant) > MAX_TENSORS:
        return f"more than {MAX_TENSORS} tensors"
    if lattice_points(problem) > MAX_POINTS:
        return f"more than {MAX_POINTS:,} vectors of extents"
    for mask in problem.layer_arrays.relevant & ~problem.layer_arrays.single_term:
        if int(mask).bit_count() > MAX_WINDOW:
            return f"more than {MAX_WINDOW} window dims in a tensor"
    across = 0
    for mask in arrays.joint_slots:
        nodes = [of for of in node_slots(problem) if any(int(mask) >> s & 1 for s in of)]
        if len(nodes) > 1:
            across += 1
            if any(len(of) == 2 and sum(int(mask) >> s & 1 for s in of) == 1 for of in nodes):
                return "a limit on the product of one axis of several fanouts"
    if across > 3 or (across and max(problem.layer_arrays.bounds) >= 1 << 20):
        return "more than three limits on products over several levels"
    if sum(1 for _ in patterns(problem)) > MAX_PATTERNS:
        return f"more than {MAX_PATTERNS:,} choices of what to keep"
    return ""


def patterns(problem: MappingProblem) -> Iterator[tuple[int, ...]]:
    """Yield every choice of what each place keeps."""
    arrays = problem.space.arrays
    choices = []
    for must, may in zip(arrays.keep_must.tolist(), arrays.keep_may.tolist(), strict=True):
        choices.append([m for m in range(may + 1) if m & must == must and m & ~may == 0])
    return product(*choices)


@dataclass(frozen=True)
class ExactDriver:
    """Dynamic programming over partial mappings; proves its answer."""

    @property
    def name(self) -> str:
        return "exact"

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,  # noqa: ARG002  (a search is short; it starts anew)
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        """Search; see :class:`accelsim.mapper.contract.Driver`.

        Raises
        ------
        AccelsimError
            If the driver does not cover the problem (see :func:`covers`).
        IllegalMappingError
            If a mapping in ``start`` is not one of the problem.
        """
        began = time.monotonic()
        reason = covers(problem, front)
        if reason:
            raise AccelsimError(f"the exact driver does not cover {reason}")
        base = first_factors(problem.space)
        if isinstance(base, Infeasibility) and not start:
            certificate = Certificate(
                self.name, problem.space.size, 0, False, None, "space", objective.name
            )
            return Outcome(None, certificate, infeasible=base)
        samples = FIRST_SAMPLES + len(start)
        if budget.samples is not None:
            samples = max(0, min(samples, budget.samples - 1))
        first: Candidate | None = None
        considered = 0
        if samples or start:
            sampled = SamplingDriver().search(problem, objective, Budget(samples), start=start)
            first, considered = sampled.best, sampled.certificate.considered
        work = _Work(problem, objective, first)
        clock = _Clock(began, budget, stop, progress, considered)
        stopped_by = work.run(clock)
        best = work.answer
        if best is not None and best is not first:
            considered += 1
        optimal = stopped_by == "space"
        if optimal and best is None:
            raise AccelsimError(f"the exact driver lost every mapping of {problem.layer.name}")
        figure = None if best is None else objective.figure(best.energy, best.cycles)
        bound = figure if optimal else work.bound(figure)
        if best is not None:
            progress(
                Progress(
                    considered, budget.samples, time.monotonic() - began, best.energy, best.cycles
                )
            )
        certificate = Certificate(
            self.name, problem.space.size, considered, optimal, bound, stopped_by, objective.name,
            (("patterns", work.searched), ("labels", work.used), ("steps", work.made)),
        )  # fmt: skip
        return Outcome(best, certificate)


@dataclass(frozen=True)
class _Clock:
    """When to end, asked between slices."""

    began: float
    budget: Budget
    stop: Callable[[], bool]
    progress: OnProgress
    considered: int

    def over(self, best: Floats) -> StoppedBy | None:
        now = time.monotonic() - self.began
        energy, cycles = (float(f) if np.isfinite(f) else None for f in best[2:])
        self.progress(Progress(self.considered, self.budget.samples, now, energy, cycles))
        if self.stop():
            return "stop"
        if self.budget.seconds is not None and now >= self.budget.seconds:
            return "seconds"
        return None


class _Work:
    """A search: the tables, the patterns of keeping with their bounds, the best so far."""

    def __init__(
        self, problem: MappingProblem, objective: Objective, first: Candidate | None
    ) -> None:
        self.problem, self.objective = problem, objective
        self.lattice = build_lattice(problem)
        self.nodes = build_nodes(problem, self.lattice)
        self.best = np.full(4, np.inf)
        self.answer = first
        if first is not None:
            rank = objective.rank(first.energy, first.cycles)
            self.best[:] = [*rank, first.energy, first.cycles]
        self.divide = most_divided(self.lattice)
        self.room = FIRST_ROOM
        self.labels: Labels | None = None
        self.slack = np.empty(0)
        self.made = self.used = self.searched = 0
        known: dict[tuple[object, ...], Floats] = {}
        self.waiting: list[tuple[float, int, tuple[int, ...], Pattern, Floats]] = []
        for number, keep in enumerate(patterns(problem)):
            pattern = build_pattern(problem, self.lattice, self.nodes, keep)
            if pattern is not None:
                future = future_of(self.lattice, self.nodes, pattern, self.divide, known)
                s = self.prepared(pattern, future)
                root = float(kernels.root_bound(s))
                self.waiting.append((root, number, keep, pattern, future))
        self.waiting.sort(key=lambda one: one[:2])

    def bound(self, figure: float | None) -> float:
        """Return a bound on the figure of every mapping, from the patterns not yet searched."""
        least = np.inf if figure is None else figure
        for root, _, _, pattern, future in self.waiting:
            least = min(least, kernels.least_figure(self.prepared(pattern, future), root))
        return float(least)

    def prepared(self, pattern: Pattern, future: Floats) -> Search:
        """Return the search of one pattern before its first step."""
        lattice, nodes, prices = self.lattice, self.nodes, self.problem.price_arrays
        tensors = len(lattice.relevant)
        width = STRIP + int(lattice.n_window.max())
        shared = len(pattern.shared_limit)
        sizes = Sizes(2, 2 + shared + 2 * len(nodes.mesh), width, shared)
        operations = float(self.problem.layer.operations)
        n_columns = sizes.tensors + tensors * width
        if (
            self.labels is None
            or self.labels.q.shape[1] != n_columns
            or len(self.labels.point) < self.room
        ):
            self.labels = empty_labels(self.room, tensors, len(nodes.place), n_columns)
            self.slack = np.empty(self.room)
        aim = np.array([
            self.objective.energy_power, self.objective.cycles_power, prices.leakage, operations,
            prices.operations_per_cycle, TOLERANCE,
            float(self.objective.cycles_power == 0 and prices.leakage == 0),
            operations * prices.operation_energy
            - lattice.output_words * float(pattern.beta.sum()),
        ])  # fmt: skip
        count = np.zeros(10, dtype=np.int64)
        count[kernels.BEST_LABEL] = -1
        return Search(
            lattice, nodes, pattern, sizes, self.divide, future, self.labels, aim, count,
            self.best, self.slack, np.zeros(tensors), np.zeros(1 << tensors),
        )  # fmt: skip

    def run(self, clock: _Clock) -> StoppedBy:
        """Search every pattern, first with few labels, then with all; return what ended it."""
        for beam in BEAMS:
            for one in list(self.waiting):
                stopped_by = self.search_pattern(one, beam, clock)
                if stopped_by is not None:
                    return stopped_by
                if not beam:
                    self.waiting.remove(one)
        return "space"

    def search_pattern(
        self, one: tuple[float, int, tuple[int, ...], Pattern, Floats], beam: int, clock: _Clock
    ) -> StoppedBy | None:
        root, _, keep, pattern, future = one
        while True:
            s = self.prepared(pattern, future)
            kernels.root_bound(s)
            if kernels.hopeless(s, root, 1.0, 0):
                return None
            self.searched += 1
            stopped_by = self.search_nodes(s, beam, clock)
            self.made += int(s.counts[kernels.MADE] + s.counts[kernels.SKIPPED])
            self.used += int(s.counts[kernels.USED])
            if s.counts[kernels.BEST_LABEL] >= 0:
                self.accept(s, keep)
            if stopped_by is not None or not s.counts[kernels.FULL]:
                return stopped_by
            if self.room >= MAX_LABELS:
                return None if beam else "samples"
            self.room *= 4

    def search_nodes(self, s: Search, beam: int, clock: _Clock) -> StoppedBy | None:
        first, last = 0, 1
        for node in range(len(self.nodes.place)):
            run = run_place if self.nodes.place[node] >= 0 else run_fanout
            while not run(s, node, first, last, SLICE_STEPS):
                stopped_by = clock.over(self.best)
                if stopped_by is not None:
                    return stopped_by
            if s.counts[kernels.FULL]:
                return None
            first, last = int(s.counts[kernels.START]), int(s.counts[kernels.USED])
            if beam and last - first > beam:
                kernels.thin(s, first, last, beam)
        return clock.over(self.best)

    def accept(self, s: Search, keep: tuple[int, ...]) -> None:
        """Rebuild the best label's mapping and have the counter price it."""
        mapping = rebuild(self.problem, s, keep, int(s.counts[kernels.BEST_LABEL]))
        energy, cycles = price(self.problem, mapping)
        said = float(self.best[kernels.BEST_ENERGY])
        if abs(energy - said) > TOLERANCE * max(abs(energy), abs(said)):
            raise AccelsimError(f"the search said {said!r}, the counter {energy!r}: {mapping}")
        self.answer = unpacked(self.problem, mapping, energy, cycles)
        self.best[:] = [*self.objective.rank(energy, cycles), energy, cycles]


def most_divided(lattice: Lattice) -> Floats:
    """Return ``[set of tensors, point]``: product of all that is left of dims that none has."""
    tensors = len(lattice.relevant)
    left = lattice.bounds / lattice.extent
    divide = np.ones((1 << tensors, len(lattice.volume)))
    for members in range(1 << tensors):
        seen = 0
        for t in range(tensors):
            if members >> t & 1:
                seen |= int(lattice.relevant[t])
        lacking = [d for d in range(len(lattice.bounds)) if not seen >> d & 1]
        divide[members] = left[:, lacking].prod(axis=1)
    return divide


def solve(problem: MappingProblem, objective: Objective, first: Candidate | None) -> Outcome:
    """Search without a clock; ``first`` may be a mapping to start from."""
    work = _Work(problem, objective, first)
    work.run(_Clock(0.0, Budget(None), never, silent, 0))
    certificate = Certificate(
        "exact", problem.space.size, 0, True, float(work.best[0]), "space", objective.name,
        (("patterns", work.searched), ("labels", work.used), ("steps", work.made)),
    )  # fmt: skip
    return Outcome(work.answer, certificate)


def price(problem: MappingProblem, mapping: MappingArrays) -> tuple[float, float]:
    """Have the counter price a mapping."""
    case, marks = make_case(
        problem.layer_arrays, problem.machine, problem.price_arrays, problem.conventions
    )
    batch = MappingArrays(*(array[None] for array in mapping))
    status, energy, cycles = price_batch(case, marks, batch)
    if status[0]:
        raise AccelsimError(f"the counter refused a mapping of the exact driver: {status[0]}")
    return float(energy[0]), float(cycles[0])


def unpacked(
    problem: MappingProblem, mapping: MappingArrays, energy: float, cycles: float
) -> Candidate:
    """Return a packed mapping as a candidate."""
    return Candidate(unpack_mapping(mapping, problem.arch, problem.layer), energy, cycles)


def rebuild(problem: MappingProblem, s: Search, keep: tuple[int, ...], index: int) -> MappingArrays:
    """Return the mapping that a complete label stands for."""
    labels, lattice, nodes = s.labels, s.lattice, s.nodes
    dims = active_dims(problem)
    slots = node_slots(problem)
    loops: dict[int, list[tuple[int, int]]] = {}
    chain = []
    while index >= 0:
        chain.append(index)
        index = int(labels.parent[index])
    chain.reverse()
    node = 0
    previous = 0
    for i in chain:
        action = int(labels.action[i])
        if action == END:
            node += 1
        elif action == NO_LOOP:
            pass
        elif nodes.place[node] >= 0:
            dim, number = divmod(action, 4096)
            before = int(lattice.extent[previous, dim])
            bound = int(lattice.divisor[dim, number]) // before
            block = loops.setdefault(slots[node][0], [])
            # a dim that grew after the order had ceased to matter: one loop, where it stood first
            inner = [k for k, (d, _) in enumerate(block) if d == dims[dim]]
            if inner:
                block[inner[0]] = (dims[dim], block[inner[0]][1] * bound)
            else:
                block.insert(0, (dims[dim], bound))
        else:
            wanted = {
                dims[d]: int(lattice.divisor[d, nodes.row_number[action, d]])
                for d in range(len(dims))
                if nodes.row_number[action, d] > 0
            }
            mesh = (0, 0)
            if nodes.mesh_column[node] >= 0:
                mesh = (int(nodes.row_mesh[action, 0]), int(nodes.row_mesh[action, 1]))
            y, x = split_lanes(problem, node, wanted, mesh)
            y_slot, x_slot = slots[node]
            loops[y_slot] = [(d, k) for d, k in sorted(y.items()) if k > 1]
            loops[x_slot] = [(d, k) for d, k in sorted(x.items()) if k > 1]
            node += 1
        previous = int(labels.point[i])
    dim_list: list[int] = []
    bound_list: list[int] = []
    ends: list[int] = []
    for slot in range(len(problem.machine.slot_place)):
        for d, k in loops.get(slot, []):
            dim_list.append(d)
            bound_list.append(k)
        ends.append(len(dim_list))
    return MappingArrays(ints(dim_list), ints(bound_list), ints(ends), ints(keep))


def future_of(
    lattice: Lattice,
    nodes: Nodes,
    pattern: Pattern,
    divide: Floats,
    known: dict[tuple[object, ...], Floats],
) -> Floats:
    """Return ``future[pos, point]``, each place's share remembered under what it depends on."""
    n, points = len(nodes.place), len(lattice.volume)
    future = np.zeros((n + 1, points))
    for node in range(n - 2, 0, -1):
        if nodes.place[node] < 0 or not pattern.kept[node]:
            future[node] = future[node + 1]
            continue
        key = (
            node,
            int(pattern.kept[node]),
            pattern.parent[node + 1].tobytes(),
            float(pattern.credit[node + 1]),
        )
        if key not in known:
            own = np.empty(points)
            fresh_future(
                lattice,
                nodes,
                pattern,
                divide,
                node,
                own,
                np.zeros(len(lattice.relevant)),
                np.zeros(1 << len(lattice.relevant)),
            )
            known[key] = own
        future[node] = known[key] + future[node + 1]
    future[0] = future[1] if n > 1 else future[0]
    return future


def ints(values: Sequence[int]) -> Ints:
    """Return an array of int64."""
    return np.array(values, dtype=np.int64)
