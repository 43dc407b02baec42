"""The drivers by name."""

from __future__ import annotations

from collections.abc import Callable

from accelsim.errors import Problem, UsageError
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import Driver
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.remainders import RemaindersDriver
from accelsim.mapper.sampling import SamplingDriver
from accelsim.specs.fields import one_of, suggestion

DRIVERS: dict[str, Callable[[int], Driver]] = {
    "auto": AutoDriver,
    "exact": ExactDriver,
    "sampling": SamplingDriver,
}
"""Name -> what makes the driver from a seed."""


def driver_named(name: str, seed: int = 0, remainders: bool = False) -> Driver:
    """Return a driver by name; ``seed`` is the start of its random choices, if it makes any.

    With ``remainders`` it looks at mappings with remainders too.

    Raises
    ------
    UsageError
        Naming the drivers that there are.
    """
    if name in DRIVERS:
        driver = DRIVERS[name](seed)
        return RemaindersDriver(driver, seed) if remainders else driver
    raise UsageError(
        Problem(
            f"unknown driver '{name}'",
            got=name,
            expected=one_of(DRIVERS),
            hint=suggestion(name, DRIVERS),
        )
    )
