"""What a sweep took, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping


def effort_sentence(effort: Mapping[str, float | None]) -> str:
    """Say what :meth:`~accelsim.explore.records.Effort.data` tells; nothing if nothing was done."""
    rate, search, other = (effort[name] for name in ("points_per_second", "search_ms", "other_ms"))
    if rate is None or search is None or other is None:
        return ""
    shown = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    return (
        f"Computed at {shown} points/s: {search:.1f} ms of processor time a point in the mapper,"
        f" {other:.1f} ms besides."
    )
