"""Files and texts -> documents."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from accelsim.errors import Problem, SpecError, Where
from accelsim.files_read import note_file
from accelsim.yamldoc.builder import Builder
from accelsim.yamldoc.document import Document, capped

MAX_BYTES = 4 * 2**20


def load(path: Path | str) -> Document:
    """Read a file.

    Raises
    ------
    SpecError
        If it cannot be read, is too large, or is not plain YAML with a mapping at its top.
    """
    path = Path(path)
    return parse(read_bytes(path), shown_path(path))


def read_bytes(path: Path) -> bytes:
    """Read a regular file of bounded size.

    Raises
    ------
    SpecError
        If it cannot be read or is too large.
    """
    shown = shown_path(path)
    note_file(path)
    try:
        status = path.stat()
        if S_ISDIR(status.st_mode):
            first = next(iter(sorted(path.glob("*.yaml"))), None)
            hint = f"name a file in it, as '{shown_path(first)}'" if first else ""
            raise SpecError([Problem("this is a directory, not a file", Where(shown), hint=hint)])
        if not S_ISREG(status.st_mode):
            raise SpecError([Problem("this is not a regular file", Where(shown))])
        if status.st_size > MAX_BYTES:
            raise SpecError([_too_large(shown, status.st_size)])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as fault:
        reason = fault.strerror.lower() if fault.strerror else str(fault)
        raise SpecError([Problem(f"cannot be read: {reason}", Where(shown))]) from None
    except ValueError:
        raise SpecError([Problem("cannot be read: not a path", Where(f"'{shown}'"))]) from None
    if len(raw) > MAX_BYTES:
        raise SpecError([_too_large(shown, len(raw))])
    return raw


def shown_path(path: Path) -> str:
    """Return a path as messages write it: relative where it lies below the current directory.

    What a terminal would obey rather than show is written as an escape.
    """
    try:
        text = str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        text = str(path)
    return "".join(its if its.isprintable() else ascii(its)[1:-1] for its in text)


def _too_large(file: str, size: int) -> Problem:
    return Problem(
        f"the file has {size:,} bytes; a spec may have {MAX_BYTES:,} at most", Where(file)
    )


def parse(
    text: str | bytes,
    file: str = "<text>",
    tags: Collection[str] = (),
    *,
    merges: bool = False,
    lists: bool = False,
) -> Document:
    """Parse a text; ``file`` is what messages call it.

    ``tags`` and ``merges`` are for the files of other programs: tags that may stand before values,
    and whether ``<<`` takes over the keys of another mapping; with ``lists`` a list may stand at
    the top, in a document that has no ``data``.

    Raises
    ------
    SpecError
        With every duplicate key, or the first fault that ends the reading.
    """
    if isinstance(text, bytes):
        text = decoded(text, file)
    _refuse_control_characters(text, file)
    builder = Builder(file, text, tags, merges=merges, lists=lists)
    root = builder.build()
    if builder.problems:
        raise SpecError(capped(builder.problems, file))
    assert root is not None
    return Document(file, text, root)


def decoded(raw: bytes, file: str) -> str:
    """Return the text of a file.

    Raises
    ------
    SpecError
        If it is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise SpecError(
            [Problem(f"not UTF-8 text: byte 0x{raw[fault.start]:02x} in line {line}", Where(file))]
        ) from None


def read_text(path: Path) -> str:
    """Read a file of text.

    Raises
    ------
    SpecError
        If it cannot be read, is too large, or is not text.
    """
    file = shown_path(path)
    text = decoded(read_bytes(path), file)
    _refuse_control_characters(text, file)
    return text


_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u202a-\u202e\u2066-\u2069]"
)
"""Control characters, and those that show a text in another order than it is read in."""


def _refuse_control_characters(text: str, file: str) -> None:
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise SpecError(
            [Problem(f"not text: character U+{ord(found[0]):04X} in line {line}", Where(file))]
        )
