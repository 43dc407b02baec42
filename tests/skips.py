"""A pytest plugin: with ``--allowed-skips FILE``, a skip that the file does not list fails the run.

A line of the file is ``pattern | reason``: a shell pattern for test ids, and why skipping is right
there.  A test that stops being run must not go unnoticed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter


def read_patterns(path: Path) -> list[str]:
    """Return the patterns of a list of allowed skips; every one must state its reason."""
    patterns = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, separator, reason = (part.strip() for part in line.partition("|"))
        if not (pattern and separator and reason):
            raise pytest.UsageError(f"{path}:{number}: expected 'pattern | reason', got {line!r}")
        patterns.append(pattern)
    return patterns


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--allowed-skips", type=Path, help="fail on a skip that this file lacks")


def unlisted_skips(reporter: TerminalReporter, listed: Path) -> list[str]:
    patterns = read_patterns(listed)
    skipped = [report.nodeid for report in reporter.stats.get("skipped", [])]
    return [name for name in skipped if not any(fnmatchcase(name, p) for p in patterns)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    listed = session.config.getoption("--allowed-skips")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if listed is None or reporter is None or hasattr(session.config, "workerinput"):
        return
    if unlisted_skips(reporter, listed) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    listed = config.getoption("--allowed-skips")
    if listed is not None:
        for name in unlisted_skips(terminalreporter, listed):
            terminalreporter.write_line(
                f"FAILED {name}: skipped, and {listed} does not list it", red=True
            )
