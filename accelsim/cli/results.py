"""What verbs do with their result: save it, show it."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import accelsim as acs
from accelsim.cli.failures import explained
from accelsim.cli.interrupt import Interrupt, interruptible
from accelsim.cli.output import colourful, flush, put, put_json, say, talk, width
from accelsim.cli.progress import progress as telling
from accelsim.errors import ExitCode, Problem, UsageError
from accelsim.report.messages import render_all
from accelsim.report.writing import FIGURES, FRONT_FIGURES, write_without_figures

if TYPE_CHECKING:
    from accelsim.report.results import Comparison, LayerRun, NetworkRun, Result

    Saved = Comparison | NetworkRun | LayerRun

NOT_DRAWN = Problem("interrupted while the figure was drawn")


def search_and_show(
    verb: str,
    search: Callable[..., Result],
    *,
    as_json: bool,
    progress: str,
    quiet: bool,
    verbose: bool,
    debug: bool,
    folder: Path | None = None,
    again: Sequence[str] = (),
) -> int:
    """Search, telling the progress and heeding Ctrl-C; then as :func:`show_result`.

    Parameters
    ----------
    search : a verb of the Python face, of which only ``stop`` and ``progress`` are still to give
    progress : how it is told, as ``accelsim.cli.progress`` says
    """
    with interruptible() as interrupt:
        with telling(progress, quiet) as teller:
            result = search(stop=interrupt.pressed, progress=interrupt.watching(teller.tell))
        return show_result(
            verb,
            result,
            as_json=as_json,
            verbose=verbose,
            quiet=quiet,
            folder=folder,
            debug=debug,
            interrupt=interrupt,
            again=again,
        )


def show_result(
    verb: str,
    result: Result,
    *,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    folder: Path | None,
    debug: bool,
    interrupt: Interrupt | None = None,
    again: Sequence[str] = (),
) -> int:
    """Print a result, write its folder if one is wanted, and return the exit code.

    As JSON, which says how all of it ended, the result is printed last.  Whatever goes wrong with
    the one, the other is done.

    Parameters
    ----------
    debug : whether to print the traceback of what went wrong
    interrupt : that of the search; None where nothing was searched
        A stopped search is saved without figures, which would take more than a second.
    again : words of the command that counts a single mapping again; FILE stands for its file
    """
    code, said = ExitCode.OK, list[Problem]()
    stopped = interrupt is not None and interrupt.over()
    problems = list(result.problems()) if interrupt is not None else []
    if stopped:
        code, said = ExitCode.INTERRUPTED, [result.best_so_far()]
    elif problems:
        code = ExitCode.NO_MAPPING  # the result itself says which
    unshown: Exception | None = None
    if not as_json:
        try:
            put(
                result.text(
                    colour=colourful(sys.stdout), width=width(sys.stdout), every_assumption=verbose
                )
            )
            flush()
        except (OSError, UsageError) as fault:
            unshown = fault
    files: Sequence[Path] = ()
    if folder is not None:
        try:
            files = _save(cast("Saved", result), folder, interrupt)  # only these have -o
        except Exception as fault:  # noqa: BLE001  (what was found is shown all the same)
            code, faults = explained(fault)
            said += faults
            if debug:
                talk(traceback.format_exc())
        if interrupt is not None and interrupt.pressed() and not stopped:
            code, said = ExitCode.INTERRUPTED, [NOT_DRAWN, *said]
    if as_json:
        data = result.data() | {"run": result.run_data()}
        put_json(verb, data, code, [*said, *problems])
    if files and folder is not None and not quiet:
        say(_written(files, folder, code == ExitCode.INTERRUPTED, again))
    if said and not as_json:
        say(render_all(said))
    if unshown is not None:
        raise unshown
    return code


def _save(result: Saved, folder: Path, interrupt: Interrupt | None) -> Sequence[Path]:
    """Write the folder of a result; once Ctrl-C was pressed, without figures."""
    if interrupt is None:
        return acs.save(result, folder)
    if not interrupt.pressed():
        try:
            with interrupt.skipping():
                return acs.save(result, folder)
        except KeyboardInterrupt:
            pass  # what was half written is written again
    return write_without_figures(folder, result.files(folder))


def _written(files: Sequence[Path], folder: Path, hurried: bool, again: Sequence[str]) -> str:
    """Return what to say of the files, the command that reads a single mapping included."""
    mappings = [path for path in files if path.suffix == ".yaml"]
    text = f"wrote {len(files)} files to {folder}"
    if hurried:
        figure = shlex.join(["accelsim", "plot", str(folder), "-o", str(folder / FIGURES[0])])
        text += f", but no figure, as it was interrupted: {figure}"
    elif files[-1].name in (*FIGURES, *FRONT_FIGURES):
        text += f", among them {files[-1].name}"
    if len(mappings) == 1 and again:
        words = [str(mappings[0]) if word == "FILE" else word for word in again]
        text += f"\ncount the mapping again: {shlex.join(words)}"
    return text
