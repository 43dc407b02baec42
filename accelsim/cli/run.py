"""``accelsim run``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show
from accelsim.errors import Problem, SpecError, Where

if TYPE_CHECKING:
    from accelsim.report.results import NetworkRun


def run(
    machine: options.Machine,
    workload: options.Workload,
    dataflow: options.Dataflow = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    keep_on_chip: Annotated[
        list[str],
        typer.Option(
            "--keep-on-chip",
            metavar="LAYER[=MEMORY]",
            help="Let what a layer writes stay in a shared memory until it is read; repeatable.",
        ),
    ] = [],  # noqa: B006
    objective: options.Goal = "energy",
    pareto: options.Pareto = False,
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    driver: options.Driver = "auto",
    uneven: options.Uneven = "",
    remainders: options.Remainders = False,
    output: options.Output = None,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Map every layer of a workload on a machine.

    Without a dataflow, the machine alone limits the mappings.  With --pareto the front of the whole
    network is shown instead: the choices of mappings for its layers than which no other has less
    energy without more cycles.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "run",
        partial(
            _run,
            keep_on_chip,
            machine,
            workload,
            dataflow=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=set,
            search=search,
            pareto=pareto,
        ),
        as_json=json,
        progress=progress,
        quiet=quiet,
        verbose=verbose,
        debug=debug,
        folder=output,
    )


def _run(keep_on_chip: list[str], *words: str, overrides: list[str], **more: Any) -> NetworkRun:
    """Run with what stays on the chip; what is wrong with that is said of the option itself."""
    staying = _staying(keep_on_chip)
    try:
        found: NetworkRun = acs.run(*words, overrides=[*overrides, *staying], **more)
        return found
    except SpecError as fault:
        settings = {Where(f"--set {setting}") for setting in staying}
        raise SpecError(
            replace(problem, where=_typed(keep_on_chip, problem))
            if problem.where in settings
            else problem
            for problem in fault.problems
        ) from None


def _typed(keep_on_chip: list[str], problem: Problem) -> Where:
    """Return the options that a problem is about, as they were typed; all if that is not known."""
    about = [its for its in keep_on_chip if f"'{its.partition('=')[0]}'" in problem.what]
    return Where(" ".join(f"--keep-on-chip {its}" for its in about or keep_on_chip))


def _staying(layers: list[str]) -> list[str]:
    """Return what stays on the chip as the setting of a workload."""
    pairs = [words.partition("=") for words in layers]
    named = ", ".join(f"{dumps(layer)}: {dumps(memory)}" for layer, _, memory in pairs)
    return [f"stay_on_chip={{{named}}}"] if named else []
