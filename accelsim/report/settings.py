"""How a result was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What a call said; part of its result, and enough to make it again.

    Attributes
    ----------
    words : tuple of str
        The specs as they were named.
    overrides : tuple of str
        ``PATH=VALUE``, as given.
    samples, seconds : budget per layer; None is unlimited
    dataflow_keys : tuple of (name, content key)
        Two dataflows with equal keys are equal, whatever file they came from.
    assumptions : tuple of str
        What the dataflows, and the study, take for granted; the rows know the rest.
    """

    words: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    objective: str = "energy"
    samples: int | None = None
    seconds: float | None = None
    seed: int = 0
    dataflow_keys: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[str, ...] = ()
