"""Templates that take each other in, folders within folders, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.interchange.timeloop.bundle import read_bundle
from accelsim.interchange.timeloop.sources import looks_like_timeloop
from tests.interchange.timeloop_hostile import ARCH


def fault_of(file: Path) -> Problem:
    with pytest.raises(SpecError) as caught:
        read_bundle([file])
    (problem,) = caught.value.problems
    return problem


def test_files_that_include_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml.j2").write_text("x: 1\n{{ include_text('b.yaml') }}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("{{ include_text('a.yaml.j2') }}\n", encoding="utf-8")
    problem = fault_of(tmp_path / "a.yaml.j2")
    assert problem.what == "'a.yaml.j2' is included by itself"
    assert problem.hint == "a.yaml.j2 -> b.yaml -> a.yaml.j2"
    assert problem.where is not None
    assert problem.where.line == 2


def test_a_file_may_be_included_twice(tmp_path: Path) -> None:
    (tmp_path / "name.txt").write_text("chip", encoding="utf-8")
    twice = ARCH.replace("name: chip", "name: '{{ include_text(\"name.txt\") }}'")
    twice = twice.replace("name: GLB", "name: 'of_{{ include_text(\"name.txt\") }}'")
    (tmp_path / "top.yaml").write_text(twice, encoding="utf-8")
    machine = read_bundle([tmp_path / "top.yaml"]).machine()
    assert (machine.name, machine.places[1].name) == ("chip", "of_chip")


def test_includes_of_another_kind(tmp_path: Path) -> None:
    file = tmp_path / "top.yaml.jinja2"
    file.write_text("x: 1\n{% include 'arch.yaml' %}\n", encoding="utf-8")
    problem = fault_of(file)
    assert problem.what.startswith("'{% include %}'")
    assert problem.hint == "{{ include_text('FILE') }} does"


def test_a_file_that_only_includes(tmp_path: Path) -> None:
    """Whatever its name."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/arch.yaml").write_text(ARCH, encoding="utf-8")
    top = tmp_path / "top.yaml"
    top.write_text("{{include_text('parts/arch.yaml')}}\n", encoding="utf-8")
    assert looks_like_timeloop(top)
    machine = acs.load(top, kind="architecture")
    assert isinstance(machine, Architecture)
    assert machine.name == "chip"


def test_folders_within_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "arch.yaml").write_text(ARCH, encoding="utf-8")
    for name, file in (("shapes", "cnn.yaml"), ("notes", "a.txt"), (".hidden", "b.yaml")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("", encoding="utf-8")
    (note,) = read_bundle([tmp_path]).sources.notes
    assert str(note) == (
        f"{tmp_path}: the files in folders within it are not read: shapes (name them, too)"
    )


def test_files_of_other_folders_are_named_at_an_import(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in/top.yaml.jinja2"
    file.write_text("{{ add_to_path('../other') }}\n", encoding="utf-8")
    assert "accelsim import timeloop FILE --folder DIR" in fault_of(file).hint


TOP = """\
{% set size = size | default(16) %}
{{ include_text(which ~ '.yaml') }}
"""


def test_variables_of_a_template(tmp_path: Path) -> None:
    """Numbers are numbers; what is included sees them, too."""
    (tmp_path / "top.yaml.jinja2").write_text(TOP, encoding="utf-8")
    sized = ARCH.replace("depth: 16", "depth: {{ words + 1 }}")
    (tmp_path / "mine.yaml").write_text(sized, encoding="utf-8")
    texts = acs.import_("timeloop", f"{tmp_path}/top.yaml.jinja2:which=mine,words=24").texts
    assert "memory: RF, component: register_file, size: 25 words" in texts["architecture"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "'which' is undefined; accelsim import timeloop FILE:NAME=VALUE gives"),
        (":which=mine,wrods=3", "the template has no variable 'wrods'; it has size, which"),
        (":which", "'which' gives no variable its value"),
    ],
)
def test_variables_that_are_wrong(tmp_path: Path, words: str, said: str) -> None:
    (tmp_path / "top.yaml.jinja2").write_text(TOP, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(ARCH, encoding="utf-8")
    with pytest.raises((SpecError, UsageError), match=said):
        acs.import_("timeloop", f"{tmp_path}/top.yaml.jinja2{words}")


def test_variables_of_what_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "arch.yaml").write_text(ARCH, encoding="utf-8")
    with pytest.raises(SpecError, match="'x' is a variable of no template"):
        acs.import_("timeloop", f"{tmp_path}/arch.yaml:x=1")
    with pytest.raises(UsageError, match="is a folder"):
        acs.import_("timeloop", f"{tmp_path}/:x=1")
