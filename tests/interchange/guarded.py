"""Broken and hostile files of any format, and what a run on them may do: say so, and nothing else.

Each case is refused within :data:`MOST_SECONDS` of the processor, its own and that of processes
that it starts, and :data:`MOST_BYTES` of memory beyond what was in use, with exit code 3 and a
message that begins with a place; nothing is written, no file is opened beside those given, nothing
is executed.
"""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode
from accelsim.interchange.timeloop import jinja

MOST_SECONDS = 5
"""Of the processor, so that a machine that does much else does not count."""

MOST_BYTES = 2**30

MOST_COLUMNS = 1200
"""Of a line of a message."""

SECRET = "what-stands-outside"

Content = str | bytes | Callable[[Path], object]
"""Of a file: text, bytes, or what makes it at a path (a link, a pipe)."""


@dataclass(frozen=True)
class Broken:
    """Files, which of them to read, and what the message says (a regular expression)."""

    name: str
    files: Mapping[str, Content]
    said: str
    words: tuple[str, ...]
    """Of the command, without the program; ``../out`` is where it would write."""
    anywhere: bool = False
    """Whether a file as a whole is at fault, which has no line."""


@dataclass
class Watched:
    opened: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    """Programs, with the words by which they were started."""
    seconds: float = 0.0
    bytes: int = 0
    """Of memory at most, beyond what was in use before."""


_watched: Watched | None = None

_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork")


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watched is None:
        return
    if event == "open":
        _watched.opened.append(str(arguments[0]))
    elif event in _STARTS:
        _watched.started.append(f"{event} {arguments[1] if len(arguments) > 1 else arguments}")


sys.addaudithook(_note)


def processor_seconds() -> float:
    """Return the time of this process and of those that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_bytes() -> int:
    """Return the most memory in use since :func:`forget_peak`, or ever where that has no effect."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.M)
        if found is not None:
            return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak() -> None:
    """Let what is in use now be the most; a process that ran much else had more before."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def watched() -> Iterator[Watched]:
    """Note every file that is opened, every program that is started, the time and the memory."""
    global _watched
    forget_peak()
    most, before = peak_bytes(), processor_seconds()
    seen = _watched = Watched()
    try:
        yield seen
    finally:
        _watched = None
        seen.seconds = processor_seconds() - before
        seen.bytes = peak_bytes() - most


def put(folder: Path, files: Mapping[str, Content]) -> None:
    """Write files into a folder; names may have folders in them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8", newline="")


def printable(name: str) -> str:
    return "".join(its if its.isprintable() else ascii(its)[1:-1] for its in name)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refuse(
    case: Broken,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run a case in a folder beside a secret."""
    folder = root / "in"
    folder.mkdir()
    (root / "secret.yaml").write_text(f"architecture: {SECRET}\n", encoding="utf-8")
    put(folder, case.files)
    monkeypatch.chdir(folder)
    before = everything(root)
    with watched() as seen:
        code = cli.guarded([*case.words])
    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.BAD_SPEC, ""), printed
    first = printed.err.splitlines()[0]
    names = "|".join(re.escape(printable(name)) for name in case.files)
    lined = re.match(rf"(?:{names})(?: \(rendered\))?:\d+", first) or " in line " in first
    assert lined or (case.anywhere and re.match(rf"(?:{names}|\.|'.*'): ", first)), first
    assert re.search(case.said, printed.err), printed.err
    assert "internal error" not in printed.err
    assert "Traceback" not in printed.err
    assert SECRET not in printed.err
    assert all(len(line) < MOST_COLUMNS for line in printed.err.splitlines())
    assert all(its.isprintable() or its == "\n" for its in printed.err), ascii(printed.err)
    assert everything(root) == before
    allowed = (".py", ".pyc", ".so", *case.files, "/dev/null")
    foreign = {path for path in seen.opened if not path.endswith(allowed)}
    assert {path for path in foreign if not path.isdecimal()} == set(), foreign
    assert all(jinja.RENDERER[-1] in started for started in seen.started), seen.started
    assert seen.seconds < MOST_SECONDS
    assert seen.bytes < MOST_BYTES
