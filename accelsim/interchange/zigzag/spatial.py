"""ZigZag's mappings as dataflows: which loops each dim of the array shares out, and their order.

A ``temporal_ordering`` lists loops from the innermost outward, each as ``[dim, size]``; ZigZag then
gives each operand's memories as many of the inner ones as they hold.  A dataflow orders the loops
of each level, so that this much of it is read.
"""

from __future__ import annotations

import re

from accelsim.interchange.timeloop.making import Made, native_name
from accelsim.interchange.zigzag.reading import Source
from accelsim.units import shown
from accelsim.yamldoc import Document, Node

KEYS = (
    "name", "core_allocation", "spatial_mapping", "spatial_mapping_hint", "temporal_ordering",
    "memory_operand_links",
)  # fmt: skip

USUAL = {"O": "O", "W": "I2", "I": "I1"}

DEFAULT = "default"

PLACES = ("backing", "buffers", "registers")
"""Selectors that mean every place of any machine."""


def dataflow(source: Source, name: str) -> Document:
    """Return a mapping's default entry, or else its first, as a dataflow.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    page = source.page
    entries = {}
    for node in source.entries():
        source.unknown(node, KEYS, "a mapping")
        named = node.inside("name")
        entries[named.text if named else ""] = node
    if not entries and not page.problems:
        page.fault(source.root.mark, "there is no entry in this mapping")
    page.stop_if_wrong()
    chosen = DEFAULT if DEFAULT in entries else next(iter(entries))
    for other, node in entries.items():
        if other != chosen:
            page.note(
                node.mark, f"the entry '{shown(other)}' is left out: '{chosen}' holds for all"
            )
    rules = _rules(source, entries[chosen])
    page.stop_if_wrong()
    made = Made(entries[chosen])
    items = {
        "kind": made.value("dataflow"),
        "name": made.value(native_name(name)),
        "source": made.value("; ".join([f"ZigZag, {page.file}", *page.notes])),
        "rules": made.listed(rules),
    }
    return page.document(made.mapping(items))


def _rules(source: Source, node: Node) -> list[Node]:
    page = source.page
    links = node.inside("memory_operand_links")
    if links is not None:
        for key, it in source.items(links, "memory_operand_links", node).items():
            if USUAL.get(key, it.text) != it.text:
                page.fault(it.mark, f"'{key}' is linked to '{it.text}'", f"`{key}: {USUAL[key]}`")
    rules = _order(source, node)
    spatial = node.inside("spatial_mapping")
    for dim, listed in (source.items(spatial, "spatial_mapping", node) if spatial else {}).items():
        limits: dict[str, Node] = {}
        for item in source.listed(listed, dim, node):
            text = item.text if not isinstance(item.value, list) else ",".join(_texts(item))
            match = re.fullmatch(r"\s*([A-Z]\w{0,15})\s*,\s*(\d{1,9})\s*", text, re.ASCII)
            if match is None or int(match[2]) < 1:
                page.fault(item.mark, f"'{shown(text)}' is no share of a loop", "as C, 32")
            else:
                limits[match[1]] = Made(item).value(f"<={int(match[2])}")
        made = Made(listed)
        items = {
            "at": made.value(native_name(dim)),
            "spatial": made.mapping(limits),
            "others": made.value(1),
            "required": made.value(True),
        }
        rules.append(made.mapping(items))
    if not rules and not page.problems:
        page.fault(node.mark, "there is no spatial_mapping", "`spatial_mapping: {D1: [...]}`")
    return rules


def _order(source: Source, node: Node) -> list[Node]:
    """Return a rule for the places of every kind that orders their loops, outermost first."""
    page, listed = source.page, node.inside("temporal_ordering")
    if listed is None or listed.value in (None, []):
        return []
    dims: list[str] = []
    for item in source.listed(listed, "temporal_ordering", node):
        said = _texts(item)
        dim, size = said if len(said) == 2 else ("", "")
        if not re.fullmatch(r"[A-Z]\w{0,15}", dim, re.ASCII) or not re.fullmatch(
            r"[1-9]\d{0,8}|\*", size, re.ASCII
        ):
            page.fault(item.mark, "this is no loop of temporal_ordering", "as [OX, 112] or [C, *]")
            return []
        dims.append(dim)
    what = "temporal_ordering holds for the loops of each level"
    page.note(listed.mark, f"{what}: which of them stand there, and how far, is left to the search")
    several = [dim for dim in dict.fromkeys(dims) if dims.count(dim) > 1]
    if several:
        what = f"{', '.join(several)} several times in temporal_ordering: their place is left out"
        page.note(listed.mark, what)
    made = Made(listed)
    order = [made.words([dim]) for dim in reversed(dims) if dims.count(dim) == 1]
    rules = [{"at": made.value(at), "order": made.listed(order)} for at in PLACES]
    return [made.mapping(rule) for rule in rules] if order else []


def _texts(node: Node) -> list[str]:
    return [item.text for item in node.value] if isinstance(node.value, list) else []
