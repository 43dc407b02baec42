"""Problem, architecture and mapping as YAML of generation 0.4."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from accelsim.arch.records import LEGACY_MESH, Fanout, Memory
from accelsim.interchange.timeloop.writing.parts import Lanes, Level, Written
from accelsim.mapping.records import Loop
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Term

VERSION = "0.4"


def problem_text(layer: Layer) -> str:
    """Write a layer as a problem."""
    coefficients: dict[int, str] = {}
    spaces = []
    for tensor in layer.tensors:
        ranks = [
            _list([_product(term, coefficients) for term in rank.terms]) for rank in tensor.ranks
        ]
        written = ", read_write: true" if tensor is layer.output else ""
        spaces.append(f"    - {{name: {tensor.name}, projection: {_list(ranks)}{written}}}")
    instance = {dim: str(bound) for dim, bound in layer.dims}
    sparse = {t.name: repr(t.density) for t in layer.tensors if t.density != 1}
    if sparse:
        instance["densities"] = _flow(sparse)
    lines = [
        "problem:",
        f"  version: {VERSION}",
        "  shape:",
        f"    name: {layer.name}",
        f"    dimensions: {_list([dim for dim, _ in layer.dims])}",
    ]
    if coefficients:
        lines.append("    coefficients:")
        lines += [f"    - {{name: {it}, default: {n}}}" for n, it in coefficients.items()]
    lines += ["    data_spaces:", *spaces, f"  instance: {_flow(instance)}"]
    return _text(lines)


def _product(term: Term, coefficients: dict[int, str]) -> str:
    if term.coefficient == 1:
        return _list([term.dim])
    sign = "minus_" if term.coefficient < 0 else ""
    name = coefficients.setdefault(term.coefficient, f"by_{sign}{abs(term.coefficient)}")
    return _list([term.dim, name])


def architecture_text(written: Written) -> str:
    """Write a machine as an architecture of nodes."""
    arch = written.arch
    variables = {
        "version": VERSION,
        "global_cycle_seconds": repr(1 / arch.clock_hz),
        **({"accelsim_technology": arch.technology} if arch.technology else {}),
    }
    lines = [f"variables: {_flow(variables)}", "architecture:", f"  version: {VERSION}", "  nodes:"]
    lines += [f"  - !Container {{name: {arch.name}}}"]
    parts = written.parts
    open_place = ""
    for index, part in enumerate(parts):
        if isinstance(part, Lanes):
            lines += _lanes(part, written, first=_is_next_to_memory(parts, index))
            continue
        if part.beside and part.beside != open_place:
            lines += ["  - !Parallel", "    nodes:"]
        open_place = part.beside
        inner = parts[index + 1] if index + 1 < len(parts) else None
        fanout = inner.fanout if isinstance(inner, Lanes) else None
        indent = "    " if part.beside else "  "
        lines += [indent + line for line in _level(part, written, fanout, is_first=index == 0)]
    compute = arch.compute
    lines += [
        "  - !Component",
        f"    name: {compute.name}",
        "    class: compute",
        f"    attributes: {_flow({'accelsim_component': compute.component})}",
    ]
    return _text(lines)


def _is_next_to_memory(parts: list[Level | Lanes], index: int) -> bool:
    return index > 0 and isinstance(parts[index - 1], Level)


def _level(part: Level, written: Written, inner: Fanout | None, *, is_first: bool) -> list[str]:
    if part.memory is None:
        names = [tensor.name for tensor in written.layer.tensors]
        return [
            "- !Component",
            f"  name: {part.name}",
            "  class: storage",
            "  attributes: {depth: 0, width: 16, datawidth: 16, block_size: 1}",
            f"  constraints: {{dataspace: {{bypass: {_list(names)}}}}}",
        ]
    is_dram = inner.sums_return if inner is not None else part.memory.size_bits is None
    lines = [
        "- !Component",
        f"  name: {part.name}",
        f"  class: {'DRAM' if is_dram else 'SRAM'}",
        f"  attributes: {_flow(_attributes(part.memory, inner))}",
    ]
    said = {
        "keep": written.tensors(part.keep),
        "bypass": written.tensors(frozenset(ROLES) - part.keep - part.may_keep),
    }
    stated = {key: _list(names) for key, names in said.items() if names}
    if stated and not is_first:
        lines.append(f"  constraints: {{dataspace: {_flow(stated)}}}")
    return lines


def _attributes(memory: Memory, inner: Fanout | None) -> dict[str, str]:
    word = memory.word_bits
    block = memory.block_bits // word
    found = {"datawidth": str(word), "block_size": str(block), "width": str(memory.block_bits)}
    if memory.size_bits is not None:
        words = memory.size_bits // word
        key, amount = ("depth", words // block) if words % block == 0 else ("entries", words)
        found[key] = str(amount)
    if memory.buffering != 1:
        found["multiple_buffering"] = str(memory.buffering)
    for key, width in (
        ("read_bandwidth", memory.read_words_per_cycle),
        ("write_bandwidth", memory.write_words_per_cycle),
        ("shared_bandwidth", memory.shared_words_per_cycle),
    ):
        if width is not None:
            found[key] = _number(width)
    if inner is not None:
        found |= _latencies(inner)
    return {**found, "accelsim_component": memory.component}


def _latencies(fanout: Fanout) -> dict[str, str]:
    stated = {
        "network_fill_latency": fanout.fill_cycles,
        "network_drain_latency": fanout.drain_cycles,
    }
    return {key: str(cycles) for key, cycles in stated.items() if cycles}


def _lanes(part: Lanes, written: Written, *, first: bool) -> list[str]:
    fanout = part.fanout
    attributes = {"accelsim_component": fanout.component}
    hop, route = (fanout.energy.get(key, 0.0) for key in ("hop", "route"))
    if fanout.network == LEGACY_MESH:
        attributes |= {"energy_per_hop": _number(hop), "router_energy": _number(route)}
    else:
        attributes |= {"energy_per_hop": "0", "router_energy": "0"}
    if not first:
        attributes |= _latencies(fanout)
    lines = [
        "  - !Container",
        f"    name: {part.name}",
        f"    spatial: {_flow({'meshX': str(part.mesh_x), 'meshY': str(part.mesh_y)})}",
        f"    attributes: {_flow(attributes)}",
    ]
    every = frozenset(ROLES)
    apart = written.tensors(every - fanout.multicast)
    if not fanout.reduces and "Outputs" in fanout.multicast:
        apart = written.tensors(every - fanout.multicast | {"Outputs"})
    linkless = written.tensors(every - {"Outputs"} - frozenset(fanout.forwards))
    stated = {
        key: _list(names)
        for key, names in (("no_reuse", apart), ("no_link_transfer", linkless))
        if names
    }
    if stated:
        lines.append(f"    constraints: {{spatial: {_flow(stated)}}}")
    return lines


def mapping_text(written: Written) -> str:
    """Write a mapping as directives for each level, outermost first."""
    lines = ["mapping:"]
    lasts = {dim: iter(turns) for dim, turns in written.lasts.items()}
    names = [tensor.name for tensor in written.layer.tensors]
    for part in written.parts:
        if isinstance(part, Lanes):
            y, x = (_factors(loops, lasts) for loops in (part.y, part.x))
            order = _inner_first(part.x) + _inner_first(part.y)
            items = {"target": f"inter_{part.name}_spatial", "type": "spatial"}
            lines.append(
                f"- {_flow({**items, **_iteration(x + y, order)})[:-1]}, split: {len(part.x)}}}"
            )
            continue
        bypass = [name for name in names if name not in part.kept]
        keep = [name for name in names if name in part.kept]
        items = {"target": part.name, "type": "dataspace"}
        said = {"keep": _list(keep), "bypass": _list(bypass)}
        lines.append(f"- {_flow({**items, **said})}")
        found = _factors(part.loops, lasts)
        items = {"target": part.name, "type": "temporal"}
        lines.append(f"- {_flow({**items, **_iteration(found, _inner_first(part.loops))})}")
    return _text(lines)


def _iteration(factors: list[str], order: list[str]) -> dict[str, str]:
    return {"factors": _list(factors), "permutation": _list(order)}


def _factors(loops: list[Loop], lasts: Mapping[str, Iterator[int]]) -> list[str]:
    found = []
    for loop in loops:
        turns = next(lasts[loop.dim])
        short = f",{turns}" if turns < loop.bound else ""
        found.append(f'"{loop.dim}={loop.bound}{short}"' if short else f"{loop.dim}={loop.bound}")
    return found


def _inner_first(loops: list[Loop]) -> list[str]:
    return [loop.dim for loop in reversed(loops)]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _list(items: list[str]) -> str:
    return f"[{', '.join(map(_word, items))}]"


def _word(text: str) -> str:
    """Quote what YAML would read as something else than text."""
    return (
        f'"{text}"' if text.lower() in ("true", "false", "null", "yes", "no", "on", "off") else text
    )


def _flow(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"


def _text(lines: list[str]) -> str:
    return "".join(f"{re.sub(' +$', '', line)}\n" for line in lines)
