"""What is written is run: commands of README and docs, and the examples in docstrings.

A fenced block after ``<!-- run -->`` is run, in a folder with the page's YAML: ``bash`` line by
line, ``python`` as one program, ``console`` with its output compared exactly (a line ``...`` stands
for any lines).  Commands in the other ``bash`` blocks must at least name a verb that exists.  Every
``yaml`` block is a file, named in its first line, which ``accelsim check`` accepts; so is a
``python`` block that begins with a name.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    *sorted(
        str(path.relative_to(ROOT))
        for folder in ("docs", "docs/reference")
        for path in (ROOT / folder).glob("*.md")
    ),
)
PROGRAMS = Path(sys.executable).parent
FIGURE_SUFFIXES = {".svg", ".png", ".pdf"}


class Fence(NamedTuple):
    page: str
    line: int
    language: str
    run: bool
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def fences(page: str, text: str) -> Iterator[Fence]:
    """Yield the fenced blocks of a page."""
    pattern = re.compile(
        r"(?P<run><!-- run -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
        re.MULTILINE | re.DOTALL,
    )
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        yield Fence(page, line, match["language"], bool(match["run"]), match["text"])


def all_fences() -> list[Fence]:
    return [
        fence for page in PAGES for fence in fences(page, (ROOT / page).read_text(encoding="utf-8"))
    ]


def yaml_files(page: str) -> dict[str, str]:
    """Return file name -> text of the YAML on a page."""
    files = {}
    for fence in fences(page, (ROOT / page).read_text(encoding="utf-8")):
        if fence.language == "yaml":
            named = re.match(r"# ([\w.]+\.yaml)\n", fence.text)
            assert named, f"{fence}: its first line must be '# NAME.yaml'"
            files[named[1]] = fence.text
    return files


def python_files(page: str) -> dict[str, str]:
    """Return file name -> text of the Python on a page that begins with the name of a file."""
    return {
        named[1]: fence.text
        for fence in fences(page, (ROOT / page).read_text(encoding="utf-8"))
        if fence.language == "python" and (named := re.match(r"# (\w+\.py)\n", fence.text))
    }


def ini_files(page: str) -> dict[str, str]:
    """Return file name -> text of the ``ini`` blocks of a page, which begin with its name."""
    found = (ROOT / page).read_text(encoding="utf-8")
    blocks = [fence for fence in fences(page, found) if fence.language == "ini"]
    named = {fence: re.match(r"# ([\w.]+\.cfg)\n", fence.text) for fence in blocks}
    return {match[1]: fence.text for fence, match in named.items() if match}


def write_files(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one line as a reader would, with the programs of this environment first."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def matches(printed: str, expected: str) -> bool:
    """Compare output with what a page shows of it; a line ``...`` stands for any lines."""
    parts = re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)
    return re.fullmatch("(?s:.*)".join(map(re.escape, parts)), printed) is not None


NEED_TORCH = [fence for fence in all_fences() if fence.run and "import torch" in fence.text]


@pytest.mark.parametrize("fence", NEED_TORCH, ids=str)
def test_blocks_that_need_torch(fence: Fence, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    run(fence, tmp_path)


@pytest.mark.parametrize(
    "fence", [f for f in all_fences() if f.run and f not in NEED_TORCH], ids=str
)
def test_blocks_marked_to_be_run(fence: Fence, tmp_path: Path) -> None:
    if ".onnx" in fence.text:
        pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    run(fence, tmp_path)


def run(fence: Fence, tmp_path: Path) -> None:
    """Run a block, and hold what it prints against what the page says."""
    files = yaml_files(fence.page) | python_files(fence.page) | ini_files(fence.page)
    write_files(files, tmp_path)
    if fence.language == "bash":
        for command in fence.text.splitlines():
            done = shell(command, tmp_path)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    elif fence.language == "console":
        for entry in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
            command, _, expected = entry.partition("\n")
            done = shell(command, tmp_path)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            assert matches(done.stdout, expected), f"{command} printed\n{done.stdout}"
    else:
        assert fence.language == "python", f"{fence}: cannot run {fence.language}"
        done = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(fence.text)}", tmp_path)
        assert done.returncode == 0, done.stderr


def test_every_command_names_a_verb() -> None:
    cli = importlib.import_module("accelsim.cli")
    typer_main = importlib.import_module("typer.main")
    verbs = set(typer_main.get_command(cli.app).commands)
    written = {
        (str(fence), shlex.split(command, comments=True)[1])
        for fence in all_fences()
        if fence.language in ("bash", "console")
        for command in fence.text.replace("$ ", "").splitlines()
        if command.startswith("accelsim ")
    }
    assert written
    assert {(where, verb) for where, verb in written if verb not in verbs} == set()


def test_the_two_commands_are_there() -> None:
    """The gate runs this very test; the demo is run below."""
    first = next(fences("README.md", (ROOT / "README.md").read_text(encoding="utf-8")))
    commands = [line.split("#")[0].strip() for line in first.text.splitlines()]
    assert commands == ["scripts/demo", "scripts/test"]
    for command in commands:
        assert os.access(ROOT / command, os.X_OK), f"{command} cannot be executed"


def test_the_demo(tmp_path: Path) -> None:
    """``scripts/demo`` from another directory, with the environment that runs the tests."""
    script = shlex.quote(str(ROOT / "scripts" / "demo"))
    os_environment = f"ACCELSIM_VENV={shlex.quote(sys.prefix)}"
    done = shell(f"{os_environment} {script} result", tmp_path)
    assert done.returncode == 0, done.stderr
    for dataflow in ("rs", "ws", "is", "nlr"):
        assert re.search(rf"\b{dataflow}\b", done.stdout, re.IGNORECASE), done.stdout
    assert "left in" in done.stderr
    figures = [path for path in (tmp_path / "result").rglob("*") if path.suffix in FIGURE_SUFFIXES]
    assert figures
    assert all(path.stat().st_size > 1000 for path in figures)
    assert all(path.name in done.stderr for path in figures)


def test_links_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text()):
            if not (ROOT / page).parent.joinpath(target).exists():
                broken.append(f"{page}: {target}")
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if yaml_files(page)])
def test_yaml_is_sound(page: str, tmp_path: Path) -> None:
    files = yaml_files(page)
    write_files(files, tmp_path)
    done = shell(f"accelsim check {' '.join(files)}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_an_example_of_every_kind_of_spec() -> None:
    kinds = {yaml.safe_load(text)["kind"] for text in yaml_files("docs/specs.md").values()}
    assert sorted(kinds) == sorted(importlib.import_module("accelsim.report.schemas").MODELS)


def test_the_einsum_by_hand_is_the_convolution_that_the_page_says(tmp_path: Path) -> None:
    """``dilated`` of docs/specs.md costs what the shape conv costs under the same mapping."""
    files = yaml_files("docs/specs.md")
    network = yaml.safe_load(files["layers.yaml"])
    by_hand = next(layer for layer in network["layers"] if layer["name"] == "dilated")
    conv = {"name": "dilated", "shape": "conv", **by_hand["dims"], "dilation": [2, 1]}
    named = files | {"layers.yaml": yaml.safe_dump(network | {"layers": [conv]})}
    printed = []
    for name, written in (("einsum", files), ("conv", named)):
        folder = tmp_path / name
        folder.mkdir()
        write_files(written, folder)
        done = shell("accelsim evaluate toy.yaml layers.yaml:dilated by_hand.yaml", folder)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]


def module_names() -> list[str]:
    paths = (path.relative_to(ROOT) for path in (ROOT / "accelsim").rglob("*.py"))
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}
    return sorted(names - {"accelsim.__main__"})


@pytest.mark.parametrize("name", module_names())
def test_examples_in_docstrings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module: ModuleType = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_docstring_examples_exist() -> None:
    """A finder that finds nothing would pass the test above."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [
        example
        for name in module_names()
        for test in finder.find(importlib.import_module(name), name)
        for example in test.examples
    ]
    assert len(examples) >= 5


@pytest.mark.parametrize(
    ("expected", "fits"),
    [("a\nb\nc\n", True), ("a\n...\nc\n", True), ("...\nc\n", True), ("a\nb\n", False)],
)
def test_output_is_compared_exactly(expected: str, fits: bool) -> None:
    assert matches("a\nb\nc\n", expected) is fits


def test_blocks_are_found() -> None:
    page = "# x\n\n<!-- run -->\n```bash\nls\n```\n\n```python\nprint()\n```\n"
    assert list(fences("x.md", page)) == [
        Fence("x.md", 4, "bash", True, "ls\n"),
        Fence("x.md", 8, "python", False, "print()\n"),
    ]
