"""What the exact mapper leaves to another order of parts, against every mapping of every order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact import tables
from accelsim.mapper.exact.pattern import Keep
from tests.mapper.left_out import lost
from tests.mapper.uneven_cases import every_form, small_problem


@pytest.mark.parametrize("seed", range(4))
def test_what_one_order_of_parts_leaves_out_another_has(seed: int) -> None:
    assert lost(every_form(small_problem(seed))) == []


def _loops_between_all(s: np.void, keep: Keep, problem: MappingProblem) -> list[int]:
    parts = {a for of in problem.parts for a, b in pairwise(of) if keep[a] and keep[b]}
    return [int(place in parts) for place in s["place"][: int(s["n_nodes"])]]


def _nothing_empty(_: np.void, keep: Keep, problem: MappingProblem) -> bool:
    return any(keep[part] == 0 for parts in problem.parts for part in parts)


def _by_name(_s: np.void, _keep: Keep, problem: MappingProblem) -> bool:
    names = [place.name for place in problem.arch.places]
    return any(names[a] > names[b] for parts in problem.parts for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("parts_with_loops", _loops_between_all),
        ("is_elsewhere", _nothing_empty),
        ("is_elsewhere", _by_name),
    ],
)
def test_leaving_out_more_loses_something(
    name: str, mistake: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, name, mistake)
    assert lost(every_form(small_problem(2))) != []
