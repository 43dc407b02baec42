"""ZigZag's accelerators as machines: memories that serve dims of an array of multipliers.

A memory that serves a dim stands outside the fanout of that dim, any other inside it, so that the
dims that memories serve must lie within each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from accelsim.interchange.timeloop.making import Made, native_name
from accelsim.interchange.zigzag.ports import ROLES, WRITES, Port, Ports, port_keys
from accelsim.interchange.zigzag.reading import ARRAYS, Source
from accelsim.yamldoc import Document, Node

MEMORY_KEYS = (
    "size", "r_bw", "w_bw", "r_cost", "w_cost", "area", "r_port", "w_port", "rw_port", "latency",
    "auto_cost_extraction", "operands", "ports", "served_dimensions", "min_r_granularity",
    "min_w_granularity", "double_buffering_support", "mem_type",
)  # fmt: skip

ARRAY_KEYS = (
    "input_precision", "unit_energy", "unit_area", "multiplier_energy", "multiplier_area",
    "dimensions", "sizes", "is_imc",
)  # fmt: skip

TECHNOLOGY = "accelergy-eyeriss-like-45nm"
"""A table in pJ a 16-bit word; the machine states all that it costs by itself."""

WORD_BITS = 16

USUAL_BITS = 8
"""Of operands, where the file does not say."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A memory on its way."""

    name: str
    node: Node
    served: frozenset[str]
    spec: Node


def architecture(source: Source, name: str) -> Document:
    """Return an accelerator as a machine.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    page, root = source.page, source.root
    if not isinstance(root.value, dict):
        page.fault(root.mark, "an accelerator must be keys and values", "`memories:` and an array")
        page.stop_if_wrong()
    source.unknown(root, ("name", "memories", *ARRAYS), "an accelerator")
    array = next((root.inside(key) for key in ARRAYS if root.inside(key)), None)
    sizes = _dims(source, array) if array else {}
    if array is None:
        page.fault(root.mark, "there is no array of multipliers", f"`{ARRAYS[0]}:`")
    word_bits = min(_precisions(source, array), default=WORD_BITS) if array else WORD_BITS
    memories = source.items(root.inside("memories"), "memories", root)
    stored = [_memory(source, key, node, sizes, word_bits) for key, node in memories.items()]
    page.stop_if_wrong()
    assert array is not None
    stored.reverse()
    outer_first = sorted(stored, key=lambda one: -len(one.served))
    for outer, inner in pairwise(outer_first):
        if not inner.served <= outer.served:
            what = f"'{inner.name}' serves {_said(inner)}, '{outer.name}' {_said(outer)}"
            page.fault(inner.node.mark, what, "dims within each other: levels stand in a row here")
    page.stop_if_wrong()
    made = Made(root)
    levels: list[Node] = []
    open_dims = [*sizes]
    for one in outer_first:
        for dim in [dim for dim in open_dims if dim not in one.served]:
            levels.append(_fanout(array, dim, sizes[dim]))
            open_dims.remove(dim)
        levels.append(one.spec)
    levels += [_fanout(array, dim, sizes[dim]) for dim in open_dims]
    levels.append(_compute(source, array))
    named = root.inside("name")
    more = [
        "what networks cost is not counted, as in ZigZag; its counts need --accounting zigzag",
        "the usual links of operands: I1 holds inputs, I2 weights, O outputs",
    ]
    items = {
        "kind": made.value("architecture"),
        "name": made.value(native_name(named.text if named and named.text else name)),
        "source": made.value(f"ZigZag, {page.file}"),
        "technology": made.value(TECHNOLOGY),
        "word": made.value(f"{word_bits} b"),
        **page.assumptions(made, more),
        "levels": made.listed(levels),
    }
    page.stop_if_wrong()
    return page.document(made.mapping(items))


def _said(one: Stored) -> str:
    return f"[{', '.join(sorted(one.served))}]"


def _dims(source: Source, array: Node) -> dict[str, int]:
    source.unknown(array, ARRAY_KEYS, "the array")
    names = source.words(array.inside("dimensions"), "dimensions", array)
    nodes = source.listed(array.inside("sizes"), "sizes", array)
    sizes = [source.whole(node, "sizes", array) for node in nodes]
    if len(names) != len(sizes) or len({*names}) < len(names):
        source.page.fault(array.mark, f"{len(names)} dims of {len(sizes)} sizes", "a size for each")
    imc = array.inside("is_imc")
    if imc is not None and imc.text.lower() == "true":
        source.page.fault(imc.mark, "compute in memory has no counterpart", "digital multipliers")
    return dict(zip(names, sizes, strict=False))


def _memory(
    source: Source, name: str, node: Node, sizes: Mapping[str, int], word_bits: int
) -> Stored:
    page = source.page
    made = Made(node)
    if not isinstance(node.value, dict):
        page.fault(node.mark, f"memory '{name}' must be keys and values")
        return Stored(name, node, frozenset(), node)
    source.unknown(node, MEMORY_KEYS, f"memory '{name}'")
    served = frozenset(source.words(node.inside("served_dimensions"), "served_dimensions", node))
    for dim in sorted(served - {*sizes}):
        page.fault(node.mark, f"'{name}' serves '{dim}', which the array lacks", ", ".join(sizes))
    operands = source.words(node.inside("operands"), "operands", node)
    for operand in operands:
        if operand not in ROLES:
            page.fault(node.mark, f"unknown operand '{operand}'", "I1, I2 or O")
    numbers = {
        key: source.number(node.inside(key), key, node) for key in ("size", "r_cost", "w_cost")
    }
    ports = Ports(source, name, node, operands).read()
    widths = _access_bits(source, name, node, ports)
    auto = node.inside("auto_cost_extraction")
    if auto is not None and auto.text.lower() == "true":
        page.note(auto.mark, f"'{name}' has the costs that are written: CACTI is not run")
    read, write = (
        numbers[cost] * WORD_BITS / width
        for cost, width in zip(("r_cost", "w_cost"), widths, strict=True)
    )
    energy = {"read": read, "drain": read, "fill": write, "update": write}
    roles = [ROLES[operand] for operand in operands if operand in ROLES]
    items = {
        "memory": made.value(native_name(name)),
        "component": made.value(native_name(name)),
        "size": made.value(f"{int(numbers['size'])} b"),
        **_whole_accesses(source, name, node, ports, word_bits),
        **port_keys(source, ports, node),
        "energy": made.mapping({action: made.value(cost) for action, cost in energy.items()}),
        "keep": made.words(roles),
    }
    doubled = node.inside("double_buffering_support")
    if doubled is not None and doubled.text.lower() == "true":
        items["buffering"] = Made(doubled).value(2)
    return Stored(name, node, served, made.mapping(items))


def _bits(
    source: Source,
    key: str,
    node: Node,
    ports: Mapping[str, Port],
    writes: bool,
    of: Callable[[Port], int],
) -> set[int]:
    """Return the bits that a memory states, or those of its ports for reads or writes."""
    if node.inside(key) is not None:
        return {source.whole(node.inside(key), key, node)}
    return {
        of(port)
        for port in ports.values()
        if any((move in WRITES) == writes for _, move in port.moves)
    }


def _access_bits(source: Source, name: str, node: Node, ports: Mapping[str, Port]) -> list[int]:
    """Return the bits that a read and a write move for their costs: those of the widest port."""
    found = []
    for key, writes in (("r_bw", False), ("w_bw", True)):
        widths = _bits(source, key, node, ports, writes, lambda port: port.width)
        if len(widths) > 1:
            what = f"an access of '{name}' costs what it does at the widest of its ports"
            source.page.note(node.mark, f"{what}, {max(widths)} b")
        found.append(max(widths, default=1))
    return found


def _whole_accesses(
    source: Source, name: str, node: Node, ports: Mapping[str, Port], word_bits: int
) -> dict[str, Node]:
    """Return the block in which a memory is read and written, the least that an access moves.

    What is as wide as a word needs no block.  A memory of sums has none: ZigZag moves the sums of
    all lanes together, and here each lane's would fill accesses of their own.
    """
    least = [
        max(_bits(source, key, node, ports, writes, lambda port: port.least), default=0)
        for key, writes in (("min_r_granularity", False), ("min_w_granularity", True))
    ]
    read, write = (bits or max(least) for bits in least)
    sums = any(role == ROLES["O"] for port in ports.values() for role, _ in port.moves)
    if read == write and read % word_bits == 0 and read > word_bits and not sums:
        return {"block": Made(node).value(f"{read} b")}
    if (read, write) != (0, 0) and not (word_bits % read == 0 == word_bits % write):
        what = f"'{name}' reads {read} b and writes {write} b at least in ZigZag"
        source.page.note(node.mark, f"{what}: here an access costs by the bits that it moves")
    return {}


def _fanout(array: Node, dim: str, size: int) -> Node:
    made = Made(array)
    free = {action: made.value(0) for action in ("deliver", "collect", "reduce")}
    return made.mapping(
        {
            "fanout": made.value(native_name(dim)),
            "component": made.value("array"),
            "mesh_x": made.value(size),
            "energy": made.mapping(free),
        }
    )


def _compute(source: Source, array: Node) -> Node:
    """Return the multiplier, its energy scaled from its operands to words of the table."""
    made = Made(array)
    energy = next(
        (array.inside(key) for key in ("unit_energy", "multiplier_energy") if array.inside(key)),
        None,
    )
    cost = source.number(energy, "unit_energy", array)
    for bits in _precisions(source, array):
        cost *= WORD_BITS / bits
    each = {"mac": made.value(cost), "alu": made.value(cost)}
    return made.mapping(
        {
            "compute": made.value("multiplier"),
            "component": made.value("mac"),
            "energy": made.mapping(each),
        }
    )


def _precisions(source: Source, array: Node) -> list[int]:
    """Return the bits of the operands of a multiplier."""
    if array.inside("input_precision") is None:
        what = f"no input_precision: energies of the array are those of {USUAL_BITS}-bit operands"
        source.page.note_once(array.mark, what)
        return [USUAL_BITS] * 2
    listed = source.listed(array.inside("input_precision"), "input_precision", array)
    return [source.whole(node, "input_precision", array) for node in listed]
