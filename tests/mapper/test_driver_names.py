from __future__ import annotations

import pytest

from accelsim.cli import options
from accelsim.errors import ExitCode, UsageError
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import NotCoveredError
from accelsim.mapper.drivers import DRIVERS, driver_named
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.sampling import SamplingDriver
from tests.mapper.problems import problem
from tests.mapspace.cases import gemm, shared


def test_a_driver_by_name() -> None:
    assert [driver_named(name, 3) for name in DRIVERS] == [
        AutoDriver(3),
        ExactDriver(3),
        SamplingDriver(3),
    ]
    assert [driver_named(name).name for name in DRIVERS] == list(DRIVERS)
    with pytest.raises(UsageError, match=r"unknown driver 'sample'.*did you mean 'sampling'"):
        driver_named("sample")


def test_the_command_line_knows_them_all() -> None:
    assert tuple(DRIVERS) == options.DRIVERS


def test_what_is_not_covered_is_a_mistake_of_the_call() -> None:
    fault = NotCoveredError("exact", problem(gemm(M=2), shared(8)), "machines of a test")
    assert fault.exit_code == ExitCode.USAGE
    assert str(fault) == (
        "the exact driver does not cover machines of a test (gemm on shared);"
        " the driver 'auto' samples what it cannot prove"
    )
