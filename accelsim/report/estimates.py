"""What ``estimate`` returns: networks side by side, each split into computation and types of data.

======================  ============================================================
``estimate.json``       everything but wall times: the same bytes for the same call
``estimate.csv``        one line per network and layer
======================  ============================================================
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from accelsim.errors import ExitCode
from accelsim.network.estimate import (
    ASSUMPTIONS,
    LayerEstimate,
    NetworkEstimate,
    estimate_network,
)
from accelsim.records_json import to_data
from accelsim.report import export, notes, quantities
from accelsim.report.json_text import dumps, envelope
from accelsim.report.quantities import digits, percent
from accelsim.report.results import Result
from accelsim.report.tables import NOTHING, Table
from accelsim.roles import ROLES

PARTS = ("computation", *ROLES)

COLUMNS = (
    "network",
    "architecture",
    "layer",
    "group",
    "operations",
    *(f"bits_{role.lower()}" for role in ROLES),
    *(f"non_zeros_{role.lower()}" for role in ROLES),
    *(f"energy_{part.lower()}" for part in PARTS),
    "energy",
    "energy_unit",
)

METHOD = (
    "the energy-estimation method of Yang, Chen and Sze, CVPR 2017, as restated in "
    "accelsim.network.estimate"
)


@dataclass(frozen=True, repr=False)
class Estimates(Result):
    """Networks on one machine, one row each; energies in units of a 16-bit MAC."""

    verb = "estimate"

    def __repr__(self) -> str:
        shown = ", ".join(f"{its.result.label} {its.total:.6g} MAC" for its in self.networks)
        return f"Estimates({shown or 'no networks'})"

    @property
    def satisfied(self) -> bool:
        return all(row.complete for row in self.rows)

    @cached_property
    def networks(self) -> tuple[NetworkEstimate, ...]:
        return tuple(map(estimate_network, self.rows))

    def __getitem__(self, label: str) -> NetworkEstimate:
        for its in self.networks:
            if its.result.label == label:
                return its
        raise KeyError(f"no network '{label}'; there are {', '.join(r.label for r in self.rows)}")

    def tables(self) -> list[Table]:
        """Return one row per network, then for each network one row per layer."""
        shown = [its for its in self.networks if its.layers]
        return [networks_table(shown), *map(layers_table, shown)] if shown else []

    def notes(self) -> list[str]:
        said = notes.unmapped_notes(self.rows)
        found = notes.evaluations(self.rows)
        if found:
            table = found[0].prices.table
            unit = "" if table.unit == "MAC" else f", {self.networks[0].mac_energy:g} {table.unit}"
            said.append(
                f"Energy: in units of a 16-bit multiply-accumulate{unit}; table {table.name};"
                f" machine {self.rows[0].arch.name}."
            )
            said.append(f"Method: {METHOD}.")
        search = notes.search_note(self.rows, self.settings.objective, self.settings.seed)
        return [*said, search, *self._history()]

    def assumptions(self) -> list[str]:
        return [*(f"the method: {text}" for text in ASSUMPTIONS), *super().assumptions()]

    def data(self) -> dict[str, Any]:
        return {
            "stopped_by": self.stopped_by,
            "not_begun": list(self.not_begun),
            "method": METHOD,
            "settings": to_data(self.settings),
            "estimates": [estimate_data(its) for its in self.networks],
            "assumptions": self.assumptions(),
        }

    def files(self, folder: Path) -> dict[str, str]:  # noqa: ARG002  (nothing names other files)
        code = ExitCode.OK if self.satisfied else ExitCode.NO_MAPPING
        problems = self.problems()
        if self.stopped_by == "stop":
            code, problems = ExitCode.INTERRUPTED, (self.best_so_far(), *problems)
        return {
            "estimate.json": dumps(envelope(self.verb, self.data(), code, problems)),
            "estimate.csv": self.csv(),
        }

    def csv(self) -> str:
        """Return one line per network and layer."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for its in self.networks:
            writer.writerows(_lines(its))
        return text.getvalue()


def _lines(estimate: NetworkEstimate) -> Iterator[Sequence[object]]:
    head = (estimate.result.label, estimate.result.arch.name)
    for its in estimate.layers:
        layer = its.layer
        energies = (its.computation, *(its.data[role] for role in ROLES), its.total)
        bits = [_bits(its, role) for role in ROLES]
        zeros = [its.non_zeros(role) for role in ROLES]
        yield (*head, layer.name, layer.group, layer.operations, *bits, *zeros, *energies, "MAC")


def _bits(its: LayerEstimate, role: str) -> int | str:
    """Return the widest values of a role."""
    return max((tensor.bits for tensor in its.layer.tensors if tensor.role == role), default="")


def networks_table(estimates: Sequence[NetworkEstimate]) -> Table:
    """Show networks side by side: what they hold, and where their energy goes."""
    first = estimates[0].total
    exponent = quantities.shared_exponent(its.total for its in estimates)
    rows = [
        (
            its.result.label,
            quantities.whole(its.macs),
            quantities.whole(its.non_zeros("Weights")),
            digits(its.total / 10.0**exponent),
            digits(its.total / first) if first else NOTHING,
            *_shares(its.total, its),
            digits(its.total / its.macs) if its.macs else NOTHING,
        )
        for its in estimates
    ]
    return Table(
        title="energy of networks",
        headings=(
            "network",
            "MACs",
            "weights\nnot zero",
            f"energy\n{quantities.scaled_unit('MAC', exponent)}",
            "vs first",
            *PARTS,
            "energy\n/MAC",
        ),
        rows=tuple(rows),
    )


def layers_table(estimate: NetworkEstimate) -> Table:
    """Show every layer of a network; densities only where there are zeros."""
    exponent = quantities.shared_exponent(its.total for its in estimate.layers)
    zeros = [
        role
        for role in ROLES
        if any(its.density(role) not in (None, 1.0) for its in estimate.layers)
    ]
    whole = estimate.total or 1.0
    rows = []
    for its in estimate.layers:
        densities = (its.density(role) for role in zeros)
        rows.append(
            (
                its.layer.name,
                its.layer.group,
                *(NOTHING if density is None else percent(density) for density in densities),
                digits(its.total / 10.0**exponent),
                percent(its.total / whole),
                *_shares(its.total, its),
            )
        )
    return Table(
        title=f"{estimate.result.label} by layer",
        headings=(
            "layer",
            "group",
            *(f"{role}\nnot zero" for role in zeros),
            f"energy\n{quantities.scaled_unit('MAC', exponent)}",
            "share of\nenergy",
            *PARTS,
        ),
        rows=tuple(rows),
        names=2,
    )


def _shares(total: float, its: LayerEstimate | NetworkEstimate) -> list[str]:
    parts = (its.computation, *(its.data[role] for role in ROLES))
    return [percent(part / total) if total else NOTHING for part in parts]


def estimate_data(estimate: NetworkEstimate) -> dict[str, Any]:
    """Return one network: totals, layers, and where its prices come from."""
    row = estimate.result
    evaluations = notes.evaluations([row])
    return {
        "network": row.label,
        "architecture": row.arch.name,
        "dataflow": row.dataflow,
        "technology": row.technology,
        "energy_unit": "MAC",
        "mac_energy": estimate.mac_energy,
        "mac_energy_unit": evaluations[0].energy_unit if evaluations else None,
        "energy_sources": export.energy_sources(evaluations[0]) if evaluations else [],
        "spec_keys": export.spec_keys(row),
        "complete": row.complete,
        "no_mapping": [
            {"layer": entry.layer.name, "why": notes.why_unmapped(entry)}
            for entry in row.layers
            if entry.evaluation is None
        ],
        "macs": estimate.macs,
        **_energies(estimate),
        "layers": [
            {
                "layer": its.layer.name,
                "group": its.layer.group,
                "operations": its.layer.operations,
                "bits": {tensor.name: tensor.bits for tensor in its.layer.tensors},
                **_energies(its),
            }
            for its in estimate.layers
        ],
    }


def _energies(its: LayerEstimate | NetworkEstimate) -> dict[str, Any]:
    return {
        "energy": its.total,
        "computation": its.computation,
        "data": dict(its.data),
        "non_zeros": {role: its.non_zeros(role) for role in ROLES},
    }
