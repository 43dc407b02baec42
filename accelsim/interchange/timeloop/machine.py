"""A chain of Timeloop's as an architecture of ours.

Timeloop counts words, whatever their width, so that each memory holds a value in a word of its
own.  Networks pass words between neighbours and add sums up unless constraints forbid it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import floor

from accelsim.interchange.timeloop.attributes import (
    WORDS,
    block_words,
    note_attributes,
    size_words,
)
from accelsim.interchange.timeloop.chain import Chain, Fan, Storage, Unit
from accelsim.interchange.timeloop.clock import clock_of
from accelsim.interchange.timeloop.directives import KEEPING, LINKS, REUSE, SPATIAL, Directive
from accelsim.interchange.timeloop.energies import Energies
from accelsim.interchange.timeloop.making import Made, native_name, notes_of
from accelsim.interchange.timeloop.roles import Roles
from accelsim.interchange.timeloop.scope import Scope
from accelsim.interchange.timeloop.sources import Sources
from accelsim.roles import ROLES
from accelsim.yamldoc import Node, Scalar

TECHNOLOGY = "accelergy-eyeriss-like-45nm"
"""Prices what the files do not: by the class of a component."""

COMPONENTS = {
    "dram": "dram",
    "regfile": "register_file",
    "smartbuffer_rf": "register_file",
    "smartbuffer": "buffer",
    "sram": "buffer",
    "storage": "buffer",
}
"""Part of a Timeloop class -> component class of the shipped energy tables; the first wins."""

DEFAULT_WORD = 16

ACTIONS = {"read": "read", "fill": "write", "update": "update"}
"""What an access of a memory is -> Timeloop's action that prices it."""


def architecture(
    sources: Sources,
    chain: Chain,
    energies: Energies,
    variables: Scope,
    roles: Roles,
    rules: Mapping[str, Node],
    about: Collection[str],
) -> Node:
    """Return a chain as an architecture.

    Parameters
    ----------
    rules : lists of rules, by the key under which the architecture has them
    about : the kinds of spec of which notes are among its assumptions
    """
    made = Made(chain.node)
    clock, seconds = clock_of(variables, chain)
    build = _Build(sources, chain, energies, roles, seconds)
    levels = made.listed([build.part(index) for index in range(len(chain.parts))])
    technology = variables.word("accelsim_technology")
    if not technology and build.unpriced:
        named = ", ".join(build.unpriced)
        sources.note(
            chain.node,
            f"no energy is stated for {named}: the table {TECHNOLOGY} prices them by their classes",
        )
    items = {
        "kind": made.value("architecture"),
        "name": made.value(native_name(chain.name or "timeloop")),
        "source": made.value(f"Timeloop, {', '.join(sources.files)}"),
        "technology": made.value(technology or TECHNOLOGY),
        **({"clock": made.value(clock)} if clock else {}),
        "word": made.value(f"{DEFAULT_WORD} b"),
        **notes_of(sources, made, about),
        **rules,
        "levels": levels,
    }
    return made.mapping(items)


def _text(number: float) -> str:
    """Write a number exactly, a whole one without a fraction."""
    return str(int(number)) if number == int(number) else repr(float(number))


class _Build:
    def __init__(
        self, sources: Sources, chain: Chain, energies: Energies, roles: Roles, seconds: float
    ) -> None:
        self.sources, self.chain, self.energies, self.roles = sources, chain, energies, roles
        self.seconds = seconds
        self.unpriced: list[str] = []
        self.first = chain.storages[0]

    def part(self, index: int) -> Node:
        part = self.chain.parts[index]
        if isinstance(part, Storage):
            return self.memory(part)
        if isinstance(part, Unit):
            return self.compute(part)
        outer = next(it for it in reversed(self.chain.parts[:index]) if isinstance(it, Storage))
        return self.fanout(part, outer, is_next=self.chain.parts[index - 1] is outer)

    # --- memories ---------------------------------------------------------------------------------

    def memory(self, it: Storage) -> Node:
        sources, values, made = self.sources, it.values, Made(it.node)
        note_attributes(sources, it)
        word_bits = values.whole(*WORDS, least=1) or DEFAULT_WORD
        block = block_words(sources, it, word_bits)
        items: dict[str, Node] = {
            "memory": made.value(native_name(it.name)),
            "component": made.value(_component(it)),
        }
        size = 0 if it.is_void else size_words(sources, values, word_bits, block)
        buffering = values.number("multiple_buffering") or 1
        if size is not None and buffering != int(buffering):
            size, buffering = floor(size / buffering), 1
        if size is not None:
            items["size"] = made.value(f"{size} words")
        if buffering != 1:
            items["buffering"] = made.value(int(buffering))
        items["word"] = made.value(f"{word_bits} b")
        if block != 1:
            items["block"] = made.value(f"{block * word_bits} b")
        if word_bits != DEFAULT_WORD:
            items["widths"] = made.mapping({role: made.value(word_bits) for role in ROLES})
        items |= dict(self.ports(values, made))
        items |= self.memory_prices(it, made, word_bits, block)
        if size == 0:
            items["assumed"] = made.value("absent in the source: it only stands for a fanout")
            return made.mapping(items)
        keep, may_keep = self.keeps(it)
        if keep:
            items["keep"] = made.words(keep)
        if may_keep:
            items["may_keep"] = made.words(may_keep)
        if not (keep or may_keep):
            items["size"] = made.value("0 words")
        return made.mapping(items)

    def stated_at(self, name: str, values: Scope) -> str:
        """Return the place of an attribute, as the source of what it says."""
        node = values.node(name)
        return "" if node is None else f"{name} in {self.sources.where(node)}"

    def ports(self, values: Scope, made: Made) -> Iterator[tuple[str, Node]]:
        both = values.number("bandwidth")
        for key in ("read_bandwidth", "write_bandwidth", "shared_bandwidth"):
            width = values.number(key)
            if width is None and both is not None and key != "shared_bandwidth":
                width = both / 2
            if width is not None:
                if width <= 0:
                    node = values.node(key, "bandwidth")
                    assert node is not None
                    self.sources.fault(node, f"'{key}' is {width:g}", "more than 0 words a cycle")
                yield key, made.value(f"{_text(width)} words/cycle")

    def memory_prices(self, it: Storage, made: Made, word_bits: int, block: int) -> dict[str, Node]:
        """Return what accesses cost a word, leakage and area, where the files say so."""
        energies, values = self.energies, it.values
        whole = values.number("vector_access_energy")
        found = {
            action: energies.of(it.name, action) if energies.table else whole for action in ACTIONS
        }
        items: dict[str, Node] = {}
        stated = {action: pj / block for action, pj in found.items() if pj is not None}
        missing = [ACTIONS[action] for action in found if action not in stated]
        if missing and not it.is_void:
            self.unpriced.append(f"{it.name} ({', '.join(missing)})" if stated else it.name)
        at = energies.source or self.stated_at("vector_access_energy", values)
        if "read" in stated:
            stated["drain"] = stated["read"]
        address = values.number("addr_gen_energy")
        if address is not None and address >= 0:
            stated["address"] = float(address)
            at = at if len(stated) > 1 else self.stated_at("addr_gen_energy", values)
        if stated:
            items["energy"] = _prices(made, stated, word_bits)
            items["source"] = made.value(at)
        leak = energies.leaks.get(it.name)
        if leak:
            items["leakage"] = made.value(f"{_text(leak * 1e-9 / self.seconds)} mW")
            items["gates_unused"] = made.value(True)
        area = energies.area(it.name)
        if area is not None:
            items["area"] = made.value(f"{_text(area)} um2")
        return items

    def keeps(self, it: Storage) -> tuple[list[str], list[str]]:
        """Return the roles that a memory must keep, and may keep."""
        if it is self.first:
            for directive in self.said(it.name, KEEPING):
                for name, node in directive.bypass:
                    self.sources.fault(
                        node,
                        f"'{name}' bypasses the outermost level '{it.name}'",
                        "the outermost level to keep every data-space",
                    )
            return list(ROLES), []
        keep: set[str] = set()
        bypass: set[str] = set()
        for directive in self.said(it.name, KEEPING):
            keep |= self.roles.of(directive.keep)
            bypass |= self.roles.of(directive.bypass)
            if directive.keep_only:
                bypass |= set(ROLES) - keep
            if directive.bypass_only:
                keep |= set(ROLES) - bypass
        both = sorted(keep & bypass)
        for directive in self.said(it.name, KEEPING) if both else ():
            if self.roles.of(directive.bypass) & keep:
                what = f"'{it.name}' keeps and bypasses {', '.join(both)}"
                self.sources.fault(directive.node, what, "one of the two")
        return (
            [role for role in ROLES if role in keep],
            [role for role in ROLES if role not in keep | bypass],
        )

    def said(self, name: str, kind: str) -> list[Directive]:
        return [
            one
            for one in self.chain.constraints
            if one.kind == kind
            and (found := self.chain.storage(one.target)) is not None
            and found.name == name
        ]

    # --- the rest ---------------------------------------------------------------------------------

    def fanout(self, it: Fan, outer: Storage, *, is_next: bool) -> Node:
        made, values = Made(it.node), it.values
        linkless, apart = self.forbidden(it)
        multicast = [role for role in ROLES if role not in apart]
        linked = [role for role in ("Weights", "Inputs") if role not in linkless]
        items = {
            "fanout": made.value(native_name(it.name)),
            "component": made.value(values.word("accelsim_component") or "array"),
            "mesh_x": made.value(it.x),
            "mesh_y": made.value(it.y),
            "multicast": made.words(multicast),
            "reduces": made.value("Outputs" in multicast),
            "sums_return": made.value(outer.is_dram),
        }
        if linked:
            items["forwards"] = made.mapping({role: made.value("all") for role in linked})
        prices = {"deliver": 0.0, "collect": 0.0, "reduce": 0.0}
        hop, route = values.number("energy_per_hop"), values.number("router_energy")
        if hop or route:
            items["network"] = made.value("legacy_mesh")
            prices |= {"hop": float(hop or 0), "route": float(route or 0)}
        items["energy"] = _prices(made, prices)
        free = "Timeloop charges its networks for hops only"
        at_hops = self.stated_at("energy_per_hop", values) or self.stated_at(
            "router_energy", values
        )
        items["source"] = made.value(at_hops if hop or route else free)
        for key, name in (
            ("fill_cycles", "network_fill_latency"),
            ("drain_cycles", "network_drain_latency"),
        ):
            own = outer.values if is_next else values
            cycles = own.whole(name) if name in own.own else 0
            if cycles:
                items[key] = made.value(cycles)
        return made.mapping(items)

    def forbidden(self, it: Fan) -> tuple[set[str], set[str]]:
        """Return the roles that are not passed on between neighbours, and not multicast."""
        linkless: set[str] = set()
        apart: set[str] = set()
        for directive in self.chain.constraints:
            if directive.kind not in (SPATIAL, LINKS, REUSE):
                continue
            if self.chain.fan(directive.target) is it:
                kept = [*directive.keep, *directive.bypass]
                links = [*directive.no_links, *(kept if directive.kind == LINKS else [])]
                reuse = [*directive.no_reuse, *(kept if directive.kind == REUSE else [])]
                linkless |= self.roles.of(links)
                apart |= self.roles.of(reuse)
        return linkless, apart

    def compute(self, it: Unit) -> Node:
        made, values = Made(it.node), it.values
        note_attributes(self.sources, it)
        items = {
            "compute": made.value(native_name(it.name)),
            "component": made.value(values.word("accelsim_component") or "mac"),
        }
        price = self.energies.of(it.name, "mac")
        if price is None and not self.energies.table:
            price = _float(values.number("energy_per_op"))
        if price is None:
            self.unpriced.append(it.name)
        else:
            items["energy"] = _prices(made, {"mac": price, "alu": price})
            stated = self.energies.source or self.stated_at("energy_per_op", values)
            items["source"] = made.value(stated)
        area = self.energies.area(it.name)
        if area is not None:
            items["area"] = made.value(f"{_text(area)} um2")
        return made.mapping(items)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _prices(made: Made, prices: Mapping[str, float], word_bits: int | None = None) -> Node:
    """Return prices, of words of a width where one is said."""
    plain: dict[str, Scalar] = dict(prices)
    if word_bits is not None:
        plain["width"] = f"{word_bits} b"
    return made.mapping({action: made.value(price) for action, price in plain.items()})


def _component(it: Storage) -> str:
    """Return the class under which a shipped energy table prices a memory."""
    stated = it.values.word("accelsim_component")
    if stated or it.is_dram:
        return stated or "dram"
    lower = f"{it.class_name} {it.subclass}".lower()
    return next(component for part, component in COMPONENTS.items() if part in lower)
