"""Whether the order of a comparison hangs on one price of the energy table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.errors import Problem, UsageError
from accelsim.given import real_number
from accelsim.mapper.contract import never
from accelsim.report import figures
from accelsim.report.folder import read_folder
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.robustness import RankingRobustness
from accelsim.verbs.compare import compare
from accelsim.verbs.load import means_results
from accelsim.verbs.plot import title
from accelsim.verbs.search import OnStep, Search, Stop, refuse_search, silent
from accelsim.verbs.words import Flow, Machine, Rules, Technology, Work


def robustness(
    *what: Machine | Work | Flow | Comparison | NetworkRun,
    change: float = 0.3,
    group: str | None = None,
    output: str | Path | None = None,
    dataflows: Sequence[Flow] | Flow = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    stop: Stop = never,
    progress: OnStep = silent,
) -> RankingRobustness:
    """Change every price of the energy table in turn, and say whether the order holds.

    Counts and mappings are kept.  Energy is linear in each price, so that the change at which two
    rows swap is exact.

    Parameters
    ----------
    what : a finished comparison, or the folder that it was written to; or else the words of
        :func:`accelsim.compare`, which is then called with the options below
    change : the share by which each price is changed, down and up
    group : only the layers of this group (``conv``, ``fc``, ...)
    output : where to write the tornado figure, if anywhere; PDF, PNG or SVG by the ending
    dataflows, technology, accounting, overrides, search, stop, progress
        As for :func:`accelsim.compare`.

    Returns
    -------
    RankingRobustness
        Its ``robustness`` holds the order and every swap; ``sentence()`` says it in one sentence,
        ``figure()`` draws it.

    Raises
    ------
    SpecError
        If a spec or a folder cannot be read.
    UsageError
        If there is nothing to rank, or no such group, or the figure cannot be written.
    """
    if not 0 < real_number("change", change) < 1:
        raise UsageError(
            Problem(f"a change of {100 * change:g} %", expected="more than 0, less than 100 %")
        )
    (first, *others) = what or ("",)
    if not others and isinstance(first, Comparison | NetworkRun):
        compared: Comparison | NetworkRun | LayerRun = first
    elif not others and isinstance(first, str | Path) and means_results(first):
        refuse_search(search, "results are read from a folder")
        compared = read_folder(Path(first))
    else:
        compared = compare(
            *[word for word in what if not isinstance(word, Comparison | NetworkRun)],
            dataflows=dataflows,
            technology=technology,
            accounting=accounting,
            overrides=overrides,
            search=search,
            stop=stop,
            progress=progress,
        )
    if not isinstance(compared, Comparison):
        raise UsageError(
            Problem(
                "one row: there is no order to break",
                expected="a result of compare",
                hint="as in: accelsim robustness eyeriss alexnet",
            )
        )
    if group is not None and group not in compared.groups:
        expected = "one of " + ", ".join(compared.groups)
        raise UsageError(Problem(f"no layers of group '{group}'", expected=expected))
    found = RankingRobustness(compared.rows, compared.settings, compared.what, change, group)
    if output is not None and found.satisfied:
        if not found.robustness.prices:
            raise UsageError(Problem("nothing to draw: the order does not depend on any energy"))
        figures.save(found.figure(title(compared)), Path(output))
    return found
