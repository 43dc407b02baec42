"""How long a cycle takes on Timeloop's machines."""

from __future__ import annotations

from accelsim.interchange.timeloop.chain import Chain
from accelsim.interchange.timeloop.scope import Scope

NAMES = ("global_cycle_seconds", "GLOBAL_CYCLE_SECONDS")

USUAL_SECONDS = 1e-9
"""Of a cycle, where the files state none."""


def clock_of(variables: Scope, chain: Chain) -> tuple[str, float]:
    """Return the clock, empty where the files state no cycle, and the seconds of a cycle."""
    seconds = variables.number(*NAMES)
    for storage in chain.storages:
        if seconds is None:
            seconds = storage.values.number(*NAMES)
    return (f"{1e-6 / seconds:.12g} MHz", float(seconds)) if seconds else ("", USUAL_SECONDS)
