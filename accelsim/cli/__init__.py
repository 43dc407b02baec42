"""The command line: arguments and printing only; the work is behind ``accelsim.<verb>``."""

from __future__ import annotations

import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from accelsim import __version__
from accelsim.cli.check import check
from accelsim.cli.compare import compare
from accelsim.cli.diff import diff
from accelsim.cli.doctor import doctor
from accelsim.cli.estimate import estimate
from accelsim.cli.evaluate import evaluate
from accelsim.cli.explain import explain
from accelsim.cli.export import export
from accelsim.cli.failures import INTERRUPTED, explained
from accelsim.cli.import_ import import_
from accelsim.cli.interrupt import end_on_interrupt
from accelsim.cli.list import list
from accelsim.cli.map import map
from accelsim.cli.once import Once
from accelsim.cli.output import STDERR, STDOUT, flush, put, say, silence, talk
from accelsim.cli.plot import plot
from accelsim.cli.report_ import report_
from accelsim.cli.reprice import reprice
from accelsim.cli.robustness import robustness
from accelsim.cli.run import run
from accelsim.cli.show import show
from accelsim.cli.sweep import sweep
from accelsim.cli.sweep_store import COMMANDS, joined
from accelsim.cli.validate import validate
from accelsim.errors import ExitCode, Problem
from accelsim.report.json_text import dumps, envelope
from accelsim.report.messages import render_all

VERBS = (
    compare,
    run,
    map,
    evaluate,
    explain,
    diff,
    robustness,
    estimate,
    sweep,
    reprice,
    plot,
    report_,
    show,
    check,
    list,
    import_,
    export,
    validate,
    doctor,
)

app = typer.Typer(
    name="accelsim",
    rich_markup_mode=None,  # plain help: quick, and the same on every terminal
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        put(f"accelsim {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Compare dataflows of neural-network accelerators.

    Specs are named (accelsim list) or files; parameters follow a colon, as in alexnet:batch=16.
    """


NAMES = tuple(verb.__name__.rstrip("_") for verb in VERBS)
"""What they are called; ``import`` is a word of Python."""

for verb in VERBS:
    app.command(name=verb.__name__.rstrip("_"), cls=Once)(verb)
    for name, inner in COMMANDS.items():
        if name.startswith(f"{verb.__name__} "):
            app.command(name=name, cls=Once)(inner)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    words = joined(sys.argv[1:] if arguments is None else arguments)
    end_on_interrupt(lambda: _failure(words, ExitCode.INTERRUPTED, [INTERRUPTED]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name or a sign that the terminal cannot show must not end the program.
            stream.reconfigure(errors="replace")
    code = guarded(words)
    try:
        flush()
    except OSError:  # what has been said of it is enough
        silence(sys.stdout)
    # What is left goes with the process; to look through all of it first takes half a second.
    gc.freeze()
    sys.exit(code)


def guarded(words: Sequence[str]) -> int:
    """Run one command; turn every error into its message and exit code."""
    try:
        return _invoke(joined(words))
    except BrokenPipeError:
        # Whoever read the output has enough (`accelsim show eyeriss | head`).
        silence(sys.stdout)
        return ExitCode.OK
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001  (no traceback unless asked for)
        return _fail(words, *explained(fault))


def _invoke(words: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    if "_ACCELSIM_COMPLETE" in os.environ:  # a shell asks what could come next
        command.main(prog_name="accelsim")
    try:
        with command.make_context("accelsim", [*words]) as context:
            code = command.invoke(context)
    except typer.Exit as done:  # --help, --version
        code = done.exit_code
    flush()
    return code if isinstance(code, int) else ExitCode.OK


def _fail(words: Sequence[str], code: ExitCode, problems: Sequence[Problem]) -> int:
    """Say what went wrong: on stderr, or as the one JSON object on stdout."""
    if "--debug" in words:
        talk(traceback.format_exc())
    descriptor, text = _failure(words, code, problems)
    if descriptor == STDOUT and sys.stdout is not None:
        try:
            put(text)
            flush()
        except OSError:  # stderr must do
            silence(sys.stdout)
        else:
            return code
    say(render_all(problems))
    return code


def _failure(words: Sequence[str], code: ExitCode, problems: Sequence[Problem]) -> tuple[int, str]:
    """Return where a failure is said, and how: in words, or as the one JSON object."""
    if "--json" in words:
        verb = next((word for word in words if word in {*NAMES, *COMMANDS}), "")
        return STDOUT, dumps(envelope(verb, {}, code, problems))
    return STDERR, f"{render_all(problems)}\n"
