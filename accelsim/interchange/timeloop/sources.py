"""Timeloop's files as one: parsed with their tags, their sections gathered, problems in place.

Users concatenate files on the command line, so that a file may hold any of the sections, and none
of them says what it is but by the names of its sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.timeloop.folders import SUFFIXES, files_of, folders_left
from accelsim.interchange.timeloop.jinja import SUFFIXES as TEMPLATES
from accelsim.interchange.timeloop.jinja import is_template, rendered
from accelsim.recent import Recent
from accelsim.specs.fields import one_of, suggestion
from accelsim.yamldoc import (
    Document,
    Mark,
    Node,
    capped,
    decoded,
    lines_of,
    parse,
    read_bytes,
    shown_path,
)

TAGS = (
    "!Arithmetic",
    "!Component",
    "!Compute",
    "!Container",
    "!Element",
    "!Hierarchical",
    "!Network",
    "!Nothing",
    "!Parallel",
    "!Pipelined",
    "!Storage",
    "!include_loaded",
    "!nomerge",
)

USED = (
    "architecture",
    "problem",
    "mapping",
    "constraints",
    "architecture_constraints",
    "mapspace_constraints",
    "mapspace",
    "variables",
    "ERT",
    "ART",
)
"""Sections that are read."""

FORMER = {"arch": "architecture"}
"""Names of sections in generation 0.2 -> their names since."""

UNUSED = {
    "mapper": "its search is not this one",
    "compound_components": "energies are those of an ERT",
    "components": "energies are those of an ERT",
    "sparse_optimizations": "it is not translated (zeros are modelled: docs/sparsity.md)",
    "globals": "",
    "dumped_by_timeloop_front_end": "",
    "layout": "words stand in memories in any order",
    "ERT_summary": "",
    "energy_reference_table": "",
    "flattened_architecture": "",
    "description": "",
    "_components": "",
}
"""Sections that say nothing here -> why, if that is worth a note."""

SPARSE = "sparse_optimizations"
"""What says at a node, or as a section, how it treats zeros."""

COMBINED = ("constraints", "variables", "components", "globals")
"""Sections that may be given several times, under names with these words in them."""

_SECTION = re.compile(
    r"^(?:architecture|arch|problem|mapping|mapper|variables|compound_components|mapspace"
    r"|(?=\w*constraints)\w+)[ \t]*:",
    re.MULTILINE,
)
"""What tells a file: one with an ERT alone is an energy table, which others read."""

_TAKES_IN = re.compile(r"^[ \t]*\{\{-?[ \t]*include(?:_text|_all)?[ \t]*\(", re.MULTILINE)
"""What tells a template that only takes in other files, whatever its name."""

_OURS = re.compile(r"^kind\s*:", re.MULTILINE)

MOST_FILES = 200

Variable = str | int | float
"""Of a template."""


@dataclass(frozen=True, slots=True)
class Note:
    """What of the files is left out or taken in another way, and where it stands."""

    what: str
    where: Where
    about: str = ""
    """The kind of spec that it is of; empty for the files as a whole."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Sources:
    """The sections of some files, and what is found about them on the way."""

    files: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[Node]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    about: str = ""
    """The kind of spec that is being read."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """The texts, each cut into lines once."""
    said: set[tuple[object, ...]] = field(default_factory=set)
    """What has been noted, and where."""

    def anew(self) -> Sources:
        """Return the same sections, of which nothing more is found yet than in these."""
        notes, problems, said = [*self.notes], [*self.problems], {*self.said}
        return replace(self, notes=notes, problems=problems, said=said, lines={})

    @contextmanager
    def reading(self, kind: str) -> Iterator[None]:
        """Say of notes made meanwhile that they are of a kind of spec."""
        before, self.about = self.about, kind
        try:
            yield
        finally:
            self.about = before

    def document(self, root: Node) -> Document:
        """Return values made of these files as a document, its problems in their places."""
        first = self.files[0] if self.files else "<files>"
        return Document(first, "", root, self.texts)

    def where(self, node: Node) -> Where:
        return self.at(node.mark)

    def at(self, mark: Mark) -> Where:
        if mark.file not in self.lines:
            self.lines[mark.file] = lines_of(self.texts.get(mark.file, ""))
        lines = self.lines[mark.file]
        line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
        file = mark.file or (self.files[0] if self.files else "<files>")
        return Where(file, mark.line, mark.column, max(1, mark.length), line)

    def is_new(self, said: str, mark: Mark, what: str) -> bool:
        """Note that a fault or note is said of a place; false if it has been before."""
        before = len(self.said)
        self.said.add((said, what, mark.file, mark.line, mark.column))
        return len(self.said) > before

    def fault(self, node: Node | Mark, what: str, expected: str = "", hint: str = "") -> None:
        """Note a fault at a node or mark; the same one is noted once."""
        mark = node.mark if isinstance(node, Node) else node
        if self.is_new("fault", mark, what):
            self.problems.append(Problem(what, self.at(mark), "", expected, hint))

    def note(self, node: Node | Mark, what: str) -> None:
        """Note what is left out or taken in another way."""
        mark = node.mark if isinstance(node, Node) else node
        if self.is_new("note", mark, what):
            self.notes.append(Note(what, self.at(mark), self.about))

    def one(self, section: str) -> Node | None:
        """Return the only occurrence of a section; a second one is a fault."""
        found = self.sections.get(section, [])
        for other in found[1:]:
            hint = ""
            if "checkpoint" in self.where(other).file or "checkpoint" in self.where(found[0]).file:
                hint = "one of the files looks like a checkpoint of Jupyter's"
            self.fault(other, f"a second '{section}'", f"one, as in {self.where(found[0])}", hint)
        return found[0] if found else None

    def note_sparse(self, node: Node) -> None:
        """Note what a node says of zeros, which is left out."""
        said = at(node, SPARSE)
        if said is not None and said.value:
            self.note(said, f"'{SPARSE}' is left out: {UNUSED[SPARSE]}")

    def unknown(self, node: Node, known: Iterable[str], within: str) -> None:
        """Note the keys of a mapping that are not known."""
        if not isinstance(node.value, dict):
            return
        names = [plain_key(name) for name in known]
        for key in node.value:
            if plain_key(key) not in names:
                close = suggestion(plain_key(key), names)
                what = f"unknown key '{key}' in {within}, left out"
                self.note(node.keys[key], f"{what}; {close}" if close else what)

    def stop_if_wrong(self) -> None:
        """Raise what is wrong so far.

        Raises
        ------
        SpecError
            If anything is.
        """
        if self.problems:
            raise SpecError(capped(self.problems, self.files[0] if self.files else ""))


def plain_key(key: str) -> str:
    """Return a key in the one spelling of generations 0.4: hyphens and camels as underscores.

    >>> plain_key("read-write"), plain_key("dataSpaces")
    ('read_write', 'data_spaces')
    """
    return {"dataSpaces": "data_spaces"}.get(key, key.replace("-", "_"))


def at(node: Node | None, *names: str) -> Node | None:
    """Return what stands under the first of some keys, whichever way it is spelt."""
    if node is None or not isinstance(node.value, dict):
        return None
    spelt = {plain_key(key): inside for key, inside in node.value.items()}
    return next((spelt[name] for name in names if name in spelt), None)


def looks_like_timeloop(path: Path) -> bool:
    """Tell by its content whether a file is one of Timeloop's: a known section, and no ``kind:``.

    A file that cannot be read is none; whoever reads it next says why.
    """
    if _carried.get(str(path)) is not None:
        return True
    if not path.name.endswith(SUFFIXES):
        return False
    if path.name.endswith(TEMPLATES):
        return True
    try:
        text = decoded(read_bytes(path), shown_path(path))
    except SpecError:
        return False
    found = _SECTION.search(text) or _TAKES_IN.search(text)
    return bool(found) and not _OURS.search(text)


def read_sources(
    paths: Sequence[Path],
    folders: Sequence[Path] = (),
    given: Mapping[Path, Mapping[str, Variable]] | None = None,
) -> Sources:
    """Read files, and of folders all files in them, as one.

    Templates may take in files of the folders given, and of those in which the files lie.

    Parameters
    ----------
    given : file -> values of the variables that it leaves open as a template

    Raises
    ------
    SpecError
        If one cannot be read or parsed, or has no section of Timeloop's.
    """
    carried = _carried.get(str(paths[0])) if len(paths) == 1 else None
    if carried is not None:
        return carried.anew()
    sources = Sources()
    listed = [file for path in paths for file in files_of(path)]
    if len(listed) > MOST_FILES:
        what = f"{len(listed)} files at once"
        raise SpecError([Problem(what, Where(str(paths[0])), expected=f"at most {MOST_FILES}")])
    for path in paths:
        left = folders_left(path)
        if left:
            what = f"the files in folders within it are not read: {left} (name them, too)"
            sources.notes.append(Note(what, Where(shown_path(path))))
    allowed = [*folders, *dict.fromkeys(path.parent for path in listed)]
    for path in listed:
        try:
            _take(sources, path, allowed, (given or {}).get(path, {}))
        except SpecError as fault:
            sources.problems += fault.problems
    sources.stop_if_wrong()
    return sources


_carried = Recent[str, Sources](MOST_FILES)


def carry_sources(carried: Mapping[str, Sources]) -> None:
    """Let what was read stand under names of its own, for a process that has not got the files.

    As :func:`accelsim.specs.references.carry` does for documents.
    """
    for name, sources in carried.items():
        _carried.put(name, sources)


def _take(
    sources: Sources, path: Path, folders: Sequence[Path], given: Mapping[str, Variable]
) -> None:
    name = shown_path(path)
    text = decoded(read_bytes(path), name)
    included: dict[str, Node] = {}
    if given and not is_template(path, text):
        what = f"'{next(iter(given))}' is a variable of no template: nothing is rendered here"
        raise SpecError([Problem(what, Where(name))])
    if is_template(path, text):
        text, taken = rendered(path, text, folders, given)
        name += " (rendered)"
        for key, (file, inner) in taken.items():
            title = f"{shown_path(Path(file))} (rendered)"
            sources.texts[title] = inner
            part = parse(inner, title, TAGS, merges=True)
            included[key] = _placed(part.root, title, {}, included)
    document = parse(text, name, TAGS, merges=True)
    sources.files.append(name)
    sources.texts[name] = text
    root = _placed(document.root, name, {}, included)
    assert isinstance(root.value, dict)
    if "kind" in root.value:
        what = "this is a spec of accelsim's own, not one of Timeloop's files"
        raise SpecError([Problem(what, sources.at(root.keys["kind"]))])
    for said, section in root.value.items():
        written = FORMER.get(said, said)
        word = next((word for word in COMBINED if word in written), "")
        key = written if written in (*USED, *UNUSED) else word or written
        if key in USED:
            sources.sections.setdefault(key, []).append(section)
        elif key not in UNUSED:
            _unknown_section(sources, root, key)
        elif UNUSED[key]:
            sources.note(root.keys[said], f"'{said}' is left out: {UNUSED[key]}")


def _unknown_section(sources: Sources, root: Node, key: str) -> None:
    """Note a section that is not known; it is a fault where the file has no other."""
    assert isinstance(root.value, dict)
    hint = suggestion(key, (*USED, *UNUSED))
    if not any(used in root.value for used in (*USED, *FORMER)):
        sources.fault(root.keys[key], f"unknown section '{key}'", one_of(USED), hint)
    elif not key.startswith("_"):
        what = f"unknown section '{key}', left out"
        sources.note(root.keys[key], f"{what}; {hint}" if hint else what)


def _placed(node: Node, file: str, done: dict[int, Node], included: Mapping[str, Node]) -> Node:
    """Return a node with its file in every mark, and with what it takes in from other files.

    What an alias shares stays shared.
    """
    if id(node) in done:
        return done[id(node)]
    if node.tag == "!include_loaded":
        return _taken(node, file, included)
    value = node.value
    if isinstance(value, dict):
        value = {key: _placed(inside, file, done, included) for key, inside in value.items()}
    elif isinstance(value, list):
        value = [_placed(inside, file, done, included) for inside in value]
    keys = {key: mark._replace(file=file) for key, mark in node.keys.items()}
    mark = node.mark._replace(file=file)
    made = Node(value, mark, keys, node.height, node.size, node.text, node.tag)
    done[id(node)] = made
    return made


def _taken(node: Node, file: str, included: Mapping[str, Node]) -> Node:
    """Return what stands in another file at a way of keys, as ``file_0.architecture.nodes``."""
    name, *keys = node.text.split(".")
    found = included.get(name)
    for key in keys:
        found = found.inside(int(key) if key.isdecimal() else key) if found else None
    if found is None:
        mark = node.mark
        what = f"nothing stands at '{node.text}'"
        raise SpecError([Problem(what, Where(file, mark.line, mark.column))])
    return found
