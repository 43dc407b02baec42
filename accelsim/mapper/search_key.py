"""The content key of a search: equal keys, equal outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim import __version__
from accelsim.arch.records import Architecture, Memory, Node
from accelsim.kept import kept
from accelsim.keys import arrays_key, content_key, joined_key
from accelsim.mapper.contract import Budget, Driver, MappingProblem
from accelsim.mapper.objectives import Objective
from accelsim.mapping.records import Mapping
from accelsim.technology.records import Accounting
from accelsim.workload.records import Layer

NOT_COUNTED = ("source", "area_um2")
"""Fields of records that change nothing in a search."""


def search_key(
    problem: MappingProblem,
    objective: Objective,
    budget: Budget,
    driver: Driver,
    *,
    front: bool = False,
    start: Sequence[Mapping] = (),
) -> str:
    """Return the content key of a search: equal keys, equal outcomes.

    The layer's name, shape and group do not count, nor do sources and areas; names of dims,
    tensors and levels do, since the mapping carries them.
    """
    return search_key_with(problem, settings_key(objective, budget, driver, front), start)


def settings_key(objective: Objective, budget: Budget, driver: Driver, front: bool = False) -> str:
    """Return the content key of how problems are searched, whatever they are."""
    return content_key(
        {
            "version": __version__,
            "objective": objective,
            "budget": budget,
            "driver": {"name": driver.name, "options": driver},
            "front": front,
        },
        omit=NOT_COUNTED,
    )


def search_key_with(
    problem: MappingProblem, settings: str, start: Sequence[Mapping] = (), prices: str = ""
) -> str:
    """Return what :func:`search_key` does, of a problem and a :func:`settings_key`.

    Parameters
    ----------
    prices : the :func:`prices_key` of the problem, if it is at hand
    """
    rules = [(one.dataflow, one.number, one.rule) for one in problem.space.rules]
    return joined_key(
        [
            settings,
            layer_key(problem.layer),
            _machine_key(problem.arch),
            prices or prices_key(problem),
            _conventions_key(problem.prices.accounting),
            content_key(rules, NOT_COUNTED) if rules else "",
            content_key(start, NOT_COUNTED) if start else "",
            content_key(problem.parts) if problem.parts else "",
        ]
    )


def prices_key(problem: MappingProblem) -> str:
    """Return the content key of what accesses cost."""
    return arrays_key(problem.price_arrays)


@kept
def layer_key(layer: Layer) -> str:
    """Return the content key of what a layer is to a mapper."""
    return content_key(layer.identity, NOT_COUNTED)


@kept
def _machine_key(arch: Architecture) -> str:
    return joined_key([*map(_part_key, arch.nodes), "", *map(_part_key, arch.memories)])


@kept
def _part_key(part: Node | Memory) -> str:
    return content_key(part, NOT_COUNTED)


@kept
def _conventions_key(accounting: Accounting) -> str:
    return content_key(accounting.conventions, NOT_COUNTED)
