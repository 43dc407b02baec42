"""The names at the top of the package: all there, and none fetched before it is used."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli

ROOT = Path(__file__).parents[1]

VERBS = {name for name, home in acs._HOME.items() if home == f"accelsim.verbs.{name}"}


def test_every_verb_of_the_command_line_is_one_call() -> None:
    assert {verb.__name__ for verb in cli.VERBS} <= VERBS


@pytest.mark.parametrize("name", sorted(acs._HOME))
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    thing = getattr(acs, name)
    assert callable(thing)
    assert thing.__name__ == name
    assert thing.__module__ == acs._HOME[name]
    assert thing.__doc__


def test_the_names_are_listed() -> None:
    assert set(dir(acs)) == set(acs.__all__) == {"__version__", *acs._HOME}


def test_type_checkers_see_the_same_names() -> None:
    """The block under TYPE_CHECKING and the table of names are written twice; they must agree."""
    source = Path(acs.__file__).read_text(encoding="utf-8")
    seen = re.findall(r"from (accelsim\.(?:verbs|explore)\.\w+) import (\w+) as \2", source)
    assert {name: module for module, name in seen} == acs._HOME


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'accelsim' has no attribute 'compair'"):
        _ = acs.compair


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, accelsim; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("numpy", "numba", "matplotlib", "pydantic", "networkx", "rich", "typer"):
        assert f"'{heavy}'" not in loaded


def test_one_version_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {acs.__version__}\n" in citation
    try:
        installed = metadata.version("accelsim")
    except metadata.PackageNotFoundError:
        return  # run from the sources alone
    assert installed == acs.__version__
