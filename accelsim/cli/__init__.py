"""The command line: arguments and printing only; the work is behind ``accelsim.<verb>``."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from accelsim import __version__
from accelsim.cli.check import check
from accelsim.cli.compare import compare
from accelsim.cli.doctor import doctor
from accelsim.cli.evaluate import evaluate
from accelsim.cli.list import list
from accelsim.cli.map import map
from accelsim.cli.output import put, say
from accelsim.cli.plot import plot
from accelsim.cli.reprice import reprice
from accelsim.cli.run import run
from accelsim.cli.show import show
from accelsim.errors import AccelsimError, ExitCode, Problem, SpecError, UsageError
from accelsim.report.json_text import dumps, envelope
from accelsim.report.messages import render_all

VERBS = (compare, run, map, evaluate, reprice, plot, show, check, list, doctor)

# The root of typer's own faults of usage, which typer does not export under a name.
ClickError: Any = typer.BadParameter.__mro__[2]

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


for verb in VERBS:
    app.command(name=verb.__name__)(verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    words = sys.argv[1:] if arguments is None else [*arguments]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name or a sign that the terminal cannot show must not end the program.
            stream.reconfigure(errors="replace")
    sys.exit(guarded(words))


def guarded(words: Sequence[str]) -> int:
    """Run one command; turn every error into its message and exit code."""
    try:
        return _invoke(words)
    except AccelsimError as fault:
        if isinstance(fault, SpecError | UsageError):
            return _fail(words, fault.exit_code, tuple(fault.problems))
        return _fail(words, fault.exit_code, (Problem(str(fault)),))
    except ClickError as fault:
        return _fail(words, ExitCode.USAGE, (_usage_problem(fault),))
    except (KeyboardInterrupt, typer.Abort):
        return _fail(words, ExitCode.INTERRUPTED, (Problem("interrupted"),))
    except BrokenPipeError:
        # Whoever read the output has enough (`accelsim show eyeriss | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as fault:  # noqa: BLE001  (the last resort: no traceback unless asked for)
        what = f"internal error: {type(fault).__name__}: {fault}"
        hint = "please report it, with what the same command prints under --debug"
        return _fail(words, ExitCode.INTERNAL, (Problem(what, hint=hint),))


def _invoke(words: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    if "_ACCELSIM_COMPLETE" in os.environ:  # a shell asks what could come next
        command.main(prog_name="accelsim")
    try:
        with command.make_context("accelsim", [*words]) as context:
            code = command.invoke(context)
    except typer.Exit as done:  # --help, --version
        code = done.exit_code
    sys.stdout.flush()
    return code if isinstance(code, int) else ExitCode.OK


def _usage_problem(fault: Any) -> Problem:
    context = getattr(fault, "ctx", None)
    verb = context.command_path if context is not None else "accelsim"
    return Problem(fault.format_message().rstrip("."), hint=f"see {verb} --help")


def _fail(words: Sequence[str], code: ExitCode, problems: Sequence[Problem]) -> int:
    """Say what went wrong: on stderr, or as the one JSON object on stdout."""
    if "--debug" in words:
        traceback.print_exc()
    if "--json" in words:
        names = {verb.__name__ for verb in VERBS}
        verb = next((word for word in words if word in names), "")
        put(dumps(envelope(verb, {}, code, problems)))
    else:
        say(render_all(problems))
    return code
