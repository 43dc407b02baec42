"""A user's callable -> an exported program, on the ``meta`` device: shapes without memory."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from accelsim.interchange.extras import optional
from accelsim.interchange.graph import Graph
from accelsim.interchange.places import refusal
from accelsim.interchange.torch.translate import graph_of

EXTRA = "torch"

RETURNS = "(module, inputs): a torch.nn.Module and a tuple of tensors to call it with"


def read_torch(words: str) -> Graph:
    """Call what ``MODULE:CALLABLE`` names, and read the module that it returns as a graph.

    The callable takes nothing and returns ``(module, inputs)``; all that it makes is made on the
    ``meta`` device.  Modules are found as Python finds them, and in the current directory.

    Raises
    ------
    SpecError
        If there is no such callable, or what it returns cannot be exported.
    MissingExtraError
        If ``torch`` is not installed.
    """
    module, colon, name = words.partition(":")
    if not colon or not module or not name:
        raise refusal(f"'{words}' names no callable", "MODULE:CALLABLE")
    torch = optional("torch", EXTRA)
    export = optional("torch.export", EXTRA).export
    made = _callable(module, name)
    try:
        with torch.device("meta"), torch.no_grad():
            returned = made()
            if not (
                isinstance(returned, tuple)
                and len(returned) == 2
                and isinstance(returned[0], torch.nn.Module)
                and isinstance(returned[1], tuple)
            ):
                raise refusal(f"{words} returns {type(returned).__name__}", RETURNS)
            program = export(returned[0].eval(), returned[1])
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as f:
        lines = [line.strip() for line in str(f).splitlines() if line.strip()]
        what = f"{words} cannot be exported: {type(f).__name__}: {' '.join(lines)[:300]}"
        raise refusal(what) from f
    return graph_of(program, name, f"the PyTorch module of {words}, torch {torch.__version__}")


def _callable(module: str, name: str) -> Any:
    """Import the user's module, the current directory included, and return what it calls so."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        found = import_module(module)
    except ModuleNotFoundError as fault:
        raise refusal(f"cannot import '{module}': no module '{fault.name}'") from None
    finally:
        sys.path.remove(here)
    made = getattr(found, name, None)
    if not callable(made):
        raise refusal(f"'{module}' has no callable '{name}'")
    return made
