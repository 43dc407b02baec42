"""Accelergy's energy and area reference tables (ERT, ART) read as an energy table.

An ERT lists, by component, the energy in pJ of each action, perhaps once for each value of its
arguments; an ART the area in um2 of each component.  Both forms of an ERT are read: a list of
tables, and the older mapping of names to actions.

- A component is known by the last part of its name: ``chip.PE[0..167].mac`` is ``mac``.
- ``read`` prices reads and drains, ``write`` fills and updates (``update``, where there is one).
- Of an action with arguments, the largest values stand for an access at random, zeros for a
  repeated one.
- The file does not say how wide an access is: the machine's ``block`` (or ``word``) does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from accelsim.errors import Problem, SpecError
from accelsim.specs.fields import FINITE, one_of
from accelsim.technology.estimators.contract import Area, Price
from accelsim.technology.records import EnergyTable
from accelsim.units import MOST, shown
from accelsim.yamldoc import Document, Keys, Node, capped

ERT, ART = "ERT", "ART"

VERSIONS = ("0.1", "0.2", "0.3", "0.4")

UNITS = {ERT: "pJ", ART: "um2"}

LONGEST = 1_000
"""Characters of a component's name."""

MEANINGS: Mapping[str, tuple[str, ...]] = {
    "read": ("read", "drain"),
    "write": ("fill", "update"),
    "update": ("update",),
    "access": ("access",),
    "mac": ("mac",),
    "compute": ("mac",),
    "multiply": ("mac",),
    "mac_random": ("mac",),
    "mac_reused": ("mac.repeated",),
    "mac_gated": ("mac.gated",),
    "read_gated": ("read.gated",),
    "update_gated": ("update.gated",),
    "alu": ("alu",),
    "transfer": ("deliver",),
    "transfer_random": ("deliver",),
    **{name: (name,) for name in ("fill", "drain", "first_read", "address")},
    **{name: (name,) for name in ("collect", "reduce", "hop", "route")},
}
"""Action of a table -> what it prices here."""

LIKELY = ("read", "write", "compute", "transfer")
"""What a message names of them."""

OWN = ("update", "compute", "fill", "drain")
"""Actions that win over others which price the same."""


def is_reference_table(document: Document) -> bool:
    """Tell whether a file is an ERT."""
    return ERT in document.data and "kind" not in document.data


def read_reference_tables(ert: Document, art: Document | None = None) -> EnergyTable:
    """Read an ERT, with the areas of an ART if there is one; an ERT's file may hold both.

    Raises
    ------
    SpecError
        With every problem of the files.
    """
    energies = _Energies(ert)
    energies.read()
    areas: dict[str, Area] = {}
    for document in (ert, art):
        if document is not None and document.node((ART,)):
            areas |= _areas(document, energies.problems)
        if document is not None:
            for key in (ERT, ART):
                energies.problems += _unknown_form(document, key)
    if art is not None and not art.node((ART,)):
        energies.problems.append(Problem("this is no area reference table", art.where(), "", ART))
    if energies.problems:
        raise SpecError(capped(energies.problems, ert.file))
    name = re.split(r"[/\\]", ert.file)[-1].partition(".")[0] or "ert"
    return EnergyTable(
        name,
        "pJ",
        energies.prices,
        source=f"Accelergy, {ert.file}",
        assumptions=tuple(energies.assumptions()),
        areas=areas,
        per_access=True,
    )


@dataclass
class _Energies:
    """An ERT on its way."""

    document: Document
    prices: dict[str, dict[str, Price]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unused: dict[str, None] = field(default_factory=dict)
    chosen: bool = False

    def fault(self, keys: Keys, what: str, expected: str = "") -> None:
        self.problems.append(Problem(what, self.document.where(keys), "", expected))

    def read(self) -> None:
        for keys, whole, table in _tables(self.document, ERT, self.problems):
            name = _short(whole)
            if name in self.prices:
                self.fault(keys, f"two components are called '{name}'", "distinct last parts")
                continue
            self.prices[name] = {}
            priced_by: dict[str, str] = {}
            for action, entries in self.actions(keys, table).items():
                meanings = MEANINGS.get(action, ())
                if not meanings:
                    self.unused[action] = None
                elif len({entry.deltas: entry.energy for entry in entries}) < len(
                    {(entry.deltas, entry.energy) for entry in entries}
                ):
                    what = f"'{action}' of '{name}' has several energies"
                    self.fault(keys, what, "one, or one for each address_delta and data_delta")
                for meaning in meanings:
                    if meaning in priced_by and priced_by[meaning] in OWN:
                        continue
                    priced_by[meaning] = action
                    self.add(name, meaning, action, entries)
            if "mac" in self.prices[name] and "alu" not in self.prices[name]:
                price = self.prices[name]["mac"]
                reason = "a comparison or an addition costs at most what a MAC costs"
                self.prices[name]["alu"] = Price(price.energy, reason, assumed=True)
        if not self.problems and not any(self.prices.values()):
            expected = f"actions such as {', '.join(LIKELY)}"
            self.fault((ERT, "tables"), "no component of this ERT has an action priced", expected)

    def add(self, name: str, meaning: str, action: str, entries: list[_Entry]) -> None:
        """Price an action at random, and where there are values of arguments, repeated."""
        source = f"{self.document.file}: {action}"
        ordered = sorted(entries, key=lambda entry: entry.deltas)
        most, least = ordered[-1], ordered[0]
        said = f" with {most.text}" if most.text else ""
        self.prices[name][meaning] = Price(most.energy, source + said)
        if len(ordered) > 1:
            self.chosen = True
            repeated = Price(least.energy, f"{source} with {least.text}")
            if not any(least.deltas):
                self.prices[name].setdefault(f"{meaning}.repeated", repeated)

    def actions(self, keys: Keys, table: Node) -> dict[str, list[_Entry]]:
        """Return the energies of each action, one for each value of its arguments."""
        found: dict[str, list[_Entry]] = {}
        listed = table.inside("actions")
        if listed is not None:
            if not isinstance(listed.value, list):
                self.fault((*keys, "actions"), "'actions' must be a list")
                return {}
            for index, entry in enumerate(listed.value):
                place = (*keys, "actions", index)
                action = entry.inside("name")
                if action is None or not isinstance(action.value, str):
                    self.fault(place, "an action has no name")
                    continue
                found.setdefault(action.value, []).extend(self.entry(place, entry))
        older = table.value if listed is None and isinstance(table.value, dict) else {}
        for action_name, node in older.items():
            place = (*keys, action_name)
            if isinstance(node.value, list):
                found[action_name] = [
                    read
                    for index, entry in enumerate(node.value)
                    for read in self.entry((*place, index), entry)
                ]
            else:
                found[action_name] = list(self.entry(place, node))
        return {action: entries for action, entries in found.items() if entries}

    def entry(self, keys: Keys, node: Node) -> Iterator[_Entry]:
        """Yield an energy with the values of its arguments; nothing if it is at fault."""
        energy = node.inside("energy") if isinstance(node.value, dict) else node
        value = energy.value if energy else None
        if not _is_amount(value):
            what = "an action has no energy"
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                what = f"the energy of an action is '{shown(value)}'"
            self.fault(keys, what, f"`energy:` with {FINITE}, in pJ")
            return
        assert isinstance(value, int | float)
        arguments = node.inside("arguments")
        pairs = arguments.plain() if arguments and isinstance(arguments.value, dict) else {}
        assert isinstance(pairs, dict)
        deltas = {
            name: float(amount)
            for name, amount in pairs.items()
            if name in ("address_delta", "data_delta") and isinstance(amount, int | float)
        }
        ordered = (deltas.get("data_delta", 0.0), deltas.get("address_delta", 0.0))
        said = ", ".join(f"{name} {amount:g}" for name, amount in sorted(deltas.items()))
        yield _Entry(float(value), ordered if deltas else (), said)

    def assumptions(self) -> Iterator[str]:
        yield "an access is as wide as the machine's block: a reference table does not say"
        if self.chosen:
            yield "every access is at random: the largest values of address_delta and data_delta"
        if self.unused:
            yield f"not charged: {', '.join(self.unused)}"


@dataclass(frozen=True, slots=True)
class _Entry:
    energy: float
    deltas: tuple[float, ...]
    text: str


def _tables(document: Document, key: str, problems: list[Problem]) -> Iterator[_Table]:
    """Yield (place, full name, description) of every component of a reference table."""
    listed = document.node((key, "tables"))
    keys: Keys = (key, "tables")
    if listed is None or not isinstance(listed.value, list | dict) or not listed.value:
        each = "`actions:`" if key == ERT else "`area:`"
        expected = f"`{key}:` with a list `tables:` of components, each with `name:` and {each}"
        where = document.where(keys if listed else (key,))
        problems.append(Problem(f"this {key} has no tables", where, "", expected))
        return
    if isinstance(listed.value, dict):
        for name, table in listed.value.items():
            yield (*keys, name), name, table
        return
    for index, table in enumerate(listed.value):
        named = table.inside("name")
        if named is None or not isinstance(named.value, str):
            problems.append(Problem("a table has no name", document.where((*keys, index))))
        elif len(named.value) > LONGEST:
            what = f"a name of {len(named.value):,} characters"
            where = document.where((*keys, index, "name"))
            problems.append(Problem(what, where, expected=f"at most {LONGEST:,}"))
        else:
            yield (*keys, index), named.value, table


_Table = tuple[Keys, str, Node]


def _short(name: str) -> str:
    """Return the last part of a component's name, without the range of its instances.

    >>> _short("system.chip.PE[0..167].mac"), _short("top.DRAM[1..1]")
    ('mac', 'DRAM')
    """
    return re.sub(r"\[[^][]*\]", "", name).rsplit(".", 1)[-1]


def _areas(document: Document, problems: list[Problem]) -> dict[str, Area]:
    found = {}
    for keys, name, table in _tables(document, ART, problems):
        node = table.inside("area") if isinstance(table.value, dict) else table
        value = node.value if node else None
        if not _is_amount(value):
            what, expected = f"'{name}' has no area", f"{FINITE}, in um2"
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                what = f"the area of '{name}' is '{shown(value)}'"
            problems.append(Problem(what, document.where(keys), "", expected))
        else:
            assert isinstance(value, int | float)
            if _short(name) in found:
                what = f"two components are called '{_short(name)}'"
                problems.append(Problem(what, document.where(keys), "", "distinct last parts"))
            found[_short(name)] = Area(float(value), f"Accelergy, {document.file}")
    return found


def _is_amount(value: object) -> bool:
    """Tell whether a value is an energy or an area."""
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= MOST


def _unknown_form(document: Document, key: str) -> Iterator[Problem]:
    """Yield what a reference table says of itself that is not known here."""
    whole = document.node((key,))
    for name, node in whole.value.items() if whole and isinstance(whole.value, dict) else ():
        where = document.where((key, name))
        if name == "version" and str(node.value) not in VERSIONS:
            what = f"an {key} of version '{shown(node.value)}'"
            yield Problem(what, where, str(node.value), one_of(VERSIONS))
        elif name == "units" and node.value != UNITS[key]:
            what = f"an {key} in '{shown(node.value)}'"
            yield Problem(what, where, str(node.value), UNITS[key])
        elif name not in ("version", "units", "tables"):
            where = document.where_key((key, name))
            yield Problem(f"unknown key '{name}' of the {key}", where, name, "version and tables")
