"""Pages in a real browser: Debian's chromium, driven by playwright, offline.

``scripts/test --browser`` brings both, and sets ``ACCELSIM_BROWSER``; otherwise tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import accelsim as acs
from tests.small.points import many, stored
from tests.small.results import network_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Opened:
    """A page with what was requested and complained about while it was open."""

    page: Page
    file: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if "ACCELSIM_BROWSER" not in os.environ:
        pytest.skip("needs a browser: scripts/test --browser")
    playwright = import_module("playwright.sync_api")
    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def sweep_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a sweep of 200 points."""
    folder = tmp_path_factory.mktemp("sweep")
    store = stored(folder / "study.db", list(many(200)))
    acs.report_(store, output=folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a network of two layers."""
    file = tmp_path_factory.mktemp("run") / "report.html"
    acs.report_(network_run(), output=file)
    return file


@pytest.fixture
def load(browser: Browser) -> Iterator[Open]:
    """Return a function that opens a file; what it asks for, but the file itself, is refused."""
    contexts = []

    def load(file: Path, **options: Any) -> Opened:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        its = Opened(context.new_page(), file)

        def answer(route: Any) -> None:
            its.requests.append(route.request.url)
            if route.request.url.partition("#")[0] == file.as_uri():
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        its.page.on("console", lambda said: its.complaints.append(said.text))
        its.page.on("pageerror", lambda fault: its.complaints.append(str(fault)))
        its.page.goto(file.as_uri())
        return its

    yield load
    for context in contexts:
        context.close()
