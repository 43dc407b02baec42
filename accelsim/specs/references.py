"""How specs are named: ``eyeriss``, ``x/mine.yaml:pes=256``, ``alexnet:conv*,batch=16``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from accelsim import expressions, shipped, yamldoc
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.recent import Recent
from accelsim.specs.fields import Context, one_of, suggestion
from accelsim.units import ValueProblemError
from accelsim.yamldoc import Document, Keys, Mark, Node

MOST_CARRIED = 1_024
"""Documents that others sent to this process."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name with what follows its colon: patterns that select parts, and parameters."""

    name: str
    patterns: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    words: str = ""


def parse_reference(words: str | Path) -> Reference:
    """Cut a reference at its colon; a colon inside the path of a file stays part of it."""
    words = str(words)
    if shipped.is_path(words) and shipped.is_file(words):
        return Reference(words, words=words)
    path = re.match(rf".*?(?:{'|'.join(map(re.escape, shipped.ENDINGS))})(?=:|$)", words)
    name = path[0] if path else words.partition(":")[0]
    rest = words[len(name) + 1 :]
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    patterns = tuple(part for part in parts if "=" not in part)
    pairs = (part.partition("=") for part in parts if "=" in part)
    settings = tuple((key.strip(), value.strip()) for key, _, value in pairs)
    return Reference(name, patterns, settings, words)


def seen_from(words: str, here: Path, there: Path | None) -> str:
    """Return a reference made in one folder as it reads in another; absolute for None.

    Names of shipped specs and absolute paths stay as they are.  A relative path stays relative, so
    that folders can be moved together.

    >>> seen_from("eyeriss", Path("a"), Path("b"))
    'eyeriss'
    >>> seen_from("mine.yaml:pes=64", Path("a"), Path("b/c"))
    '../../a/mine.yaml:pes=64'
    """
    whole = shipped.is_path(words) and shipped.is_file(str(here / words))
    name = words if whole else parse_reference(words).name
    if not shipped.is_path(name) or Path(name).is_absolute():
        return words
    file = (here / name).parent.resolve() / Path(name).name
    path = (file if there is None else Path(os.path.relpath(file, there.resolve()))).as_posix()
    return (path if shipped.is_path(path) else f"./{path}") + words[len(name) :]


Opener = Callable[[str, Path], "Document | None"]
"""Returns a file in a foreign format as a spec of a kind; None if it is not in that format."""

_openers: list[Opener] = []


def also_open(opener: Opener) -> None:
    """Let files in a foreign format stand wherever a spec is expected."""
    if opener not in _openers:
        _openers.append(opener)


def opened(kind: str, path: Path) -> Document:
    """Parse the file of a spec, or of what stands for one.

    Raises
    ------
    SpecError
        If it cannot be read or parsed.
    """
    foreign = (opener(kind, path) for opener in _openers)
    return next((document for document in foreign if document), None) or yamldoc.load(path)


def open_spec(kind: str, reference: Reference) -> Document:
    """Find and parse the file of a reference, its parameters replaced.

    Raises
    ------
    SpecError
        If there is no such spec, it cannot be parsed, or it has no such parameter.
    """
    carried = _carried.get(reference.name)
    document = carried or opened(kind, shipped.find(kind, reference.name))
    node = document.node(("parameters",))
    known = list(node.value) if node and isinstance(node.value, dict) else []
    problems = []
    for name, value in reference.parameters:
        where = Where(reference.words)
        if name not in known:
            expected = one_of(known) if known else "none: it has no parameters"
            problems.append(
                Problem(
                    f"unknown parameter '{name}'", where, name, expected, suggestion(name, known)
                )
            )
            continue
        try:
            number = expressions.evaluate(value, {})
        except ValueProblemError as fault:
            problems.append(Problem(f"parameter '{name}': {fault.problem.what}", where))
            continue
        document = with_parameter(document, name, number, reference.words)
    if problems:
        raise SpecError(problems)
    return document


_carried = Recent[str, Document](MOST_CARRIED)


def carry(documents: Mapping[str, Document]) -> None:
    """Let documents stand under names of their own, for a process that has not got their files.

    Those carried last are known: whoever needs one carries it again.
    """
    for name, document in documents.items():
        _carried.put(name, document)


def pattern_problems(document: Document, reference: Reference) -> list[Problem]:
    """Return a problem for every pattern of a reference to a spec that has no parts to select."""
    known = parameters_of(document).parameters
    expected = "nothing after the colon: it has no parameters"
    if known:
        expected = f"NAME=VALUE after the colon, NAME being {one_of(known)}"
    problems = []
    for pattern in reference.patterns:
        meant = next(iter(known), "") if re.fullmatch(r"\d+", pattern) else ""
        hint = f"did you mean '{reference.name}:{meant}={pattern}'?" if meant else ""
        what = f"'{pattern}' does not set a parameter"
        problems.append(Problem(what, Where(reference.words), pattern, expected, hint))
    return problems


def with_parameter(document: Document, name: str, number: int, words: str) -> Document:
    """Return the document with one parameter changed, marked with the words that changed it."""
    root, mark = document.root, Mark(0, 0, 0, words)
    node = document.node(("parameters",))
    assert isinstance(root.value, dict)
    assert node is not None
    assert isinstance(node.value, dict)
    inside = Node({**node.value, name: Node(number, mark, text=str(number))}, node.mark, node.keys)
    changed = Node({**root.value, "parameters": inside}, root.mark, root.keys)
    return replace(document, root=changed)


def parameters_of(document: Document) -> Context:
    """Return what fields may know of a document: its parameters, sound and broken ones."""
    node = document.node(("parameters",))
    if node is None or not isinstance(node.value, dict):
        return Context()
    sound = {name: value.value for name, value in node.value.items() if type(value.value) is int}
    return Context(sound, frozenset(node.value) - frozenset(sound))


@contextmanager
def named_at(document: Document, keys: Keys) -> Iterator[None]:
    """Say of what is wrong with a spec that a file names where the file names it."""
    try:
        yield
    except (SpecError, UsageError) as fault:
        where = document.where(keys)
        raise SpecError(_named(problem, where) for problem in fault.problems) from None


def _named(problem: Problem, where: Where) -> Problem:
    if problem.where is None:
        return replace(problem, where=where)
    whole = not (problem.where.line or problem.hint)
    return replace(problem, hint=f"named in {where}") if whole else problem
