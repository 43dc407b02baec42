"""What is said of an error, and the exit code that it ends the process with."""

from __future__ import annotations

import errno
from typing import Any

import typer

from accelsim.errors import AccelsimError, ExitCode, Problem, SpecError, UsageError

# The root of typer's own faults of usage, which typer does not export under a name.
ClickError: Any = typer.BadParameter.__mro__[2]

INTERRUPTED = Problem("interrupted")

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a system says where no more can be written."""


def explained(fault: BaseException) -> tuple[ExitCode, tuple[Problem, ...]]:
    """Return the exit code of an error and its problems; of any other, that it is a defect."""
    if isinstance(fault, SpecError | UsageError):
        return fault.exit_code, tuple(fault.problems)
    if isinstance(fault, AccelsimError):
        return fault.exit_code, (Problem(str(fault)),)
    if isinstance(fault, ClickError):
        return ExitCode.USAGE, (_usage_problem(fault),)
    if isinstance(fault, KeyboardInterrupt | typer.Abort):
        return ExitCode.INTERRUPTED, (INTERRUPTED,)
    if isinstance(fault, OSError) and fault.errno in FULL:
        named = f" '{fault.filename}'" if fault.filename else ""
        return ExitCode.USAGE, (Problem(f"cannot write{named}: {fault.strerror}"),)
    if isinstance(fault, FileNotFoundError) and fault.filename is None:  # of os.getcwd alone
        return ExitCode.USAGE, (Problem("the current directory is gone"),)
    what = f"internal error: {type(fault).__name__}: {fault}"
    hint = "please report it, with what the same command prints under --debug"
    return ExitCode.INTERNAL, (Problem(what, hint=hint),)


def _usage_problem(fault: Any) -> Problem:
    context = getattr(fault, "ctx", None)
    verb = context.command_path if context is not None else "accelsim"
    return Problem(fault.format_message().rstrip("."), hint=f"see {verb} --help")
