"""The pages in ``docs/reference`` are what ``docs/generate.py`` writes, and leave nothing out."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
RENEW = "docs/reference is not current; to renew it: python docs/generate.py"


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("generate")


def test_pages_are_current(generate: ModuleType) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    written = generate.pages()
    stale = sorted(name for name in kept | written if kept.get(name) != written.get(name))
    assert not stale, f"{', '.join(stale)}: {RENEW}"


def test_every_key_of_every_kind_is_there(generate: ModuleType) -> None:
    page = (FOLDER / "keys.md").read_text(encoding="utf-8")
    for kind in generate.MODELS:
        section = page.split(f"\n## {kind}\n")[1].split("\n## ")[0]
        schema = generate.schema_of(kind)
        for part in (schema, *schema.get("$defs", {}).values()):
            for key in part.get("properties", {}):
                assert f"| `{key}` |" in section


def test_links_between_tables_lead_to_headings(generate: ModuleType) -> None:
    page = "\n".join(generate.key_page())
    headings = {
        line.lstrip("# ").replace(":", "").replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("##")
    }
    linked = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert linked
    assert linked <= headings


def test_every_rule_of_every_shipped_dataflow_is_there() -> None:
    page = (FOLDER / "dataflows.md").read_text(encoding="utf-8")
    for path in (ROOT / "dataflows").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        section = page.split(f"\n## `{spec['name']}`: ")[1].split("\n## ")[0]
        assert section.count("\n| `") == len(spec["rules"])
