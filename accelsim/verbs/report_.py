"""A result or a sweep as one HTML file, to read and to pass on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.explore.store_file import is_store
from accelsim.report.folder import is_folder, read_folder
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.hover import Names
from accelsim.report.page import Page, render
from accelsim.report.result_page import Picture, Shown, result_page
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.roofline_figure import roofline_figure, series_of
from accelsim.report.sweep_page import sweep_page
from accelsim.report.sweeps import SweepResult
from accelsim.report.writing import write_texts
from accelsim.verbs.plot import draw, draw_front, title
from accelsim.verbs.sweep_store import sweep_show

ENDINGS = (".html", ".htm")

EXPECTED = "the store of a sweep, or a folder of results"
HINT = "accelsim sweep ... -o STORE writes the one, run, map and compare -o DIR the other"


def report_(
    source: str | Path | SweepResult | Comparison | NetworkRun | LayerRun,
    *,
    sweep: int | None = None,
    output: str | Path | None = None,
) -> str:
    """Return a sweep or a result as an HTML page that needs no other file and no network.

    The same source gives the same bytes.

    Parameters
    ----------
    source : the store of a sweep, a folder of results or its ``results.json``, or what the verbs
        return
    sweep : only this sweep of a store
    output : where to write the page, if anywhere; ``.html``

    Raises
    ------
    UsageError
        If it is none of these, or the file cannot be written.
    SpecError
        If there are no results there, or not in the form that this version writes.
    """
    if output is not None:
        _check_output(Path(output), source)
    text = render(_page(source, sweep))
    if output is not None:
        path = Path(output)
        write_texts(path.parent, {path.name: text})
    return text


def _check_output(path: Path, source: object) -> None:
    """Refuse what is no name of a page, and what the page is made from."""
    if path.suffix.lower() not in ENDINGS:
        expected = "a name that ends in .html"
        raise UsageError(Problem(f"cannot write a page as '{path}'", expected=expected))
    if not path.parent.is_dir():
        raise UsageError(Problem(f"cannot write '{path}': there is no folder '{path.parent}'"))
    if isinstance(source, str | Path) and path.exists() and path.samefile(source):
        hint = "another -o"
        raise UsageError(Problem(f"'{path}' is what is read, and is not written over", hint=hint))


def _page(
    source: str | Path | SweepResult | Comparison | NetworkRun | LayerRun, sweep: int | None
) -> Page:
    if isinstance(source, str | Path):
        path = Path(source)
        if is_store(path):
            return sweep_page(sweep_show(path, sweep))
        read = _read(path)
    elif isinstance(source, SweepResult):
        return sweep_page(source if sweep is None else sweep_show(source.store, sweep))
    else:
        read = source
    if sweep is not None:
        raise UsageError(Problem("a result has no sweeps", hint="'sweep' is for stores"))
    pictures = [
        Picture(heading, figure, caption, names(read))
        for heading, make, caption, names in PICTURES
        if (figure := make(read)) is not None
    ]
    return result_page(read, title(read), pictures)


def _read(path: Path) -> Shown:
    """Read results; what is neither a folder nor JSON is not even tried."""
    try:
        looks_right = is_folder(path) or path.read_bytes()[:1] == b"{"
    except OSError as fault:
        what = f"cannot read '{path}': {fault.strerror}"
        raise UsageError(Problem(what, expected=EXPECTED, hint=HINT)) from None
    if not looks_right:
        what = f"'{path}' is neither the store of a sweep nor a folder of results"
        raise UsageError(Problem(what, hint=HINT))
    return read_folder(path)


def _breakdown(result: Shown) -> Figure | None:
    return draw(result) if _mapped(result) else None


def _roofline(result: Shown) -> Figure | None:
    return roofline_figure(result.rows, title(result)) if _mapped(result) else None


def _layers_of_roofline(result: Shown) -> Names:
    series = series_of(result.rows)
    return {its.label: [f"{name} ({its.label})" for name in its.layers] for its in series}


def _front(result: Shown) -> Figure | None:
    its = isinstance(result, LayerFront | NetworkFront) and result.points
    return draw_front(result) if its else None  # type: ignore[arg-type]


def _mapped(result: Shown) -> bool:
    return any(row.total.layers for row in result.rows)


def _nothing(_: Shown) -> Names:
    return {}


PICTURES: tuple[
    tuple[str, Callable[[Shown], Figure | None], str, Callable[[Shown], Names]], ...
] = (
    ("Energy and cycles", _front, "The line is the least energy that the cycles allow.", _nothing),
    ("Where energy goes", _breakdown, "Energy of each bar by level and by tensor.", _nothing),
    (
        "Roofline",
        _roofline,
        "Each mark is a layer: operations per cycle over operations per byte through a memory.",
        _layers_of_roofline,
    ),
)
"""A line for each figure of a result: heading, what draws it, caption, names of its points."""
