"""What mappings are best for where machines are searched for the least of some measure."""

from __future__ import annotations

OBJECTIVES = {"latency": "latency", "seconds": "latency", "cycles": "latency", "edp": "edp"}
"""By measure; energy for others."""


def objective_for(by: str) -> str:
    """Return the objective of mappings under ``--by``.

    >>> objective_for("cycles,area"), objective_for("area")
    ('latency', 'energy')
    """
    return OBJECTIVES.get(by.split(",")[0].strip(), "energy")
