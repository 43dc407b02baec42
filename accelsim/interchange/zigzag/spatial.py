"""ZigZag's mappings as dataflows: which loops each dim of the array shares out."""

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
    order = node.inside("temporal_ordering")
    if order is not None:
        page.note(order.mark, "temporal_ordering is left out: the search finds the order of loops")
    rules = []
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
        }
        rules.append(made.mapping(items))
    if not rules and not page.problems:
        page.fault(node.mark, "there is no spatial_mapping", "`spatial_mapping: {D1: [...]}`")
    return rules


def _texts(node: Node) -> list[str]:
    return [item.text for item in node.value] if isinstance(node.value, list) else []
