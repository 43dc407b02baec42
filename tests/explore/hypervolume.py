"""The area that a front of two measures dominates, exactly."""

from __future__ import annotations

from collections.abc import Iterable


def hypervolume(points: Iterable[tuple[float, float]], reference: tuple[float, float]) -> float:
    """Return the area between points and a reference that both measures are to stay below.

    Strips from the least first measure to the greatest, each as high as the best second measure
    so far lies below the reference.
    """
    right, top = reference
    area, best = 0.0, top
    inside = sorted(its for its in points if its[0] < right and its[1] < top)
    for first, second in inside:
        if second < best:
            area += (right - first) * (best - second)
            best = second
    return area
