"""Tables of a machine that are kept with its prices, for its next layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import resolve
from accelsim.mapper import contract
from accelsim.mapper.contract import Budget, MappingProblem, Outcome, mapping_problem
from accelsim.mapper.objectives import ENERGY
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapper.uneven import UnevenDriver
from accelsim.technology.records import Accounting
from tests.mapper.problems import TABLE
from tests.mapspace.cases import eyeriss, gemm


class Emptied(dict[int, PricedMachine]):
    """What was kept, where another thread makes room as soon as something is put in."""

    def __setitem__(self, key: int, machine: PricedMachine) -> None:
        super().__setitem__(key, machine)
        self.clear()


def test_another_thread_may_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_machines", lambda _: Emptied())
    arch = eyeriss()
    prices = resolve(arch, TABLE, Accounting("default"))
    assert mapping_problem(gemm(M=2), arch, prices).arch is arch


@dataclass
class Noting:
    """A driver that notes the problems it was asked."""

    name: str = "noting"
    asked: list[MappingProblem] = field(default_factory=list)

    def search(self, problem: MappingProblem, *how: Any, **options: Any) -> Outcome:
        self.asked.append(problem)
        return SamplingDriver().search(problem, *how, **options)


def test_uneven_forms_share_their_tables_between_layers() -> None:
    arch, driver = eyeriss(), Noting()
    prices = resolve(arch, TABLE, Accounting("default"))
    for m in (2, 4):
        problem = mapping_problem(gemm(M=m, N=2, K=2), arch, prices)
        UnevenDriver(driver, "buffers").search(problem, ENERGY, Budget(1))
    half = len(driver.asked) // 2
    assert half > 1
    for one, other in zip(driver.asked[:half], driver.asked[half:], strict=True):
        assert one.arch is other.arch
        assert one.price_arrays is other.price_arrays
