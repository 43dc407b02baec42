"""SCALE-Sim's configurations: a systolic array with three SRAMs, as a machine and a dataflow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from accelsim.errors import SpecError
from accelsim.interchange.pages import Cell, Page, cell_of
from accelsim.interchange.scalesim.cycles import (
    DATAFLOWS,
    LAID_OUT,
    ONE_BY_ONE,
    Dataflow,
)
from accelsim.interchange.timeloop.making import Made, native_name
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.yamldoc import Document, Mark, Node, read_text, shown_path

SUFFIX = ".cfg"

HARDWARE = "architecture_presets"

SECTIONS = ("general", HARDWARE, "run_presets", "network_presets", "layout", "sparsity")

USED = ("arrayheight", "arraywidth", "dataflow", "bandwidth")

SRAMS = {
    "Weights": ("filter_sram", "filtersramsz"),
    "Inputs": ("ifmap_sram", "ifmapsramsz"),
    "Outputs": ("ofmap_sram", "ofmapsramsz"),
}
"""Tensor -> name of its memory here, and of its size there (with ``kB`` after it, or without)."""

UNUSED = (
    "ifmapoffset", "filteroffset", "ofmapoffset", "readrequestbuffer", "writerequestbuffer",
    "memorybanks", "wordsizeinbytes",
)  # fmt: skip
"""Keys that say nothing here: addresses and queues."""

STAYS: dict[Dataflow, str] = {"ws": "Weights", "os": "Outputs", "is": "Inputs"}

TECHNOLOGY = "eyeriss-relative"

MIB = 1024

MOST_ENTRIES = 1_000
"""Sections and keys of a configuration."""

DOUBLE = 2
"""Half of an SRAM is filled while the other half is read."""

_SECTION = re.compile(rf"^[ \t]*\[[ \t]*{HARDWARE}[ \t]*\]", re.MULTILINE)


def looks_like_config(path: Path) -> bool:
    """Tell by its sections whether a file is one of SCALE-Sim's configurations."""
    if path.suffix != SUFFIX:
        return False
    try:
        return bool(_SECTION.search(read_text(path)))
    except SpecError:
        return False


class Config:
    """A configuration that has been read; ``page`` holds its text and notes."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises
        ------
        SpecError
            With every problem of the file.
        """
        file = shown_path(path)
        self.page = Page(file, read_text(path))
        self.top = Mark(1, 1, 1)
        self.said = _sections(self.page)
        self.hardware = self.said.get(HARDWARE, {})
        if HARDWARE not in self.said:
            self.page.fault(self.top, f"no section [{HARDWARE}]", "a configuration of SCALE-Sim's")
            self.page.stop_if_wrong()
        self.height, self.width = self._number("ArrayHeight"), self._number("ArrayWidth")
        self.sizes = {role: self._size(key) for role, (_, key) in SRAMS.items()}
        self.dataflow, self.dataflow_mark = self._dataflow()
        self.bandwidth = self._bandwidth()
        self._unknown()
        self.page.stop_if_wrong()
        name = self.said.get("general", {}).get("runname")
        self.name = native_name(name.text if name and name.text else path.stem)

    def _cell(self, *names: str) -> Cell | None:
        return next((self.hardware[name] for name in names if name in self.hardware), None)

    def _missing(self, name: str) -> None:
        self.page.fault(self.top, f"no '{name}' in [{HARDWARE}]", f"`{name} : ...`")

    def _number(self, name: str) -> tuple[int, Mark]:
        cell = self._cell(name.lower())
        if cell is None:
            self._missing(name)
            return 1, self.top
        return self.page.whole(cell, name), cell.mark

    def _size(self, key: str) -> tuple[int, Mark]:
        cell = self._cell(f"{key}kb", key)
        if cell is None:
            self._missing(f"{key.partition('sram')[0].capitalize()}SramSzkB")
            return 1, self.top
        return self.page.whole(cell, "the size of an SRAM in kB"), cell.mark

    def _dataflow(self) -> tuple[Dataflow, Mark]:
        cell = self._cell("dataflow")
        if cell is None:
            self._missing("Dataflow")
            return "ws", self.top
        found = next((name for name in DATAFLOWS if name == cell.text), None)
        if found is None:
            what = f"unknown dataflow '{shown(cell.text)}'"
            self.page.fault(cell.mark, what, one_of(DATAFLOWS), suggestion(cell.text, DATAFLOWS))
        return found or "ws", cell.mark

    def _bandwidth(self) -> tuple[int, Mark] | None:
        """Return the words a cycle between the DRAM and each SRAM; None if it is not limited."""
        mode = self.said.get("run_presets", {}).get("interfacebandwidth")
        if mode is not None and mode.text not in ("CALC", "USER"):
            what = f"unknown InterfaceBandwidth '{shown(mode.text)}'"
            self.page.fault(mode.mark, what, "CALC or USER")
            return None
        cell = self._cell("bandwidth")
        if mode is None or mode.text == "CALC":
            if cell is not None:
                self.page.note(cell.mark, "the bandwidth is left out: only USER limits it")
            return None
        if cell is None:
            self.page.fault(mode.mark, "USER without a bandwidth", f"`Bandwidth :` in [{HARDWARE}]")
            return None
        first, *others = cell.text.split(",")
        if others:
            self.page.note(cell.mark, "the first bandwidth is that of each SRAM, as in SCALE-Sim")
        return self.page.whole(cell_of(first, cell.mark.line, cell.mark.column - 1), "Bandwidth"), (
            cell.mark
        )

    def _unknown(self) -> None:
        known = {*USED, *UNUSED, *(key for _, key in SRAMS.values())}
        known |= {f"{key}kb" for _, key in SRAMS.values()}
        for key, cell in self.hardware.items():
            if key not in known:
                close = suggestion(key, sorted(known))
                what = f"unknown key '{shown(key)}', left out"
                self.page.note(cell.mark, f"{what}; {close}" if close else what)
        sparse = self.said.get("sparsity", {}).get("sparsitysupport")
        if sparse is not None and sparse.text.lower() != "false":
            self.page.note(sparse.mark, "sparsity is left out: zeros count as other values")

    def architecture(self) -> Document:
        """Return the machine: DRAM, three SRAMs side by side, the array, a register a PE, a MAC."""
        made, stays = Made(self.top), STAYS[self.dataflow]
        register = {
            "memory": f"{stays.lower().removesuffix('s')}_register",
            "component": "register_file",
            "size": "1 words",
            "keep": [stays],
        }
        height, width = Made(self.height[1]), Made(self.width[1])
        array = {
            "fanout": width.value("array"),
            "component": width.value("array"),
            "mesh_x": width.value(self.width[0]),
            "mesh_y": height.value(self.height[0]),
        }
        levels = [
            self._backing(made),
            Made(self.sizes["Weights"][1]).mapping(
                {
                    "side_by_side": made.value("srams"),
                    "memories": made.listed([self._sram(role) for role in SRAMS]),
                }
            ),
            width.mapping(array),
            _plain(register, Made(self.dataflow_mark)),
            _plain({"compute": "mac", "component": "mac"}, made),
        ]
        more = [
            f"prices of the table {TECHNOLOGY}: SCALE-Sim's file states no energies",
            "words of 8 bits: SCALE-Sim holds each value in a byte",
            "cycles are those of the steps: the skew of the array's edges is SCALE-Sim's own",
        ]
        items = {
            "kind": made.value("architecture"),
            "name": made.value(self.name),
            "source": made.value(f"SCALE-Sim, {self.page.file}"),
            "technology": made.value(TECHNOLOGY),
            "word": made.value("8 b"),
            **self.page.assumptions(made, more),
            "levels": made.listed(levels),
        }
        return self.page.document(made.mapping(items))

    def _backing(self, made: Made) -> Node:
        if self.bandwidth is None:
            return _plain({"memory": "dram", "component": "dram", "keep": [*SRAMS]}, made)
        words, mark = self.bandwidth
        here = Made(mark)
        channels = [
            {
                "memory": f"dram_{name.removesuffix('_sram')}",
                "component": "dram",
                "shared_bandwidth": f"{words} words/cycle",
                "keep": [role],
            }
            for role, (name, _) in SRAMS.items()
        ]
        listed = here.listed([_plain(one, here) for one in channels])
        return here.mapping({"side_by_side": here.value("dram"), "memories": listed})

    def _sram(self, role: str) -> Node:
        size, mark = self.sizes[role]
        said = {
            "memory": SRAMS[role][0],
            "component": "sram_mib" if size >= MIB else "buffer",
            "size": f"{size} KiB",
            "buffering": DOUBLE,
            "keep": [role],
        }
        return _plain(said, Made(mark))

    def rules(self) -> Document:
        """Return the dataflow: what is laid out along the axes, and what streams past."""
        made = Made(self.dataflow_mark)
        rows, cols, time = LAID_OUT[self.dataflow]
        stays = STAYS[self.dataflow]
        rules = [
            {"at": "registers", "keep": [stays], "may_keep": [stays], "temporal": {}, "others": 1},
            {"at": "array", "spatial_y": dict.fromkeys(rows, "any"), "others": 1},
            {"at": "array", "spatial_x": dict.fromkeys(cols, "any"), "others": 1},
            {"at": "buffers", "order": [[*ONE_BY_ONE, *rows, *cols], [*time]]},
        ]
        items = {
            "kind": made.value("dataflow"),
            "name": made.value(f"scalesim_{self.dataflow}"),
            "source": made.value(f"SCALE-Sim, {self.page.file}"),
            "rules": made.listed([_plain(rule, made) for rule in rules]),
        }
        return self.page.document(made.mapping(items))


def _plain(value: object, made: Made) -> Node:
    """Return plain data as values that stand where ``made`` says."""
    if isinstance(value, dict):
        return made.mapping({key: _plain(inside, made) for key, inside in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return made.listed([_plain(inside, made) for inside in value])
    assert isinstance(value, str | int)
    return made.value(value)


def _sections(page: Page) -> dict[str, dict[str, Cell]]:
    """Return the values by section and key, both in small letters, keys without underscores."""
    found: dict[str, dict[str, Cell]] = {}
    section: dict[str, Cell] | None = None
    entries = 0
    for number, line in enumerate(page.text.splitlines(), 1):
        cell = cell_of(line, number, 0)
        if not cell.text or cell.text[0] in "#;":
            continue
        entries += 1
        if entries > MOST_ENTRIES:
            page.fault(cell.mark, f"more than {MOST_ENTRIES:,} lines that state something")
            break
        if cell.text[0] == "[":
            section = _section(page, cell, found)
            continue
        cut = re.search("[=:]", line)
        if cut is None or not line[: cut.start()].strip():
            page.fault(cell.mark, f"'{shown(cell.text)}' states nothing", "`KEY : VALUE`")
            continue
        key = cell_of(line[: cut.start()], number, 0)
        plain = key.text.lower().replace("_", "")
        if section is None:
            what = f"'{shown(key.text)}' stands in no section"
            page.fault(key.mark, what, "a [section] above it")
        elif plain in section:
            page.fault(key.mark, f"duplicate key '{shown(key.text)}'", "one")
        else:
            section[plain] = cell_of(line[cut.end() :], number, cut.end())
    return found


def _section(page: Page, cell: Cell, found: dict[str, dict[str, Cell]]) -> dict[str, Cell]:
    if not cell.text.endswith("]"):
        page.fault(cell.mark, "a section without its closing bracket", "`[NAME]`")
    name = cell.text.strip("[] ").lower()
    if name in found:
        page.fault(cell.mark, f"a second section [{shown(name)}]", "one")
    if name not in SECTIONS:
        close = suggestion(name, SECTIONS)
        what = f"unknown section [{shown(name)}], left out"
        page.note(cell.mark, f"{what}; {close}" if close else what)
    return found.setdefault(name, {})
