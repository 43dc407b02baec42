"""What a network is run on and how, and the searches that this takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from accelsim.arch.records import Architecture
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import resolve
from accelsim.kept import kept
from accelsim.mapper.contract import Budget, Driver, MappingProblem
from accelsim.mapper.objectives import Objective
from accelsim.mapper.search_key import search_key_with, settings_key
from accelsim.mapping.records import Mapping
from accelsim.mapspace.records import Dataflow
from accelsim.technology.records import Accounting, EnergyTable


@dataclass(frozen=True)
class Plan:
    """What a network is run on and how: one row of a comparison.

    ``starts`` gives mappings to start the search of a layer from, by the layer's name; each must be
    legal under the dataflows.  ``front`` asks for every layer's trade-offs of energy and cycles,
    ``apart`` to search the layers that find maps on the chip once more without these.
    """

    label: str
    arch: Architecture
    table: EnergyTable
    accounting: Accounting
    dataflows: tuple[Dataflow, ...]
    objective: Objective
    budget: Budget
    driver: Driver
    starts: dict[str, tuple[Mapping, ...]] = field(default_factory=dict)
    front: bool = False
    apart: bool = False


@dataclass(frozen=True)
class Task:
    """One search: of one layer, or of several that are equal."""

    problem: MappingProblem
    starts: tuple[Mapping, ...]


def priced(plan: Plan) -> PricedMachine:
    """Return the machine of a plan at its prices.

    Raises
    ------
    SpecError
        If prices are missing.
    """
    return PricedMachine(plan.arch, resolve(plan.arch, plan.table, plan.accounting))


def task_key(task: Task, plan: Plan, prices: str = "") -> str:
    """Return the content key of a search.

    Parameters
    ----------
    prices : the :func:`~accelsim.mapper.search_key.prices_key` of its problem, if it is at hand
    """
    return search_key_with(task.problem, _settings_key(plan), task.starts, prices)


@kept
def _settings_key(plan: Plan) -> str:
    return settings_key(plan.objective, plan.budget, plan.driver, plan.front)
