"""An evaluation as Timeloop prints it: ``map.yaml``, ``map.txt`` and ``stats.txt``.

The layouts are those that its users' programs read: headings, names of quantities and their order.
Counts are words of an average instance in use, as Timeloop gives them.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from accelsim.evaluation.records import Evaluation
from accelsim.interchange.timeloop.writing.inputs import mapping_text
from accelsim.interchange.timeloop.writing.parts import Lanes, Level, Written
from accelsim.mapping.records import Loop
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import box_words, tile_words

INDENT = "    "


def map_yaml(written: Written) -> str:
    """Write a mapping as Timeloop's mapper leaves it: directives for every level."""
    return mapping_text(written)


def map_text(written: Written) -> str:
    """Write a mapping as the loop nest that Timeloop prints, with what each level holds."""
    lines: list[str] = []
    depth = 0
    lasts = {dim: iter(turns) for dim, turns in written.lasts.items()}
    for index, part in enumerate(written.parts):
        held = _held(written, index)
        head = f"{_title(part)} [ {''.join(f'{name}:{n} ({n}) ' for name, n in held.items())}]"
        lines += [head, "-" * len(head)]
        for loop, axis in _loops(part):
            turns = next(lasts[loop.dim])
            end = f"{loop.bound},{turns}" if turns < loop.bound else str(loop.bound)
            lines.append(f"| {'  ' * depth}for {loop.dim} in [0:{end}){axis}")
            depth += 1
        lines.append("")
    lines[-1] = f"| {'  ' * depth}<< Compute >>"
    return "\n".join(lines) + "\n"


def _title(part: Level | Lanes) -> str:
    return f"inter_{part.name}_spatial" if isinstance(part, Lanes) else part.name


def _loops(part: Level | Lanes) -> Iterator[tuple[Loop, str]]:
    """Yield loops with what is said of their axis, outermost first."""
    if isinstance(part, Level):
        yield from ((loop, "") for loop in part.loops)
        return
    yield from ((loop, " (Spatial-Y)") for loop in part.y)
    yield from ((loop, " (Spatial-X)") for loop in part.x)


def _held(written: Written, index: int) -> dict[str, int]:
    """Return the words of each tensor that a level keeps."""
    part = written.parts[index]
    if isinstance(part, Lanes) or part.memory is None:
        return {}
    bounds = written.layer.bounds
    extents = dict.fromkeys(bounds, 1)
    for inner in written.parts[index:]:
        for loop, _ in _loops(inner):
            extents[loop.dim] *= loop.bound
    tile = {dim: min(extent, bounds[dim]) for dim, extent in extents.items()}
    words = box_words if written.boxes else tile_words
    return {
        tensor.name: words(tensor, tile, bounds)
        for tensor in written.layer.tensors
        if tensor.name in part.kept
    }


def stats_text(written: Written, found: Evaluation) -> str:
    """Write an evaluation as the statistics that Timeloop prints, innermost level first."""
    by_level, by = found.energy.over("level"), found.energy.by("level", "tensor")
    levels = [part for part in written.parts if isinstance(part, Level) and part.memory is not None]
    fans = [part for part in written.parts if isinstance(part, Lanes)]
    lines = ["Buffer and Arithmetic Levels", "-" * 28, *_arithmetic(written, found)]
    for number, part in enumerate(reversed(levels), start=1):
        index = written.parts.index(part)
        lines += [f"Level {number}", "-------", *_level(written, found, part, index)]
    lines += ["Networks", "--------"]
    for number, fan in enumerate(reversed(fans)):
        lines += [f"Network {number}", "---------", *_network(written, found, fan)]
    energies = {written.compute.name: by_level[written.compute.name]}
    for part in reversed(levels):
        kept = {(_memory(part), tensor) for tensor in part.kept}
        energies[part.name] = sum(energy for at, energy in by.items() if at in kept)
    for fan in reversed(fans):
        energies[_title(fan)] = by_level.get(fan.name, 0.0)
    if found.leakage:
        energies["leakage"] = found.leakage
    return "\n".join([*lines, *_summary(found, energies)]) + "\n"


def _memory(part: Level) -> str:
    assert part.memory is not None
    return part.memory.name


def _arithmetic(written: Written, found: Evaluation) -> list[str]:
    copies = found.instances[written.compute.name][0]
    energy = found.energy.over("level")[written.compute.name]
    operations = found.operations
    return [
        "Level 0",
        "-------",
        f"=== {written.compute.name} ===",
        "",
        *_heading("STATS"),
        f"{INDENT}Utilized instances      : {copies}",
        f"{INDENT}Computes (total)        : {operations}",
        f"{INDENT}Cycles                  : {int(found.compute_cycles)}",
        f"{INDENT}Energy (total)          : {energy:.2f} pJ",
        "",
    ]


def _heading(name: str) -> list[str]:
    return [f"{INDENT}{name}", f"{INDENT}{'-' * len(name)}"]


def _words(found: Evaluation, level: str, tensor: str, action: str) -> int:
    at = found.levels.index(level), found.tensors.index(tensor), ACTIONS.index(action)
    return int(found.words[at])


def _level(written: Written, found: Evaluation, part: Level, index: int) -> list[str]:
    memory = part.memory
    assert memory is not None
    place = memory.name
    copies = found.instances[place][0]
    size = "-" if memory.size_bits is None else str(memory.size_bits // memory.word_bits)
    lines = [
        f"=== {part.name} ===",
        "",
        *_heading("SPECS"),
        f"{INDENT * 2}Size                 : {size}",
        f"{INDENT * 2}Word bits            : {memory.word_bits}",
        f"{INDENT * 2}Block size           : {memory.block_bits // memory.word_bits}",
        f"{INDENT * 2}Instances            : {found.instances[place][1]}",
        "",
        *_heading("MAPPING"),
        f"{INDENT}Loop nest:",
    ]
    lines += [
        f"{INDENT}{'  ' * (depth + 1)}for {loop.dim} in [0:{loop.bound})"
        for depth, loop in enumerate(part.loops)
    ]
    cycles = max(int(found.compute_cycles), ceil(found.port_cycles.get(place, 0)))
    lines += [
        "",
        *_heading("STATS"),
        f"{INDENT}Cycles               : {cycles}",
        f"{INDENT}Bandwidth throttling : {found.compute_cycles / cycles:.2f}",
    ]
    energies = found.energy.by("level", "tensor")
    for tensor, held in _held(written, index).items():
        outermost = part is written.parts[0]
        reads, fills, updates = (
            round(_words(found, place, tensor, action) / copies)
            for action in ("read", "fill", "update")
        )
        fills = 0 if outermost else fills
        energy = energies.get((place, tensor), 0.0)
        accesses = reads + fills + updates
        each = energy / copies / accesses if accesses else 0.0
        of_output = tensor == written.layer.output.name
        lines.append(f"{INDENT}{tensor}:")
        for name, value in (
            ("Max utilized data storage capacity", str(held)),
            ("Utilized instances (max)", str(copies)),
            ("Utilized clusters (max)", str(copies)),
            ("Algorithmic scalar reads (per-instance)", str(reads)),
            ("Actual scalar reads (per-instance)", str(reads)),
            ("Algorithmic scalar fills (per-instance)", str(fills)),
            ("Actual scalar fills (per-instance)", str(fills)),
            ("Algorithmic scalar updates (per-instance)", str(updates)),
            ("Actual scalar updates (per-instance)", str(updates)),
            ("Temporal reductions (per-instance)", str(reads if of_output else 0)),
            (
                "Address generations (per-cluster)",
                str(fills + (updates if of_output else reads)),
            ),
            ("Energy (per-scalar-access)", f"{each:.2f} pJ"),
            ("Energy (per-instance)", f"{energy / copies:.2f} pJ"),
            ("Energy (total)", f"{energy:.2f} pJ"),
            ("Read Bandwidth (per-instance)", f"{reads / cycles:.2f} words/cycle"),
            ("Write Bandwidth (per-instance)", f"{(fills + updates) / cycles:.2f} words/cycle"),
        ):
            lines.append(f"{INDENT * 2}{name:<60}: {value}")
    return [*lines, ""]


def _network(written: Written, found: Evaluation, fan: Lanes) -> list[str]:
    lines = [_title(fan), "", *_heading("SPECS"), f"{INDENT * 2}Type            : Legacy", ""]
    lines += _heading("STATS")
    energies = found.energy.by("level", "tensor")
    for tensor in written.layer.tensors:
        energy = energies.get((fan.name, tensor.name), 0.0)
        arrived = crossed = 0
        if fan.name in found.levels:
            rises = tensor is written.layer.output
            crossed = _words(found, fan.name, tensor.name, "collect" if rises else "deliver")
            arrived = _words(found, fan.name, tensor.name, "reduce") if rises else 0
        lines.append(f"{INDENT}{tensor.name}:")
        for name, value in (
            ("Fanout", str(fan.mesh_x * fan.mesh_y)),
            ("Words over the network (total)", str(crossed)),
            ("Spatial reductions (total)", str(arrived)),
            ("Energy (total)", f"{energy:.2f} pJ"),
        ):
            lines.append(f"{INDENT * 2}{name:<40}: {value}")
    return [*lines, ""]


def _summary(found: Evaluation, energies: dict[str, float]) -> Iterator[str]:
    operations, cycles = found.operations, int(found.cycles)
    total = found.energy_total
    copies = found.instances[found.arch.compute.name][1]
    width = max(map(len, energies)) + 1
    yield from ("Summary Stats", "-------------")
    yield f"GFLOPs (@1GHz): {2 * operations / cycles:.2f}"
    yield f"Utilization: {100 * operations / copies / cycles:.2f}%"
    yield f"Cycles: {cycles}"
    yield f"Energy: {total / 1e6:.2f} uJ"
    yield f"EDP(J*cycle): {total * 1e-12 * cycles:.2e}"
    yield f"Area: {found.area_mm2 or 0:.2f} mm^2"
    yield ""
    yield f"Computes = {operations}"
    yield "fJ/Compute"
    for name, energy in energies.items():
        yield f"{INDENT}{name:<{width}}= {energy * 1e3 / operations:.2f}"
    yield f"{INDENT}{'Total':<{width}}= {total * 1e3 / operations:.2f}"
