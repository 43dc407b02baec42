"""The contract between those who want a mapping and the drivers that search for it.

A driver gets a :class:`MappingProblem`, an objective and a :class:`Budget` and returns an
:class:`Outcome`.  It asks ``stop`` between slices of at most 0.2 s, reports to ``progress``, and
can be handed back what an earlier outcome carried in ``resume`` to go on from there.  It can also
be given mappings to ``start`` from, whatever their origin: all of them are priced, even beyond the
budget, and the best that it returns is no worse than any of them.  What a driver did and what it
proved stands in the :class:`Certificate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.evaluation.extras import search_problem
from accelsim.evaluation.packing import PriceArrays
from accelsim.evaluation.peer_ports import search_port_problem
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import Prices
from accelsim.evaluation.pricing import Packed
from accelsim.evaluation.refusals import box_problem
from accelsim.kept import kept, kept_with
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapper.objectives import Objective
from accelsim.mapping.arrays import LayerArrays, MachineArrays
from accelsim.mapping.records import Mapping
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.space import SIZE_COUNTS, Mapspace, mapspace
from accelsim.workload.records import Layer

MOST_MACHINES = 64
"""Forms of a machine whose tables are kept."""

EXACTLY = 10**6
"""Spaces smaller than this are told to the last mapping."""

FIGURES = {"latency": ("latency", " cycles"), "edp": ("EDP", " (energy x cycles)")}
"""How an objective's figure is called, and its unit, where that is not the energy's."""

StoppedBy = Literal["samples", "seconds", "stop", "space", "enough"]


@dataclass(frozen=True)
class MappingProblem:
    """A layer, a machine, what may be chosen, and what it costs.

    ``parts`` are places (by number, outside in) into which one is divided, where the problems with
    all their other orders are looked at as well: a driver may leave to those what they cover.
    """

    space: Mapspace
    prices: Prices
    price_arrays: PriceArrays
    dataflows: tuple[Dataflow, ...] = ()
    parts: tuple[tuple[int, ...], ...] = ()

    @property
    def conventions(self) -> Conventions:
        return self.prices.accounting.conventions

    @property
    def layer(self) -> Layer:
        return self.space.layer

    @property
    def arch(self) -> Architecture:
        return self.space.arch

    @property
    def layer_arrays(self) -> LayerArrays:
        return self.space.layer_arrays

    @property
    def machine(self) -> MachineArrays:
        return self.space.machine

    @cached_property
    def packed(self) -> Packed:
        """What kernels price mappings by."""
        return Packed(self.layer_arrays, self.machine, self.price_arrays, self.conventions)


def mapping_problem(
    layer: Layer,
    arch: Architecture,
    prices: Prices,
    dataflows: Sequence[Dataflow] = (),
) -> MappingProblem:
    """Put a problem together; raises what :func:`problem_on` does.

    The machine's tables are kept with the prices, for its next layer.
    """
    machines = _machines(prices)
    machine = machines.get(id(arch))
    if machine is None:
        if len(machines) >= MOST_MACHINES:
            machines.clear()
        machine = machines[id(arch)] = PricedMachine(arch, prices)
    return problem_on(machine, layer, dataflows)


@kept
def _machines(_: Prices) -> dict[int, PricedMachine]:
    """Return the machines that have had these prices, by the identity of what they hold."""
    return {}


def problem_on(
    machine: PricedMachine, layer: Layer, dataflows: Sequence[Dataflow] = ()
) -> MappingProblem:
    """Put a problem together.

    Raises
    ------
    SpecError
        If the rules cannot apply to the machine (see :func:`accelsim.mapspace.space.mapspace`), or
        no search knows what it costs (:func:`accelsim.evaluation.extras.search_problem`), how
        long it takes (:func:`accelsim.evaluation.peer_ports.search_port_problem`) or what it counts
        of maps that stay on the chip (:func:`accelsim.evaluation.refusals.box_problem`).
    """
    arch, prices = machine.arch, machine.prices
    conventions = prices.accounting.conventions
    refused = _machine_problem(arch, conventions) or box_problem(layer, conventions)
    if refused:
        raise SpecError([refused])
    packed = machine.pack(layer)
    boxes = conventions.tiles == "box"
    space = mapspace(layer, arch, dataflows, boxes, (packed.layer, packed.machine))
    return MappingProblem(space, prices, packed.prices, tuple(dataflows))


@kept_with
def _machine_problem(arch: Architecture, conventions: Conventions) -> Problem | None:
    return search_problem(arch) or search_port_problem(arch, conventions)


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop.  A search that ``seconds`` ended may differ from run to run, and says so."""

    samples: int | None = 100_000
    """Mappings that sampling prices, over all resumed searches.

    A proof needs none of them; an exact search that is long may draw more for a better beginning.
    """
    seconds: float | None = None
    """Of this call."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mapping and what it costs: energy in the unit of the table, and cycles."""

    mapping: Mapping
    energy: float
    cycles: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a search did and what it proved.

    Attributes
    ----------
    driver : str
        Which driver answered.
    space_size : int
        Mappings of the space; what is counted is said by ``space_counts``.  Of several spaces
        (uneven forms, padded bounds) it is the sum, a mapping that two of them have counted twice.
    considered : int
        How often a mapping was priced, each that is met again counted again.
    optimal : bool
        Whether the best is proved to be the best.
    bound : float or None
        No mapping's figure is lower than this; None if the driver proves nothing.
    stopped_by : "samples", "seconds", "stop", "space" or "enough"
        The end of the budget, the caller, the end of the space (every mapping was looked at, or
        none is legal), or that it drew many times as many mappings as the space has, without a
        proof that it met them all.
    details : tuple of (name, number)
        What the driver has to say beyond that (restarts, states, steps).
    note : str
        A clause on why this driver answered and not a stronger one; empty if there is none to say.
    """

    driver: str
    space_size: int
    considered: int
    optimal: bool
    bound: float | None
    stopped_by: StoppedBy
    objective: str
    details: tuple[tuple[str, int], ...] = ()
    space_counts: str = SIZE_COUNTS
    note: str = ""

    @property
    def reproducible(self) -> bool:
        """Whether another run of the same search ends alike."""
        return self.stopped_by not in ("seconds", "stop")

    def sentence(self, found: float | None = None) -> str:
        """Return the certificate in one line; ``found`` is the figure of the best, if known."""
        if self.optimal:
            proved = "proved optimal"
        elif self.bound is not None:
            what, unit = FIGURES.get(self.objective, (self.objective, ""))
            proved = f"not proved optimal, no {what} below {self.bound:.6g}{unit}"
            if found is not None and self.bound > 0.0:
                proved += f" (at most {1.0 - self.bound / found:.2%} less)"
        else:
            proved = "not proved optimal"
        more = "".join(f", {_counted(number, name)}" for name, number in self.details)
        size = self.space_size
        again = " (repeats included)" if self.considered > size else ""
        return (
            f"{self.driver}: best of {_counted(self.considered, 'mappings')} considered{again}, of"
            f" {f'{size:,}' if size < EXACTLY else f'{size:.3g}'} that there are"
            f" ({self.space_counts}){more}; {proved}; {self._ended()}"
            f"{f'; {self.note}' if self.note else ''}"
        )

    def _ended(self) -> str:
        """Say why the search ended."""
        if self.stopped_by == "enough":
            times = self.considered // max(1, self.space_size)
            return f"ended as it had drawn {times} times as many as there are"
        return {
            "samples": "stopped by the number of samples",
            "seconds": "stopped by the number of seconds",
            "stop": "stopped by the caller",
            "space": "ended as there were no more",
        }[self.stopped_by]


def _counted(number: int, names: str) -> str:
    """Write a number of things.

    >>> _counted(1, "labels"), _counted(2_000, "labels")
    ('1 label', '2,000 labels')
    """
    return f"{number:,} {names.removesuffix('s') if number == 1 else names}"


@dataclass(frozen=True)
class Outcome:
    """What a search found.

    ``best`` is None if there is no legal mapping (``infeasible`` says why) or if the search was
    stopped before it had one.  ``front`` holds the points of energy and cycles that no other point
    found is better than, by growing energy; only if asked for.  ``resume`` continues the search; it
    is for the same driver, problem and objective only.
    """

    best: Candidate | None
    certificate: Certificate
    front: tuple[Candidate, ...] = ()
    resume: object | None = None
    infeasible: Infeasibility | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """What resumes a search by doing it again: the mappings that it started from.

    ``sampled`` is the last of the sampling that it did besides, for a search that goes on with it.
    """

    start: tuple[Mapping, ...]
    sampled: Outcome | None = None


def starts_again(resume: object | None, start: Sequence[Mapping]) -> tuple[Mapping, ...]:
    """Return all that a search starts from if it is resumed by doing it again.

    Raises
    ------
    TypeError
        If ``resume`` comes from a driver that resumes otherwise.
    """
    if resume is None:
        return tuple(start)
    if isinstance(resume, Again):
        return (*resume.start, *start)
    raise TypeError(f"cannot resume from a {type(resume).__name__}")


class NotCoveredError(UsageError):
    """A driver was asked for a problem that it does not cover, and why it does not."""

    def __init__(self, driver: str, problem: MappingProblem, reason: str) -> None:
        layer, arch = problem.layer.name, problem.arch.name
        super().__init__(
            Problem(
                f"the {driver} driver does not cover {reason} ({layer} on {arch})",
                hint="the driver 'auto' samples what it cannot prove",
            )
        )


def no_mapping(
    driver: str, problem: MappingProblem, objective: Objective, why: Infeasibility
) -> Outcome:
    """Return the outcome of a problem that has no legal mapping."""
    certificate = Certificate(driver, problem.space.size, 0, False, None, "space", objective.name)
    return Outcome(None, certificate, infeasible=why)


@dataclass(frozen=True, slots=True)
class Progress:
    """A report from a search under way."""

    considered: int
    samples: int | None
    """The budget."""
    seconds: float
    best_energy: float | None
    best_cycles: float | None


OnProgress = Callable[[Progress], None]


def never() -> bool:
    """Do not stop."""
    return False


def silent(_: Progress) -> None:
    """Say nothing."""


class Driver(Protocol):
    """A way to search.  A driver is a frozen record: its fields are its options."""

    @property
    def name(self) -> str:
        """The name by which a certificate calls it."""

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        """Search; deterministic unless seconds or ``stop`` end it.

        Raises
        ------
        IllegalMappingError
            If a mapping in ``start`` is not one of the problem.
        """
