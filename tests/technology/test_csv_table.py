"""A user's table as CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from accelsim.technology.estimators.contract import Attributes
from accelsim.technology.spec import read_technology

TABLE = """\
component,action,size,width,energy_pj,source,assumed
dram,access,,64 b,512,a data sheet,
sram,access,8 KiB,64 b,10,a compiler,
sram,access,32 KiB,64 b,20,,a guess
mac,mac,,,2,a paper,
mac,mac.gated,,,0.1,a paper,
"""


def test_prices_and_curves(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(TABLE)
    table = read_technology(path)
    assert (table.name, table.unit) == ("mine", "pJ")
    dram = table.price("dram", "read")
    assert dram is not None
    assert (dram.energy, dram.width_bits, dram.source) == (512.0, 64, "a data sheet")
    middle = table.estimate("sram", Attributes(size_bits=20 * 8192), "fill")
    assert middle is not None
    assert (middle.energy, middle.width_bits, middle.assumed) == (15.0, 64, True)
    assert table.estimate("sram", Attributes(size_bits=33 * 8192), "fill") is None
    gated = table.price("mac", "mac.gated")
    assert gated is not None
    assert gated.energy == 0.1
    (checked,) = acs.check(path)
    assert (checked.kind, checked.problems) == ("technology", ())
    assert "sram.access at 32 KiB = 20 pJ: a guess" in checked.assumed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("energy_pj", "energy", "bad.csv:1:1: unknown column 'energy'"),
        (",8 KiB,", ",8 KB,", "bad.csv:3:1: unknown unit 'KB' in '8 KB'"),
        ("mac,mac,,,2", "mac,mca,,,2", "bad.csv:5:1: unknown action 'mca'"),
        ("mac.gated", "mac.gatd", "bad.csv:6:1: unknown kind 'gatd'"),
        (",2,a paper", ",two,a paper", "bad.csv:5:1: 'two' is not an energy"),
        (",2,a paper", ",-2,a paper", "bad.csv:5:1: '-2' is not an energy"),
        (",2,a paper", ",2,", "bad.csv:5:1: mac.mac has no source"),
        (",32 KiB,", ",8 KiB,", "bad.csv:4:1: sram.access is priced twice"),
        (",32 KiB,64 b", ",32 KiB,32 b", "bad.csv:4:1: the points of sram.access differ in width"),
        ("a guess", "a guess,more", "bad.csv:4:1: more than 7 cells"),
        ("size,width", "width,width", "bad.csv:1:1: two columns are called 'width'"),
        ("mac,mac,,,2", ",mac,,,2", "bad.csv:5:1: a row without a component"),
        ("mac.gated", "mac.random", "bad.csv:6:1: mac.mac is priced twice"),
        (
            "dram,access,,64 b",
            "sram,read,8 KiB,,9,a compiler,\nsram,read,9 KiB,,9,a compiler,\nsram,access,,64 b",
            "bad.csv:2:1: sram.read has two prices; expected one; the other: access in line 4",
        ),
    ],
)
def test_a_broken_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert old in TABLE
    Path("bad.csv").write_text(TABLE.replace(old, new))
    with pytest.raises(SpecError) as refusal:
        read_technology("bad.csv")
    assert str(refusal.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("component,action,energy_pj,source\n", "the table prices nothing; expected a row"),
        (
            "component,action,energy_pj,energy_mac,source\nmac,mac,1,1,a paper\n",
            "the first row names the columns; expected component, action and one of energy_pj, ",
        ),
    ],
)
def test_tables_without_prices_or_with_two_units(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(SpecError, match=said):
        read_technology(path)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read_technology("nowhere/mine.csv")
