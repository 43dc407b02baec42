"""Files that attack whoever reads them: by what they are, by their bytes, and by their length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.interchange.guarded import Content
from tests.interchange.timeloop_hostile import ARCH, MAPPING, PROBLEM, SOUND

MANY = 40_000
"""Values in one file: fewer than are refused at once."""

KEYS, NODES, DIRECTIVES = 10_000, 6_000, 4_000
"""Parts of so many values together."""

LONG = 3_000_000
"""Characters in one file: fewer than are refused at once."""

Attack = tuple[str, Mapping[str, Content], str]


def no_files(file: str, text: str) -> Iterator[tuple[str, Content, str]]:
    """Yield what may stand at the place of a sound file."""

    def linked(target: str) -> Content:
        return lambda path: path.symlink_to(target)

    yield "a pipe", os.mkfifo, "not a regular file"
    yield "a device", linked("/dev/zero"), "not a regular file|leads outside"
    yield "a folder", lambda path: path.mkdir(), "directory"
    yield "a link to itself", linked(file), "cannot be read|too many levels"
    yield "a link to nothing", linked("gone"), "no such file"
    yield "of 5 MB", "#" * 5 * 2**20, "a spec may have"
    raw = text.encode()
    yield "with a zero byte", raw.replace(b":", b":\0", 1).replace(b",", b",\0", 1), "U\\+0000"
    yield "in UTF-16", text.encode("utf-16"), "not UTF-8"
    yield "in Latin-1", "name: caf\u00e9\n".encode("latin-1") + raw, "not UTF-8"
    yield "with half a character", raw + b"\xed\xa0\x80", "not UTF-8"
    yield "with an escape sequence", "# \x1b[2J\n" + text, "U\\+001B"
    yield "with text in two directions", "# \u202e\n" + text, "U\\+202E"


def many() -> Iterator[Attack]:
    """Yield files of Timeloop's that take long where each part is held against all others."""
    keys = "".join(f"  k{n}: 1\n" for n in range(KEYS))
    yield "many unknown keys", {"bad.yaml": f"architecture:\n  nodes: 1\n{keys}"}, "must be a list"
    nodes = "".join("  - {x: 1}\n" for _ in range(NODES))
    tagless = {"bad.yaml": f"architecture:\n  nodes:\n{nodes}"}
    yield "many faults", tagless, "has no tag"
    doubled = "".join(f"  v{n}: v{n + 1} + v{n + 1}\n" for n in range(60))
    files = {**SOUND, "vars.yaml": f"variables:\n{doubled}  v60: 1\n"}
    files["arch.yaml"] = ARCH.replace("depth: 16", "depth: v0 + gone")
    yield "variables that double", files, "unknown name 'gone'"
    row = "".join(f"  v{n}: v{n + 1} + 1\n" for n in range(MANY // 4))
    files = {**SOUND, "vars.yaml": f"variables:\n{row}"}
    files["arch.yaml"] = ARCH.replace("depth: 16", "depth: v0")
    yield "variables in a long row", files, "has no value|unknown name"
    factors = " ".join(f"A{n}=1" for n in range(LONG // 10))
    changed = MAPPING.replace("[M=4]", f'"{factors}"')
    yield "many factors", {**SOUND, "map.yaml": changed}, "characters"
    letters = MAPPING.replace("permutation: [M]", f"permutation: {'M' * LONG}")
    yield "a long permutation", {**SOUND, "map.yaml": letters}, "characters"
    wanted = "".join("- {target: DRAM, type: temporal}\n" for _ in range(DIRECTIVES))
    files = {**SOUND, "map.yaml": MAPPING + wanted + "- {type: spatial}\n"}
    yield "many directives", files, "has no 'target'"
    names = ", ".join(f"D{n}" for n in range(MANY))
    dims = PROBLEM.replace("[M, N, K]", f"[M, N, K, {names}]")
    yield "many dimensions", {**SOUND, "problem.yaml": dims}, "dimensions; expected at most 64"
    merged = "".join(f"  a{n}: {{<<: *a}}\n" for n in range(2_000))
    base = ", ".join(f"k{n}: 1" for n in range(2_000))
    bomb = f"architecture:\n  a: &a {{{base}}}\n{merged}"
    yield "merges that pile up", {"bad.yaml": bomb}, "aliases expand|more than|nodes"
    merges = "".join(f"  a{n + 1}: &a{n + 1} {{<<: [*a{n}, *a{n}, *a{n}]}}\n" for n in range(25))
    tower = f"architecture:\n  a0: &a0 {{k: 1}}\n{merges}"
    yield "merges of merges", {"bad.yaml": tower}, "aliases expand|more than|nodes|levels"


def long() -> Iterator[Attack]:
    """Yield files of Timeloop's that take long where a pattern is tried at every character."""
    word = "constraints" * (LONG // 11)
    yield "one long word", {"bad.yaml": f"{word}\n"}, "single value"
    blank = f"architecture: 1\n{'  ' * 10}" + "\n  " * (LONG // 3)
    yield "blank lines", {"bad.yaml": blank}, "keys and values"
    tree = {
        "tree.yaml": "architecture:\n  version: 0.3\n  subtree:\n  - name: "
        f'"PE{" " * LONG}x"\n    local:\n    - {{name: M, class: mac}}\n'
    }
    yield "a name of blanks", tree, "characters"
    table = f'ERT:\n  tables:\n  - {{name: "{"[" * LONG}", actions: [{{name: read}}]}}\n'
    yield "a name of brackets", {"arch.yaml": ARCH, "ert.yaml": table}, "a name of 3,000,000"
    yield "one long text", {"bad.yaml": f"architecture: {'x' * LONG}\n"}, "keys and values"
    deep = f"architecture: {'{a: ' * 5000}1{'}' * 5000}\n"
    yield "mappings in mappings", {"bad.yaml": deep}, "nested deeper"
    quoted = f'architecture: "{chr(92)}x07"\n'
    yield "an escaped control character", {"bad.yaml": quoted}, "keys and values"
    twins = "\u0430rchitecture: {nodes: []}\n"
    yield "a letter of another alphabet", {"bad.yaml": twins}, "unknown section"


def told_by_content() -> Iterator[tuple[str, str, str]]:
    """Yield a name, text, and what is said: of files that are told by patterns in their text."""
    yield "words in a word", "constraints" * (LONG // 11), "single value"
    yield "blank lines", "  \n" * (LONG // 3) + "x: [", "not valid|expected"
    yield "words without a colon", "memories\n" * (LONG // 9), "single value"
    yield "a blank line", f"- {' ' * LONG}x", "holds a list"


def whole_folders() -> Iterator[Attack]:
    """Yield folders of Timeloop's files that are at fault as a whole."""
    many_files: dict[str, Content] = {f"f{n:03}.yaml": "architecture: 1\n" for n in range(201)}
    yield "many files", many_files, "at most 200"

    def outside(path: Path) -> None:
        path.symlink_to(path.parent.parent / "secret.yaml")

    yield "a link that leads outside", {**SOUND, "more.yaml": outside}, "leads outside"
    yield "a name that paints", {"\x1b[31mred.yaml": "architecture: 1\n"}, "keys and values"
    yield "a name of two lines", {"a\nb.yaml": "architecture: 1\n"}, "keys and values"
