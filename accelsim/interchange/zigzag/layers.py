"""ZigZag's workloads: layers by their equations, as einsums."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accelsim.interchange.timeloop.making import Made, layer_name, native_name
from accelsim.interchange.zigzag.reading import Source
from accelsim.units import shown
from accelsim.yamldoc import Document, Node

KEYS = (
    "id", "name", "operator_type", "equation", "dimension_relations", "loop_dims", "loop_sizes",
    "operand_precision", "operand_source", "pr_loop_dims", "pr_loop_sizes", "padding",
)  # fmt: skip

ROLES: Mapping[str, str] = {"O": "Outputs", "W": "Weights"}

_OPERAND = r"[A-Z]\w*(?:\[[a-z]\w*\])+"
_EQUATION = re.compile(rf"({_OPERAND})(\+?=)({_OPERAND})(?:([*+])({_OPERAND}))?")
_RELATION = re.compile(r"([a-z]\w*)=(?:(\d{1,6})\*)?([a-z]\w*)\+(?:(\d{1,6})\*)?([a-z]\w*)")

MOST_LAYERS = 5_000


def workload(source: Source, name: str) -> Document:
    """Return layers as a workload.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    page = source.page
    found, names = [], set()
    for count, node in enumerate(source.entries(), 1):
        if count > MOST_LAYERS:
            page.fault(node.mark, f"more than {MOST_LAYERS:,} layers", "fewer, in several files")
            break
        source.unknown(node, KEYS, "a layer")
        given = node.inside("name") or node.inside("id")
        title = layer_name(given.text if given and given.text else str(count))
        if title in names:
            page.fault(node.mark, f"a second layer '{title}'", "a name or id of its own")
        names.add(title)
        layer = _layer(source, node, title)
        if layer is not None:
            found.append(layer)
    if not found and not page.problems:
        page.fault(source.root.mark, "there is no layer in this workload")
    page.stop_if_wrong()
    made = Made(source.root)
    items = {
        "kind": made.value("workload"),
        "name": made.value(native_name(name)),
        "source": made.value(f"ZigZag, {page.file}"),
        **page.assumptions(made),
        "layers": made.listed(found),
    }
    return page.document(made.mapping(items))


def _layer(source: Source, node: Node, title: str) -> Node | None:
    page = source.page
    before = len(page.problems)
    equation = node.inside("equation")
    said = equation.text.replace(" ", "") if equation else ""
    match = _EQUATION.fullmatch(said) if len(said) < 400 else None
    if match is None:
        what = f"'{shown(said)}' is no equation" if said else "a layer without an equation"
        page.fault((equation or node).mark, what, "as O[b][k]+=W[k][c]*I[b][c]")
        return None
    output, _, first, sign, second = match.groups()
    names = [it.text for it in source.listed(node.inside("loop_dims"), "loop_dims", node)]
    sizes = source.listed(node.inside("loop_sizes"), "loop_sizes", node)
    if len(names) != len(sizes):
        page.fault(node.mark, f"{len(names)} loop dims of {len(sizes)} sizes", "a size for each")
        return None
    bounds = {
        dim.upper(): (source.whole(size, f"size of {dim}", node), size)
        for dim, size in zip(names, sizes, strict=True)
    }
    relations = _relations(source, node)
    bits = _bits(source, node)
    inputs = [one for one in (first, second) if one and bits.get(one[0]) != 0]
    for one in [output, *inputs]:
        for index in re.findall(r"\[(\w+)\]", one):
            if index not in relations and index.upper() not in bounds:
                assert equation is not None
                page.fault(equation.mark, f"no loop '{index.upper()}' in loop_dims")
    if not output.startswith("O"):
        page.fault(node.mark, f"the output is called '{output.split('[')[0]}'", "O")
    if len(page.problems) > before:
        return None
    _sizes_beside(source, node, {dim: size for dim, (size, _) in bounds.items()})
    made = Made(node)
    multiplies = sign == "*" and len(inputs) == 2
    dims = {dim: Made(at).value(size) for dim, (size, at) in bounds.items()}
    widths = {_tensor(key): made.value(value) for key, value in bits.items() if value}
    known = {_tensor(one.split("[")[0]) for one in [output, *inputs]}
    items = {
        "name": made.value(title),
        "shape": made.value("einsum"),
        "dims": made.mapping(dims),
        "output": made.value(_indexed(output, relations)),
        "inputs": made.words([_indexed(one, relations) for one in inputs]),
        "op": made.value("mac" if multiplies else "alu"),
        "bits": made.mapping({key: it for key, it in widths.items() if key in known}),
    }
    return made.mapping(items)


def _tensor(operand: str) -> str:
    return {"O": "Outputs", "W": "Weights", "I": "Inputs"}.get(operand, operand)


def _indexed(operand: str, relations: Mapping[str, str]) -> str:
    name = operand.split("[")[0]
    indices = re.findall(r"\[(\w+)\]", operand)
    return f"{_tensor(name)}[{', '.join(relations.get(it, it.upper()) for it in indices)}]"


def _relations(source: Source, node: Node) -> dict[str, str]:
    """Return what indices such as ``ix`` are, in loops of ours: ``2*OX + FX``."""
    found = {}
    for item in _relation_items(source, node):
        match = _related(item)
        if match is None:
            what = f"'{shown(item.text)}' is no relation of dims"
            source.page.fault(item.mark, what, "as ix=2*ox+1*fx")
            continue
        name, *terms = match
        found[name] = " + ".join(
            dim.upper() if times == 1 else f"{times}*{dim.upper()}" for times, dim in terms
        )
    return found


def _relation_items(source: Source, node: Node) -> list[Node]:
    listed = node.inside("dimension_relations")
    return source.listed(listed, "dimension_relations", node) if listed else []


def _related(item: Node) -> tuple[str, tuple[int, str], tuple[int, str]] | None:
    """Return the name of an index and its two terms, each a factor and a loop."""
    match = _RELATION.fullmatch(item.text.replace(" ", "")) if len(item.text) < 200 else None
    if match is None:
        return None
    name, times, one, also, other = match.groups()
    return name, (int(times or 1), one), (int(also or 1), other)


def _sizes_beside(source: Source, node: Node, bounds: Mapping[str, int]) -> None:
    """Note what ``pr_loop_sizes`` and ``padding`` say of an index that is not what it reaches."""
    names = node.inside("pr_loop_dims")
    reach = {
        name.upper(): sum(times * (bounds.get(dim.upper(), 1) - 1) for times, dim in terms) + 1
        for name, *terms in filter(None, map(_related, _relation_items(source, node)))
    }
    dims = [it.text.upper() for it in source.listed(names, "pr_loop_dims", node)] if names else []
    for key, what in (("pr_loop_sizes", "a size"), ("padding", "two sizes")):
        listed = node.inside(key)
        if listed is None or listed.value is None:
            continue
        items = source.listed(listed, key, node)
        if len(items) != len(dims):
            count = f"{len(items)} {key} for {len(dims)} pr_loop_dims"
            source.page.fault(listed.mark, count, f"{what} for each")
        for dim, item in zip(dims, items, strict=False):
            if dim not in reach:
                source.page.fault(item.mark, f"'{dim}' is in no relation of dims", ", ".join(reach))
            elif key == "padding":
                ends = [source.whole(end, key, node, 0) for end in source.listed(item, key, node)]
                if any(ends):
                    said = f"padding of {' and '.join(map(str, ends))} in {dim}"
                    counted = f"its words count as inputs, among {reach[dim]}"
                    source.page.note(item.mark, f"{said}: {counted}")
            elif source.whole(item, key, node) != reach[dim]:
                said = f"{dim} has {item.text} words, and its loops reach {reach[dim]}"
                source.page.note(item.mark, f"{said}, which are counted")


def _bits(source: Source, node: Node) -> dict[str, int]:
    listed = node.inside("operand_precision")
    pairs = source.items(listed, "operand_precision", node) if listed else {}
    bits = {key: source.whole(it, f"precision of {key}", node, 0) for key, it in pairs.items()}
    final = bits.pop("O_final", bits.get("O"))
    if final != bits.get("O") and listed is not None:
        what = f"finished outputs of {final} bits are counted with the {bits.get('O')} of sums"
        source.page.note(listed.mark, what)
    return bits
