"""A sweep or a search in words of the command line, as a store notes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from accelsim.mapspace.records import Dataflow
from accelsim.verbs.search import Search
from accelsim.verbs.words import Flow, Machine, Rules, Technology, Work, called


def searched_by(search: Search, objective: str = "energy") -> list[tuple[str, str]]:
    """Return options of the command line that are not as they are left out, but the seed."""
    usual = Search(objective)
    texts = {
        "--objective": (search.objective, usual.objective),
        "--samples": (search.samples, usual.samples),
        "--seconds": (search.seconds, usual.seconds),
        "--driver": (search.driver, usual.driver),
        "--uneven": (search.uneven, usual.uneven),
    }
    given = [(name, str(its)) for name, (its, other) in texts.items() if its != other]
    return [*given, *([("--remainders", "")] if search.remainders else [])]


def words_of(
    what: Sequence[Machine | Work],
    parameters: Sequence[str],
    where: Sequence[str],
    dataflows: Sequence[Flow] | Flow,
    technology: Technology | None,
    accounting: Rules | None,
    overrides: Sequence[str],
    more: Sequence[tuple[str, str]],
) -> str:
    """Return a sweep in words of the command line; ``more`` are options of its own."""
    flows = [dataflows] if isinstance(dataflows, str | Path | Dataflow) else dataflows
    options = [
        *(("-p", words) for words in parameters),
        *(("--where", words) for words in where),
        *(("--dataflow", called(flow)) for flow in flows),
        *(("--set", words) for words in overrides),
    ]
    if technology is not None:
        options.append(("--technology", getattr(technology, "name", str(technology))))
    if accounting is not None:
        options.append(("--accounting", getattr(accounting, "name", str(accounting))))
    every = (word for option in [*options, *more] for word in option if word)
    words = [*map(called, what), *every]
    return shlex.join(words)
