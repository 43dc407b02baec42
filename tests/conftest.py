"""What all tests share: where they may write, and how hard hypothesis looks."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

pytest_plugins = ["tests.skips"]

# Set before accelsim or matplotlib is imported: tests write nothing into the user's home, and all
# workers and runs share one cache of compiled kernels.
os.environ["ACCELSIM_CACHE"] = str(ROOT / ".cache" / "tests")
os.environ["MPLCONFIGDIR"] = str(ROOT / ".cache" / "matplotlib")
os.environ["MPLBACKEND"] = "Agg"


# A shell has its background jobs ignore Ctrl-C, and with them the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Forget the results of earlier runs, before the first worker begins: tests search anew."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(ROOT / ".cache" / "tests" / "results", ignore_errors=True)


# Output is compared exactly, so nothing of the caller's terminal may shape it.
for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "TERMINAL_WIDTH"):
    os.environ.pop(name, None)

# A first call compiles a kernel, which no deadline per example can tell from a slow test.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", _PATIENT, max_examples=100, derandomize=True)
settings.register_profile("full", _PATIENT, max_examples=5000, print_blob=True)
settings.load_profile("gate")
