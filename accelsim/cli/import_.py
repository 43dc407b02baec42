"""``accelsim import``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json, say
from accelsim.errors import ExitCode, Problem, UsageError
from accelsim.report.quantities import plural
from accelsim.report.writing import write_texts

FORMATS = ("onnx", "torch", "timeloop", "scalesim", "zigzag")
"""Those of :mod:`accelsim.verbs.import_`, which help must not wait for."""

Several = Literal["timeloop", "scalesim", "zigzag"]
"""Those whose files become several specs."""


def import_(
    format: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help=f"What the files are: {', '.join(FORMATS)}.",
            autocompletion=options.words(FORMATS),
        ),
    ],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="An ONNX file; of torch, MODULE:CALLABLE that returns (module, inputs); of "
            "timeloop, files and folders that are read as one, a template with its variables as "
            "FILE:NAME=VALUE; of scalesim, a topology, a "
            "configuration, or both; of zigzag, an accelerator, a workload, a mapping.",
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
    folder: Annotated[
        list[str],
        typer.Option(
            "--folder",
            metavar="DIR",
            help="Of timeloop: let templates take in files of this folder; repeatable.",
        ),
    ] = [],  # noqa: B006
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|DIR",
            help="Write the spec there; of timeloop, scalesim and zigzag, the specs into a folder.",
        ),
    ] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Turn files of other programs into specs: an ONNX file, a PyTorch module, Timeloop's files.

    Of models only shapes are read, never weights.  What is left out, and what counts as free, is
    listed among the assumptions of the spec.
    """
    if format in ("timeloop", "scalesim", "zigzag"):
        if dim or densities:
            raise UsageError(Problem("dims and densities are those of an ONNX model"))
        return _specs(cast("Several", format), files, folder, output, json=json, quiet=quiet)
    name = ", ".join(files)
    words = files[0] if len(files) == 1 else files
    sizes = dict(map(_size, dim))
    imported = acs.import_(format, words, dims=sizes, densities=densities, folders=folder)
    if output is not None:
        _keep_read([output], files)
        _write(output, imported.text)
    network = imported.network
    if json:
        body = {
            "format": format,
            "file": name,
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
        say("\n".join([f"{output or name}: {said}", *(f"  - {it}" for it in network.assumptions)]))
    return ExitCode.OK


def _specs(
    format: Several,
    files: list[str],
    folders: list[str],
    output: Path | None,
    *,
    json: bool,
    quiet: bool,
) -> int:
    """Import files as several specs, to a folder or one after the other to the screen."""
    imported = acs.import_(format, files, folders=folders)
    named = imported.named()
    if output is not None:
        _keep_read([output / name for name in named], files)
        write_texts(output, named)
    if json:
        body = {
            "format": format,
            "files": files,
            "output": None if output is None else str(output),
            "notes": list(imported.notes),
            "texts": dict(imported.texts),
        }
        put_json("import", body)
        return ExitCode.OK
    if output is None:
        put("\n".join(f"# {name}\n{text}" for name, text in named.items()))
    if not quiet:
        where = f"{output}: " if output else ""
        notes = (f"  - {note}" for note in imported.notes)
        say("\n".join([f"{where}{', '.join(named)}", *notes]))
    return ExitCode.OK


def _size(words: str) -> tuple[str, int]:
    name, equals, size = words.partition("=")
    if not equals or not name.strip() or not size.strip().isdecimal():
        raise UsageError(Problem(f"'{words}' is no size", expected="NAME=SIZE, as batch=4"))
    return name.strip(), int(size)


def _keep_read(written: Sequence[Path], read: Sequence[str]) -> None:
    """Refuse to write over a file that was read.

    Raises
    ------
    UsageError
    """
    for path in written:
        if path.exists() and any(Path(file).exists() and path.samefile(file) for file in read):
            raise UsageError(
                Problem(f"'{path}' is what is imported, and is not written over", hint="another -o")
            )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageError(Problem(f"cannot write '{path}': {fault.strerror}")) from None
