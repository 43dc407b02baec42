"""Ports of ZigZag's memories: which movements of which operands pass each of them.

Two forms are read: an entry for each operand that names a port for each of its movements, all
ports as wide as the memory's ``r_bw`` and ``w_bw``; and, newer, an entry for each port with a
width of its own and the movements under ``allocation``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accelsim.interchange.timeloop.making import Made
from accelsim.interchange.zigzag.reading import Source
from accelsim.units import shown
from accelsim.yamldoc import Node

ROLES: Mapping[str, str] = {"I1": "Inputs", "I2": "Weights", "O": "Outputs"}
"""Memory operand -> role, as its usual links have it."""

ACTIONS: Mapping[str, str] = {"tl": "read", "th": "drain", "fh": "fill", "fl": "update"}
"""Movement to or from what is lower or higher -> what it is here."""

READS, WRITES = ("tl", "th"), ("fh", "fl")

KINDS: Mapping[str, tuple[str, ...]] = {"r": READS, "w": WRITES, "rw": (*READS, *WRITES)}
"""Kind of port -> the movements that may pass it."""

TYPES: Mapping[str, str] = {"read": "r", "write": "w", "read_write": "rw"}

KEYS = ("name", "type", "bandwidth_min", "bandwidth_max", "allocation")

ALONE: Mapping[str, str] = {"r": "read", "w": "write", "rw": "shared"}
"""Kind of port -> the bandwidth that it is where all movements of its directions pass it."""

Move = tuple[str, str]
"""Role and movement."""


@dataclass
class Port:
    """A port: how many bits pass it in a cycle, and what."""

    name: str
    kind: str
    reads: int
    writes: int
    least: int
    """The fewest bits of an access."""
    node: Node
    moves: list[Move] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.writes if self.kind == "w" else self.reads


@dataclass
class Ports:
    """The ports of a memory on their way."""

    source: Source
    memory: str
    node: Node
    operands: Sequence[str]
    found: dict[str, Port] = field(default_factory=dict)

    def read(self) -> dict[str, Port]:
        """Return the ports by their names; what is wrong is noted as faults."""
        page, listed = self.source.page, self.node.inside("ports")
        entries = self.source.listed(listed, "ports", self.node)
        if any(entry.inside("allocation") is not None for entry in entries):
            for entry in entries:
                self._of_port(entry)
        else:
            widths = [self.source.whole(self.node.inside(key), key, self.node) for key in _WIDTHS]
            if listed is not None and len(entries) != len(self.operands):
                what = f"{len(entries)} ports entries of '{self.memory}' for its operands"
                page.fault(listed.mark, what, f"{len(self.operands)}: one each, in their order")
            for operand, entry in zip(self.operands, entries, strict=False):
                self._of_operand(operand, entry, *widths)
        for operand in self.operands:
            wanted = ACTIONS if operand == "O" else ("tl", "fh")
            moves = {move for port in self.found.values() for move in port.moves}
            missing = [move for move in wanted if (ROLES.get(operand), move) not in moves]
            if missing and entries:
                what = f"'{self.memory}' has no port for {', '.join(missing)} of {operand}"
                page.note(self.node.mark, f"{what}: nothing limits them")
        return self.found

    def _of_operand(self, operand: str, entry: Node, reads: int, writes: int) -> None:
        page = self.source.page
        for move, node in self.source.items(entry, "ports", self.node).items():
            match = re.fullmatch(r"(r|w|rw)_port_(\d{1,3})", node.text)
            if move not in ACTIONS:
                page.fault(entry.mark, f"unknown movement '{shown(move)}'", ", ".join(ACTIONS))
            elif match is None:
                what = f"unknown port '{shown(node.text)}'"
                page.fault(node.mark, what, "as r_port_1, w_port_1 or rw_port_1")
            else:
                kind, number = match[1], int(match[2])
                count = self.node.inside(f"{kind}_port")
                if count is not None and not 1 <= number <= self.source.whole(
                    count, f"{kind}_port", self.node, 0
                ):
                    what = f"'{node.text}' is none of the {count.text} {kind} ports of "
                    page.note(node.mark, f"{what}'{self.memory}', and is taken as one more")
                least = writes if kind == "w" else reads
                port = Port(node.text, kind, reads, writes, least, entry)
                self._pass(self.found.setdefault(port.name, port), operand, move, node)

    def _of_port(self, entry: Node) -> None:
        page, source = self.source.page, self.source
        keys = source.items(entry, "ports", self.node)
        source.unknown(entry, KEYS, "a port")
        named, kind = entry.inside("name"), entry.inside("type")
        name = named.text if named else ""
        if not name or name in self.found:
            what = f"a second port '{shown(name)}'" if name else "a port without a name"
            page.fault((named or entry).mark, what, "a name of its own")
            return
        if kind is None or kind.text not in TYPES:
            got = f"the port '{shown(name)}' is of type '{shown(kind.text) if kind else ''}'"
            page.fault((kind or entry).mark, got, ", ".join(TYPES))
            return
        width = source.whole(keys.get("bandwidth_max"), "bandwidth_max", entry)
        least = width
        if keys.get("bandwidth_min") is not None:
            least = source.whole(keys.get("bandwidth_min"), "bandwidth_min", entry)
        port = self.found[name] = Port(name, TYPES[kind.text], width, width, least, entry)
        for node in source.listed(keys.get("allocation"), "allocation", entry):
            match = re.fullmatch(r"\s*(\w{1,8})\s*,\s*(\w{1,8})\s*", node.text, re.ASCII)
            if match is None or match[2] not in ACTIONS:
                what = f"'{shown(node.text)}' is no movement of an operand"
                page.fault(node.mark, what, "as I1, tl")
            elif match[1] not in self.operands:
                page.fault(node.mark, f"'{self.memory}' does not hold '{match[1]}'")
            else:
                self._pass(port, match[1], match[2], node)

    def _pass(self, port: Port, operand: str, move: str, node: Node) -> None:
        role = ROLES.get(operand)
        if role is None:
            return
        if move not in KINDS[port.kind]:
            way = "write" if move in WRITES else "read"
            what = f"'{move}' is a {way}, and '{shown(port.name)}' no port of that kind"
            self.source.page.fault(node.mark, what)
        elif any((role, move) in other.moves for other in self.found.values()):
            self.source.page.fault(node.mark, f"'{move}' of {operand} has two ports", "one")
        else:
            port.moves.append((role, move))


_WIDTHS = ("r_bw", "w_bw")


def port_keys(source: Source, ports: Mapping[str, Port], node: Node) -> dict[str, Node]:
    """Return the ports as keys of a memory: bandwidths, and ``ports`` for those of some movements.

    A port that all reads pass, and nothing else, is the read bandwidth, and so on; ports together
    limit nothing that one of them does not.
    """
    made = Made(node)
    every = {move for port in ports.values() for move in port.moves}
    keys: dict[str, Node] = {}
    apart: list[Node] = []
    for port in ports.values():
        width = made.value(f"{port.width} b/cycle")
        passing = set(port.moves)
        if port.kind == "rw" and port.reads != port.writes:
            what = f"'{port.name}' writes at its width for reads, {port.reads} b/cycle"
            source.page.note(node.mark, f"{what}, not at {port.writes}")
        if passing and passing == {it for it in every if it[1] in KINDS[port.kind]}:
            keys[f"{ALONE[port.kind]}_bandwidth"] = width
        elif passing:
            moved = {
                ACTIONS[move]: made.words([role for role, its in port.moves if its == move])
                for move in ACTIONS
                if any(its == move for _, its in port.moves)
            }
            apart.append(Made(port.node).mapping({"bandwidth": width, **moved}))
    found = {key: keys[key] for key in (f"{it}_bandwidth" for it in ALONE.values()) if key in keys}
    return {**found, "ports": made.listed(apart)} if apart else found
