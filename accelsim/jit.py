"""How kernels are compiled: one decorator, and a cache that follows the sources.

Compiled code is kept in a directory of the user, never beside an installed package (which may be
read-only), and the directory's name carries a digest of every source file that holds kernels: numba
notices a change of the file that holds a kernel, but not of a file that the kernel calls into.

Where that directory cannot be written, a temporary one serves this process, and a warning says so:
every start then compiles anew.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.extending
from numba.core.compiler import Compiler

from accelsim import compiling

KERNEL_ROOMS = ("counter", "evaluation", "mapper", "mapping", "mapspace", "workload")

Function = TypeVar("Function", bound=Callable[..., Any])

log = logging.getLogger(__name__)

numba_config: Any = numba.config
"""numba's settings, which its type hints do not list."""

numba_types: Any = numba.types
"""numba's types, which its type hints do not know whole."""

SPARE = {"_nrt": False, "no_cfunc_wrapper": True}
"""What kernels do without: reference counting, and a wrapper for callers in C."""

njit: Any = numba.njit
"""numba's decorator, whose type hints do not list ``_nrt``."""


def cache_root() -> Path:
    """Return the user's cache directory for this package (``ACCELSIM_CACHE`` overrides it)."""
    if "ACCELSIM_CACHE" in os.environ:
        return Path(os.environ["ACCELSIM_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "accelsim"


def kernel_digest() -> str:
    """Return a digest of the sources that kernels are compiled from."""
    package = Path(__file__).parent
    digest = hashlib.sha256(sys.version.encode())
    digest.update(Path(__file__).read_bytes())
    for room in KERNEL_ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def writable_directory(wanted: Path) -> Path:
    """Return ``wanted``, made if need be, or a temporary directory if it cannot be written.

    A temporary directory is private to this process and removed when it ends: compiled code is
    loaded by unpickling, which must never read a directory that others can write.
    """
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as fault:
        instead = Path(tempfile.mkdtemp(prefix="accelsim-kernels-"))
        atexit.register(shutil.rmtree, instead, ignore_errors=True)
        log.warning(
            "cannot write the kernel cache %s (%s): kernels are compiled anew for this run, in %s;"
            " set ACCELSIM_CACHE to a directory that can be written",
            wanted,
            fault.strerror or fault,
            instead,
        )
        return instead


@cache
def cache_directory() -> Path:
    """Return where compiled code is kept (``NUMBA_CACHE_DIR`` overrides it)."""
    if numba_config.CACHE_DIR:
        return Path(numba_config.CACHE_DIR)
    return writable_directory(cache_root() / f"kernels-{kernel_digest()}")


class ScalarCompiler(Compiler):
    """Compiles without vector instructions: loops over dims and levels are short.

    They would be no faster, and take a tenth longer to compile.
    """

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        compiling.begins()
        lent = numba_config.LOOP_VECTORIZE
        numba_config.LOOP_VECTORIZE = 0
        try:
            return super().compile_extra(func)  # type: ignore[no-untyped-call]
        finally:
            numba_config.LOOP_VECTORIZE = lent


def kernel(function: Function, **more: bool) -> Function:
    """Compile a kernel: it releases the interpreter lock and may not allocate.

    Numba's reference counting is switched off, which makes array access up to five times faster
    and turns an allocation inside a kernel into a compile error.  The switch is one that numba
    uses for its own ufuncs; a release that did not know it would say so at the first call.
    """
    # numba asks for the cache directory as it decorates.  It is lent ours for just that long, so
    # that neither the user's own numba functions nor child processes (with other sources) get it.
    lent = numba_config.CACHE_DIR
    numba_config.CACHE_DIR = str(cache_directory())
    try:
        compiled = njit(cache=True, nogil=True, pipeline_class=ScalarCompiler, **SPARE, **more)(
            function
        )
    finally:
        numba_config.CACHE_DIR = lent
    if numba_config.DISABLE_JIT == 0:
        _widen(compiled)
    return cast("Function", compiled)


def _widen(compiled: Any) -> None:
    """Let callers of a kernel share what is compiled for 64-bit integers.

    Numba compiles anew for every constant among a call's arguments, and for every narrow integer
    of a record's field.  Both pass as ``int64``; a kernel that is inlined sees constants anyway.
    """
    template = compiled.get_call_template

    def wide(kind: Any) -> Any:
        kind = numba_types.unliteral(kind)
        narrow = isinstance(kind, numba_types.Integer) and kind.bitwidth < 64
        return numba_types.int64 if narrow else kind

    def get_call_template(args: Any, kws: Any) -> Any:
        kws = {name: wide(kind) for name, kind in kws.items()}
        return template(tuple(wide(kind) for kind in args), kws)

    compiled.get_call_template = get_call_template


def chosen_by_field(field: str, with_it: Function, without: Function) -> Function:
    """Return a kernel that is one of two, by whether its first argument, a record, has a field.

    The choice is made as a caller is compiled: compiled code has no branch.
    """

    def choose(record: Any, *arguments: Any) -> Any:
        chosen = with_it if field in record.dtype.names else without
        return chosen(record, *arguments)

    def typed(record: Any, *arguments: Any) -> Any:  # noqa: ARG001  (numba asks for the names)
        chosen = with_it if field in record.fields else without

        def call(record: Any, *arguments: Any) -> Any:
            return chosen(record, *arguments)

        return call

    overload: Any = numba.extending.overload
    overload(choose, jit_options={"nogil": True, "forceinline": True})(typed)
    return cast("Function", choose)


def inlined(function: Function) -> Function:
    """Compile a kernel that becomes part of every kernel that calls it.

    For the short rules that a mapping passes through many times: a call of some ten arguments costs
    as much as such a rule itself.
    """
    return kernel(function, forceinline=True)
