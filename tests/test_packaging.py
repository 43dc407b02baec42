"""What is built: the wheel carries every spec and finds it from anywhere; the sdist builds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

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


def build(source: Path, target: str, out: Path) -> Path:
    """Build without isolation: hatchling is installed, and nothing is downloaded."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel_from_sdist(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel that the sdist builds, so that neither may lack a file."""
    sdist = build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    assert {"LICENSE", "README.md", "CHANGELOG.md", "tests", "docs", "scripts"} <= {
        path.name for path in source.iterdir()
    }
    return zipfile.ZipFile(build(source, "wheel", tmp_path_factory.mktemp("wheel")))


def test_the_wheel_holds_every_module_and_spec(wheel_from_sdist: zipfile.ZipFile) -> None:
    held = set(wheel_from_sdist.namelist())
    modules = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "accelsim").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    templates = {
        str(path.relative_to(ROOT)) for path in (ROOT / "accelsim/report/templates").iterdir()
    }
    specs = {
        f"accelsim/data/{path.relative_to(ROOT)}"
        for folder in SPEC_FOLDERS
        for path in (ROOT / folder).glob("*.yaml")
    }
    cases = {
        f"accelsim/data/{path.relative_to(ROOT)}"
        for path in (ROOT / "reference_cases").rglob("*")
        if path.is_file()
    }
    assert len(cases) > 20
    assert len(templates) == 3
    assert modules | templates | specs | cases | {"accelsim/py.typed"} <= held
    assert not [name for name in held if name.startswith(("tests/", "docs/"))]


def test_shipped_specs_are_found_from_an_installed_wheel(
    wheel_from_sdist: zipfile.ZipFile, tmp_path: Path
) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    wheel_from_sdist.extractall(site)
    run = subprocess.run(
        [sys.executable, "-m", "accelsim", "show", "eyeriss"],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == (ROOT / "arch_specs" / "eyeriss.yaml").read_text(encoding="utf-8")
    assert list(elsewhere.iterdir()) == []
