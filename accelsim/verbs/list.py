"""What is shipped."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim import shipped, yamldoc
from accelsim.errors import Problem, UsageError


@dataclass(frozen=True, slots=True)
class Shipped:
    """One shipped spec: its name, one line on it, and where its numbers come from."""

    kind: str
    name: str
    title: str
    parameters: tuple[tuple[str, int], ...]
    source: str
    path: str


def list(kind: str | None = None) -> tuple[Shipped, ...]:
    """Return the shipped specs, of one kind or of all.

    Parameters
    ----------
    kind : "architecture" or "archs", "workload" or "workloads", and so on

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    by_word = {word: name for name, word in shipped.LIST_WORDS.items()}
    if kind is None:
        kinds = tuple(shipped.FOLDERS)
    elif kind in by_word or kind in shipped.FOLDERS:
        kinds = (by_word.get(kind, kind),)
    else:
        expected = "one of " + ", ".join(by_word)
        raise UsageError(Problem(f"cannot list '{kind}'", expected=expected))
    return tuple(_entry(one, name) for one in kinds for name in shipped.names(one))


def _entry(kind: str, name: str) -> Shipped:
    path = shipped.find(kind, name)
    data = yamldoc.load(path).data
    said = data.get("source") or data.get("assumed") or ""
    source = " ".join(str(said).split())
    parameters = data.get("parameters")
    settings = parameters if isinstance(parameters, dict) else {}
    return Shipped(
        kind=kind,
        name=name,
        title=" ".join(str(data.get("title", "") or source).split()),
        parameters=tuple((str(key), int(value)) for key, value in settings.items()),
        source=source,
        path=str(path),
    )
