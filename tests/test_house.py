"""House rules that a program can hold: names of files, traces of machines, sources of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]

SPEC_FOLDERS = (
    "arch_specs",
    "workloads",
    "dataflows",
    "technologies",
    "accountings",
    "studies",
    "mappings",
)

OURS = ("accelsim", "tests", "docs", "scripts", ".ci", "reference_cases", *SPEC_FOLDERS)

SAYS_NOTHING = {"core", "utils", "util", "common", "helpers", "helper", "manager", "misc", "base"}

MACHINE_PATH = re.compile(r"(?<![\w.<>-])/(?:work|root|home|Users|opt|mnt)/\w+")


def files_of_ours() -> Iterator[Path]:
    """Yield what a checkout holds, caches and builds left out."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.name != ".coverage")
    for folder in OURS:
        for path in (ROOT / folder).rglob("*"):
            parts = set(path.relative_to(ROOT).parts)
            if path.is_file() and not parts & {"__pycache__", "_build", "generated"}:
                yield path


def shipped() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for folder in SPEC_FOLDERS
        for path in (ROOT / folder).glob("*.yaml")
    )


def test_file_names_say_what_is_inside() -> None:
    named = {
        str(path.relative_to(ROOT))
        for path in files_of_ours()
        for part in path.relative_to(ROOT).parts
        if part.split(".")[0] in SAYS_NOTHING
    }
    assert named == set()


def test_nothing_tells_of_the_machine_it_was_written_on() -> None:
    traces = []
    for path in files_of_ours():
        text = path.read_text(encoding="utf-8", errors="ignore")
        traces += [f"{path.relative_to(ROOT)}: {m.group()}" for m in MACHINE_PATH.finditer(text)]
    assert traces == []


@pytest.mark.parametrize("text", ["cd /" + "work/main", "'/" + "home/ann/x'", "see:/" + "root/a"])
def test_a_trace_of_a_machine_is_found(text: str) -> None:
    assert MACHINE_PATH.search(text)


def unsourced(spec: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of a spec that must state where they come from and do not."""

    def states(part: dict[str, Any]) -> bool:
        return any(str(part.get(word) or "").strip() for word in ("source", "assumed"))

    if not states(spec):
        yield "the file itself"
    loops = spec.get("kind") == "mapping"  # choices, all of one source
    for level in [] if loops else spec.get("levels", []):
        name = next(iter(level.values()))
        for part in level.get("memories", [level]):
            if not states(part):
                yield f"level {part.get('memory', name)}"
    for rule in spec.get("rules", []):
        if not str(rule.get("because") or "").strip():
            yield f"the rule at {rule.get('at')} (because:)"
    for component, actions in spec.get("prices", {}).items():
        for action, price in actions.items():
            if isinstance(price, dict) and not states(price):
                yield f"the price of {component}.{action}"
    for component, actions in spec.get("curves", {}).items():
        for action, curve in actions.items():
            if not states(curve):
                yield f"the curve of {component}.{action}"


@pytest.mark.parametrize("file", shipped())
def test_every_shipped_number_has_a_source(file: str) -> None:
    spec = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    assert list(unsourced(spec)) == []


def test_a_missing_source_is_found() -> None:
    spec = yaml.safe_load(
        """
        kind: architecture
        levels:
        - {memory: dram, source: a paper}
        - side_by_side: spads
          memories: [{memory: weights, assumed: a guess}, {memory: sums, source: ""}]
        - {compute: mac}
        rules: [{at: array}]
        prices: {dram: {access: {energy: 200}}}
        """
    )
    assert list(unsourced(spec)) == [
        "the file itself",
        "level sums",
        "level mac",
        "the rule at array (because:)",
        "the price of dram.access",
    ]


def test_every_kind_of_spec_is_shipped() -> None:
    empty = [folder for folder in SPEC_FOLDERS if not list((ROOT / folder).glob("*.yaml"))]
    assert empty == []
