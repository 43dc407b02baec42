"""A mapping that was written names what it is for, so that check and evaluate read it again."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import IllegalMappingError
from accelsim.mapping.spec import MadeFrom, read_made_from
from accelsim.workload.spec import read_workload
from tests.small import LAYER, MACHINE, MIXED, OUTPUTS, STUDY, TABLE

QUICK = acs.Search(samples=50)


def problems(path: Path) -> list[str]:
    (checked,) = acs.check(path)
    return [str(problem) for problem in checked.problems]


def test_own_files_and_overrides_are_named(tmp_path: Path) -> None:
    sets = ["buffer.size=9 words", "fc*.bits.weights=8"]
    result = acs.run(
        MACHINE, f"{MIXED}:fc*", dataflow=OUTPUTS, technology=TABLE, overrides=sets, search=QUICK
    )
    acs.save(result, tmp_path)
    path = tmp_path / "mappings/outputs/fc2.yaml"
    assert read_made_from(path) == MadeFrom(str(MACHINE), f"{MIXED}:fc2,batch=1", tuple(sets))
    assert problems(path) == []
    again = acs.load(tmp_path)
    assert again.data() == result.data()  # type: ignore[union-attr]
    acs.save(again, tmp_path / "again")  # type: ignore[arg-type]
    assert (tmp_path / "again/mappings/outputs/fc2.yaml").read_bytes() == path.read_bytes()


def test_every_row_of_a_study_names_its_own_machine(tmp_path: Path) -> None:
    result = acs.compare(STUDY, LAYER, overrides=["buffer.size=9 words"], search=QUICK)
    acs.save(result, tmp_path)
    for label in ("O", "I"):
        path = tmp_path / f"mappings/{label}/fc.yaml"
        made_from = read_made_from(path)
        assert made_from.architecture == "tests/small/machine.yaml"
        assert made_from.overrides == ("buffer.size=9 words",)
        assert problems(path) == []


def test_a_file_read_elsewhere_says_why_it_cannot_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = acs.compare(STUDY, LAYER, search=QUICK)
    acs.save(result, tmp_path)
    monkeypatch.chdir(tmp_path)
    path = Path("mappings/O/fc.yaml")
    (said,) = problems(path)
    assert said == (
        "tests/small/machine.yaml: cannot be read: no such file or directory; named in"
        " mappings/O/fc.yaml, as seen from the directory of the call that wrote it"
    )


def test_records_have_no_words(tmp_path: Path) -> None:
    result = acs.map(
        read_architecture(MACHINE), read_workload(LAYER), technology=TABLE, search=QUICK
    )
    assert result.yaml.splitlines()[:4] == [
        "kind: mapping",
        "# architecture: small, which was not read from a file",
        "# layer: fc, which was not read from a file",
        "levels:",
    ]
    path = tmp_path / "m.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert problems(path)[0].startswith(f"{path}: a mapping is checked against a machine and a")
    assert acs.evaluate(MACHINE, LAYER, path, technology=TABLE).mapping == result.mapping


def test_odd_words_are_quoted(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" \\c.yaml'
    odd.write_text(MACHINE.read_text("utf-8"), encoding="utf-8")
    result = acs.map(odd, LAYER, technology=TABLE, search=QUICK)
    path = tmp_path / "m.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert read_made_from(path).architecture == str(odd)
    assert problems(path) == []


def test_evaluate_says_which_overrides_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    sets = ["buffer.size=64 words", "clock=2GHz"]
    found = acs.map(MACHINE, LAYER, technology=TABLE, overrides=sets, search=QUICK)
    path.write_text(found.yaml, encoding="utf-8")
    remark = f"{path} is for a machine or layer changed by --set 'buffer.size=64 words'"
    same = acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=sets)
    assert same.settings.remarks == ()
    assert same.yaml == found.yaml
    less = acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz"])
    assert less.notes()[-1] == f"{remark}."
    with pytest.raises(IllegalMappingError) as caught:
        acs.evaluate(
            MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz", "buffer.size=4 words"]
        )
    assert str(caught.value) == f"buffer needs 8 words for its tiles, has 4; {remark}"
    path.write_text(found.yaml.replace("M 2", "M 3"), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz"])
    assert str(refused.value).splitlines()[-1] == remark
