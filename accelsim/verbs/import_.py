"""Files of other programs as specs of this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

from accelsim.errors import Problem, UsageError
from accelsim.interchange.onnx.densities import with_densities
from accelsim.interchange.scalesim.direct import scalesim_texts
from accelsim.interchange.timeloop.bundle import read_bundle
from accelsim.interchange.timeloop.sources import Variable
from accelsim.interchange.timeloop.texts import FILES, texts
from accelsim.interchange.workloads import (
    dims_of,
    import_onnx,
    import_torch,
    workload_text,
)
from accelsim.interchange.zigzag.direct import zigzag_text
from accelsim.specs.fields import one_of
from accelsim.specs.references import Reference, parse_reference
from accelsim.workload.records import Network
from accelsim.workload.spec import network_of
from accelsim.yamldoc import shown_path, unwritten

FORMATS = ("onnx", "torch", "timeloop", "scalesim", "zigzag")

SPECS = {"timeloop": "Timeloop's", "scalesim": "SCALE-Sim's", "zigzag": "ZigZag's"}
"""Formats whose files become several specs -> whose they are."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A foreign file as a spec: its text, and what it says."""

    text: str
    network: Network


@dataclass(frozen=True, slots=True)
class ImportedSpecs:
    """Foreign files as several specs: their texts by kind, and what is left out of the files."""

    texts: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Return the texts by the names of the files that they are for."""
        return {FILES[kind]: text for kind, text in self.texts.items()}


@overload
def import_(  # type: ignore[overload-overlap]  # a literal is told before other words
    format: Literal["timeloop", "scalesim", "zigzag"],
    file: str | Path | Sequence[str | Path],
    *,
    folders: Sequence[str | Path] = (),
) -> ImportedSpecs: ...


@overload
def import_(
    format: str,
    file: str | Path | Sequence[str | Path],
    *,
    dims: Mapping[str, int] | None = None,
    densities: bool = False,
    folders: Sequence[str | Path] = (),
) -> Imported: ...


def import_(
    format: str,
    file: str | Path | Sequence[str | Path],
    *,
    dims: Mapping[str, int] | None = None,
    densities: bool = False,
    folders: Sequence[str | Path] = (),
) -> Imported | ImportedSpecs:
    """Read files of another program, and return them as texts of specs.

    Nothing is written, and of ONNX models no file but this one is read.

    Parameters
    ----------
    format : ``"onnx"``, ``"torch"``, ``"timeloop"``, ``"scalesim"`` or
        ``"zigzag"``
    file : of an ONNX model a path; sizes of dims may follow its colon (``model.onnx:batch=4``).
        Of a PyTorch module ``MODULE:CALLABLE``, a callable that takes nothing and returns
        ``(module, inputs)``; it is run, on the ``meta`` device.
        Of Timeloop one or more paths of files and folders, which are read as one; values of
        the variables of a template may follow its colon (``top.yaml.jinja2:architecture=mine``).
        Of SCALE-Sim a topology, a configuration, or both; of ZigZag an accelerator, a workload and
        a mapping, or some of them.
    dims : sizes of dims that the file leaves open, by name (``batch``) or by input and axis
        (``data.0``)
    densities : whether zeros among the weights that the file holds become densities
    folders : of Timeloop, folders of which templates may take in files, beside those of the files

    Returns
    -------
    Imported
        Of a model.
    ImportedSpecs
        Of the others: an architecture, a workload, a mapping and a dataflow, as far as they are
        there.

    Raises
    ------
    SpecError
        If the file cannot be read, makes no sense, or is not to be counted exactly.
    MissingExtraError
        If the package that reads such files is not installed.
    UsageError
        If the format is not known.
    """
    if format not in FORMATS:
        raise UsageError(Problem(f"unknown format '{format}'", expected=one_of(FORMATS)))
    if format != "onnx" and (dims or densities):
        raise UsageError(Problem("dims and densities are those of an ONNX model"))
    files = [file] if isinstance(file, str | Path) else [*file]
    if folders and format != "timeloop":
        raise UsageError(Problem("folders are those of Timeloop's templates"))
    if format in SPECS and not files:
        raise UsageError(Problem("no file to import", expected=f"files of {SPECS[format]}"))
    if format == "timeloop":
        return _timeloop([parse_reference(one) for one in files], [Path(one) for one in folders])
    if format in SPECS:
        return _specs(format, [Path(one) for one in files])
    if len(files) != 1:
        raise UsageError(Problem(f"{len(files)} files of {format}", expected="one"))
    (only,) = files
    if format == "torch":
        data, name = import_torch(str(only)).data, str(only)
    else:
        reference = parse_reference(only)
        if reference.patterns:
            what = f"'{reference.patterns[0]}' selects layers, but a file is imported as a whole"
            raise UsageError(Problem(what, hint=f"select where it is used: {reference.words}"))
        path = Path(reference.name)
        lowered = import_onnx(path, {**dims_of(reference), **(dims or {})})
        data = with_densities(path, lowered) if densities else lowered.data
        name = shown_path(path)
    return Imported(workload_text(data), network_of(unwritten(data, name), Reference(name)))


def _timeloop(files: Sequence[Reference], folders: Sequence[Path]) -> ImportedSpecs:
    given: dict[Path, Mapping[str, Variable]] = {}
    for file in files:
        path = Path(file.name)
        if file.patterns:
            what = f"'{file.patterns[0]}' gives no variable its value: '{file.words}'"
            raise UsageError(Problem(what, expected="NAME=VALUE after the colon of a template"))
        if file.parameters and path.is_dir():
            what = f"'{file.name}' is a folder, and variables are those of a template"
            raise UsageError(Problem(what, expected="NAME=VALUE after the colon of a file in it"))
        given[path] = {name: _variable(value) for name, value in file.parameters}
    bundle = read_bundle([Path(file.name) for file in files], folders, given=given)
    found = texts(bundle)
    return ImportedSpecs(found, tuple(str(note) for note in bundle.sources.notes))


def _variable(said: str) -> Variable:
    """Return a variable of a template: a number where it is written as one."""
    for kind in (int, float):
        try:
            return kind(said)
        except ValueError:
            continue
    return said


def _specs(format: str, files: Sequence[Path]) -> ImportedSpecs:
    found: dict[str, str] = {}
    notes: list[str] = []
    for file in files:
        if format == "scalesim":
            written, said = scalesim_texts(file)
        else:
            kind, text, said = zigzag_text(file)
            written = {kind: text}
        if found.keys() & written.keys():
            what = f"a second {next(kind for kind in written if kind in found)}: '{file}'"
            raise UsageError(Problem(what, expected=f"one of each kind of {SPECS[format]}"))
        found |= written
        notes += said
    return ImportedSpecs(found, tuple(notes))
