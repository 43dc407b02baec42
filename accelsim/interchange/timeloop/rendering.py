"""The process that renders a template: a request as JSON on stdin, its answer on stdout."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

if sys.platform != "win32":
    import resource

MAX_INCLUDES = 200

OTHER_FOLDERS = "accelsim import timeloop FILE --folder DIR takes in files of other folders"

VARIABLES = "accelsim import timeloop FILE:NAME=VALUE gives a template its variables"


class _RefusedError(Exception):
    """What a template may not do; ``hint`` says what it may."""

    def __init__(self, what: str, hint: str = "") -> None:
        self.what, self.hint = what, hint
        super().__init__(what)


class _Files:
    """The functions by which templates take in files; paths are seen from the file at hand."""

    def __init__(self, file: Path, folders: list[Path], most: int, given: dict[str, Any]) -> None:
        self.given = given
        """Variables of the templates, from outside."""
        self.known: set[str] = set()
        """The variables that templates leave to be given."""
        self.search, self.folders, self.most = [file.parent], folders, most
        self.open = [file]
        """The files that are being rendered, each taken in by the one before."""
        self.taken: dict[str, tuple[str, str]] = {}
        self.read: list[str] = []
        """The files that were taken in."""

    def functions(self) -> dict[str, Any]:
        return {
            "add_to_path": self.add_to_path,
            "cwd": lambda: str(self.search[0]),
            "find_path": lambda name: str(self.found(name)[0]),
            "find_paths": lambda name: [str(path) for path in self.found(name)],
            "include": self.include,
            "include_all": self.include,
            "include_text": self.include_text,
            "path_exists": self.path_exists,
        }

    def inside(self, path: Path) -> bool:
        whole = path.resolve()
        return any(whole.is_relative_to(folder) for folder in self.folders)

    def found(self, name: object) -> list[Path]:
        """Return the files that a name, perhaps with ``*``, means in the folders searched."""
        if not isinstance(name, str) or not name or "\0" in name:
            raise _RefusedError(f"{name!r} is no path")
        outside = False
        for folder in self.search:
            path = folder / name
            if "*" in name:
                paths = sorted(path.parent.glob(path.name)) if self.inside(path.parent) else []
            else:
                paths = [path]
            outside |= not all(map(self.inside, [path.parent, *paths]))
            files = [one for one in paths if self.inside(one) and one.is_file()]
            if files:
                return files
        if outside:
            given = ", ".join(map(str, self.folders))
            raise _RefusedError(
                f"'{name}' lies outside the folders given",
                f"only files below {given}; {OTHER_FOLDERS}",
            )
        raise _RefusedError(f"no file '{name}'")

    def path_exists(self, name: object) -> bool:
        try:
            self.found(name)
        except _RefusedError:
            return False
        return True

    def add_to_path(self, name: object) -> str:
        path = self.search[0] / str(name)
        if not path.is_dir() or not self.inside(path):
            raise _RefusedError(f"'{name}' is no folder within those given", OTHER_FOLDERS)
        self.search.append(path)
        return ""

    def include_text(self, name: object) -> str:
        return "\n".join(map(self.text_of, self.found(name)))

    def include(self, name: object, keys: str = "") -> str:
        """Take in a file as a value, or what stands in it at a way of keys."""
        text = "\n".join(map(self.text_of, found := self.found(name)))
        key = f"file_{len(self.taken)}"
        self.taken[key] = (str(found[0]), text)
        return f"!include_loaded {'.'.join(filter(None, (key, str(keys).strip('.'))))}"

    def text_of(self, path: Path) -> str:
        if path.resolve() in self.open:
            way = [*self.open[self.open.index(path.resolve()) :], path]
            named = " -> ".join(one.name for one in way)
            raise _RefusedError(f"'{path.name}' is included by itself", named)
        self.read.append(str(path))
        if len(self.read) > MAX_INCLUDES:
            raise _RefusedError(f"more than {MAX_INCLUDES} files are included")
        if path.stat().st_size > self.most:
            raise _RefusedError(f"'{path}' is too large")
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise _RefusedError(f"'{path}' is not UTF-8 text") from None
        if "{{" not in text and "{%" not in text:
            return text
        before = self.search
        self.search = [path.parent, *before]
        self.open.append(path.resolve())
        try:
            return self.template(text).render(self.given)
        finally:
            self.search = before
            self.open.pop()

    def template(self, text: str) -> jinja2.Template:
        made = environment(self)
        self.known |= meta.find_undeclared_variables(made.parse(text)) - {*made.globals}
        return made.from_string(text)


def environment(files: _Files) -> jinja2.Environment:
    """Return the sandbox with the functions of templates, and nothing else."""
    made = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    plain = {name: made.globals[name] for name in ("dict", "namespace", "range")}
    made.globals = {**plain, **files.functions()}
    return made


def answer(request: dict[str, Any]) -> dict[str, object]:
    """Render a template, or say why not."""
    folders = list(map(Path, request["folders"]))
    files = _Files(Path(request["file"]), folders, request["bytes"], request["given"])
    lines = request["text"].splitlines()
    try:
        parts, size = [], 0
        for part in files.template(request["text"]).generate(files.given):
            size += len(part)
            if size > request["bytes"]:
                raise _RefusedError(f"the template becomes longer than {request['bytes']:,} bytes")
            parts.append(part)
        for name in sorted(files.given.keys() - files.known):
            names = ", ".join(sorted(files.known)) or "none"
            raise _RefusedError(f"the template has no variable '{name}'; it has {names}")
    except _RefusedError as fault:
        return _said(fault.what, _line_of(fault), lines, fault.hint)
    except jinja2.TemplateSyntaxError as fault:
        return _said(f"no template: {fault.message}", fault.lineno, lines)
    except (MemoryError, RecursionError):
        return _said("the template takes more memory than it may", 1, lines)
    except jinja2.UndefinedError as fault:
        what = f"the template cannot be rendered: {fault.message}"
        return _said(what, _line_of(fault), lines, VARIABLES)
    except TypeError as fault:
        line = _line_of(fault)
        if "no loader" in str(fault):
            what = "'{% include %}', '{% import %}' and '{% extends %}' take in nothing here"
            return _said(what, line, lines, "{{ include_text('FILE') }} does")
        return _said(f"the template cannot be rendered: {fault}", line, lines)
    except Exception as fault:  # noqa: BLE001  (whatever a template raises is its fault)
        return _said(f"the template cannot be rendered: {fault}", _line_of(fault), lines)
    return {"text": "".join(parts), "taken": files.taken, "read": files.read}


def _said(what: str, line: int, lines: list[str], hint: str = "") -> dict[str, object]:
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    return {"what": what, "line": line or 1, "source": source, "hint": hint}


def _line_of(fault: BaseException) -> int:
    """Return the line of the template in which an error was raised; Jinja2 rewrites the trace."""
    trace, line = fault.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            return trace.tb_lineno
        trace = trace.tb_next
    return line


def limit(seconds: int, memory: int) -> None:
    """Bound what this process may take, where the system can."""
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    limit(request["seconds"], request["memory"])
    sys.stdout.buffer.write(json.dumps(answer(request)).encode())


if __name__ == "__main__":
    main()
