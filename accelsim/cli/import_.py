"""``accelsim import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json, say
from accelsim.errors import ExitCode, Problem, UsageError
from accelsim.report.quantities import plural

FORMATS = ("onnx", "torch")
"""Those of :mod:`accelsim.verbs.import_`, which help must not wait for."""


def import_(
    format: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help=f"What the file is: {', '.join(FORMATS)}.",
            autocompletion=options.words(FORMATS),
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="An ONNX file; of torch, MODULE:CALLABLE that returns (module, inputs).",
        ),
    ],
    dim: Annotated[
        list[str],
        typer.Option(
            "--dim",
            metavar="NAME=SIZE",
            help="Size of a dim that the file leaves open, as batch=4 or data.0=4; repeatable.",
        ),
    ] = [],  # noqa: B006  (typer copies it)
    densities: Annotated[
        bool,
        typer.Option(
            "--densities", help="Count zeros among weights that the file holds as densities."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the spec there."),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Turn a model of another program into a workload: an ONNX file, or a PyTorch module.

    Only shapes are read, never weights.  What is left out, and what counts as free, is listed among
    the assumptions of the workload.
    """
    imported = acs.import_(format, file, dims=dict(map(_size, dim)), densities=densities)
    if output is not None:
        _write(output, imported.text)
    network = imported.network
    if json:
        body = {
            "format": format,
            "file": file,
            "output": None if output is None else str(output),
            "layers": len(network.layers),
            "macs": network.macs,
            "weights_words": network.weights,
            "assumptions": list(network.assumptions),
            "text": imported.text,
        }
        put_json("import", body)
        return ExitCode.OK
    if output is None:
        put(imported.text)
    layers = plural(len(network.layers), "layer")
    said = f"{layers}, {network.macs:,} MACs, {network.weights:,} weights"
    if not quiet:
        say("\n".join([f"{output or file}: {said}", *(f"  - {it}" for it in network.assumptions)]))
    return ExitCode.OK


def _size(words: str) -> tuple[str, int]:
    name, equals, size = words.partition("=")
    if not equals or not name.strip() or not size.strip().isdecimal():
        raise UsageError(Problem(f"'{words}' is no size", expected="NAME=SIZE, as batch=4"))
    return name.strip(), int(size)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageError(Problem(f"cannot write '{path}': {fault.strerror}")) from None
