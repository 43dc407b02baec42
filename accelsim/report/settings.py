"""How a result was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """What one row was read from, in words that read it again; empty for a record of Python."""

    row: str
    architecture: str
    workload: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundUnder:
    """The prices under which a row's mappings were searched; ``prices`` is their content key."""

    row: str
    technology: str
    accounting: str
    prices: str


@dataclass(frozen=True, slots=True)
class Repricing:
    """That a result was priced anew: with what was asked for, after being found under what.

    ``technology`` is empty for the machines' own tables, ``accounting`` for that of each row.
    """

    technology: str
    accounting: str
    found_under: tuple[FoundUnder, ...]


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
    origins : tuple of Origin
        One for each row.
    repriced : Repricing or None
    remainders : whether mappings with remainders were looked at too
    remarks : tuple of str
        What a reader should know of the call, in sentences.
    """

    words: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    objective: str = "energy"
    samples: int | None = None
    seconds: float | None = None
    seed: int = 0
    driver: str = "auto"
    uneven: str = ""
    remainders: bool = False
    dataflow_keys: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    repriced: Repricing | None = None
    remarks: tuple[str, ...] = ()

    def origin(self, row: str) -> Origin | None:
        """Return what a row was read from, if that is known."""
        return next((origin for origin in self.origins if origin.row == row), None)
